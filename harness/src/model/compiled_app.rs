//! Apps with classes of their own, which are compiled for the server that they run on.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ServerSpec;

/// An app that is part of this program as Java source. Each answers as the counter app does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CompiledApp {
    /// Counts in a `@SessionScoped` bean.
    Cdi,
    /// Counts in a `@Stateful` bean, whose handle is in the session.
    Ejb,
    /// Counts in attributes, and has a page behind a login by form.
    Login,
    /// The same with a login by BASIC.
    BasicLogin,
    /// Counts in attributes, and sets objects of its own classes when it is asked to.
    Classes,
    /// The same less one of these classes.
    ClassesLackingNote,
    /// Changes its count in place, which no server replicates.
    InPlace,
    /// Closes each answer before the session is replicated.
    EarlyAnswer,
    /// Counts in attributes, and has a listener that is called at each session's begin and end.
    Listener,
}

kebab!(CompiledApp);

impl CompiledApp {
    /// All.
    pub const ALL: [Self; 9] = [
        Self::Cdi,
        Self::Ejb,
        Self::Login,
        Self::BasicLogin,
        Self::Classes,
        Self::ClassesLackingNote,
        Self::InPlace,
        Self::EarlyAnswer,
        Self::Listener,
    ];

    /// The app of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|app| app.to_string() == name)
    }

    /// Where it is served, unless the scenario says otherwise.
    pub fn context(self) -> &'static str {
        match self {
            Self::Cdi => "/cdi",
            Self::Ejb => "/ejb",
            Self::Login | Self::BasicLogin => "/login",
            Self::Classes | Self::ClassesLackingNote => "/classes",
            Self::InPlace => "/in-place",
            Self::EarlyAnswer => "/early-answer",
            Self::Listener => "/listener",
        }
    }

    /// The part of Jakarta EE that it takes beyond what every Tomcat has.
    pub fn needs(self) -> Option<&'static str> {
        match self {
            Self::Cdi => Some("CDI"),
            Self::Ejb => Some("EJB"),
            Self::Login
            | Self::BasicLogin
            | Self::Classes
            | Self::ClassesLackingNote
            | Self::InPlace
            | Self::EarlyAnswer
            | Self::Listener => None,
        }
    }

    /// What it needs and this server is known to lack. What a folder holds is known only when it is looked at.
    pub fn lacks(self, server: &ServerSpec) -> Option<&'static str> {
        self.needs().filter(|_| matches!(server, ServerSpec::Tomcat { .. }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_app_is_found_by_its_name() {
        for app in CompiledApp::ALL {
            assert_eq!(CompiledApp::named(&app.to_string()), Some(app));
        }
        assert_eq!(CompiledApp::named("Cdi"), None);
    }

    #[test]
    fn a_tomcat_lacks_what_only_tomee_has() {
        let server = |text: &str| text.parse::<ServerSpec>().expect("a server");
        assert_eq!(CompiledApp::Cdi.lacks(&server("tomcat:11.0.24")), Some("CDI"));
        assert_eq!(CompiledApp::Cdi.lacks(&server("tomee:9.0.0")), None);
        assert_eq!(CompiledApp::Login.lacks(&server("tomcat:11.0.24")), None);
    }
}
