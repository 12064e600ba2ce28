//! A real browser drives the storefront: what only a browser can show.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

#[path = "browser/access.rs"]
mod access;
#[path = "browser/docs.rs"]
mod docs;
#[path = "browser/driver.rs"]
mod driver;
#[path = "browser/keyboard.rs"]
mod keyboard;

use std::{sync::Arc, time::Duration};

use auth_tests::{RedisServer, Server, Storefront};
use axum::{Router, extract::Request, response::Html, routing::get};
use fantoccini::Locator;
use serde_json::json;
use tokio::{
    sync::{Barrier, Mutex, MutexGuard},
    time::sleep,
};

use driver::{Browser, Driver};

const COOKIE: &str = "__Host-user";
const ANN: &str = "ann@example.com";
const ADMIN: &str = "admin@example.com";
/// The button of the header.
const SIGN_OUT: &str = "nav button";

/// A browser wants a machine for itself.
static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());

/// What a test needs; it ends from the top to the bottom.
struct World {
    driver: Driver,
    storefront: Storefront,
    _redis: RedisServer,
    _turn: MutexGuard<'static, ()>,
}

impl World {
    async fn start() -> Self {
        let turn = ONE_AT_A_TIME.lock().await;
        let redis = RedisServer::start().await;
        let url = redis.url();
        let storefront = tokio::task::spawn_blocking(|| Storefront::start(Some(url))).await.unwrap();
        World { driver: Driver::start(), storefront, _redis: redis, _turn: turn }
    }

    async fn browser(&self) -> Browser {
        self.driver.browser(self.storefront.url()).await
    }

