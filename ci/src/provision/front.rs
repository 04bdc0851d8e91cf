//! The load balancer that the tests put before the nodes.

use miette::Result;

use super::engine::install_packages;
use crate::command::{command, read};

/// Installs Debian's HAProxy, unless one answers, from wherever it is.
pub(super) fn install(say: &mut dyn FnMut(&str)) -> Result<bool> {
    if read(&mut command(&["haproxy", "-v"])).is_ok() {
        return Ok(false);
    }
    install_packages(&["haproxy"], say)
}
