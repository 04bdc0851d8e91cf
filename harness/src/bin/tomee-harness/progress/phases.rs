//! The phases of a run: a step that takes its time or breaks something is one, and so are all quick steps in between.

use std::time::Duration;

use tomee_harness::history::Nanos;

/// A step that takes longer is a phase of its own.
const QUICK: Duration = Duration::from_millis(500);

/// The step that goes on, and the quick ones before it that are not printed yet.
#[derive(Debug, Default)]
pub(super) struct Phases {
    began: Nanos,
    title: String,
    breaks: bool,
    unanswered: usize,
    quick: Option<Quick>,
}

#[derive(Debug, Default)]
struct Quick {
    took: Duration,
    first: String,
    last: String,
    steps: usize,
    unanswered: usize,
}

impl Phases {
    /// A step begins.
    pub(super) fn begin(&mut self, at: Nanos, title: &str) {
        (self.began, self.title, self.breaks) = (at, title.to_owned(), false);
    }

    /// The step that goes on breaks something.
    pub(super) fn breaks(&mut self) {
        self.breaks = true;
    }

    /// A request was not answered.
    pub(super) fn unanswered(&mut self) {
        self.unanswered += 1;
    }

    /// The step ended. Gives what is to be printed now; with `each` a line for each step.
    pub(super) fn end(&mut self, at: Nanos, each: bool) -> Vec<String> {
        let took = at.since(self.began);
        let unanswered = std::mem::take(&mut self.unanswered);
        if each || self.breaks || took >= QUICK {
            let phase = line(took, &self.title, unanswered);
            return self.flush().into_iter().chain([phase]).collect();
        }
        let quick = self.quick.get_or_insert_with(|| Quick { first: self.title.clone(), ..Quick::default() });
        quick.took += took;
        quick.last.clone_from(&self.title);
        quick.steps += 1;
        quick.unanswered += unanswered;
        vec![]
    }

    /// The quick steps that are not printed yet, as one line.
    pub(super) fn flush(&mut self) -> Option<String> {
        let Quick { took, first, last, steps, unanswered } = self.quick.take()?;
        let title = match steps {
            1 => first,
            2 => format!("{first}, {last}"),
            steps => format!("{first}, … {last} ({steps} steps)"),
        };
        Some(line(took, &title, unanswered))
    }
}

fn line(took: Duration, title: &str, unanswered: usize) -> String {
    let requests = match unanswered {
        0 => String::new(),
        1 => " (1 request not answered)".to_owned(),
        many => format!(" ({many} requests not answered)"),
    };
    format!("{:>7.2} s  {title}{requests}", took.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Nanos {
        Nanos(ms * 1_000_000)
    }

    #[test]
    fn quick_steps_are_one_line_and_slow_or_breaking_ones_have_their_own() {
        let mut phases = Phases::default();
        let mut lines = vec![];
        let steps = [("start", 3000, false), ("count", 10, false), ("read", 10, false), ("look", 10, false)];
        let mut now = 0;
        for (title, took, breaks) in steps.into_iter().chain([("kill n1", 50, true), ("count", 10, false)]) {
            phases.begin(ms(now), title);
            if breaks {
                phases.breaks();
                phases.unanswered();
            }
            now += took;
            lines.extend(phases.end(ms(now), false));
        }
        lines.extend(phases.flush());
        let wanted = [
            "   3.00 s  start",
            "   0.03 s  count, … look (3 steps)",
            "   0.05 s  kill n1 (1 request not answered)",
            "   0.01 s  count",
        ];
        assert_eq!(lines, wanted);
    }

    #[test]
    fn each_step_has_its_line_where_that_is_asked_for() {
        let mut phases = Phases::default();
        phases.begin(ms(0), "count");
        assert_eq!(phases.end(ms(10), true), ["   0.01 s  count"]);
    }
}
