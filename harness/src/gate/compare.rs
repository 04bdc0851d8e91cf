//! Two sides beside each other: which guarantees are lost or gained.

use std::collections::BTreeMap;

use super::choice::Role;
use super::result::{Change, Side, Tested};
use crate::verdict::Status;

/// The guarantees that are lost and gained from `before` to `now`.
pub fn compare(before: &Side, now: &Side) -> (Vec<Change>, Vec<Change>) {
    let (old, new) = (strengths(before), strengths(now));
    let (mut lost, mut gained) = (vec![], vec![]);
    for (guarantee, (strength, words)) in &old {
        let (strength_now, words_now) = new.get(guarantee).cloned().unwrap_or((Strength::Open, "not tried".to_owned()));
        let change = Change { guarantee: guarantee.clone(), before: words.clone(), now: words_now };
        // What is not decided is neither: the run says so itself.
        let is_less = |strength: Strength| matches!(strength, Strength::Broken | Strength::NotPromised);
        if *strength == Strength::Kept && is_less(strength_now) {
            lost.push(change);
        } else if strength_now == Strength::Kept && is_less(*strength) {
            gained.push(change);
        }
    }
    (lost, gained)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Strength {
    Broken,
    Open,
    NotPromised,
    Kept,
}

/// The weakest that any run of a side says of each guarantee.
fn strengths(side: &Side) -> BTreeMap<String, (Strength, String)> {
    let mut all: BTreeMap<String, (Strength, String)> = BTreeMap::new();
    // Old and new in one cluster are of neither side.
    let runs = side.deciding().filter(|run| run.role != Role::Rolling);
    for tested in runs.flat_map(|run| &run.tested) {
        let found = (strength(tested), words(tested));
        match all.get(&tested.guarantee) {
            Some((known, _)) if *known <= found.0 => {}
            _ => drop(all.insert(tested.guarantee.clone(), found)),
        }
    }
    all
}

fn strength(tested: &Tested) -> Strength {
    match tested.status {
        Status::Violated => Strength::Broken,
        _ if !tested.promised => Strength::NotPromised,
        Status::Unknown => Strength::Open,
        Status::Holds => Strength::Kept,
    }
}

fn words(tested: &Tested) -> String {
    let how = match strength(tested) {
        Strength::Broken => "violated",
        Strength::NotPromised => "not promised",
        Strength::Open => "unknown",
        Strength::Kept => "holds",
    };
    format!("{how}: {}", tested.because)
}
