//! A headless Chromium of a test's own, driven over `WebDriver`.

use std::process::Stdio;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use integration_tests::TestContext;
use serde_json::{Value, json};
use thirtyfour::Key;
use thirtyfour::error::WebDriverErrorInner;
use thirtyfour::prelude::*;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tomee_harness::host::wait::{self, Look, TimedOut};

/// How long a page, a browser or its driver may take. Long, as a busy machine must not make a test red.
const PATIENCE: Duration = Duration::from_mins(1);

/// The browser with one page. It and its driver end with it, after a panic too: both are children of ours that are
/// killed when dropped, and what Chromium starts ends with it.
pub(crate) struct Chromium {
    pub(crate) driver: WebDriver,
    _browser: Child,
    _driver: Child,
    _context: TestContext,
}

impl Chromium {
    /// Opens a page and waits until it is drawn.
    pub(crate) async fn open(page: &Utf8Path) -> Self {
        let chromium = Self::begin().await;
        chromium.driver.goto(format!("file://{page}")).await.expect("the page opens");
        chromium.shows("return document.documentElement.dataset.readyMs ?? null", Value::is_string).await;
        chromium
    }

    /// The browser with an empty page.
    pub(crate) async fn begin() -> Self {
        let context = TestContext::new();
        let profile = context.folder().join("profile");
        let browser = start(
            "chromium",
            &[
                "--headless",
                // A container's root may not make the sandbox, and the page is ours.
                "--no-sandbox",
                "--disable-gpu",
                "--no-first-run",
                "--disable-background-networking",
                "--remote-debugging-port=0",
                "--window-size=1280,2000",
                &format!("--user-data-dir={profile}"),
                "about:blank",
            ],
        );
        let debugger = port_in(&profile.join("DevToolsActivePort")).await;
        let mut driver_process = start("chromedriver", &["--port=0"]);
        let port = announced(&mut driver_process).await;
        let mut capabilities = DesiredCapabilities::chrome();
        capabilities.set_debugger_address(&format!("127.0.0.1:{debugger}")).expect("an address");
        let driver = WebDriver::new(format!("http://127.0.0.1:{port}"), capabilities).await.expect("a session");
        // Its end is that of its processes. Dropped otherwise, it would wait for an answer that this thread is to read.
        driver.clone().leak().expect("it was not ended yet");
        Self { driver, _browser: browser, _driver: driver_process, _context: context }
    }

    /// What a script returns.
    pub(crate) async fn script(&self, script: &str) -> Value {
        self.driver.execute(script, vec![]).await.expect("the script runs").json().clone()
    }

    /// Waits until a script returns what is wanted, and returns it.
    pub(crate) async fn shows(&self, script: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        wait::until(script, PATIENCE, || async {
            let value = self.script(script).await;
            Ok::<_, TimedOut>(if wanted(&value) { Look::Ready(value) } else { Look::NotYet(value.to_string()) })
        })
        .await
        .expect("the page shows it")
    }

    /// The text of an element as it is shown.
    pub(crate) async fn text(&self, id: &str) -> String {
        self.driver.find(By::Id(id)).await.expect("the element is there").text().await.expect("it has a text")
    }

    /// Waits until the text of an element has a part.
    pub(crate) async fn says(&self, id: &str, part: &str) {
        let script = format!("return document.getElementById({}).textContent", json!(id));
        self.shows(&script, |text| text.as_str().is_some_and(|text| text.contains(part))).await;
    }

    /// Clicks an element, as soon as nothing lies over it: a window gets its size a moment after its page is drawn, and
    /// until then what stands at its end is out of reach.
    pub(crate) async fn click(&self, css: &str) {
        let element = self.driver.find(By::Css(css)).await.expect("the element is there");
        let clicked = wait::until(css, PATIENCE, || async {
            match element.click().await {
                Err(error) if matches!(error.as_inner(), WebDriverErrorInner::ElementClickIntercepted(_)) => {
                    Ok::<_, TimedOut>(Look::NotYet(error.to_string()))
                }
                clicked => Ok(Look::Ready(clicked)),
            }
        });
        clicked.await.expect("nothing lies over it").expect("it can be clicked");
    }

    /// Presses a key, whatever has the focus.
    pub(crate) async fn press(&self, key: impl Into<char>) {
        let key: char = key.into();
        self.driver.action_chain().send_keys(key.to_string()).perform().await.expect("a key");
    }

    /// Presses Tab until an element has the focus.
    pub(crate) async fn tab_to(&self, id: &str) {
        for _ in 0..200 {
            if self.script("return document.activeElement.id").await == id {
                return;
            }
            self.press(Key::Tab).await;
        }
        panic!("{id} cannot be reached with Tab");
    }
}

fn start(program: &str, arguments: &[&str]) -> Child {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    command.spawn().unwrap_or_else(|error| panic!("{program} cannot be started, `cargo ci provision` gets it: {error}"))
}

/// The port that Chromium writes into its profile.
async fn port_in(file: &Utf8PathBuf) -> u16 {
    wait::until("Chromium's port", PATIENCE, || async {
        let text = fs_err::read_to_string(file).unwrap_or_default();
        let port = text.lines().next().and_then(|line| line.parse().ok());
        Ok::<_, TimedOut>(port.map_or(Look::NotYet(text.clone()), Look::Ready))
    })
    .await
    .expect("Chromium starts")
}

/// The port that the driver prints.
async fn announced(driver: &mut Child) -> u16 {
    let mut lines = BufReader::new(driver.stdout.take().expect("it is piped")).lines();
    while let Some(line) = lines.next_line().await.expect("the driver's output can be read") {
        let port = line.strip_prefix("ChromeDriver was started successfully on port ");
        if let Some(port) = port.and_then(|port| port.trim_end_matches('.').parse().ok()) {
            return port;
        }
    }
    panic!("chromedriver ended without a port");
}
