//! The scenarios of a user's crate as tests; `install.rs` copies and runs them.

use rstest::rstest;

#[rstest]
#[tokio::test]
async fn scenario(#[files("scenarios/**/*.toml")] path: std::path::PathBuf) {
    tomee_harness::suite::run_file(&path).await.expect("it holds");
}
