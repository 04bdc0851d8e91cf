//! The page of a lab, `serve`, in a real browser before real servers.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use integration_tests::left_of;
use serde_json::{Value, json};
use tomee_harness::host::wait::{Look, TimedOut, until};

use crate::chromium::Chromium;
use crate::lab::{LIMIT, Lab};

const CARD: &str = "document.querySelector('[data-node=n2]')";

/// `serve`, and the address that it says.
struct Served(Child, String);

impl Served {
    fn of(lab: &Lab) -> Self {
        let mut command = lab.command(&["serve"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts");
        let mut address = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut address).expect("it says where it is");
        Self(child, address.trim().to_owned())
    }

    /// The processes of this machine that were given the address.
    fn names(&self) -> Vec<String> {
        let token = self.1.trim_end_matches('/').rsplit('/').next().expect("a token");
        let all = fs_err::read_dir("/proc").expect("Linux").flatten().map(|entry| entry.path().join("cmdline"));
        let lines =
            all.filter_map(|path| fs_err::read(path).ok()).map(|line| String::from_utf8_lossy(&line).into_owned());
        lines.filter(|line| line.contains(token)).collect()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
#[ignore = "needs Chromium"]
async fn browser_a_lab_is_watched_and_broken_on_its_page() {
    let lab = Lab::new();
    lab.up(&[]);
    let mut served = Served::of(&lab);
    let chromium = Chromium::begin().await;
    chromium.driver.goto(&served.1).await.expect("the page opens");
    chromium.says("title", "lab is up").await;
    chromium.says("history", "is ready").await;
    assert_eq!(served.names(), Vec::<String>::new(), "no process list shows the token");

    // What is done elsewhere is seen.
    lab.done(&["http", "n1", "/counter/"]);
    chromium.says("history", "200, count 1").await;
    chromium.says("sessions", "primary 1").await;
    chromium.says("traffic", "1 requests").await;
    let marks = "return document.querySelectorAll('#timeline .request').length";
    chromium.shows(marks, |marks| *marks == 1).await;

    // A fault is asked about first.
    chromium.click("[data-node=n2] [data-verb=kill]").await;
    assert!(chromium.text("question-text").await.starts_with("kill n2? It ends a node's JVM with SIGKILL"));
    chromium.click("#no").await;
    assert_eq!(lab.status()["nodes"][1]["state"], "running");
    chromium.click("[data-node=n2] [data-verb=kill]").await;
    chromium.click("#yes").await;
    chromium.says("now", "ended by signal 9").await;
    chromium
        .shows(&format!("return {CARD}.textContent"), |text| text.as_str().is_some_and(|text| text.contains("killed")))
        .await;
    let verbs = format!("return [...{CARD}.querySelectorAll('[data-verb]')].map((it) => it.dataset.verb)");
    chromium.shows(&verbs, |verbs| *verbs == json!(["restart"])).await;
    chromium.shows("return document.querySelectorAll('#timeline .down').length", |spans| *spans == 1).await;

    phone(&chromium).await;
    nothing_runs_that_a_request_brings(&lab, &chromium).await;

    // Another page reaches nothing, though it knows the address.
    let step = format!("fetch('{}step', {{method: 'POST', mode: 'no-cors', headers: {{'Content-Type': 'text/plain'}},
        body: '{{\"verb\":\"kill\",\"node\":\"n1\"}}'}}).then(() => {{ window.was = true; }}, () => {{ window.was = true; }})", served.1);
    let window = chromium.driver.new_tab().await.expect("a tab");
    chromium.driver.switch_to_window(window).await.expect("it is shown");
    chromium.script(&step).await;
    chromium.shows("return window.was", |was| *was == true).await;
    assert_eq!(lab.status()["nodes"][0]["state"], "running");
    let first = chromium.driver.windows().await.expect("two")[0].clone();
    chromium.driver.switch_to_window(first).await.expect("it is shown");

    let run = lab.status()["run"].as_str().expect("a run").to_owned();
    lab.done(&["down"]);
    chromium.says("now", "cluster lab was ended").await;
    let ended: Result<_, TimedOut> = until("serve to end", LIMIT, || {
        let status = served.0.try_wait().expect("a child");
        std::future::ready(Ok(status.map_or(Look::NotYet("it runs".to_owned()), Look::Ready)))
    })
    .await;
    assert_eq!(ended.expect("it ends with its cluster").code(), Some(0));
    assert_eq!(left_of(&run, false), Vec::<String>::new());
}

/// Nothing is wider than a phone, in light and in dark.
async fn phone(chromium: &Chromium) {
    let cdp = chromium.driver.cdp();
    let phone = json!({"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": true});
    cdp.send_raw("Emulation.setDeviceMetricsOverride", phone).await.expect("a phone");
    chromium.shows("return window.innerWidth", |width| *width == 390).await;
    assert_eq!(chromium.script("return document.documentElement.scrollWidth").await, 390);
    let ground = "return getComputedStyle(document.body).backgroundColor";
    let mut grounds = vec![];
    for scheme in ["light", "dark"] {
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        cdp.send_raw("Emulation.setEmulatedMedia", media).await.expect("a scheme");
        grounds.push(chromium.script(ground).await);
    }
    assert_ne!(grounds[0], grounds[1]);
    cdp.send_raw("Emulation.clearDeviceMetricsOverride", json!({})).await.expect("a screen");
}

/// What a server is asked for is text on the page, whatever it looks like.
async fn nothing_runs_that_a_request_brings(lab: &Lab, chromium: &Chromium) {
    lab.done(&["http", "n1", "/counter/<img/src=x/onerror=document.title=1>"]);
    chromium.says("history", "onerror").await;
    assert_eq!(chromium.script("return document.querySelectorAll('img').length").await, Value::from(0));
}
