//! The verdict, held against random histories of which the truth is known.

use std::collections::BTreeMap;

use integration_tests::sim::{Case, Truth, dump, legal, with_bug};
use tomee_harness::verdict::{Status, Verdict, judge};

/// How often each verdict was given on one kind of truth, with the first seeds of each.
#[derive(Debug, Default)]
struct Row {
    holds: Vec<u64>,
    violated: Vec<u64>,
    unknown: Vec<u64>,
}

#[derive(Debug, Default)]
struct Table {
    rows: BTreeMap<String, Row>,
    hidden: usize,
    /// The first cases of each kind of wrong verdict.
    wrong: Vec<String>,
    wrongs: usize,
}

impl Table {
    fn add(&mut self, case: &Case, verdict: &Verdict) {
        let row = self.rows.entry(case.truth.name()).or_default();
        match verdict.status {
            Status::Holds => row.holds.push(case.seed),
            Status::Violated => row.violated.push(case.seed),
            Status::Unknown => row.unknown.push(case.seed),
        }
        if let Some(what) = wrong(case, verdict) {
            self.wrongs += 1;
            if self.wrong.len() < 3 {
                self.wrong.push(format!("{what}\n{}", dump(case, verdict)));
            }
        }
    }

    fn text(&self) -> String {
        let head = format!("{:38} {:>7} {:>8} {:>8}   first seeds of each", "truth", "holds", "violated", "unknown");
        let rows = self.rows.iter().map(|(name, row)| {
            let seeds = |seeds: &[u64]| format!("{:?}", &seeds[..seeds.len().min(3)]);
            format!(
                "{name:38} {:>7} {:>8} {:>8}   H{} V{} U{}",
                row.holds.len(),
                row.violated.len(),
                row.unknown.len(),
                seeds(&row.holds),
                seeds(&row.violated),
                seeds(&row.unknown)
            )
        });
        let lines: Vec<String> = std::iter::once(head).chain(rows).collect();
        format!("{}\n{} bugs did not show", lines.join("\n"), self.hidden)
    }

    fn unknown_share_of_clean(&self) -> f64 {
        let Some(row) = self.rows.get("clean") else { return 0.0 };
        let count = |seeds: &[u64]| f64::from(u32::try_from(seeds.len()).unwrap_or(u32::MAX));
        count(&row.unknown) / (count(&row.holds) + count(&row.violated) + count(&row.unknown)).max(1.0)
    }
}

/// What is wrong with a verdict.
fn wrong(case: &Case, verdict: &Verdict) -> Option<&'static str> {
    match (&case.truth, verdict.status) {
        (Truth::Clean | Truth::Untested { .. } | Truth::Excused { .. } | Truth::Open { .. }, Status::Violated) => {
            Some("a false red")
        }
        (Truth::Untested { .. } | Truth::Excused { .. }, Status::Holds) => Some("a green that was not earned"),
        (Truth::LossSeen { .. } | Truth::Bug { .. }, Status::Holds) => Some("a false green"),
        _ => None,
    }
}

fn table_of(cases: impl Iterator<Item = Option<Case>>, count: usize) -> Table {
    let mut table = Table::default();
    let mut judged = 0;
    for case in cases {
        let Some(case) = case else {
            table.hidden += 1;
            continue;
        };
        table.add(&case, &judge(&case.plan, &case.history));
        judged += 1;
        if judged == count {
            break;
        }
    }
    table
}

fn legal_ones_are_not_red(count: usize) {
    let table = table_of((0..).map(|seed| Some(legal(seed))), count);
    assert!(table.wrongs == 0, "{} wrong\n{}\n{}", table.wrongs, table.wrong.join("\n\n"), table.text());
    let share = table.unknown_share_of_clean();
    assert!(share <= 0.1, "{share:.3} of the clean ones are unknown\n{}", table.text());
}

fn bugs_that_show_are_not_green(count: usize) {
    let table = table_of((0..).map(with_bug), count);
    assert!(table.wrongs == 0, "{} wrong\n{}\n{}", table.wrongs, table.wrong.join("\n\n"), table.text());
}

#[test]
fn no_legal_history_is_red_and_few_are_unknown() {
    legal_ones_are_not_red(2_000);
}

#[test]
fn no_history_with_a_bug_that_shows_is_green() {
    bugs_that_show_are_not_green(2_000);
}

#[test]
#[ignore = "takes minutes"]
fn full_no_legal_history_of_a_hundred_thousand_is_red() {
    legal_ones_are_not_red(100_000);
}

#[test]
#[ignore = "takes minutes"]
fn full_no_history_with_a_bug_of_a_hundred_thousand_is_green() {
    bugs_that_show_are_not_green(100_000);
}

/// The same seed makes the same history, in every place and at any time.
#[test]
fn a_seed_makes_one_history() {
    for seed in [1, 77, 4711] {
        assert_eq!(legal(seed).history, legal(seed).history);
        assert_eq!(with_bug(seed).map(|case| case.history), with_bug(seed).map(|case| case.history));
    }
}
