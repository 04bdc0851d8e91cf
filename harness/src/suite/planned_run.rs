//! A run that somebody wants: a plan with its origin.

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use super::kept::{Kept, whole, whole_server};
use crate::config;
use crate::host::run_dir::SCENARIO_FILE;
use crate::model::Plan;
use crate::model::deploy_job::OwnApp;
use crate::model::topology::JvmSpec;

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

    /// The command line that does this run again, from any folder. All that a settings file or the environment could say
    /// otherwise is said; `jvm` is what was said beside the scenario.
    pub(super) fn again(&self, runtime: &str, jvm: &JvmSpec, kept: &Kept) -> Vec<String> {
        let topology = &self.plan.topology;
        let mut words: Vec<String> = vec!["tomee-harness".to_owned(), "run".to_owned()];
        words.extend(self.source.is_some().then(|| kept.folder().join(SCENARIO_FILE).into_string()));
        let mut say = |flag: &str, value: &dyn std::fmt::Display| words.extend([flag.to_owned(), value.to_string()]);
        say("--runtime", &runtime);
        say("--nodes", &topology.nodes.len());
        say("--server", &whole_server(&topology.server));
        say("--manager", &topology.cluster.manager);
        say("--membership", &topology.cluster.membership);
        say("--send-options", &topology.cluster.send_options);
        say("--timing", &topology.timing);
        jvm.home.iter().for_each(|home| say("--java", &whole(home)));
        jvm.args.iter().for_each(|argument| say("--jvm-arg", argument));
        jvm.env.iter().for_each(|(name, value)| say("--env", &config::redact_argument(&format!("{name}={value}"))));
        jvm.libs.iter().for_each(|lib| say("--lib", &kept.place(lib)));
        if let Some(app) = &self.app {
            say("--war", &kept.place(&app.war));
            app.at.iter().for_each(|at| say("--at", at));
            app.paths.iter().for_each(|path| say("--path", path));
        }
        words
    }
}

impl Source {
    /// A scenario's file.
    pub fn of_file(path: &Utf8Path, text: &[u8]) -> Self {
        let folder = path.parent().unwrap_or(Utf8Path::new("")).to_owned();
        Self { name: path.to_string(), text: String::from_utf8_lossy(text).into_owned(), folder }
    }
}
