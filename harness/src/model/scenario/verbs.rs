//! The verb of a step, and the keys that belong to it.

use std::ops::Range;

use toml::Spanned;

use super::ScenarioError;
use super::file::{StepTable, WaitWord};
use super::traffic::TrafficWord;
use crate::model::exchange::Method;
use crate::model::{ClientName, ContextPath, FaultKind, Target};

/// The verbs that ask an app and wait for its answers.
const ASKS: [&str; 5] = ["request", "get", "post", "put", "delete"];
/// The verbs that may ask any app.
const ASKS_ANY: [&str; 5] = ["get", "post", "put", "delete", "traffic"];
/// The verbs by which clients ask.
const ASKERS: [&str; 6] = ["request", "get", "post", "put", "delete", "traffic"];

/// The verb of a step, with its place.
pub(super) enum Verb<'t> {
    Deploy(&'t Spanned<String>),
    Request(Range<usize>),
    Undeploy(&'t Spanned<ContextPath>),
    Http(Method, &'t Spanned<String>),
    Traffic(&'t Spanned<TrafficWord>),
    EndTraffic(&'t Spanned<ClientName>),
    Look(&'t Spanned<Target>),
    RollingRestart(&'t Spanned<FaultKind>),
    ColdRestart(&'t Spanned<FaultKind>),
    Observe(&'t Spanned<ContextPath>),
    Fault(FaultKind, &'t Spanned<Target>),
    Heal(&'t Spanned<Target>),
    Restart(&'t Spanned<Target>),
    Wait(&'t Spanned<WaitWord>),
    Repeat(&'t Spanned<u32>),
}

/// The one verb of a step.
pub(super) fn verb<'t>(step: &'t StepTable, span: &Range<usize>) -> Result<(String, Verb<'t>), ScenarioError> {
    let faults =
        step.faults().into_iter().filter_map(|(kind, target)| Some((kind.to_string(), Verb::Fault(kind, target?))));
    let others = [
        step.deploy.as_ref().map(|app| ("deploy", Verb::Deploy(app))),
        step.request.as_ref().map(|request| ("request", Verb::Request(request.span()))),
        step.undeploy.as_ref().map(|context| ("undeploy", Verb::Undeploy(context))),
        step.get.as_ref().map(|path| ("get", Verb::Http(Method::Get, path))),
        step.post.as_ref().map(|path| ("post", Verb::Http(Method::Post, path))),
        step.put.as_ref().map(|path| ("put", Verb::Http(Method::Put, path))),
        step.delete.as_ref().map(|path| ("delete", Verb::Http(Method::Delete, path))),
        step.traffic.as_ref().map(|request| ("traffic", Verb::Traffic(request))),
        step.end_traffic.as_ref().map(|client| ("end-traffic", Verb::EndTraffic(client))),
        step.look.as_ref().map(|target| ("look", Verb::Look(target))),
        step.rolling_restart.as_ref().map(|how| ("rolling-restart", Verb::RollingRestart(how))),
        step.cold_restart.as_ref().map(|how| ("cold-restart", Verb::ColdRestart(how))),
        step.observe.as_ref().map(|context| ("observe", Verb::Observe(context))),
        step.heal.as_ref().map(|target| ("heal", Verb::Heal(target))),
        step.restart.as_ref().map(|target| ("restart", Verb::Restart(target))),
        step.wait.as_ref().map(|word| ("wait", Verb::Wait(word))),
        step.repeat.as_ref().map(|times| ("repeat", Verb::Repeat(times))),
    ];
    let others = others.into_iter().flatten().map(|(name, verb)| (name.to_owned(), verb));
    let mut found = others.chain(faults);
    match (found.next(), found.next()) {
        (Some(verb), None) => Ok(verb),
        (Some((one, _)), Some((other, _))) => {
            Err(ScenarioError::at(span.clone(), format!("{one} and {other} in one step")).help("a step does one thing"))
        }
        (None, _) => {
            let faults = step.faults().map(|(kind, _)| kind.to_string()).join(", ");
            Err(ScenarioError::at(span.clone(), "this step does nothing")
                .help(format!(
                "one of deploy, undeploy, request, get, post, put, delete, traffic, end-traffic, look, observe, {faults}, \
                 heal, restart, rolling-restart, cold-restart, wait, repeat"
            )))
        }
    }
}

/// Refuses a key that says nothing beside the step's verb.
pub(super) fn belongs(step: &StepTable, verb: &str) -> Result<(), ScenarioError> {
    fn place<T>(key: Option<&Spanned<T>>) -> Option<Range<usize>> {
        key.map(Spanned::span)
    }
    let keys = [
        ("clients", place(step.clients.as_ref()), &ASKERS[..]),
        ("parallel", place(step.parallel.as_ref()), &ASKS),
        ("at-once", place(step.at_once.as_ref()), &ASKS),
        (
            "on",
            place(step.on.as_ref()),
            &["request", "get", "post", "put", "delete", "traffic", "wait", "deploy", "undeploy"],
        ),
        ("times", place(step.times.as_ref()), &ASKS),
        ("at", place(step.at.as_ref()), &["deploy", "request", "traffic", "look", "wait"]),
        ("through", place(step.through.as_ref()), &["deploy", "undeploy"]),
        ("version", place(step.version.as_ref()), &["deploy", "undeploy"]),
        ("slowly", place(step.slowly.as_ref()), &["deploy"]),
        ("aged", place(step.aged.as_ref()), &["deploy"]),
        ("detach", place(step.detach.as_ref()), &["deploy"]),
        ("headers", place(step.headers.as_ref()), &ASKS_ANY),
        ("form", place(step.form.as_ref()), &["post", "put", "traffic"]),
        ("json", place(step.json.as_ref()), &["post", "put", "traffic"]),
        ("capture", place(step.capture.as_ref()), &ASKS_ANY),
        ("every", place(step.every.as_ref()), &ASKERS),
        ("with", place(step.with.as_ref()), &["restart"]),
        ("contains", place(step.contains.as_ref()), &["wait"]),
        ("percent", place(step.percent.as_ref()), &["packet-loss", "slow-node"]),
        ("by", place(step.by.as_ref()), &["skew-clock"]),
        ("delay", place(step.delay.as_ref()), &["latency"]),
        ("within", place(step.within.as_ref()), &["wait", "look"]),
        ("sessions", place(step.sessions.as_ref()), &["wait"]),
        ("steps", step.steps.first().map(Spanned::span), &["repeat"]),
    ];
    let no_fault = step.lasting.as_ref().filter(|_| step.faults().iter().all(|(_, target)| target.is_none()));
    if let Some(lasting) = no_fault {
        return Err(ScenarioError::at(lasting.span(), format!("`for` says nothing beside `{verb}`"))
            .help("it belongs to a fault"));
    }
    let alien = keys
        .into_iter()
        .find_map(|(key, span, verbs)| Some((key, span?, verbs)).filter(|(_, _, verbs)| !verbs.contains(&verb)));
    match alien {
        Some((key, span, verbs)) => Err(ScenarioError::at(span, format!("`{key}` says nothing beside `{verb}`"))
            .help(format!("it belongs to {}", verbs.join(", ")))),
        None => Ok(()),
    }
}
