//! What owner and guard say to each other: JSON, one message a line.

use std::collections::BTreeSet;

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

use super::processes::ProcessId;
use crate::model::RunId;

/// What a guard is started for: the value of its environment variable.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Task {
    pub(crate) run: RunId,
    /// The owner, which is never killed, whatever it carries.
    pub(super) owner: i32,
    /// The folder of the registry.
    pub(super) registry: Utf8PathBuf,
}

/// From the owner, who writes the same lines into the run's entry of the registry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Message {
    /// A process was started.
    Process(ProcessId),
    /// Something else was made, which its provider can find and remove.
    Thing(Thing),
    /// The run uses a provider, so something of it may come into being any time.
    Provider(String),
    /// The owner has removed everything.
    Release,
    /// What runs is to go on running.
    Keep,
}

/// Something of a run that is no process of this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Thing {
    /// Who made it.
    pub(crate) provider: String,
    /// What it is, as in `container`.
    pub(crate) kind: String,
    /// What its provider knows it by.
    pub(crate) id: String,
}

/// What is known of a run's things.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Manifest {
    pub(crate) processes: BTreeSet<ProcessId>,
    pub(crate) providers: Providers,
}

/// Who is to be asked for what a run has beside processes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Providers {
    /// These, by their names.
    Named(BTreeSet<String>),
    /// Each that there is, as something of what was said could not be understood: it was cut off, or is of another version
    /// of this program.
    Every,
}

impl Default for Providers {
    fn default() -> Self {
        Self::Named(BTreeSet::new())
    }
}

impl Providers {
    /// Whether nobody is to be asked.
    pub(crate) fn is_empty(&self) -> bool {
        matches!(self, Self::Named(names) if names.is_empty())
    }

    /// Also this one.
    pub(crate) fn add(&mut self, name: &str) {
        if let Self::Named(names) = self {
            names.insert(name.to_owned());
        }
    }
}

impl Manifest {
    /// What is known from these lines.
    pub(super) fn of<'l>(lines: impl IntoIterator<Item = &'l str>) -> Self {
        let mut manifest = Self::default();
        for line in lines {
            match serde_json::from_str(line) {
                Ok(message) => manifest.add(message),
                Err(_) => manifest.providers = Providers::Every,
            }
        }
        manifest
    }

    pub(super) fn add(&mut self, message: Message) {
        match message {
            Message::Process(process) => _ = self.processes.insert(process),
            Message::Thing(Thing { provider, .. }) | Message::Provider(provider) => self.providers.add(&provider),
            Message::Release | Message::Keep => {}
        }
    }
}

/// From the guard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Reply {
    /// It guards: it has a session of its own and holds the pipe.
    Ready,
    /// It did what it was asked last, and ends.
    Done {
        /// What it had to remove, a line each.
        removed: Vec<String>,
        /// What it could not remove.
        left: Vec<String>,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_understood_names_who_is_to_be_asked() {
        let lines = [r#"{"thing":{"provider":"docker","kind":"container","id":"n1"}}"#, r#"{"provider":"other"}"#];
        let asked = Manifest::of(lines).providers;
        assert_eq!(asked, Providers::Named(["docker".to_owned(), "other".to_owned()].into()));
        assert!(Manifest::of(["\"keep\""]).providers.is_empty());
    }

    #[test]
    fn a_line_of_an_older_version_or_half_a_line_asks_everybody() {
        for line in [r#"{"container":"n1"}"#, r#"{"network":"n"}"#, "\"engine\"", r#"{"thing":{"prov"#] {
            assert_eq!(Manifest::of([r#"{"provider":"docker"}"#, line]).providers, Providers::Every, "{line}");
        }
    }
}