    async fn browser_of(&self, email: &str) -> Browser {
        let browser = self.browser().await;
        browser.sign_in(email, self.storefront.password(email)).await;
        browser
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_signs_in_and_a_reload_changes_nothing() {
    let world = World::start().await;
    let browser = world.browser().await;
    browser.open("/orders").await;
    browser.arrives_at("/login?next=%2Forders").await;
    browser.fill("#email", ANN).await;
    browser.fill("#password", "not the password").await;
    browser.click(".fields button").await;
    browser.arrives_at("/login?error=invalid-credentials&next=%2Forders").await;
    assert!(browser.text().await.contains("No account has this e-mail address and password."));
    browser.fill("#email", ANN).await;
    browser.fill("#password", &format!("{}\u{e007}", world.storefront.password(ANN))).await; // by the Enter key
    browser.arrives_at("/orders").await;
    assert!(browser.text().await.contains("Your orders"));
    browser.refresh().await.unwrap();
    browser.arrives_at("/orders").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cookie_is_bound_to_the_host_and_out_of_reach_of_scripts() {
    let world = World::start().await;
    let browser = world.browser_of(ANN).await;
    let cookies = browser.get_all_cookies().await.unwrap();
    let [cookie] = &cookies[..] else { panic!("one cookie: {cookies:?}") };
    assert_eq!((cookie.name(), cookie.path()), (COOKIE, Some("/")));
    assert_eq!((cookie.secure(), cookie.http_only()), (Some(true), Some(true)));
    assert_eq!(cookie.same_site().map(|site| site.to_string()).as_deref(), Some("Lax"));
    let seen = browser.promised("cookieStore.getAll().then(all => [document.cookie, all.length, localStorage.length, sessionStorage.length])");
    assert_eq!(seen.await, json!(["", 0, 0, 0]));
    let overwritten = browser.promised(
        "cookieStore.set({ name: '__Host-user', value: 'mine', path: '/' }).then(() => fetch('/user/me')).then(me => me.status)",
    );
    overwritten.await;
    browser.refresh().await.unwrap();
    browser.arrives_at("/orders").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_tabs_that_refresh_at_once_stay_signed_in() {
    let world = World::start().await;
    let meeting = meeting_before_refresh(world.storefront.url().to_owned()).await;
    let browser = world.driver.browser(&format!("http://localhost:{}", meeting.address().port())).await;
    browser.sign_in(ANN, world.storefront.password(ANN)).await;
    let other = browser.new_window(true).await.unwrap().handle;
    let tabs = [browser.window().await.unwrap(), other];
    let before = browser.get_named_cookie(COOKIE).await.unwrap();
    // The first time the secret is rotated, and then it is too early for the next.
    for _ in 0..3 {
        for tab in tabs.clone() {
            browser.switch_to_window(tab).await.unwrap();
            browser.open("/orders").await;
            browser.execute(REFRESH_WHEN_TOLD, Vec::new()).await.unwrap();
        }
        browser.execute("new BroadcastChannel('refresh').postMessage('now')", Vec::new()).await.unwrap();
        for tab in tabs.clone() {
            browser.switch_to_window(tab).await.unwrap();
            assert_eq!(browser.promised("window.refreshed").await, 200);
        }
        for tab in tabs.clone() {
            browser.switch_to_window(tab).await.unwrap();
            browser.refresh().await.unwrap();
            browser.arrives_at("/orders").await;
        }
        assert_ne!(browser.get_named_cookie(COOKIE).await.unwrap().value(), before.value(), "it was rotated");
    }
}

const REFRESH_WHEN_TOLD: &str = "window.refreshed = new Promise(done => {
    new BroadcastChannel('refresh').onmessage = () =>
        done(fetch('/user/refresh', { method: 'POST' }).then(answer => answer.status));
})";

/// A proxy that lets a refresh through when a second one has come.
async fn meeting_before_refresh(site: String) -> Server {
    let both = Arc::new(Barrier::new(2));
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let pass_on = async move |request: Request| {
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        if parts.uri.path() == "/user/refresh" {
            both.wait().await;
        }
        let request = client.request(parts.method, format!("{site}{}", parts.uri)).headers(parts.headers);
        let answer = request.body(body).send().await.unwrap();
        let (status, mut headers) = (answer.status(), answer.headers().clone());
        headers.remove("transfer-encoding");
        (status, headers, answer.bytes().await.unwrap())
    };
    Server::start(Router::new().fallback(pass_on)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_in_one_tab_signs_out_the_other() {
    let world = World::start().await;
    let browser = world.browser_of(ANN).await;
    let first = browser.window().await.unwrap();
    let other = browser.new_window(true).await.unwrap().handle;
    browser.switch_to_window(other).await.unwrap();
    browser.open("/devices").await;
    browser.click(SIGN_OUT).await;
    browser.arrives_at("/login").await;
    assert!(browser.get_all_cookies().await.unwrap().is_empty());
    browser.switch_to_window(first).await.unwrap();
    assert!(browser.text().await.contains("Your orders"), "it still shows what it had");
    browser.refresh().await.unwrap();
    browser.arrives_at("/login?next=%2Forders").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_is_ended_from_another_browser() {
    let world = World::start().await;
    let (lost, kept) = (world.browser_of(ANN).await, world.browser_of(ANN).await);
    kept.open("/devices").await;
    assert_eq!(kept.text().await.matches("Chrome on Linux").count(), 2);
    kept.click(".rows form[action$='/end'] button").await;
    // The page that comes is at the address of the one that was left.
    for _ in 0..100 {
        if kept.text().await.matches("Chrome on Linux").count() == 1 {
            break;
        }
        sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(kept.text().await.matches("Chrome on Linux").count(), 1);
    lost.refresh().await.unwrap();
    lost.arrives_at("/login?next=%2Forders").await;
    kept.refresh().await.unwrap();
    kept.arrives_at("/devices").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_another_origin_posts_in_vain() {
    let world = World::start().await;
    let (browser, other) = (world.browser_of(ANN).await, world.browser_of(ANN).await);
    let page = world.page_of_another_origin();
    let server = Server::start(Router::new().route("/", get(async || Html(page)))).await;
    let port = server.address().port();
    // The first is the same site, so that the cookie comes with what it posts; the second is not.
    for origin in [format!("http://localhost:{port}"), format!("http://127.0.0.1:{port}")] {
        for form in ["order", "end", "out", "in", "up"] {
            browser.goto(&origin).await.unwrap();
            browser.click(&format!("#{form} button")).await;
            browser.wait().for_element(Locator::Css("main h1")).await.unwrap();
            assert!(
                browser.text().await.contains("Not allowed"),
                "{origin} {form}: {}",
                browser.text().await
            );
        }
        browser.goto(&origin).await.unwrap();
        let posted = "Promise.allSettled([...document.forms].map(form => fetch(form.action, { method: 'POST', mode: 'no-cors',
            credentials: 'include', body: new URLSearchParams(new FormData(form)) }))).then(all => all.length)";
        assert_eq!(browser.promised(posted).await, 5);
    }
    browser.open("/orders").await;
    browser.arrives_at("/orders").await;
    assert!(browser.text().await.contains("You have ordered nothing yet."));
    assert_eq!(browser.promised("fetch('/user/me').then(me => me.json())").await, json!({ "email": ANN }));
    other.refresh().await.unwrap();
    other.arrives_at("/orders").await;
}

impl World {
    /// With a form for each thing that only our own pages may ask for.
    fn page_of_another_origin(&self) -> String {
        let (site, password) = (self.storefront.url(), self.storefront.password(ADMIN));
        let field = |name, value| format!("<input name={name} value='{value}'>");
        let credentials = [field("email", ADMIN), field("password", password)].concat();
        let form = |id, path, fields: &str| {
            format!(
                "<form id={id} method=post action='{site}{path}'>{fields}<button>Win a prize</button></form>"
            )
        };
        [
            form("order", "/orders", &field("product", "1")),
            form("end", "/devices/end-others", ""),
            form("out", "/user/logout", ""),
            form("in", "/user/login", &credentials),
            form("up", "/signup", &credentials),
        ]
        .concat()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn going_back_after_signing_out_shows_nothing() {
    let world = World::start().await;
    let browser = world.browser_of(ANN).await;
    browser.open("/").await;
    browser.click(".card button").await;
    browser.arrives_at("/orders").await;
    assert!(browser.text().await.contains("Lantern"));
    browser.click(SIGN_OUT).await;
    browser.arrives_at("/login").await;
    browser.back().await.unwrap();
    browser.arrives_at("/login?next=%2Forders").await;
    assert!(!browser.source().await.unwrap().contains("Lantern"));
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_signs_up_and_another_password_ends_the_other_devices() {
    const EMAIL: &str = "<b>eve</b>@example.com";
    let world = World::start().await;
    let (here, there) = (world.browser().await, world.browser().await);
    here.open("/signup").await;
    here.execute("document.querySelector('.fields').noValidate = true", Vec::new()).await.unwrap();
    here.fill("#email", EMAIL).await;
    here.fill("#password", "short").await;
    here.click(".fields button").await;
    here.wait().for_element(Locator::Css("#password-error")).await.unwrap();
    here.execute("document.querySelector('.fields').noValidate = true", Vec::new()).await.unwrap();
    here.fill("#password", "four words and a few").await;
    here.click(".fields button").await;
    here.arrives_at("/login?new").await;
    for browser in [&here, &there] {
        browser.open("/login").await;
        browser.execute("document.querySelector('.fields').noValidate = true", Vec::new()).await.unwrap();
        browser.fill("#email", EMAIL).await;
        browser.fill("#password", "four words and a few").await;
        browser.click(".fields button").await;
        browser.arrives_at("/").await;
    }
    here.open("/password").await;
    here.fill("#password", "another five words, or so").await;
    here.click(".fields button").await;
    here.arrives_at("/devices?changed").await;
    assert_eq!(here.text().await.matches("Chrome on Linux").count(), 1);
    there.open("/orders").await;
    there.arrives_at("/login?next=%2Forders").await;
    // Where who signed in too long ago is sent.
    here.open("/login?error=authentication-too-old&next=/orders").await;
    let asked = here.text().await;
    assert!(asked.contains("Confirm that it is you") && !asked.contains("That did not work"), "{asked}");
    let shown = here.find(Locator::Css("#email")).await.unwrap().prop("value").await.unwrap();
    assert_eq!(shown.as_deref(), Some(EMAIL), "what was typed is text on every page");
    here.fill("#password", "another five words, or so").await;
    here.click(".fields button").await;
    here.arrives_at("/orders").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_disables_a_user_who_cannot_do_the_same() {
    let world = World::start().await;
    let (ann, admin) = (world.browser_of(ANN).await, world.browser_of(ADMIN).await);
    ann.open("/admin").await;
    assert!(ann.text().await.contains("Not allowed"));
    assert_eq!(ann.promised("fetch('/user/all').then(all => all.status)").await, 403);
    assert_eq!(admin.promised("fetch('/user/all').then(all => all.status)").await, 200);
    admin.open("/admin").await;
    assert!(admin.text().await.contains(ANN));
    admin.click("form[action$='/disable'] button").await;
    admin.arrives_at("/admin").await;
    assert!(admin.text().await.contains("disabled"));
    ann.open("/orders").await;
    ann.arrives_at("/login?next=%2Forders").await;
}
