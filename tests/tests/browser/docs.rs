//! `/docs` of the storefront: Swagger UI, with nothing from elsewhere, under a policy as strict as it bears.

use fantoccini::Locator;
use serde_json::json;

use super::World;

const OPERATION: &str = ".opblock";

/// Before any script of the page.
const WATCH: &str = "window.faults = [];
    addEventListener('securitypolicyviolation', fault => faults.push(`${fault.violatedDirective}: ${fault.blockedURI}`));
    addEventListener('error', fault => faults.push(fault.message ?? `not loaded: ${fault.target.src}`), true);";

#[tokio::test(flavor = "multi_thread")]
async fn the_document_is_shown_without_anything_from_elsewhere() {
    let world = World::start().await;
    let browser = world.browser().await;
    browser.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": WATCH })).await;
    browser.open("/docs").await;
    browser.wait().for_element(Locator::Css(OPERATION)).await.unwrap();

    let client = reqwest::Client::new();
    let document = client.get(format!("{}/docs/openapi.json", world.storefront.url())).send().await.unwrap();
    let document: serde_json::Value = document.json().await.unwrap();
    let methods = document["paths"].as_object().unwrap().values().map(|path| path.as_object().unwrap().len());
    let shown = browser.find_all(Locator::Css(OPERATION)).await.unwrap().len();
    assert_eq!(shown, methods.sum::<usize>(), "each operation");
    for path in ["/user/login", "/api/account/sold", "/api/products"] {
        assert!(browser.text().await.contains(path), "{path}");
    }

    // Opened, tried out, answered: what else it would load, it has loaded by then.
    browser.click("#operations-shop-products .opblock-summary-control").await;
    browser.wait().for_element(Locator::Css(".try-out__btn")).await.unwrap().click().await.unwrap();
    browser.wait().for_element(Locator::Css(".btn.execute")).await.unwrap().click().await.unwrap();
    browser.wait().for_element(Locator::Css(".live-responses-table .microlight")).await.unwrap();
    assert!(browser.text().await.contains("Lantern"), "it was asked");
    browser.click("#operations-user-user_login .opblock-summary-control").await;
    browser.wait().for_element(Locator::Css("#operations-user-user_login .opblock-body")).await.unwrap();

    assert_eq!(browser.script("return faults").await, json!([]));
    let elsewhere = "return performance.getEntriesByType('resource').map(asked => asked.name)
        .filter(name => !name.startsWith(location.origin + '/') && !name.startsWith('data:'))";
    assert_eq!(browser.script(elsewhere).await, json!([]));
    let inline = "const script = document.createElement('script'); script.text = 'window.ran = true';
        document.head.append(script); return [window.ran ?? false, faults.length]";
    assert_eq!(browser.script(inline).await, json!([false, 0]), "the policy is in force");
    assert_eq!(
        browser.promised("new Promise(done => setTimeout(() => done(faults), 100))").await,
        json!(["script-src-elem: inline"])
    );
}
