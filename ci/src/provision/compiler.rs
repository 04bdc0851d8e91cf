//! The Java compiler, with which the tests make the classes of their small apps.

use miette::Result;

use super::engine::install_packages;
use crate::command::{command, read};

/// Installs Debian's JDK, unless a compiler answers, from wherever it is.
pub(super) fn install(say: &mut dyn FnMut(&str)) -> Result<bool> {
    if read(&mut command(&["javac", "-version"])).is_ok() {
        return Ok(false);
    }
    install_packages(&["default-jdk-headless"], say)
}
