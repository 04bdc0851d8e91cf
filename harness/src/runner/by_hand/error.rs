//! Why a step by hand was not done.

use crate::cluster::ClusterError;
use crate::model::Capability;
use crate::model::plan::PlanError;
use crate::model::scenario::ScenarioError;
use crate::runtime::RuntimeKind;

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
        Self::Refused { message: error.message, help: error.help.as_deref().map(at_a_prompt) }
    }
}

impl From<PlanError> for ByHandError {
    fn from(error: PlanError) -> Self {
        let (message, help) = match error {
            PlanError::Refused { refusal, .. } => (refusal.message, refusal.help.as_deref().map(at_a_prompt)),
            PlanError::Lacks { capability, runtime, .. } => {
                let message = format!("runtime {runtime} cannot {capability} on this cluster");
                (message, Some(way_to(capability, &runtime)))
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

/// What about machines that cannot do something.
fn way_to(capability: Capability, runtime: &str) -> String {
    let needs_networks = [Capability::Partition, Capability::PacketLoss, Capability::Latency, Capability::LoseHost];
    if runtime == RuntimeKind::PROCESS.name() && !needs_networks.contains(&capability) {
        return "runtime docker may: `up --runtime docker`, with `--prepare` for the fault".to_owned();
    }
    prepare("partition")
}

/// What helps, as somebody at a prompt says it: `heal = "n1"` of a scenario is `heal n1` there.
fn at_a_prompt(help: &str) -> String {
    let scenario = help.split(", or `expect").next().unwrap_or(help);
    let words = scenario.split('`').enumerate().map(|(place, part)| match part.split_once(" = ") {
        Some((verb, value)) if place % 2 == 1 && value.starts_with('"') => {
            let verb = if verb == "restart" { "start" } else { verb };
            format!("{verb} {}", value.trim_matches('"'))
        }
        _ => part.to_owned(),
    });
    words.collect::<Vec<_>>().join("`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_helps_is_said_as_at_a_prompt() {
        for (help, said) in [
            ("`heal = \"n1\"` before it", "`heal n1` before it"),
            ("`restart = \"n2\"` before it, or `expect = { answered = false }`", "`start n2` before it"),
            ("did you mean `n1`?", "did you mean `n1`?"),
            ("`detach = true` in the `deploy` goes on", "`detach = true` in the `deploy` goes on"),
        ] {
            assert_eq!(at_a_prompt(help), said);
        }
    }
}
