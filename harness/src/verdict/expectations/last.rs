//! The last operation of each client, held against what is expected of it.

use super::super::finding::{Expectation, Status};
use super::asked::Asked;
use crate::history::Reply;

/// Judges the last operation of each client; the first that is not as expected decides.
pub(super) fn each(
    what: String,
    last: &[&Asked<'_>],
    of: impl Fn(&Asked<'_>) -> Result<String, String>,
) -> Expectation {
    let name = |asked: &Asked<'_>, shown: &str| format!("{} ({} on {}) {shown}", asked.id, asked.client, asked.node);
    let mut kept = None;
    for asked in last {
        let end = asked.end.map(|(_, _, record)| record);
        match of(asked) {
            Ok(shown) => kept = Some((name(asked, &shown), asked.id, end)),
            Err(shown) => {
                return Expectation {
                    what,
                    status: Status::Violated,
                    because: name(asked, &shown),
                    rests_on: vec![asked.id],
                    evidence: end.into_iter().collect(),
                };
            }
        }
    }
    match kept {
        Some((because, id, end)) => Expectation {
            what,
            status: Status::Holds,
            because: if last.len() > 1 { format!("{because}, as did {} others", last.len() - 1) } else { because },
            rests_on: vec![id],
            evidence: end.into_iter().collect(),
        },
        None => Expectation {
            what,
            status: Status::Unknown,
            because: "nothing was asked".to_owned(),
            rests_on: vec![],
            evidence: vec![],
        },
    }
}

/// As [`each`], of answers.
pub(super) fn answered(
    what: String,
    last: &[&Asked<'_>],
    of: impl Fn(&Asked<'_>, &Reply) -> Result<String, String>,
) -> Expectation {
    each(what, last, |asked| match asked.reply() {
        Some(reply) => of(asked, reply),
        None => Err("was not answered".to_owned()),
    })
}
