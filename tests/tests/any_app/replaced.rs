//! An archive that is replaced while its node is down.

use integration_tests::{App, MainJob};

use super::{history, last_looks, run};

/// A build of an app with a class of its own.
fn build(number: u32) -> App {
    let basket = format!(
        "package shop; public class Basket implements java.io.Serializable {{
           private static final long serialVersionUID = {number}L;
           @Override public String toString() {{ return \"of build {number}\"; }}
         }}"
    );
    let page = format!(
        "if (request.getParameter(\"with\") != null) request.getSession().setAttribute(\"b\", new shop.Basket());
        request.getSession().setAttribute(\"n\", 1); out.print(\"page {number}, class \" + new shop.Basket());"
    );
    App::distributable().page("a.jsp", &page).classes("8", &[("shop/Basket.java", &basket)])
}

/// Replaces an archive while its node is down. Bob's session may hold what the other build cannot read.
async fn replaced(server: &str, unpacked: &str, bobs: &str) -> MainJob {
    let scenario = format!(
        r#"
name = "another build"
guarantees = ["cluster-forms"]
[[step]]
deploy = "shop.war"
[[step]]
get = "/shop/a.jsp"
on = "n2"
[[step]]
get = "/shop/a.jsp{bobs}"
on = "n1"
client = "bob"
[[step]]
stop = "n2"
[[step]]
restart = "n2"
with = {{ war = "new/shop.war"{unpacked} }}
[[step]]
get = "/shop/a.jsp"
on = "n2"
client = "carol"
"#
    );
    run(&scenario, &[("shop.war", build(1)), ("new/shop.war", build(2))], &["--server", server]).await
}

/// What n2 answers at the end, and whether it serves what its archive holds.
fn answer_of_n2(job: &MainJob) -> (String, bool) {
    assert_eq!(job.ran().code, Some(0), "{}", job.ran());
    let records = history(job);
    // Behind it the other clients' sessions are read once more.
    let asked = records.iter().find(|record| record["record"] == "invoke" && record["client"] == "carol");
    let asked = asked.expect("carol asks");
    assert_eq!(asked["node"], "n2");
    let answer = records
        .iter()
        .find(|record| record["record"] == "complete" && record["operation"] == asked["operation"])
        .expect("an answer");
    let dropped = records.iter().rfind(|record| record["event"] == "war-dropped").expect("it was put there");
    assert!(dropped["served-sha256"].is_string(), "{dropped}");
    let look = last_looks(job, "/shop")["n2"].clone();
    assert_eq!(look["war-sha256"], dropped["sha256"], "the archive is the new one in any case");
    let body = answer["reply"]["body"].as_str().unwrap_or_default().trim().to_owned();
    (body, look["served-sha256"] == dropped["served-sha256"])
}

#[tokio::test]
async fn a_replaced_archive_runs_on_tomee_9() {
    let job = replaced("tomee:9.0.0", "", "").await;
    assert_eq!(answer_of_n2(&job), ("page 2, class of build 2".to_owned(), true));
}

/// The log says it with the class, and not only that something went wrong.
#[tokio::test]
#[ignore = "slow: the full tier"]
async fn full_a_session_that_another_build_cannot_read_is_named_with_its_class() {
    let job = replaced("tomee:9.0.0", "", "?with=basket").await;
    let logs = history(&job).into_iter().filter(|record| record["record"] == "log");
    let said: Vec<_> = logs.filter(|line| line["level"] == "SEVERE").map(|line| line["message"].to_string()).collect();
    assert!(said.iter().any(|line| line.contains("java.io.InvalidClassException: shop.Basket")), "{said:?}");
}

#[tokio::test]
async fn tomee_9_goes_on_with_the_old_app_where_the_archive_alone_was_replaced() {
    let job = replaced("tomee:9.0.0", ", unpacked = \"kept\"", "").await;
    assert_eq!(answer_of_n2(&job), ("page 1, class of build 1".to_owned(), false));
}

#[tokio::test]
async fn tomcat_11_takes_the_new_app_where_the_archive_alone_was_replaced() {
    let job = replaced("tomcat:11.0.24", ", unpacked = \"kept\"", "").await;
    let (body, new) = answer_of_n2(&job);
    // Of a page that is no newer than its class Jasper takes the class, and the work folder was kept, too.
    assert!(new && body.ends_with("class of build 2"), "{body}");
}
