//! `report.html`, and the page of a lab, in a real browser: clicked, filtered, jumped in, and read. Needs Debian's `chromium` and
//! `chromium-driver`; included by `cargo ci test`.

mod chromium;
#[path = "../process/lab.rs"]
#[expect(dead_code, reason = "the tests of runtime process use more of it")]
mod lab;
mod lab_page;

use camino::Utf8PathBuf;
use integration_tests::fake::{Bug, FakeRun};
use integration_tests::{TestContext, synthetic};
use serde_json::{Value, json};
use thirtyfour::Key;
use tomee_harness::model::Topology;

use chromium::Chromium;

/// A stored run of the fake cluster, with its page.
struct Page {
    context: TestContext,
    folder: Utf8PathBuf,
}

impl Page {
    async fn of(bug: Option<Bug>) -> Self {
        let context = TestContext::new();
        let run = FakeRun::new(Topology::of(2).expect("two nodes"), bug);
        run.run(&context.folder()).await.expect("it runs");
        let folder = context.folder().join("run");
        Self { context, folder }
    }

    /// A run that is stored beside these tests.
    fn stored(history: &str) -> Self {
        let context = TestContext::new();
        let folder = context.folder().join("run");
        fs_err::create_dir(&folder).expect("a folder");
        let from = Utf8PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/histories")).join(history);
        for file in ["plan.json", "history.jsonl"] {
            fs_err::copy(from.join(file), folder.join(file)).expect("the history is there");
        }
        Self { context, folder }
    }

    /// A run that no server made.
    fn synthetic(operations: u32) -> Self {
        let context = TestContext::new();
        let folder = context.folder().join("run");
        synthetic::write(&folder, operations);
        Self { context, folder }
    }

    async fn open(&self) -> Chromium {
        let ran = self.context.run(&["report", self.folder.as_str()]);
        assert_eq!(ran.code, Some(0), "{ran}");
        Chromium::open(&self.folder.join("report.html")).await
    }

    fn line(&self, record: usize) -> String {
        self.history().lines().nth(record).expect("the history has it").to_owned()
    }

    fn history(&self) -> String {
        fs_err::read_to_string(self.folder.join("history.jsonl")).expect("the run is stored")
    }
}

#[tokio::test]
#[ignore = "needs Chromium"]
async fn browser_a_violation_is_seen_at_once_and_jumped_to() {
    let page = Page::of(Some(Bug::LosesTheLastWrite)).await;
    let verdict = page.context.run(&["check", page.folder.as_str(), "--json"]).json()["verdict"].clone();
    let findings = verdict["guarantees"].as_array().expect("findings");
    let broken = findings.iter().find(|finding| finding["status"] == "violated").expect("a violation");
    let evidence = broken["evidence"][0].as_u64().expect("a record");
    let chromium = page.open().await;
    assert!(chromium.text("status").await.contains("violated"));
    let conclusion = chromium.text("conclusion").await;
    assert!(conclusion.contains(broken["because"].as_str().expect("a sentence")), "{conclusion}");
    let rows = chromium.script("return document.querySelectorAll('#guarantees tr').length").await;
    assert_eq!(rows, findings.len());
    let bottom = chromium.script("return document.getElementById('conclusion').getBoundingClientRect().bottom").await;
    assert!(bottom.as_f64().is_some_and(|bottom| bottom < 900.0), "it is on the first screen: {bottom}");

    chromium.click("#jump").await;
    chromium.says("record-title", &format!("Record {evidence} ")).await;
    let raw = chromium.text("raw").await;
    assert_eq!(raw, page.line(usize::try_from(evidence).expect("small")), "the line as it stands in the file");
    let range = chromium.text("range").await;
    assert!(!range.starts_with("0.000 s to"), "the timeline is near it: {range}");
}

#[tokio::test]
#[ignore = "needs Chromium"]
async fn browser_evidence_leads_to_its_record() {
    let page = Page::of(None).await;
    let chromium = page.open().await;
    assert!(chromium.text("status").await.contains("holds"));
    assert_eq!(chromium.script("return document.getElementById('jump').hidden").await, true);
    let wanted = chromium.script("return document.querySelector('.evidence button').textContent").await;
    let wanted = wanted.as_str().expect("a number");
    chromium.click(".evidence button").await;
    chromium.says("record-title", &format!("Record {wanted} ")).await;
    assert_eq!(chromium.text("raw").await, page.line(wanted.parse().expect("a number")));
}

