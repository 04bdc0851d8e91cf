//! The steps of the scenario, each with when it began and ended.

use std::collections::HashMap;

use serde::Serialize;

use crate::history::{Event, History, Nanos, RecordKind};
use crate::model::Plan;

/// A step; times are microseconds of the run's clock.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Step<'a> {
    title: &'a str,
    /// The record of its begin; `None` where it was not reached.
    record: Option<usize>,
    from: Option<u64>,
    until: Option<u64>,
}

/// All steps of a plan, those that were not reached too.
pub(super) fn of<'a>(plan: &'a Plan, history: &History) -> Vec<Step<'a>> {
    let mut begun: HashMap<usize, (usize, u64)> = HashMap::new();
    let mut ended: HashMap<usize, u64> = HashMap::new();
    let micros = |at: Nanos| at.0 / 1000;
    for (index, record) in history.records.iter().enumerate() {
        let RecordKind::Event(event) = &record.kind else { continue };
        match event {
            Event::StepBegins { step, .. } => drop(begun.insert(*step as usize, (index, micros(record.at)))),
            Event::StepEnds { step } => drop(ended.insert(*step as usize, micros(record.at))),
            _ => {}
        }
    }
    let steps = plan.steps.iter().enumerate().map(|(place, step)| {
        let number = place + 1;
        let (record, from) = begun.get(&number).copied().unzip();
        Step { title: &step.title, record, from, until: ended.get(&number).copied() }
    });
    steps.collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::sample::plan;
    use super::*;
    use crate::history::Record;

    #[test]
    fn a_step_has_its_times_and_one_that_was_not_reached_has_none() {
        let plan = plan();
        let event = |at, event| Record { at: Nanos(at), kind: RecordKind::Event(event) };
        let begins = |step: u32| Event::StepBegins { step, title: String::new() };
        let records = vec![event(1000, begins(1)), event(5000, Event::StepEnds { step: 1 }), event(6000, begins(2))];
        let steps = of(&plan, &History { records });
        assert_eq!(steps.len(), plan.steps.len());
        assert_eq!((steps[0].record, steps[0].from, steps[0].until), (Some(0), Some(1), Some(5)));
        assert_eq!((steps[1].record, steps[1].until), (Some(2), None), "it did not end");
        assert_eq!(steps[2].record, None);
    }
}
