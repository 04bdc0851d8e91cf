//! What a look at one node showed of a client's session.

use super::super::content::Content;
use super::super::operations::{path, stem};
use super::super::view::View;
use super::asked::Asked;
use crate::history::{ContextState, Nanos, NodeState, Question, ReplicaRole, SessionReplica};
use crate::model::{ClientName, ContextPath, Expect, ReplicaFate, SessionId, Target};
use crate::verdict::{Expectation, Status};

/// A step that looks: whose session, of which app, and when.
pub(super) struct Looked<'a> {
    pub(super) client: &'a ClientName,
    pub(super) context: &'a ContextPath,
    pub(super) node: &'a Target,
    pub(super) from: Nanos,
    pub(super) to: Nanos,
}

/// How each part of what a look was to show stands.
pub(super) fn judged(view: &View<'_>, looked: &Looked<'_>, expect: &Expect, all: &[Asked<'_>]) -> Vec<Expectation> {
    let wanted = parts(expect);
    let look = view.looks.iter().find(|look| {
        matches!(look.question, Question::Context(context) if context == looked.context)
            && super::super::steps::is(looked.node, look.node)
            && looked.from <= look.asked
            && look.at <= looked.to
    });
    let Some(look) = look else {
        return wanted.into_iter().map(|(what, _)| undecided(what, "nothing was looked at", None)).collect();
    };
    // Each app gives a client a session of its own.
    let contexts = || view.contexts.iter().copied().chain([looked.context]);
    let of_the_app = |asked: &&Asked<'_>| ContextPath::serving(path(asked.target), contexts()) == Some(looked.context);
    let id = all.iter().filter(|asked| asked.client == looked.client && asked.invoked < looked.from);
    let id = id.filter(of_the_app);
    let id = id
        .filter_map(|asked| {
            asked.reply().and_then(super::asked::received).or(asked.sent.map(crate::model::names::SessionId::as_str))
        })
        .next_back();
    let (Some(state), Some(id)) = (look.state, id) else {
        let why = if look.state.is_none() { "the probe did not answer" } else { "the client has had no session" };
        return wanted.into_iter().map(|(what, _)| undecided(what, why, Some(look.record))).collect();
    };
    let held = held(state, looked.context, id);
    let judged = wanted.into_iter().map(|(what, of)| {
        let (status, shown) = match of(held) {
            Ok(shown) => (Status::Holds, shown),
            Err(shown) => (Status::Violated, shown),
        };
        let because = format!("{} {shown} of {id}", look.node);
        Expectation { what, status, because, rests_on: vec![], evidence: vec![look.record] }
    });
    judged.collect()
}

/// Whether a node shows all that is expected of a session there.
pub fn replica_shows(expect: &Expect, state: &NodeState, context: &ContextPath, session: &SessionId) -> bool {
    let held = held(state, context, session.as_str());
    parts(expect).into_iter().all(|(_, of)| of(held).is_ok())
}

/// What a node holds of a session, whatever its route; the most of it where there are several.
fn held<'a>(state: &'a NodeState, context: &ContextPath, id: &str) -> Option<&'a SessionReplica> {
    let contexts = state.contexts.iter().filter(|found| found.path == *context && found.available);
    let sessions = contexts.flat_map(|context: &ContextState| &context.sessions);
    let same = sessions.filter(|session| stem(session.id.as_str()) == stem(id) && session.valid);
    same.min_by_key(|session| session.role)
}

type Part = Box<dyn Fn(Option<&SessionReplica>) -> Result<String, String>>;

/// What is expected, each part with its words.
fn parts(expect: &Expect) -> Vec<(String, Part)> {
    let mut parts: Vec<(String, Part)> = vec![];
    if let Some(wanted) = expect.replica {
        parts.push((format!("the session {wanted} there"), Box::new(move |held| fate(wanted, held))));
    }
    if let Some(count) = expect.count {
        let shown = |count: Option<i64>| {
            count.map_or_else(|| "held no count".to_owned(), |count| format!("held count {count}"))
        };
        parts.push((format!("count {count} there"), content(move |held| same(&Some(count), held.count, shown))));
    }
    if let Some(once) = expect.once {
        let shown = |there| if there { "held once" } else { "held no once" }.to_owned();
        let what = if once { "once there" } else { "no once there" };
        parts.push((what.to_owned(), content(move |held| same(&once, held.once.is_some(), shown))));
    }
    if let Some(list) = expect.list.clone() {
        let shown = |list: Option<Vec<i64>>| format!("held list {:?}", list.unwrap_or_default());
        parts.push((format!("list {list:?} there"), content(move |held| same(&Some(list.clone()), held.list, shown))));
    }
    for (name, value) in expect.attributes.clone() {
        let what = format!("attribute {name} {value} there");
        parts.push((what, Box::new(move |held| attribute(&name, &value, held))));
    }
    parts
}

fn content(of: impl Fn(Content) -> Result<String, String> + 'static) -> Part {
    Box::new(move |held| match held {
        Some(replica) if replica.role != ReplicaRole::Proxy => of(Content::of_replica(replica)),
        Some(_) => Err("held a proxy".to_owned()),
        None => Err("held nothing".to_owned()),
    })
}

fn same<T: PartialEq>(wanted: &T, found: T, shown: impl Fn(T) -> String) -> Result<String, String> {
    super::asked::same(wanted, found, shown)
}

fn fate(wanted: ReplicaFate, held: Option<&SessionReplica>) -> Result<String, String> {
    let role = held.map(|replica| replica.role);
    let shown = match role {
        None => "held nothing".to_owned(),
        Some(role) => format!("held a {role:?}").to_lowercase(),
    };
    let fits = match (wanted, role) {
        (ReplicaFate::None, role) => role.is_none(),
        (ReplicaFate::Held, Some(role)) => role != ReplicaRole::Proxy,
        (ReplicaFate::Primary, Some(role)) => role == ReplicaRole::Primary,
        (ReplicaFate::Replica, Some(role)) => role == ReplicaRole::Replica,
        (ReplicaFate::Backup, Some(role)) => role == ReplicaRole::Backup,
        (ReplicaFate::Proxy, Some(role)) => role == ReplicaRole::Proxy,
        (_, None) => false,
    };
    if fits { Ok(shown) } else { Err(shown) }
}

fn attribute(name: &str, wanted: &serde_json::Value, held: Option<&SessionReplica>) -> Result<String, String> {
    match held.and_then(|replica| replica.attributes.get(name)) {
        Some(found) if found.value == *wanted => Ok(format!("held {name} {wanted}")),
        Some(found) => Err(format!("held {name} {}", found.value)),
        None => Err(format!("held no {name}")),
    }
}

fn undecided(what: String, why: &str, evidence: Option<usize>) -> Expectation {
    Expectation {
        what,
        status: Status::Unknown,
        because: why.to_owned(),
        rests_on: vec![],
        evidence: evidence.into_iter().collect(),
    }
}
