//! The same runs with an app of which nothing is known: a shop in the counter's place, which keeps in its sessions what the
//! counter keeps, and answers with pages.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use tomee_harness::history::{Outcome, RecordKind, Reply, Seen};
use tomee_harness::model::deploy_job::OF_ANY_APP;
use tomee_harness::model::exchange::Method;
use tomee_harness::model::plan::{App, AppRequest};
use tomee_harness::model::{ContextPath, Exchange, StepKind};

use super::case::{Case, Truth};

/// A case with a shop in the counter's place. Its truth is that of the counter's sessions, as far as a shop shows it.
pub(super) fn of_a_shop(mut case: Case) -> Case {
    case.plan.guarantees = OF_ANY_APP.to_vec();
    for step in &mut case.plan.steps {
        step.kind = in_a_shop(&step.kind);
    }
    case.truth = match case.truth {
        // What a page shows is not read.
        Truth::LossSeen { why } => Truth::Either { why },
        Truth::Excused { why } => Truth::Open { why },
        // Nothing that could be asked for again is promised.
        Truth::Untested { why } if !case.plan.waits_for_the_peer() => Truth::Open { why },
        Truth::Bug { kind, why } if !kind.shows_in_any_app(case.plan.waits_for_the_peer()) => Truth::Either { why },
        truth => truth,
    };
    let mut asked = BTreeMap::new();
    for record in &mut case.history.records {
        match &mut record.kind {
            RecordKind::Invoke { operation, request, target, .. } => {
                if let Some(asks) = request.take() {
                    asked.insert(*operation, asks);
                    let context = target.trim_start_matches("GET ").rsplit_once('/').map_or("", |(context, _)| context);
                    *target = format!("{} {context}/{}", method(asks), page(asks));
                }
            }
            RecordKind::Complete { outcome, operation } => *outcome = answer(outcome, asked.get(operation).copied()),
            RecordKind::Observe(look) => {
                if let Seen::State(state) = &mut look.seen {
                    let sessions = state.contexts.iter_mut().flat_map(|context| &mut context.sessions);
                    for value in sessions.flat_map(|session| session.attributes.values_mut()) {
                        let mut hasher = DefaultHasher::new();
                        (&value.class, value.value.to_string()).hash(&mut hasher);
                        value.sha256 = Some(format!("{:064x}", hasher.finish()));
                        value.bytes = Some(60 + u64::try_from(value.value.to_string().len()).unwrap_or_default());
                    }
                }
            }
            _ => {}
        }
    }
    case
}

fn in_a_shop(kind: &StepKind) -> StepKind {
    let exchange = |context: &ContextPath, request: AppRequest| Exchange {
        method: method(request),
        ..Exchange::get(format!("{context}/{}", page(request)))
    };
    match kind.clone() {
        StepKind::Deploy { context, .. } => StepKind::deploy(App::War("shop.war".into()), context),
        StepKind::Request { client, node, context, request, load } => {
            StepKind::Http { client, node, exchange: exchange(&context, request), load }
        }
        StepKind::Traffic { client, node, context, request, clients, every } => {
            StepKind::HttpTraffic { client, node, exchange: exchange(&context, request), clients, every }
        }
        other => other,
    }
}

fn method(request: AppRequest) -> Method {
    if request == AppRequest::Read { Method::Get } else { Method::Post }
}

fn page(request: AppRequest) -> &'static str {
    match request {
        AppRequest::Count => "add",
        AppRequest::Read => "cart",
        AppRequest::Mutate => "list",
        AppRequest::Invalidate => "logout",
        AppRequest::ChangeId => "login",
        AppRequest::ShortLive => "kiosk",
    }
}

fn answer(outcome: &Outcome, asked: Option<AppRequest>) -> Outcome {
    let Some(asked) = asked else { return outcome.clone() };
    match outcome {
        // Any status is an answer of an app.
        Outcome::Ok { reply } | Outcome::Unknown { reply: Some(reply), .. } => {
            Outcome::Ok { reply: paged(reply, asked) }
        }
        other => other.clone(),
    }
}

fn paged(reply: &Reply, asked: AppRequest) -> Reply {
    let body = reply.counter.as_ref().map_or_else(
        || format!("<h1>{}</h1>", reply.status),
        |counter| match asked {
            AppRequest::Invalidate => "<h1>Bye</h1>".to_owned(),
            _ => format!("<h1>Cart</h1><p>{} in it, {:?}</p>", counter.count, counter.list),
        },
    );
    Reply { counter: None, body: Some(body), ..reply.clone() }
}
