//! What answers of any app have in their bodies, and what could not be captured of them.

use super::asked::{Asked, answered, each};
use crate::history::body::near;
use crate::history::{Outcome, Reply};
use crate::model::exchange::filled;
use crate::model::{Expect, Step, StepKind};
use crate::verdict::finding::{Expectation, Status};

/// Whether the bodies have what is expected of them.
pub(super) fn bodies(expect: &Expect, last: &[&Asked<'_>]) -> Vec<Expectation> {
    let has = expect.body.iter().map(|text| {
        answered(format!("{text:?} in the body"), last, |_, reply| {
            let sought = filled(text, &reply.values).map_err(|missing| format!("cannot be judged: {missing}"))?;
            let named = named(text, &sought);
            match place(reply, &sought)? {
                (Some(at), _) => Ok(format!("has {named} at byte {at} of its body")),
                (None, near) => Err(format!("answered {near:?} and nowhere {named}")),
            }
        })
    });
    let has_not = expect.no_body.iter().map(|text| {
        answered(format!("no {text:?} in the body"), last, |_, reply| {
            let sought = filled(text, &reply.values).map_err(|missing| format!("cannot be judged: {missing}"))?;
            let named = named(text, &sought);
            match place(reply, &sought)? {
                (Some(at), near) => Err(format!("has {named} at byte {at} of its body: {near:?}")),
                (None, _) => Ok(format!("has {named} nowhere in its body")),
            }
        })
    });
    has.chain(has_not).collect()
}

/// A text as it is looked for, with the name by which the step says it.
fn named(text: &str, sought: &str) -> String {
    if text == sought { format!("{text:?}") } else { format!("{sought:?} ({text})") }
}

/// Where a text stands in the whole body, and what is there or nearly there.
fn place(reply: &Reply, text: &str) -> Result<(Option<u64>, String), String> {
    if let Some(found) = reply.looked_for.iter().find(|found| found.text == text) {
        return Ok((found.at, found.near.clone()));
    }
    let Some(body) = &reply.body else {
        return Err(if reply.counter.is_some() { "was the counter app's" } else { "has no body" }.to_owned());
    };
    match (body.find(text), &reply.rest) {
        (Some(at), _) => Ok((u64::try_from(at).ok(), crate::history::body::excerpt(body, at))),
        (None, None) => Ok((None, near(body, text))),
        (None, Some(rest)) => Err(format!("has {} more bytes, which were not kept", rest.bytes)),
    }
}

/// What a step was to capture or to send and could not, whatever it expects.
pub(super) fn captures(step: &Step, asked: &[&Asked<'_>]) -> Option<Expectation> {
    let StepKind::Http { exchange, .. } = &step.kind else { return None };
    let silent = step.expect.as_ref().is_some_and(|expect| expect.answered == Some(false));
    if asked.is_empty() {
        return None;
    }
    // Where no answer is expected, none is to have anything; but it must have been sent.
    let names: Vec<&str> =
        exchange.capture.iter().filter(|(_, it)| !it.optional && !silent).map(|(name, _)| name.as_str()).collect();
    let what = match (names.is_empty(), exchange.form_from.as_deref()) {
        (false, _) => format!("captures {}", names.join(", ")),
        (true, Some(form)) => format!("sends the form {form}"),
        (true, None) => "is sent".to_owned(),
    };
    let judged = each(what, asked, |asked| {
        let outcome = asked.end.map(|(_, outcome, _)| outcome);
        if let Some(why) = outcome.and_then(Outcome::why_not_sent) {
            return Err(format!("was not sent: {why}"));
        }
        let missing = asked.reply().and_then(|reply| Some((reply.status, reply.not_captured.iter().next()?)));
        match missing {
            Some((status, (name, why))) => {
                Err(format!("answered HTTP {status}, of which nothing can be captured as `{name}`: {why}"))
            }
            None if !names.is_empty() && asked.reply().is_none() => {
                Err("was not answered, so nothing was captured".to_owned())
            }
            None => Ok("has it".to_owned()),
        }
    });
    let is_told = !names.is_empty() || judged.status == Status::Violated;
    is_told.then_some(judged)
}