#[tokio::test]
#[ignore = "needs Chromium"]
async fn browser_sessions_outcomes_and_kinds_are_filtered() {
    let page = Page::synthetic(2000);
    let history = page.history();
    let records = history.lines().count();
    let chromium = page.open().await;
    chromium.click("#zoom-all").await;
    chromium
        .says("shown", &format!("{} of {} records; 2,000 of 2,000 operations", grouped(records), grouped(records)))
        .await;
    chromium.says("shown", "1,998 ok, 2 failed").await;

    chromium.click("#outcomes input[name=ok]").await;
    chromium.says("shown", "; 2 of 2,000 operations: 2 failed").await;
    chromium.click("#outcomes input[name=ok]").await;
    chromium.click("#kinds input[name=requests]").await;
    chromium.says("shown", "; 0 of 2,000 operations").await;
    chromium.click("#kinds input[name=requests]").await;

    let stem = chromium.script("return document.querySelectorAll('#session option')[3].textContent").await;
    let stem = stem.as_str().expect("a session");
    let of_session = history.lines().filter(|line| line.contains("\"invoke\"") && line.contains(stem)).count() + 1;
    chromium.click("#session option:nth-child(4)").await;
    chromium.says("shown", &format!("; {of_session} of 2,000 operations")).await;
}

/// A number as the page writes it.
fn grouped(number: usize) -> String {
    if number < 1000 { number.to_string() } else { format!("{},{:03}", number / 1000, number % 1000) }
}

#[tokio::test]
#[ignore = "needs Chromium"]
async fn browser_all_can_be_done_with_keys() {
    let page = Page::of(Some(Bug::LosesTheLastWrite)).await;
    let chromium = page.open().await;
    chromium.tab_to("jump").await;
    chromium.press(Key::Enter).await;
    chromium.says("record-title", "Record ").await;
    assert_eq!(chromium.script("return document.activeElement.id").await, "timeline", "the focus goes along");
    let near = chromium.text("range").await;
    chromium.press('0').await;
    chromium.says("range", "0.000 s to").await;
    chromium.press('+').await;
    chromium.shows("return document.getElementById('range').textContent", |text| *text != near).await;
    chromium.press(Key::Home).await;
    chromium.press('0').await;
    chromium.press(Key::Home).await;
    chromium.says("record-title", "Record 0 ").await;
    chromium.press(Key::Right).await;
    chromium.says("record-title", "Record 1 ").await;
    chromium.press(Key::Left).await;
    chromium.says("record-title", "Record 0 ").await;

    chromium.tab_to("table").await;
    chromium.press(Key::Down).await;
    chromium.press(Key::Down).await;
    chromium.says("record-title", "Record 2 ").await;
    let active = chromium.script("return document.getElementById('table').getAttribute('aria-activedescendant')").await;
    assert_eq!(active, "row-2", "a screen reader has the row");
    assert_eq!(chromium.text("raw").await, page.line(2));
    let last = page.history().lines().count() - 1;
    chromium.press(Key::End).await;
    chromium.says("record-title", &format!("Record {last} ")).await;
}

#[tokio::test]
#[ignore = "needs Chromium"]
async fn browser_a_mark_is_clicked_and_the_wheel_zooms() {
    let page = Page::of(None).await;
    let history = page.history();
    let records: Vec<Value> = history.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let nanos = |record: &Value| record["at-ns"].as_f64().expect("an instant");
    let end = records.iter().map(nanos).fold(0.0, f64::max);
    let index = records.iter().rposition(|record| record["record"] == "complete").expect("a request ended");
    let chromium = page.open().await;
    chromium.click("#zoom-all").await;
    // The lane of the clients lies below the axis and the nodes' lanes; its requests come one after the other.
    let place = format!(
        "const it = document.getElementById('timeline'); it.scrollIntoView({{block: 'center', behavior: 'instant'}});
         const box = it.getBoundingClientRect();
         return [box.left + 108 + {} * (box.width - 122), box.top + 26 + 2 * 46 + 15].map(Math.round)",
        nanos(&records[index]) / end
    );
    let place = chromium.script(&place).await;
    let (x, y) = (place[0].as_i64().expect("a pixel"), place[1].as_i64().expect("a pixel"));
    chromium.driver.action_chain().move_to(x, y).click().perform().await.expect("a click");
    chromium.says("record-text", "#").await;
    let raw: Value = serde_json::from_str(&chromium.text("raw").await).expect("a record");
    assert_eq!(raw["record"], "complete", "the mark of a request leads to its end: {raw}");

    let before = chromium.text("range").await;
    let wheel =
        "document.getElementById('timeline').dispatchEvent(new WheelEvent('wheel', {deltaY: -100, cancelable: true}))";
    chromium.script(wheel).await;
    chromium.shows("return document.getElementById('range').textContent", |text| *text != before).await;
    chromium.click("#zoom-all").await;
    chromium.says("range", &before).await;
}

