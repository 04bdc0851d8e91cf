//! Applications as people write them, on real servers, judged without a word of what is expected: good ones pass, and broken
//! ones do not, with the attribute and the class named. Their sources are in `tests/apps/`; `cargo ci provision` builds them
//! with Maven.

use std::io::Write as _;

use camino::Utf8PathBuf;
use integration_tests::{MainJob, TestContext, workspace};
use rstest::rstest;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// Two people behind a login form with Spring Security's CSRF token, each with a cart on a node of their own.
const SPRING: &str = r##"
name = "a cart behind a login survives the kill of its node"
[cluster]
server = "tomcat:10.1.59"
[[step]]
deploy = "spring-shop.war"
[[step]]
get = "/spring-shop/cart"
on = "sticky"
clients = 2
follow = true
[[step]]
submit = "form"
on = "sticky"
clients = 2
form = { username = "alice", password = "wonderland" }
follow = true
[[step]]
submit = "#add"
on = "sticky"
clients = 2
form = { item = "book" }
follow = true
[[step]]
submit = "#add"
on = "sticky"
clients = 2
form = { item = "lamp" }
follow = true
[[step]]
get = "/spring-shop/cart"
on = "sticky"
clients = 2
times = 2
[[step]]
kill = "n1"
[[step]]
get = "/spring-shop/cart"
on = "n2"
clients = 2
[[step]]
submit = "#add"
on = "n2"
clients = 2
form = { item = "pen" }
follow = true
"##;

/// A page of Jakarta Faces, with its view state on the server and a bean of the session.
const FACES: &str = r##"
name = "a basket survives the kill of its node"
[cluster]
server = "tomee:9.0.0"
[[step]]
deploy = "faces-basket.war"
[[step]]
get = "/faces-basket/basket.xhtml"
on = "sticky"
clients = 2
[[step]]
submit = "#add"
on = "sticky"
clients = 2
form = { "add:item" = "book" }
[[step]]
get = "/faces-basket/basket.xhtml"
on = "sticky"
clients = 2
times = 2
[[step]]
kill = "n1"
[[step]]
get = "/faces-basket/basket.xhtml"
on = "n2"
clients = 2
[[step]]
submit = "#add"
on = "n2"
clients = 2
form = { "add:item" = "pen" }
"##;

/// An app's archive as Maven has built it, broken in this way.
fn archive(app: &str, name: &str, variant: &str, context: &TestContext) -> Utf8PathBuf {
    let built = workspace().join(format!("tests/apps/{app}/target/{name}.war"));
    assert!(built.is_file(), "{built} is not there: `cargo ci provision` builds it");
    let path = context.folder().join(format!("{name}.war"));
    fs_err::copy(&built, &path).expect("copied");
    let file = fs_err::OpenOptions::new().read(true).write(true).open(&path).expect("a file");
    let mut zip = ZipWriter::new_append(file).expect("an archive");
    zip.start_file("WEB-INF/classes/variant", SimpleFileOptions::default()).expect("an entry");
    zip.write_all(variant.as_bytes()).expect("written");
    zip.finish().expect("packed");
    path
}

async fn run(app: &str, name: &str, scenario: &str, variant: &str, arguments: &[&str]) -> MainJob {
    let context = TestContext::new();
    archive(app, name, variant, &context);
    let file = context.folder().join("scenario.toml");
    fs_err::write(&file, scenario).expect("written");
    MainJob::run_in(context, &[&[file.as_str(), "--runtime", "process"], arguments].concat()).await
}

/// All that is said of an app of one's own holds.
async fn passes(job: &MainJob) {
    job.ends_with(0).await;
    for guarantee in ["session-kept", "attributes-replicated", "attributes-survive", "answers-kept"] {
        assert_eq!(job.finding(guarantee)["status"], "holds", "{guarantee}: {}", job.ran());
    }
}

/// Runs a broken app, and looks at what is violated and what the reason names.
async fn is_red(job: &MainJob, guarantee: &str, names: &[&str]) {
    job.ends_with(1).await;
    let finding = job.finding(guarantee);
    assert_eq!(finding["status"], "violated", "{}", job.ran());
    let because = finding["because"].as_str().expect("a reason");
    for name in names {
        assert!(because.contains(name), "{name}: {because}");
    }
}

#[rstest]
#[case::with_the_delta_manager("delta")]
#[case::with_the_backup_manager("backup")]
#[tokio::test]
#[ignore = "slow: the full tier, and needs the apps that `cargo ci provision` builds"]
async fn full_a_good_spring_app_passes(#[case] manager: &str) {
    passes(&run("spring", "spring-shop", SPRING, "good", &["--manager", manager]).await).await;
}

#[rstest]
#[case::not_serialisable("not-serialisable", "attributes-replicated", &["cart", "shop.Cart$Discount"])]
#[case::in_place("in-place", "attributes-replicated", &["cart"])]
#[case::in_no_session("static-map", "answers-kept", &["book"])]
#[tokio::test]
#[ignore = "slow: the full tier, and needs the apps that `cargo ci provision` builds"]
async fn full_a_broken_spring_app_does_not_pass(
    #[case] variant: &str,
    #[case] guarantee: &str,
    #[case] names: &[&str],
) {
    let job = run("spring", "spring-shop", SPRING, variant, &[]).await;
    is_red(&job, guarantee, names).await;
}

#[rstest]
#[case::with_the_delta_manager("delta")]
#[tokio::test]
#[ignore = "slow: the full tier, and needs the apps that `cargo ci provision` builds"]
async fn full_a_good_faces_app_passes(#[case] manager: &str) {
    passes(&run("faces", "faces-basket", FACES, "good", &["--manager", manager]).await).await;
}

#[rstest]
#[case::not_serialisable("not-serialisable", "attributes-replicated", &["basket.Basket$Coupon"])]
#[case::transient("transient", "answers-kept", &["book"])]
#[case::in_no_session("application-scope", "answers-kept", &["book"])]
#[tokio::test]
#[ignore = "slow: the full tier, and needs the apps that `cargo ci provision` builds"]
async fn full_a_broken_faces_app_does_not_pass(#[case] variant: &str, #[case] guarantee: &str, #[case] names: &[&str]) {
    let job = run("faces", "faces-basket", FACES, variant, &[]).await;
    is_red(&job, guarantee, names).await;
}
