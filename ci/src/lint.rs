//! Formatting, clippy, documentation, schemas. The rooms' arrows are a test (`tests/tests/pure.rs`).

use miette::Result;

use crate::command::{cargo, command, run};

/// Looks at everything that needs no server.
pub(crate) fn lint() -> Result<()> {
    run(cargo().args(["fmt", "--all", "--check"]))?;
    run(cargo().args(["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"]))?;
    // As a crate sees it that has it for its tests only, without the program.
    let library = ["check", "--package", "tomee-harness", "--lib", "--no-default-features", "--quiet"];
    run(cargo().args(library).args(["--features", "guard-at-start"]))?;
    let mut doc = cargo();
    doc.args(["doc", "--no-deps", "--workspace", "--all-features", "--quiet"]).env("RUSTDOCFLAGS", "-D warnings");
    run(&mut doc)?;
    crate::schema::schema(true)
}

/// Checks the workspace with the oldest Rust that Cargo.toml promises (`rust-version`), by way of rustup.
pub(crate) fn rust_version() -> Result<()> {
    let version = env!("CARGO_PKG_RUST_VERSION");
    run(&mut command(&["rustup", "toolchain", "install", version, "--profile", "minimal"]))?;
    let mut check = command(&["rustup", "run", version, "cargo", "check", "--workspace", "--all-features"]);
    // In a folder of its own: artifacts of two compilers in one folder would be built anew at each change of the task.
    run(check.args(["--lib", "--bins", "--target-dir", "target/rust-version"]).env_remove("CARGO"))
}