#[tokio::test]
#[ignore = "needs Chromium"]
async fn browser_hostile_text_is_shown_and_does_nothing() {
    const HOSTILE: &str =
        "</script><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">";
    let page = Page::of(Some(Bug::LosesTheLastWrite)).await;
    let log = json!({"at-ns": 1, "record": "log", "node": "n1", "node-time": HOSTILE, "level": "SEVERE",
        "logger": HOSTILE, "message": HOSTILE, "class": "other-severe"});
    fs_err::write(page.folder.join("history.jsonl"), format!("{}{log}\n", page.history())).expect("stored");
    let plan = page.folder.join("plan.json");
    let mut changed: Value = serde_json::from_str(&fs_err::read_to_string(&plan).expect("stored")).expect("JSON");
    changed["name"] = HOSTILE.into();
    fs_err::write(&plan, changed.to_string()).expect("stored");
    let chromium = page.open().await;
    assert_eq!(chromium.text("name").await, HOSTILE);
    chromium.click("#zoom-all").await;
    chromium.tab_to("table").await;
    chromium.press(Key::End).await;
    chromium.says("record-text", HOSTILE).await;
    let found = chromium.script("return [document.images.length, document.scripts.length, document.title]").await;
    assert_eq!(found, json!([0, 2, HOSTILE]));
}

#[tokio::test]
#[ignore = "needs Chromium"]
async fn browser_nothing_is_asked_of_a_network() {
    let page = Page::of(None).await;
    let chromium = page.open().await;
    chromium.click("#zoom-in").await;
    assert_eq!(
        chromium.script("return performance.getEntriesByType('resource').map((it) => it.name)").await,
        json!([])
    );
    // The policy holds, too: an inline handler, as hostile markup would bring one, is not run.
    let planted =
        "document.body.insertAdjacentHTML('beforeend', '<button id=planted onclick=\"document.title=1\">x</button>');
         document.getElementById('planted').click(); return document.title";
    assert_ne!(chromium.script(planted).await, "1");
}

#[tokio::test]
#[ignore = "needs Chromium"]
async fn browser_light_and_dark_follow_the_system_and_the_button() {
    let page = Page::of(None).await;
    let chromium = page.open().await;
    let look = "return [getComputedStyle(document.body).backgroundColor, document.getElementById('theme').textContent]";
    let light = chromium.script(look).await;
    assert_eq!(light[1], "Dark", "the button says what it does");
    let dark = json!({"features": [{"name": "prefers-color-scheme", "value": "dark"}]});
    chromium.driver.cdp().send_raw("Emulation.setEmulatedMedia", dark).await.expect("a dark system");
    let dark = chromium.shows(look, |seen| seen[1] == "Light").await;
    assert_ne!(dark[0], light[0]);
    chromium.click("#theme").await;
    assert_eq!(chromium.shows(look, |seen| seen[1] == "Dark").await, light);
}

#[tokio::test]
#[ignore = "needs Chromium"]
async fn browser_a_hundred_thousand_operations_are_all_there() {
    let page = Page::synthetic(100_000);
    let history = page.history();
    let lines: Vec<&str> = history.lines().collect();
    let chromium = page.open().await;
    chromium.click("#zoom-all").await;
    chromium.says("shown", "; 100,000 of 100,000 operations: 99,900 ok, 100 failed").await;
    let rows = chromium.script("return document.querySelectorAll('#rows .row').length").await;
    assert!(rows.as_u64().is_some_and(|rows| (5..100).contains(&rows)), "only what is in sight is made: {rows}");
    let all = chromium.script("return document.getElementById('table').getAttribute('aria-rowcount')").await;
    assert_eq!(all, (lines.len() + 1).to_string());
    chromium.tab_to("table").await;
    chromium.press(Key::End).await;
    chromium.says("record-title", &format!("Record {} ", lines.len() - 1)).await;
    assert_eq!(chromium.text("raw").await, lines[lines.len() - 1]);
    let in_sight = format!("return document.getElementById('row-{}') !== null", lines.len() - 1);
    assert_eq!(chromium.script(&in_sight).await, true);
}

#[tokio::test]
#[ignore = "needs Chromium"]
async fn browser_a_page_on_a_phone_never_scrolls_sideways() {
    for page in [
        Page::of(Some(Bug::LosesTheLastWrite)).await,
        Page::stored("apps/cart-in-a-static-map"),
        Page::stored("F14-first-answer-1s"),
    ] {
        let chromium = page.open().await;
        let phone = json!({"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": true});
        chromium.driver.cdp().send_raw("Emulation.setDeviceMetricsOverride", phone).await.expect("a phone");
        chromium.shows("return window.innerWidth", |width| *width == 390).await;
        chromium.script("document.querySelector('details').open = true").await;
        let wide = "return [...document.querySelectorAll('body *')].filter((it) => it.closest('pre, #rows') === null
            && it.getBoundingClientRect().right > 390.5).map((it) => it.id || it.className || it.tagName)";
        // What is moved out of sight for screen readers lies to the left.
        assert_eq!(chromium.script(wide).await, json!([]));
        assert_eq!(chromium.script("return document.documentElement.scrollWidth").await, 390);
    }
}

