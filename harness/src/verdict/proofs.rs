//! What the proof of a fault says, held against what the fault was to do: words that say it did nothing, or another thing,
//! prove nothing. Words of another kind, as of an older release, prove what they say.

use std::time::Duration;

use super::view::View;
use crate::model::{Fault, FaultKind, StepKind};

/// How far a clock may be from where it was to jump: a look takes some time.
const JUMP: u64 = 10_000;

/// What a proof says against its fault, in words.
pub(super) fn refuted(view: &View<'_>, fault: &super::timeline::Fault<'_>, proof: &str) -> Option<String> {
    let kind = fault.kind;
    // Whatever was to be cut off, nothing was.
    if proof.starts_with("0 packet") {
        return Some(format!("affected nothing: {proof}"));
    }
    match kind {
        FaultKind::Kill | FaultKind::Stop | FaultKind::LoseHost => {
            other_end(kind, proof).map(|other| format!("did not end it: {other}"))
        }
        FaultKind::Pause => (!is_frozen(proof)).then(|| format!("did not freeze it: {proof}")),
        FaultKind::SkewClock => {
            let jumped = number_before(proof, " ms", "jumped by ")?;
            let meant = planned(view, |fault| match fault {
                Fault::SkewClock { by } => Some(by.seconds().saturating_mul(1000)),
                _ => None,
            });
            let right = meant.iter().any(|by| jumped.abs_diff(*by) <= JUMP && (jumped < 0) == (*by < 0) && jumped != 0);
            (!right && (jumped == 0 || !meant.is_empty())).then(|| format!("did not set it: {proof}"))
        }
        FaultKind::Latency => {
            let (_, held) = proof.split_once("held back for ")?;
            let held = held.parse::<crate::model::Millis>().ok()?.duration();
            let meant = planned(view, |fault| match fault {
                Fault::Latency { delay } => Some(delay.duration()),
                _ => None,
            });
            let least = meant.into_iter().min().unwrap_or(Duration::from_nanos(1));
            (held < least).then(|| format!("held nothing back for so long: {proof}"))
        }
        FaultKind::SlowNode => {
            let idle = number_before(proof, " periods", "in ") == Some(0);
            let meant = planned(view, |fault| match fault {
                Fault::SlowNode { percent } => Some(i64::from(percent)),
                _ => None,
            });
            let left = number_before(proof, " % of a core", "");
            let much = left.is_some_and(|left| meant.iter().max().is_some_and(|most| *most < left));
            (idle || much).then(|| format!("did not slow it down: {proof}"))
        }
        FaultKind::FillDisk => {
            let full = proof.contains("No space left on device") || proof.contains("refused");
            let written = proof.contains("one more byte") && !full;
            written.then(|| format!("did not fill it: {proof}"))
        }
        FaultKind::ApiError | FaultKind::ApiErrorOnce => {
            let (asked, status) = proof.strip_prefix("poll ")?.split_once(" was answered with ")?;
            let status: u16 = status.trim().parse().ok()?;
            let meant = planned(view, |fault| match fault {
                Fault::ApiError { status } | Fault::ApiErrorOnce { status } => Some(status),
                _ => None,
            });
            let right = (meant.is_empty() && 400 <= status) || meant.contains(&status);
            let other = !asked.ends_with(&format!(" of {}", fault.node));
            (!right || other).then(|| format!("failed no poll of its node so: {proof}"))
        }
        _ => None,
    }
}

/// A parameter of the faults of the plan.
fn planned<T>(view: &View<'_>, of: impl Fn(Fault) -> Option<T>) -> Vec<T> {
    let faults = view.plan.steps.iter().filter_map(|step| match &step.kind {
        StepKind::Fault { fault, .. } => Some(*fault),
        _ => None,
    });
    faults.filter_map(of).collect()
}

/// The number that stands right before a text, behind another one.
fn number_before(proof: &str, text: &str, behind: &str) -> Option<i64> {
    let (before, _) = proof.split_once(text)?;
    let from = before.rfind(|letter: char| !letter.is_ascii_digit() && letter != '-').map_or(0, |at| at + 1);
    let fits = before.get(..from).is_some_and(|words| words.ends_with(behind));
    before.get(from..)?.parse().ok().filter(|_| fits)
}

/// The proof of a pause that reports what was asked for: a process that is stopped, or a container in the freezer.
fn is_frozen(proof: &str) -> bool {
    let state = proof.split_once("is in state ").map(|(_, state)| state);
    !proof.trim().is_empty() && state.is_none_or(|state| state.starts_with(['T', 't']))
}

/// The proof of a kill, a stop or a lost host that does not report the end that was asked for.
fn other_end(kind: FaultKind, proof: &str) -> Option<&str> {
    let number = |word: &str| {
        let (_, behind) = proof.split_once(word)?;
        let digits: String = behind.chars().take_while(char::is_ascii_digit).collect();
        digits.parse::<u32>().ok()
    };
    let (signal, code) = (number("signal "), number("exit code "));
    let fits = match (kind, signal, code) {
        // What ran out of memory ended by itself.
        _ if proof.contains("OOMKilled") => false,
        (FaultKind::LoseHost, None, None) => !proof.trim().is_empty() && !proof.contains("running"),
        (FaultKind::Kill | FaultKind::LoseHost, Some(signal), _) => signal == 9,
        (FaultKind::Kill | FaultKind::LoseHost, None, code) => code == Some(137),
        (FaultKind::Stop, Some(signal), None) => signal == 15,
        // A JVM that SIGTERM has ended in order exits with 143.
        (FaultKind::Stop, signal, Some(code)) => {
            signal.is_none_or(|signal| signal == 15) && [0, 130, 143].contains(&code)
        }
        (FaultKind::Stop, None, None) => false,
        _ => true,
    };
    (!fits).then_some(proof)
}
