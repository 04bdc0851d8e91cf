use super::super::format::render;
use super::super::sample::{HOSTILE, hostile, plan, violated};
use super::*;

fn page_of((summary, history): &(Summary, History)) -> String {
    let plan = plan();
    let run = JudgedRun { plan: &plan, environment: None, history, summary };
    render(&Html, &run).expect("a page")
}

/// The text of the page's block of data.
fn data_of(page: &str) -> &str {
    let (_, rest) = page.split_once("type=\"application/json\">").expect("a block of data");
    rest.split_once("</script>").expect("it ends").0
}

#[test]
fn the_page_needs_nothing_but_itself() {
    let page = page_of(&violated());
    for word in
        ["http://", "https://", " src=", " href=\"/", "@import", "url(", "fetch(", "XMLHttpRequest", "innerHTML"]
    {
        assert!(!page.contains(word), "{word} is in the page");
    }
    assert!(page.contains("default-src 'none'"), "a policy that lets nothing in");
    assert!(!page.contains("{{"), "every place is filled");
}

#[test]
fn what_servers_say_cannot_leave_the_data() {
    let page = page_of(&hostile());
    assert_eq!(page.matches("<script").count(), 2, "the data and the script");
    assert_eq!(page.matches("</script>").count(), 2);
    assert!(!page.contains("<img") && !page.contains("<!--"), "hostile text became markup");
    assert!(!data_of(&page).contains('<'));
    let data: serde_json::Value = serde_json::from_str(data_of(&page)).expect("JSON");
    assert_eq!(data["summary"]["verdict"]["notes"][0], HOSTILE, "and is all there");
    let texts = data["lines"]["texts"].as_array().expect("a list");
    let logged = texts
        .iter()
        .any(|text| serde_json::from_str::<String>(text.as_str().unwrap_or("")).ok().as_deref() == Some(HOSTILE));
    assert!(logged, "the log line is there as it was");
}
