//! Everything can be done with the keyboard, and it is seen where one is.

use serde_json::Value;

use super::{ANN, World};
use crate::driver::Browser;

const TAB: &str = "\u{e004}";
const ENTER: &str = "\u{e007}";
const SPACE: &str = " ";

/// What has the focus, by its name, and whether that is seen.
const FOCUSED: &str = "
    const it = document.activeElement, style = getComputedStyle(it), box = it.getBoundingClientRect();
    if (it === document.body) return null;
    const name = it.getAttribute('aria-label') ?? it.labels?.[0]?.textContent ?? it.textContent;
    const outline = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
    const isInView = box.right > 0 && box.bottom > 0 && box.left < innerWidth && box.top < innerHeight;
    return [name.trim(), it.matches(':focus-visible') && (outline || style.boxShadow !== 'none') && isInView]";

/// More than any page has to stop at.
const STOPS: usize = 30;

impl Browser {
    async fn focused(&self) -> Option<String> {
        let Value::Array(focused) = self.script(FOCUSED).await else { return None };
        let name = focused[0].as_str().unwrap().to_owned();
        assert_eq!(focused[1], true, "it is not seen that `{name}` has the focus");
        Some(name)
    }

    /// Goes on to what has this name.
    async fn tab_to(&self, name: &str) {
        let mut passed = Vec::new();
        for _ in 0..STOPS {
            self.press(TAB).await;
            match self.focused().await {
                Some(found) if found.starts_with(name) => return,
                found => passed.extend(found),
            }
        }
        panic!("no `{name}` among {passed:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_without_a_mouse_signs_in_ends_a_device_and_signs_out() {
    let world = World::start().await;
    let other = world.browser_of(ANN).await;
    let browser = world.browser().await;
    browser.open("/").await;
    browser.tab_to("Sign in").await;
    browser.press(ENTER).await;
    browser.arrives_at("/login").await;
    assert_eq!(browser.focused().await.as_deref(), Some("E-mail"), "one can begin to write");
    browser.press(ANN).await;
    browser.tab_to("Password").await;
    browser.press("not the password").await;
    browser.press(ENTER).await;
    browser.arrives_at("/login?error=invalid-credentials").await;
    assert_eq!(browser.focused().await.as_deref(), Some("E-mail"));
    browser.press(ANN).await;
    browser.tab_to("Password").await;
    browser.press(world.storefront.password(ANN)).await;
    browser.tab_to("Sign in").await;
    browser.press(SPACE).await;
    browser.arrives_at("/").await;
    browser.tab_to("Devices").await;
    browser.press(ENTER).await;
    browser.arrives_at("/devices").await;
    assert_eq!(browser.text().await.matches("Chrome on Linux").count(), 2);
    browser.tab_to("End Chrome on Linux").await;
    browser.press(SPACE).await;
    browser.waits_until("return document.querySelectorAll('.rows li').length === 1").await;
    other.refresh().await.unwrap();
    other.arrives_at("/login?next=%2Forders").await;
    browser.tab_to("Sign out").await;
    browser.press(ENTER).await;
    browser.arrives_at("/login").await;
    assert!(browser.get_all_cookies().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_stop_of_each_page_leads_past_the_header() {
    let world = World::start().await;
    let browser = world.browser_of(ANN).await;
    for path in ["/", "/orders", "/devices", "/admin"] {
        browser.open(path).await;
        browser.press(TAB).await;
        assert_eq!(browser.focused().await.as_deref(), Some("Skip to content"), "{path}");
        browser.press(ENTER).await;
        browser.waits_until("return location.hash === '#main'").await;
        browser.press(TAB).await;
        let is_in_main = "return document.activeElement.closest('main') !== null || document.activeElement === document.body";
        assert_eq!(browser.script(is_in_main).await, true, "{path}");
    }
}
