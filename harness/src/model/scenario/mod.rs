//! Scenarios: failover scenarios as short TOML files.
//!
//! [`Scenario::parse`] reads a file and refuses what no run could do, each mistake at its place and with the nearest
//! right word. [`Scenario::plans`] makes the runs of it: one for each cell of its matrix. [`Scenario::explain`]
//! describes it in prose. The format for people is in `scenarios/README.md`.

mod build;
mod file;
mod fragment;
mod paths;
mod plans;
mod prose;
mod read;
mod recipe;
mod repetition;
mod reserved;
mod shipped;
mod steps;
mod verbs;

#[cfg(test)]
mod tests;

pub use super::refusal::{nearest, of_unknown_word as unknown_word};
pub use build::ScenarioBuilder;
pub use file::{ClusterTable, MatrixTable, ScenarioFile};
pub use fragment::logged_in;
pub use paths::{NamedPath, PathKind};
pub use plans::{Cell, CellPlan};
pub use recipe::{Head, Recipe, Tables};
pub use reserved::refused_jvm_argument;
pub use shipped::{Shipped, shipped};
pub use verbs::{StepTable, VerbRow, manual};

pub use super::step::{PathWord, RestartTable, StepBuilder, TrafficWord, WaitWord};
pub use super::written::ScenarioError;

use camino::Utf8PathBuf;

use super::ServerSpec;

/// A scenario that was read and can be run.
#[derive(Debug, Clone)]
pub struct Scenario {
    file: ScenarioFile,
    steps: Steps,
    /// Against which its paths are resolved; the working directory where there is none.
    folder: Utf8PathBuf,
}

/// The steps of a scenario, as they are written.
#[derive(Debug, Clone)]
enum Steps {
    /// In the text of its file.
    File(String),
    /// In Rust.
    Rust(Vec<serde_json::Map<String, serde_json::Value>>),
}

impl Scenario {
    /// The scenario with its paths resolved against a folder: that of its file. Without this they are those of the working
    /// directory.
    #[must_use]
    pub fn in_folder(mut self, folder: impl Into<Utf8PathBuf>) -> Self {
        self.folder = folder.into();
        self
    }

    /// The sentence that names it.
    pub fn name(&self) -> &str {
        &self.file.name
    }

    /// Its row in a catalogue of failover scenarios, as `S07`.
    pub fn catalogue(&self) -> Option<&str> {
        self.file.catalogue.as_deref()
    }

    /// The server that it names for its cluster.
    pub fn server(&self) -> Option<&ServerSpec> {
        self.file.cluster.server.as_ref()
    }

    /// The words by which it can be chosen.
    pub fn tags(&self) -> &[String] {
        &self.file.tags
    }
}
