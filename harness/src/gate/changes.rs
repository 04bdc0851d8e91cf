//! What two sides have otherwise beside guarantees: plain data.

use serde::{Deserialize, Serialize};

/// One measure of two sides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct MeasureChange {
    /// Which measure, in milliseconds.
    pub measure: String,
    /// How many pairs of runs have it.
    pub pairs: usize,
    /// The median before.
    pub before_ms: f64,
    /// The median now.
    pub now_ms: f64,
    /// Now divided by before: the geometric mean over the pairs.
    pub ratio: f64,
    /// The 99.9 % interval of the ratio; none of a single pair.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<(f64, f64)>,
    /// The noise floor: a ratio up to this could not be told from chance with these pairs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub noise: Option<f64>,
    /// Whether a change is claimed.
    pub claimed: bool,
}

/// A problem that only one of two sides logged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ProblemChange {
    /// The line, without numbers that differ from run to run.
    pub problem: String,
    /// Whether it is the new side that logs it.
    pub is_new: bool,
    /// In how many runs.
    pub runs: usize,
    /// Of how many.
    pub of: usize,
}

impl MeasureChange {
    /// It in a line.
    pub fn line(&self) -> String {
        let Self { measure, pairs, before_ms, now_ms, ratio, .. } = self;
        let times = format!("{measure}: {before_ms:.0} ms before, {now_ms:.0} ms now");
        let (Some((low, high)), Some(noise)) = (self.interval, self.noise) else {
            return format!("{times} (one pair: nothing is claimed; --pairs 6 tells change from noise)");
        };
        let said = if self.claimed { "changed" } else { "no change told" };
        // More than this is no floor of use.
        let noise = if noise > 100.0 { "more than ×100".to_owned() } else { format!("×{noise:.2}") };
        format!("{times}: {said}, ×{ratio:.2} ({low:.2} to {high:.2} at 99.9 %), noise floor {noise}, {pairs} pairs")
    }
}

impl ProblemChange {
    /// It in a line.
    pub fn line(&self) -> String {
        let Self { problem, is_new, runs, of } = self;
        let side = if *is_new { "now" } else { "before" };
        format!("only {side}, in {runs} of {of} runs: {problem}")
    }
}
