//! Chromium, and the `chromedriver` that drives it: one of the test's own, on a port that it chooses itself.

use std::fs;
use std::io::{BufRead, BufReader};
use std::ops::Deref;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::http::Method;
use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use reqwest::Url;
use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::{Value, json};
use tempfile::TempDir;

/// How long a page may take to be there.
const PATIENCE: Duration = Duration::from_secs(30);

const FLAGS: [&str; 9] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

/// The driver, and the browsers that it has started: all are in its process group, and end with the value.
pub(crate) struct Driver {
    process: Child,
    watchdog: Child,
    port: String,
    profiles: AtomicUsize,
    folder: TempDir,
    /// Kept open: what it says must go somewhere.
    _output: BufReader<ChildStdout>,
}

impl Driver {
    pub(crate) fn start() -> Self {
        let folder = TempDir::with_prefix("browser-").unwrap();
        let mut process = Command::new("chromedriver")
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("`cargo xtask setup` installs chromedriver");
        let watchdog = watchdog(process.id(), &folder);
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let port = port(&mut output);
        Driver { process, watchdog, port, profiles: AtomicUsize::new(0), folder, _output: output }
    }

    /// A browser that nobody has used yet.
    pub(crate) async fn browser(&self, site: &str) -> Browser {
        let number = self.profiles.fetch_add(1, Ordering::Relaxed);
        let profile = self.folder.path().join(number.to_string());
        fs::create_dir(&profile).unwrap();
        let mut flags = FLAGS.map(str::to_owned).to_vec();
        flags.push(format!("--user-data-dir={}", profile.display()));
        let Value::Object(capabilities) = json!({ "goog:chromeOptions": { "args": flags } }) else {
            unreachable!()
        };
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{}", self.port))
            .await
            .unwrap();
        Browser { client, site: site.to_owned() }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // The watchdog first: after `wait` the process id may be someone else's.
        self.watchdog.kill().ok();
        self.watchdog.wait().ok();
        kill_process_group(Pid::from_child(&self.process), Signal::KILL).ok();
        self.process.wait().ok();
    }
}

/// Ends the group when this process ends without dropping it: it waits for the end of its input, which we hold open.
fn watchdog(group: u32, folder: &TempDir) -> Child {
    Command::new("sh")
        .args(["-c", r#"read -r _; kill -9 -- "-$1"; rm -rf "$2""#, "watchdog", &group.to_string()])
        .arg(folder.path())
        .stdin(Stdio::piped())
        .process_group(0)
        .spawn()
        .unwrap()
}

/// `ChromeDriver was started successfully on port 40193.`
fn port(output: &mut impl BufRead) -> String {
    let mut lines = output.lines().map(Result::unwrap);
    let line = lines.find(|line| line.contains("successfully on port")).expect("chromedriver starts");
    line.chars().filter(char::is_ascii_digit).collect()
}

/// A browser with a profile of its own, at a site.
pub(crate) struct Browser {
    client: Client,
    site: String,
}

impl Deref for Browser {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Browser {
    pub(crate) async fn open(&self, path: &str) {
        self.goto(&format!("{}{path}", self.site)).await.unwrap();
    }

    pub(crate) async fn fill(&self, field: &str, text: &str) {
        self.find(Locator::Css(field)).await.unwrap().send_keys(text).await.unwrap();
    }

    pub(crate) async fn click(&self, button: &str) {
        self.find(Locator::Css(button)).await.unwrap().click().await.unwrap();
    }

    /// Waits until the page at this path is there.
    #[track_caller]
    pub(crate) fn arrives_at(&self, path: &str) -> impl Future<Output = ()> {
        let expected = format!("{}{path}", self.site).parse().unwrap();
        async move {
            let arrived = self.wait().at_most(PATIENCE).for_url(&expected).await;
            assert!(arrived.is_ok(), "expected {expected}, found {}", self.current_url().await.unwrap());
            self.wait().at_most(PATIENCE).for_element(Locator::Css("main")).await.unwrap();
        }
    }

    /// What can be read on the page.
    pub(crate) async fn text(&self) -> String {
        for _ in 0..20 {
            // What was found belongs to the page before where another one has just come.
            if let Ok(text) = self.find(Locator::Css("body")).await.unwrap().text().await {
                return text;
            }
        }
        panic!("no page stays long enough to be read")
    }

    /// What becomes of a promise.
    pub(crate) async fn promised(&self, promise: &str) -> Value {
        let script =
            format!("const done = arguments[0]; ({promise}).then(done, error => done(String(error)))");
        self.execute_async(&script, Vec::new()).await.unwrap()
    }

    /// What a script gives back. It is the body of a function.
    pub(crate) async fn script(&self, script: &str) -> Value {
        self.execute(script, Vec::new()).await.unwrap()
    }

    /// Waits until a script gives `true`.
    pub(crate) async fn waits_until(&self, script: &str) {
        let until = async {
            // A page that is left answers nothing.
            while self.execute(script, Vec::new()).await.ok() != Some(Value::Bool(true)) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        assert!(tokio::time::timeout(PATIENCE, until).await.is_ok(), "never: {script}");
    }

    /// Presses keys, whatever has the focus.
    pub(crate) async fn press(&self, keys: &str) {
        let press = |keys: KeyActions, key| {
            keys.then(KeyAction::Down { value: key }).then(KeyAction::Up { value: key })
        };
        let keys = keys.chars().fold(KeyActions::new("keyboard".to_owned()), press);
        self.perform_actions(keys).await.unwrap();
    }

    /// The devtools of Chromium, for what `WebDriver` does not have.
    pub(crate) async fn devtools(&self, command: &'static str, parameters: Value) {
        self.issue_cmd(Devtools { command, parameters }).await.unwrap();
    }

    pub(crate) async fn sign_in(&self, email: &str, password: &str) {
        self.open("/login?next=/orders").await;
        self.fill("#email", email).await;
        self.fill("#password", password).await;
        self.click(".fields button").await;
        self.arrives_at("/orders").await;
    }
}

#[derive(Debug)]
struct Devtools {
    command: &'static str,
    parameters: Value,
}

impl WebDriverCompatibleCommand for Devtools {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, <Url as std::str::FromStr>::Err> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        let body = json!({ "cmd": self.command, "params": self.parameters });
        (Method::POST, Some(body.to_string()))
    }
}
