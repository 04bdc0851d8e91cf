//! From the tables of a scenario to the steps of a plan. What may follow in which state the model says
//! ([`State::apply`](crate::model::State::apply)); here it gets its place in the file.

mod looks;

use std::collections::BTreeSet;

use super::ScenarioError;
use super::repetition;
use super::verbs::{Verb, verb};
use crate::model::plan::Plan;
use crate::model::refusal::Refusal;
use crate::model::written::Written;
use crate::model::{Expect, State, Step, StepKind, Topology};

/// A plan has at most this many steps, repetitions counted.
const MOST_STEPS: usize = 5000;

/// The steps of a scenario on a cluster of this shape, the start and the looks at replicas included.
pub(super) fn steps(tables: &[Written<'_>], topology: &Topology) -> Result<Vec<Step>, ScenarioError> {
    let mut sequence = Sequence { state: State::of(topology), steps: vec![] };
    sequence.add(StepKind::Start, None, None).map_err(|refusal| ScenarioError::nowhere(refusal.message))?;
    sequence.all(tables, 0)?;
    Ok(looks::observed(sequence.steps))
}

/// The steps so far, and the state that they lead to.
struct Sequence<'t> {
    state: State<'t>,
    steps: Vec<Step>,
}

impl Sequence<'_> {
    fn add(&mut self, kind: StepKind, say: Option<&String>, expect: Option<Expect>) -> Result<(), Refusal> {
        let title = say.cloned().unwrap_or_else(|| kind.title(self.state.topology));
        let step = Step { title, expect, kind };
        self.state.apply(&step)?;
        self.steps.push(step);
        Ok(())
    }

    fn all(&mut self, tables: &[Written<'_>], depth: usize) -> Result<(), ScenarioError> {
        tables.iter().try_for_each(|table| self.one(table, depth))
    }

    fn one(&mut self, written: &Written<'_>, depth: usize) -> Result<(), ScenarioError> {
        if self.steps.len() > MOST_STEPS {
            let message = format!("more than {MOST_STEPS} steps, repetitions counted");
            return Err(ScenarioError { message, span: written.span(), help: None });
        }
        let verb = verb(written)?;
        let (say, expect): (Option<String>, Option<Expect>) = (written.get("say")?, written.get("expect")?);
        let refused = |refusal| written.refused(refusal, &verb);
        match Verb::read(written, &verb, &self.state)? {
            Verb::One(kind) => self.add(*kind, say.as_ref(), expect).map_err(refused),
            Verb::Restarts(restarts) => {
                let mut kinds = restarts.steps(&self.state).map_err(refused)?.into_iter().peekable();
                while let Some(kind) = kinds.next() {
                    let of_the_last = expect.clone().filter(|_| kinds.peek().is_none());
                    self.add(kind, say.as_ref(), of_the_last).map_err(refused)?;
                }
                Ok(())
            }
            Verb::Repeat => {
                if expect.is_some() {
                    let refusal = Refusal::new("`expect` is not valid with `repeat`").at("expect");
                    return Err(refused(refusal.help("the steps in `steps` have their own")));
                }
                let (times, steps) = repetition::repeated(written, depth)?;
                (0..times).try_for_each(|_| self.all(&steps, depth + 1))
            }
        }
    }
}

impl Plan {
    /// Whether it asks after a fault, the final read included: the counter app, or by requests that any app takes. Only then
    /// do the guarantees about their sessions have something to show.
    pub(super) fn asks_after_a_fault(&self, counter: bool) -> bool {
        let asks = |step: &StepKind| match step {
            StepKind::Request { .. } => counter,
            StepKind::Http { .. } => !counter,
            _ => false,
        };
        let mut asked = false;
        let mut asking = BTreeSet::new();
        let mut broken = false;
        for Step { kind, .. } in &self.steps {
            broken |= matches!(kind, StepKind::Fault { .. });
            let now = asks(kind) || (asked && matches!(kind, StepKind::FinalRead));
            if broken && (now || !asking.is_empty()) {
                return true;
            }
            match kind {
                StepKind::Traffic { client, .. } if counter => drop(asking.insert(client)),
                StepKind::HttpTraffic { client, .. } if !counter => drop(asking.insert(client)),
                StepKind::EndTraffic { client } => drop(asking.remove(client)),
                _ => {}
            }
            asked |= now || !asking.is_empty();
        }
        broken && !asking.is_empty()
    }
}
