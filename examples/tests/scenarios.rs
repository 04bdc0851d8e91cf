//! Scenario files as tests, one for each file and cell of its matrix: `cargo test -p examples --test scenarios`.
//!
//! The target has `harness = false` in Cargo.toml. `--jobs auto` and `--warm` go after `--`, as filters do.

fn main() -> std::process::ExitCode {
    tomee_harness::test_main("scenarios")
}
