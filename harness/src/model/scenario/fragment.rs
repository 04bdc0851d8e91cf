//! A part of a scenario: requests alone, for a plan that is not written as one.

use super::{Scenario, ScenarioError};
use crate::model::{ContextPath, Exchange, Load, Step, StepKind, Target, Topology};

impl Scenario {
    /// The requests of a login, as `[[step]]` tables of a scenario to which no cluster and no app belong. Who asks, how often
    /// and on which node is for the plan that takes them.
    ///
    /// # Errors
    /// As [`Scenario::parse`]; a step that is no request; or a last one that does not say what shows that somebody is logged
    /// in: whoever is not could still have a session, and no one would notice.
    pub fn login(text: &[u8], context: &ContextPath) -> Result<Vec<Step>, ScenarioError> {
        let before = format!("name = \"login\"\n[[step]]\ndeploy = \"app.war\"\nat = \"{context}\"\n");
        let whole = [before.as_bytes(), text].concat();
        let here = |error: ScenarioError| {
            let moved = |span: std::ops::Range<usize>| {
                let back = |at: usize| at.saturating_sub(before.len());
                back(span.start)..back(span.end)
            };
            ScenarioError { span: error.span.map(moved), ..error }
        };
        let scenario = Self::parse(&whole).map_err(here)?;
        let two = Topology::of(2).map_err(|error| ScenarioError::nowhere(error.to_string()))?;
        let plans = scenario.plans(&two).map_err(here)?;
        let steps = plans.into_iter().next().map(|cell| cell.plan.steps).unwrap_or_default();
        let mut requests = vec![];
        for step in steps {
            match step.kind {
                StepKind::Http { .. } => requests.push(step),
                StepKind::Start | StepKind::Deploy { .. } | StepKind::Observe { .. } | StepKind::FinalRead => {}
                _ => {
                    let message = format!("a login makes requests, and nothing else: {}", step.title);
                    return Err(ScenarioError::nowhere(message).help("write `get`, `post` or `submit`"));
                }
            }
        }
        match requests.last() {
            None => {
                Err(ScenarioError::nowhere("there is no request in it")
                    .help("write `[[step]]` and `get = \"/app/login\"`"))
            }
            Some(last) if last.expect.is_none() => {
                Err(ScenarioError::nowhere("nothing says what shows that somebody is logged in")
                    .help("give the last step an `expect`, for example `expect = { body = \"Sign out\" }`"))
            }
            Some(_) => Ok(requests),
        }
    }
}

/// A step of a login by these clients on this node.
pub fn logged_in(step: &Step, client: &crate::model::ClientName, node: &Target, load: Load) -> Step {
    let exchange = match &step.kind {
        StepKind::Http { exchange, .. } => exchange.clone(),
        _ => Exchange::get("/"),
    };
    let what = exchange.form_from.as_ref().filter(|_| exchange.path.is_empty()).unwrap_or(&exchange.path);
    let title = format!("log in: {} {what}", exchange.method);
    let kind = StepKind::Http { client: client.clone(), node: node.clone(), exchange, load };
    Step { expect: step.expect.clone(), ..Step::new(title, kind) }
}
