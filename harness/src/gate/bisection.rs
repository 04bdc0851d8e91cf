//! From many releases to the two neighbours between which an answer turns.

use serde::{Deserialize, Serialize};

/// How a release stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// It is as it should be.
    Good,
    /// It is red.
    Bad,
    /// It was not decided, or cannot be had.
    Unknown,
}

/// Runs of one release, until they decide it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// How many runs at most.
    pub of: u32,
    /// How many red ones make it bad.
    pub at_least: u32,
}

impl Tally {
    /// How a release stands after runs with these results; `None` where more runs are needed.
    pub fn decided(self, results: &[Standing]) -> Option<Standing> {
        let count = |wanted: Standing| {
            u32::try_from(results.iter().filter(|result| **result == wanted).count()).unwrap_or(u32::MAX)
        };
        let (bad, unknown) = (count(Standing::Bad), count(Standing::Unknown));
        let to_come = self.of.saturating_sub(u32::try_from(results.len()).unwrap_or(u32::MAX));
        if bad >= self.at_least {
            Some(Standing::Bad)
        } else if bad + unknown + to_come < self.at_least {
            Some(Standing::Good)
        } else if to_come > 0 {
            None
        } else {
            Some(Standing::Unknown)
        }
    }
}

/// Releases in their order, and what is known of each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bisection {
    known: Vec<Option<Standing>>,
}

/// What is to be done next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Try the release of this place.
    Try(usize),
    /// Nothing.
    Done(Outcome),
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The answer turns between two releases; those between them are unknown.
    Turns {
        /// The last that is as the first one.
        last: usize,
        /// The first that is as the last one.
        first: usize,
        /// How that one stands.
        to: Standing,
    },
    /// Both ends stand alike: nothing says that it turns in between.
    Same(Standing),
    /// An end could not be decided.
    EndUnknown(usize),
}

impl Bisection {
    /// A number of releases of which nothing is known.
    pub fn of(releases: usize) -> Self {
        Self { known: vec![None; releases] }
    }

    /// Notes how a release stands.
    pub fn note(&mut self, place: usize, standing: Standing) {
        if let Some(known) = self.known.get_mut(place) {
            *known = Some(standing);
        }
    }

    /// What is to be done next: each end first, then the middle of what is left.
    pub fn next(&self) -> Next {
        let end = self.known.len().saturating_sub(1);
        let mut ends = [Standing::Unknown; 2];
        for (place, standing) in [0, end].into_iter().zip(&mut ends) {
            match self.known.get(place).copied().flatten() {
                None => return Next::Try(place),
                Some(Standing::Unknown) => return Next::Done(Outcome::EndUnknown(place)),
                Some(known) => *standing = known,
            }
        }
        let [from, to] = ends;
        if from == to {
            return Next::Done(Outcome::Same(from));
        }
        let stands = |standing: Standing| move |place: &usize| self.known[*place] == Some(standing);
        let first = (0..=end).find(stands(to)).unwrap_or(end);
        let last = (0..first).rev().find(stands(from)).unwrap_or(0);
        let middle = last.midpoint(first);
        let untried = (last + 1..first).filter(|place| self.known[*place].is_none());
        match untried.min_by_key(|place| place.abs_diff(middle)) {
            Some(place) => Next::Try(place),
            None => Next::Done(Outcome::Turns { last, first, to }),
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    /// Bisects a row of `g`, `b` and `?`, and gives what was found and which places were tried.
    fn bisected(row: &str) -> (Outcome, Vec<usize>) {
        let truth: Vec<Standing> = row
            .chars()
            .map(|c| match c {
                'g' => Standing::Good,
                'b' => Standing::Bad,
                _ => Standing::Unknown,
            })
            .collect();
        let (mut bisection, mut tried) = (Bisection::of(truth.len()), vec![]);
        loop {
            match bisection.next() {
                Next::Done(outcome) => return (outcome, tried),
                Next::Try(place) => {
                    assert!(!tried.contains(&place), "{place} is tried twice");
                    tried.push(place);
                    bisection.note(place, truth[place]);
                }
            }
        }
    }

    #[rstest]
    #[case::of_two("gb", Outcome::Turns { last: 0, first: 1, to: Standing::Bad }, 2)]
    #[case::of_sixteen("gggggggggggbbbbb", Outcome::Turns { last: 10, first: 11, to: Standing::Bad }, 6)]
    #[case::a_fix("bbbgg", Outcome::Turns { last: 2, first: 3, to: Standing::Good }, 5)]
    #[case::unknown_between("gg???bb", Outcome::Turns { last: 1, first: 5, to: Standing::Bad }, 7)]
    #[case::unknown_elsewhere("g?gggbb", Outcome::Turns { last: 4, first: 5, to: Standing::Bad }, 5)]
    #[case::all_good("ggg", Outcome::Same(Standing::Good), 2)]
    #[case::an_end_unknown("gb?", Outcome::EndUnknown(2), 2)]
    fn the_neighbours_are_found_and_each_end_is_verified_first(
        #[case] row: &str,
        #[case] wanted: Outcome,
        #[case] most: usize,
    ) {
        let (found, tried) = bisected(row);
        assert_eq!(found, wanted);
        assert!(tried.len() <= most, "{tried:?}");
        assert_eq!(tried[..2], [0, row.len() - 1]);
    }

    #[rstest]
    #[case::one_of_one("b", (1, 1), Some(Standing::Bad))]
    #[case::good_at_once("g", (1, 1), Some(Standing::Good))]
    #[case::not_yet("gb", (5, 2), None)]
    #[case::enough("gbgb", (5, 2), Some(Standing::Bad))]
    #[case::no_longer_possible("ggg", (4, 2), Some(Standing::Good))]
    #[case::an_unknown_may_have_been_red("g?", (2, 1), Some(Standing::Unknown))]
    #[case::an_unknown_that_does_not_matter("ggg?", (4, 2), Some(Standing::Good))]
    fn a_release_is_decided_by_k_of_n(
        #[case] runs: &str,
        #[case] (of, at_least): (u32, u32),
        #[case] wanted: Option<Standing>,
    ) {
        let results: Vec<Standing> = runs
            .chars()
            .map(|c| match c {
                'g' => Standing::Good,
                'b' => Standing::Bad,
                _ => Standing::Unknown,
            })
            .collect();
        assert_eq!(Tally { of, at_least }.decided(&results), wanted);
    }
}
