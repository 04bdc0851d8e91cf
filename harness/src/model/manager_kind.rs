//! The two Managers that replicate sessions.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The two clustered Managers of Tomcat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ManagerKind {
    /// `org.apache.catalina.ha.session.DeltaManager`: every session on every member.
    #[default]
    Delta,
    /// `org.apache.catalina.ha.session.BackupManager`: one backup for each session.
    Backup,
}

impl ManagerKind {
    /// The class that a context must be found to run.
    pub fn class_name(self) -> &'static str {
        match self {
            Self::Delta => "org.apache.catalina.ha.session.DeltaManager",
            Self::Backup => "org.apache.catalina.ha.session.BackupManager",
        }
    }
}

kebab!(ManagerKind);
