//! Pages for everybody: what screen readers are told, and whether what is shown can be read, in light and dark.

use fantoccini::Locator;
use serde_json::{Value, json};

use super::{ADMIN, ANN, World};
use crate::driver::Browser;

/// What each gives is how many elements it has looked at, and a list of faults.
const STRUCTURE: &str = include_str!("structure.js");
const CONTRAST: &str = include_str!("contrast.js");

/// As wide as a telephone, or as a large screen at 400 % (WCAG 2.2, 1.4.10).
const NARROW: u32 = 320;

impl Browser {
    async fn is_for_everybody(&self, page: &str) {
        self.assert_no_faults(page, STRUCTURE).await;
        for scheme in ["light", "dark"] {
            let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
            self.devtools("Emulation.setEmulatedMedia", json!({ "features": features })).await;
            let is_it = format!("return matchMedia('(prefers-color-scheme: {scheme})').matches");
            assert_eq!(self.script(&is_it).await, true);
            self.assert_no_faults(&format!("{page}, {scheme}"), CONTRAST).await;
        }
        let size = json!({ "width": NARROW, "height": 640, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", size).await;
        let width = self.script("return document.documentElement.scrollWidth").await;
        assert!(width.as_u64().unwrap() <= NARROW.into(), "{page} is {width} wide");
        self.devtools("Emulation.clearDeviceMetricsOverride", json!({})).await;
    }

    async fn assert_no_faults(&self, page: &str, script: &str) {
        let found = self.script(script).await;
        assert!(found["seen"].as_u64().unwrap() >= 3, "{page}: nothing was looked at: {found}");
        assert_eq!(found["faults"], json!([]), "{page}");
    }

    async fn submit_unchecked(&self, field: &str, text: &str) {
        self.script("document.querySelector('.fields').noValidate = true").await;
        self.fill(field, text).await;
        self.click(".fields button").await;
        self.wait().for_element(Locator::Css(".wrong")).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_somebody_unknown() {
    let world = World::start().await;
    let browser = world.browser().await;
    for path in [
        "/",
        "/login",
        "/login?new",
        "/login?error=invalid-credentials&next=%2Forders",
        "/signup",
        "/nowhere",
    ] {
        browser.open(path).await;
        browser.is_for_everybody(path).await;
    }
    browser.open("/signup").await;
    browser.submit_unchecked("#password", "short").await;
    browser.is_for_everybody("/signup with errors").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_somebody_signed_in() {
    let world = World::start().await;
    let browser = world.browser_of(ANN).await;
    browser.is_for_everybody("/orders without any").await;
    browser.open("/").await;
    browser.click(".card button").await;
    browser.arrives_at("/orders").await;
    let _another_device = world.browser_of(ANN).await;
    for path in ["/", "/orders", "/devices", "/devices?changed", "/password", "/login?next=/orders", "/admin"]
    {
        browser.open(path).await;
        browser.is_for_everybody(path).await;
    }
    browser.open("/login?error=invalid-credentials").await;
    browser.is_for_everybody("/login again, with an error").await;
    browser.open("/password").await;
    browser.submit_unchecked("#password", "short").await;
    browser.is_for_everybody("/password with an error").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_an_administrator() {
    let world = World::start().await;
    let browser = world.browser_of(ADMIN).await;
    let _user = world.browser_of(ANN).await;
    browser.open("/admin").await;
    browser.is_for_everybody("/admin").await;
    browser.click("form[action$='/disable'] button").await;
    browser.wait().for_element(Locator::Css(".mark.wrong")).await.unwrap();
    browser.is_for_everybody("/admin with somebody disabled").await;
}

/// The scripts find what they are there to find.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_page_is_found() {
    let world = World::start().await;
    let browser = world.browser().await;
    browser.open("/signup").await;
    for (script, mistake, fault) in [
        (STRUCTURE, "document.documentElement.lang = ''", "no language"),
        (STRUCTURE, "document.title = ' · Storefront'", "no title"),
        (STRUCTURE, "document.querySelector('main').append(document.createElement('h1'))", "2 h1"),
        (STRUCTURE, "document.querySelector('h1').outerHTML = '<h1>a</h1><h3>b</h3>'", "h3 after h1"),
        (STRUCTURE, "document.querySelector('main').outerHTML = '<div>no landmark</div>'", "0 main"),
        (STRUCTURE, "document.querySelector('label').remove()", "no label"),
        (STRUCTURE, "document.querySelector('.fields button').textContent = ' '", "no name"),
        (STRUCTURE, "document.querySelector('#email').id = 'password'", "id twice"),
        (STRUCTURE, "document.querySelector('#password-help').remove()", "points to nothing"),
        (
            STRUCTURE,
            "document.querySelector('#password-help').className = 'wrong'; document.querySelector('#password').removeAttribute('aria-describedby')",
            "an error that nothing points to",
        ),
        (
            STRUCTURE,
            "document.querySelector('#email').setAttribute('aria-invalid', 'true')",
            "does not say why",
        ),
        (
            STRUCTURE,
            "document.querySelector('.fields button').style = 'min-height: 0; height: 20px'",
            "too small",
        ),
        (CONTRAST, "document.querySelector('h1').style.color = '#aaa'", "text"),
        (CONTRAST, "document.querySelector('.fields').style.background = '#777'", "text"),
        (CONTRAST, "document.querySelector('h1').style.color = 'rgb(0 0 0 / 40%)'", "text"),
        (CONTRAST, "document.querySelector('#email').style.borderColor = '#ddd'", "border"),
        (CONTRAST, "document.querySelector('.fields button').style.outlineColor = '#ddd'", "focus"),
        (CONTRAST, "document.querySelector('.fields button').style.outlineWidth = '0'", "no focus"),
    ] {
        browser.refresh().await.unwrap();
        browser.script(mistake).await;
        let found = browser.script(script).await;
        let is_found = |fault_: &Value| fault_.as_str().unwrap().contains(fault);
        assert!(found["faults"].as_array().unwrap().iter().any(is_found), "{mistake}: {found}");
    }
}
