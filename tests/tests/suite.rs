//! Scenarios as a test target of somebody's crate: a test for each file of a folder and each cell of its matrix.

fn main() -> std::process::ExitCode {
    tomee_harness::test_main(concat!(env!("CARGO_MANIFEST_DIR"), "/suite"))
}
