//! The container that has `<Cluster>`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The element of server.xml in which `<Cluster>` stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Container {
    /// `<Host>`: all that it can do, it does here.
    #[default]
    Host,
    /// `<Engine>`, as in Tomcat's own example: sessions of all Hosts replicate, and `FarmWarDeployer` does nothing (SEVERE
    /// "FarmWarDeployer can only work as host cluster subelement!").
    Engine,
}

impl Container {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde asks for")]
    pub(super) fn is_host(&self) -> bool {
        *self == Self::Host
    }
}
