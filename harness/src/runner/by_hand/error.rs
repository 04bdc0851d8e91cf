//! Why a step by hand was not done.

use crate::cluster::ClusterError;
use crate::model::plan::PlanError;
use crate::model::scenario::ScenarioError;

/// A step that was not done.
#[derive(Debug, thiserror::Error)]
pub enum ByHandError {
    /// It cannot follow here. Nothing was done.
    #[error("{message}")]
    Refused {
        /// Why not.
        message: String,
        /// What to do about it.
        help: Option<String>,
    },
    /// It failed.
    #[error(transparent)]
    Failed(#[from] ClusterError),
    /// An app cannot be used.
    #[error(transparent)]
    App(#[from] crate::tomcat::compiler::CompileError),
    /// The run directory cannot be written.
    #[error("the run directory cannot be written")]
    RunDir(#[source] std::io::Error),
}

impl ByHandError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Refused { help, .. } => help.clone(),
            Self::Failed(error) => error.hint(),
            Self::App(_) | Self::RunDir(_) => None,
        }
    }

    /// The lines of a log or a console that show it.
    pub fn lines(&self) -> &[String] {
        match self {
            Self::Failed(error) => error.lines(),
            _ => &[],
        }
    }
}

impl From<ScenarioError> for ByHandError {
    fn from(error: ScenarioError) -> Self {
        Self::Refused { message: error.message, help: error.help }
    }
}

impl From<PlanError> for ByHandError {
    fn from(error: PlanError) -> Self {
        let (message, help) = match error {
            PlanError::Refused { refusal, .. } => (refusal.message, refusal.help),
            PlanError::Lacks { capability, runtime, .. } => {
                (format!("runtime {runtime} cannot {capability} on this cluster"), Some(prepare("partition")))
            }
            PlanError::Unprepared { kind, .. } => {
                (format!("the cluster is not prepared for {kind}"), Some(prepare(&kind.to_string())))
            }
        };
        Self::Refused { message, help }
    }
}

/// What to do about machines that were not made for a fault.
fn prepare(fault: &str) -> String {
    format!("bring the cluster up with `--prepare {fault}`, or the fault that is meant")
}
