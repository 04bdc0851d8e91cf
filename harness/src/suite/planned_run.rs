//! A run that somebody wants: a plan with its origin.

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use crate::model::Plan;
use crate::model::deploy_job::OwnApp;

/// One run of a scenario, of the main job, or of an app.
#[derive(Debug, Clone)]
pub struct PlannedRun {
    /// `failover/kill-the-owner [manager=delta]`.
    pub label: String,
    /// The scenario; none of what is no scenario.
    pub source: Option<Source>,
    /// The app that is deployed in the place of the counter.
    pub app: Option<OwnApp>,
    /// What is done.
    pub plan: Arc<Plan>,
}

/// Where a run's scenario comes from.
#[derive(Debug, Clone)]
pub struct Source {
    /// The path of its file, or the name of a shipped one.
    pub name: String,
    /// What is in it.
    pub text: String,
    /// The folder against which its paths are resolved.
    pub folder: Utf8PathBuf,
}

impl PlannedRun {
    /// A plan that was made by a program.
    pub fn of_plan(plan: Plan) -> Self {
        Self { label: plan.name.clone(), source: None, app: None, plan: Arc::new(plan) }
    }

    /// A run of a scenario, for a cell of its matrix.
    pub fn of_scenario(source: Source, cell: &str, plan: Plan) -> Self {
        let label = if cell.is_empty() { source.name.clone() } else { format!("{} [{cell}]", source.name) };
        Self { label, source: Some(source), app: None, plan: Arc::new(plan) }
    }
}

impl Source {
    /// A scenario's file.
    pub fn of_file(path: &Utf8Path, text: &[u8]) -> Self {
        let folder = path.parent().unwrap_or(Utf8Path::new("")).to_owned();
        Self { name: path.to_string(), text: String::from_utf8_lossy(text).into_owned(), folder }
    }
}
