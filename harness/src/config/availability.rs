//! What some versions of Tomcat do not have. A property that a class lacks is dropped with a mere warning, so a
//! topology that says it is refused instead.
//!
//! Sources: the changelogs of 9.0.117, 10.1.59 and 11.0.24, and their reference pages.

use super::RenderError;
use crate::model::cluster_element::ClusterElement;
use crate::model::{ServerKind, TomcatVersion};

enum Versions {
    /// The first version of each branch that has it; branches after the last have it, too.
    Since(&'static [TomcatVersion]),
    /// The first version that no longer has it.
    Until(TomcatVersion),
}

impl Versions {
    fn contain(&self, version: TomcatVersion) -> bool {
        match self {
            Self::Since(firsts) => match firsts.iter().find(|first| first.branch() == version.branch()) {
                Some(first) => version >= *first,
                None => firsts.iter().all(|first| version > *first),
            },
            Self::Until(end) => version < *end,
        }
    }

    fn words(&self) -> String {
        match self {
            Self::Since(firsts) => {
                let firsts: Vec<String> = firsts.iter().map(ToString::to_string).collect();
                format!("added in Tomcat {}", firsts.join(", "))
            }
            Self::Until(end) => format!("removed in Tomcat {end}"),
        }
    }
}

/// Class, attribute (or the class as a whole), and the versions that have it.
const LIMITED: [(&str, Option<&str>, Versions); 7] = [
    ("StaticMembershipService", None, Versions::Since(&[TomcatVersion::new(9, 0, 11)])),
    ("EncryptInterceptor", None, Versions::Since(&[TomcatVersion::new(8, 5, 35), TomcatVersion::new(9, 0, 13)])),
    ("EncryptInterceptor", Some("replayWindowTime"), REPLAY_WINDOW),
    ("EncryptInterceptor", Some("replayWindowMessageCount"), REPLAY_WINDOW),
    (
        "DeltaManager",
        Some("enableStatistics"),
        Versions::Since(&[TomcatVersion::new(9, 0, 108), TomcatVersion::new(10, 1, 44), TomcatVersion::new(11, 0, 10)]),
    ),
    ("DeltaManager", Some("persistAuthenticationNotes"), AUTHENTICATION_NOTES),
    ("BackupManager", Some("persistAuthenticationNotes"), AUTHENTICATION_NOTES),
];

/// 9.0.117 lacks it; 9.0.119 was released together with the other two.
const REPLAY_WINDOW: Versions =
    Versions::Since(&[TomcatVersion::new(9, 0, 119), TomcatVersion::new(10, 1, 56), TomcatVersion::new(11, 0, 23)]);

const AUTHENTICATION_NOTES: Versions = Versions::Until(TomcatVersion::new(10, 1, 0));

/// Refuses an element, or an attribute that it says, that the server is known to lack.
pub(super) fn check(server: &ServerKind, element: &dyn ClusterElement) -> Result<(), RenderError> {
    let class = element.class_name().rsplit('.').next().unwrap_or_default();
    let said = element.attributes();
    let lacking = LIMITED.iter().filter(|(limited, _, _)| *limited == class).find(|(_, attribute, versions)| {
        let concerned = attribute.is_none_or(|attribute| said.iter().any(|(name, _)| *name == attribute));
        concerned && !versions.contain(server.tomcat)
    });
    match lacking {
        None => Ok(()),
        Some((class, attribute, versions)) => Err(RenderError::Lacks {
            server: *server,
            what: attribute.map_or_else(|| (*class).to_owned(), |attribute| format!("{class} {attribute}")),
            versions: versions.words(),
        }),
    }
}
