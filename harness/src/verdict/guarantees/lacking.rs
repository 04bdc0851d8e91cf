//! What a session was never seen to hold while nobody saw it where it was made: whether it lost that, the others of its app
//! tell that were made and used alike.

use std::collections::BTreeSet;

use super::super::app_sessions::{AppSession, Shown};
use super::super::requests::Request;
use super::super::view::View;
use super::judgement::Breach;
use super::session_tests::seen;
use crate::history::Nanos;
use crate::model::Violation;

/// So many others must hold it at least, and none may be without it.
const OTHERS: usize = 1;
/// No more others are compared.
const COMPARED: usize = 20;

/// An attribute that each other session made and used alike was seen to hold, and this one never was.
pub(super) fn breach(view: &View<'_>, session: &AppSession<'_>) -> Option<Breach> {
    let last = session.shown.last()?;
    let made = &view.requests[session.born?];
    let there =
        |shown: &Shown<'_>| shown.node == made.node && view.timeline.outlives(made.node, made.invoked, shown.at);
    if session.shown.iter().any(there) {
        return None;
    }
    let used = asked_for(view, session, last.asked);
    let had: BTreeSet<&str> = session.shown.iter().flat_map(Shown::names).collect();
    let alike = |other: &&AppSession<'_>| {
        let of_the_same = other.born.is_some_and(|born| view.requests[born].key() == made.key());
        other.stem != session.stem && other.context == session.context && of_the_same
    };
    // Of each what it held while it had been used for no more.
    let held = view.apps.all.iter().filter(alike).filter_map(|other| {
        let mut shown = other.shown.iter().take_while(|shown| asked_for(view, other, shown.asked).is_subset(&used));
        let first: BTreeSet<&str> = shown.next()?.names();
        Some((other, shown.fold(first, |all, shown| all.union(&shown.names()).copied().collect())))
    });
    let held: Vec<(&AppSession<'_>, BTreeSet<&str>)> = held.take(COMPARED).collect();
    let (other, first) = held.first().filter(|_| OTHERS <= held.len())?;
    let lacking =
        first.iter().find(|name| !had.contains(*name) && held.iter().all(|(_, held)| held.contains(*name)))?;
    let because = format!(
        "{} was never seen to hold {lacking}, which {} and {} more held that were made and used alike",
        session.name(),
        other.name(),
        held.len() - 1
    );
    let unpromised = Some(format!("nobody saw it on {}, where it was made", made.node));
    let breach = seen(view, session, last.at, last.record, because).named(Violation::StaleReplica);
    Some(Breach { unpromised, ..breach })
}

/// The methods and paths that had been asked for in a session before an instant.
fn asked_for<'a>(view: &View<'a>, session: &AppSession<'a>, before: Nanos) -> BTreeSet<(&'a str, &'a str)> {
    let asked = session.requests.iter().map(|index| &view.requests[*index]);
    asked.take_while(|request| request.invoked < before).map(Request::key).collect()
}