#[tokio::test]
#[ignore = "needs Chromium"]
async fn browser_the_timeline_opens_on_what_was_broken_and_folds_many_clients() {
    // Its servers took six seconds to start, and the first one was killed a second later.
    let chromium = Page::stored("apps/cart-in-a-static-map").open().await;
    let range = chromium.text("range").await;
    let from: f64 = range.split(' ').next().and_then(|from| from.parse().ok()).expect("seconds");
    assert!((6.0..6.9).contains(&from), "the start-up is left aside: {range}");
    let chromium = Page::stored("F02-one-of-20-answered-rest-500").open().await;
    let height = "return document.getElementById('timeline').getBoundingClientRect().height";
    let folded = chromium.script(height).await.as_f64().expect("a height");
    assert_eq!(chromium.text("fold").await, "Show each client");
    chromium.click("#fold").await;
    chromium.shows(height, |height| height.as_f64().is_some_and(|height| height > folded + 100.0)).await;
    assert_eq!(chromium.text("fold").await, "Fold clients");
    chromium.click("#fold").await;
    chromium.shows(height, |height| height.as_f64() == Some(folded)).await;
}

#[tokio::test]
#[ignore = "needs Chromium"]
async fn browser_a_violation_shows_its_records_and_the_copy_of_each_node() {
    let page = Page::stored("F04-invalidate-excuses-for-ever");
    let chromium = page.open().await;
    let verdict = page.context.run(&["check", page.folder.as_str(), "--json"]).json()["verdict"].clone();
    let all = ["guarantees", "expectations"].into_iter().filter_map(|key| verdict[key].as_array()).flatten();
    let violated = all.filter(|it| it["status"] == "violated" && it["aside"].is_null()).count();
    assert_ne!(violated, 0);
    let shown = "return [...document.querySelectorAll('.excerpt')].map((it) => it.querySelector('pre').textContent)";
    let shown = chromium.script(shown).await;
    let shown = shown.as_array().expect("excerpts");
    assert_eq!(shown.len(), violated);
    assert!(shown.iter().all(|lines| lines.as_str().is_some_and(|lines| lines.contains("> "))), "{shown:?}");
    let nodes = "return [...document.querySelectorAll('.excerpt table')[0].querySelectorAll('tbody td:first-child')]
        .map((it) => it.textContent)";
    let nodes = chromium.script(nodes).await;
    assert!(nodes.as_array().is_some_and(|nodes| nodes.len() >= 2), "a row for each node: {nodes}");
}

#[tokio::test]
#[ignore = "needs Chromium"]
async fn browser_answers_of_an_app_are_shown_and_no_empty_plot_is() {
    let page = Page::stored("apps/cart-in-a-static-map");
    let chromium = page.open().await;
    let rows = chromium.script("return document.querySelectorAll('#answers tr').length").await;
    assert_eq!(rows, 2, "one a node");
    let answers = chromium.text("answers").await;
    assert!(answers.contains("GET /staticmap/page") && answers.contains("cart=[book]"), "{answers}");
    assert_eq!(chromium.script("return document.getElementById('plots').hidden").await, true);

    let page = Page::of(None).await;
    let chromium = page.open().await;
    let hidden = "return ['answers-section', 'plots'].map((id) => document.getElementById(id).hidden)";
    assert_eq!(chromium.script(hidden).await, json!([true, false]));
}

#[tokio::test]
#[ignore = "needs Chromium"]
async fn browser_the_steps_of_the_scenario_lead_into_the_timeline() {
    let page = Page::of(None).await;
    let plan: Value =
        serde_json::from_str(&fs_err::read_to_string(page.folder.join("plan.json")).expect("stored")).expect("JSON");
    let steps = plan["steps"].as_array().expect("steps").len();
    let chromium = page.open().await;
    assert_eq!(chromium.script("return document.querySelectorAll('#steps tr').length").await, steps);
    assert!(chromium.text("steps-summary").await.starts_with(&format!("{steps} steps of ")));
    chromium.script("document.getElementById('steps-details').open = true").await;
    chromium.click("#steps tr:nth-child(3) button").await;
    chromium.says("record-text", "step-begins step 3").await;
}
