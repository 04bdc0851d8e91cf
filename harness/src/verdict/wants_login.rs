//! An app that leads whoever asks it to a login, and a plan in which no client makes one: the run tests what anybody is shown.

use super::finding::Verdict;
use super::requests::Request;
use super::view::View;
use crate::model::{Exchange, StepKind};

/// What the note of it has in it.
const MARK: &str = ", and no client of this run logs in";

/// How pages write that a field is for a password.
const PASSWORD: [&str; 3] = ["type=\"password\"", "type='password'", "type=password"];
/// Words in the path of a login.
const WORDS: [&str; 6] = ["login", "logon", "signin", "sign-in", "sso", "auth"];

/// The first request that led to a login, in words.
pub(super) fn note(view: &View<'_>) -> Option<String> {
    let exchanges = view.plan.steps.iter().filter_map(|step| match &step.kind {
        StepKind::Http { exchange, .. } | StepKind::HttpTraffic { exchange, .. } => Some(exchange),
        _ => None,
    });
    if exchanges.into_iter().any(may_log_in) {
        return None;
    }
    view.requests.iter().find_map(|request| Some(format!("{} {}{MARK}", request.target, led(request)?)))
}

/// That of a verdict.
pub fn wants_login(verdict: &Verdict) -> Option<&str> {
    verdict.notes.iter().map(String::as_str).find(|note| note.ends_with(MARK))
}

fn may_log_in(exchange: &Exchange) -> bool {
    exchange.body.is_some()
        || exchange.form_from.is_some()
        || exchange.headers.keys().any(|name| name.eq_ignore_ascii_case("authorization"))
}

/// Where a request led, where that is a login.
pub(super) fn led(request: &Request<'_>) -> Option<String> {
    let reply = request.reply?;
    match reply.status {
        401 => Some("was answered with HTTP 401".to_owned()),
        301 | 302 | 303 | 307 | 308 => {
            let location = reply.headers.get("location")?;
            let path = location.split(['?', ';', '#']).next().unwrap_or_default();
            let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
            WORDS.iter().any(|word| last.contains(word)).then(|| format!("led to a login, {path}"))
        }
        200 => {
            let body = reply.body.as_ref()?.to_ascii_lowercase();
            PASSWORD.iter().any(|field| body.contains(field)).then(|| "was answered with a login".to_owned())
        }
        _ => None,
    }
}
