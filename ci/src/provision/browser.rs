//! The browser and its driver, in which the tests open report.html.

use miette::Result;

use super::engine::{install_packages, is_installed};
use crate::command::{command, read};

const PACKAGES: [&str; 2] = ["chromium", "chromium-driver"];

/// Whether the browser tests can run: both programs answer, from wherever they are.
pub(crate) fn is_there() -> bool {
    ["chromium", "chromedriver"].iter().all(|program| read(&mut command(&[program, "--version"])).is_ok())
}

/// Installs the packages that are missing, unless both programs are there.
pub(super) fn install(say: &mut dyn FnMut(&str)) -> Result<bool> {
    if is_there() {
        return Ok(false);
    }
    let missing: Vec<_> = PACKAGES.into_iter().filter(|package| !is_installed(package)).collect();
    install_packages(&missing, say)
}
