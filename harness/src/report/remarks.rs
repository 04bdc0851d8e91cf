//! What stands beside a verdict.

use serde::Serialize;

use super::Summary;

/// Why a run says less than its rows: what it assumes and is not met, and why it ended early.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Remark<'a> {
    /// `not met: …` or `cut short`.
    pub what: String,
    /// Why.
    pub because: &'a str,
}

/// All remarks on a run, of which none is a good sign.
pub fn remarks(summary: &Summary) -> Vec<Remark<'_>> {
    let unmet = summary.verdict.assumptions.iter().filter(|assumption| !assumption.met);
    let unmet = unmet.map(|unmet| Remark { what: format!("not met: {}", unmet.what), because: &unmet.because });
    let cut_short = summary.cut_short.iter().map(|why| Remark { what: "cut short".to_owned(), because: why });
    unmet.chain(cut_short).collect()
}
