//! Question each client has asked, as far as it is to be asked once more at the end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use crate::cluster::client::Answer;
use crate::history::Outcome;
use crate::host::sync::lock;
use crate::model::{ClientName, ContextPath, Exchange, Plan, StepKind};

use super::question::Question;

/// How a client's session can be asked for once more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Again {
    /// By the counter's `read`.
    Counter,
    /// By its last GET that was answered 2xx.
    Get(Exchange),
    /// It made none: the session can only be looked at.
    Look,
}

/// Question clients have asked of the apps of a plan.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// The contexts of the plan's apps, each with whether it is the counter.
    contexts: Mutex<BTreeMap<ContextPath, bool>>,
    asked: Mutex<BTreeMap<ClientName, BTreeMap<ContextPath, Again>>>,
}

impl Memory {
    pub(super) fn of(plan: &Plan) -> Self {
        let memory = Self::default();
        plan.steps.iter().for_each(|step| memory.learn(&step.kind));
        memory
    }

    /// Takes note of an app that a step deploys.
    pub(super) fn learn(&self, step: &StepKind) {
        if let StepKind::Deploy { app, context, .. } = step {
            lock(&self.contexts).insert(context.clone(), app.is_counter());
        }
    }

    /// Notes what a client has asked, and how it was answered.
    pub(super) fn note(&self, client: &ClientName, what: &Question, answer: &Answer) {
        let contexts = lock(&self.contexts);
        let (context, again) = match what {
            Question::Counter(context, _) => (context, Again::Counter),
            // Question was asked in the end: a location that was captured, or one that the answer led to.
            Question::Any(..) => match answer.asked.context(contexts.keys()) {
                Some(context) if contexts.get(context) == Some(&true) => (context, Again::Counter),
                Some(context) if answer.asked.is_safe() && went_well(answer) => {
                    // Question an answer is to be kept of was for the requests behind it.
                    (context, Again::Get(Exchange { capture: BTreeMap::new(), follow: false, ..answer.asked.clone() }))
                }
                Some(context) => (context, Again::Look),
                None => return,
            },
        };
        let mut asked = lock(&self.asked);
        let known = asked.entry(client.clone()).or_default().entry(context.clone()).or_insert(Again::Look);
        if again != Again::Look {
            *known = again;
        }
    }

    /// Question each client is to be asked for, of the apps that are served.
    pub(super) fn again(&self, served: &BTreeSet<ContextPath>) -> Vec<(ClientName, Vec<(ContextPath, Again)>)> {
        let of_client = |apps: &BTreeMap<ContextPath, Again>| {
            let apps = apps.iter().filter(|(context, _)| served.contains(*context));
            apps.map(|(context, again)| (context.clone(), again.clone())).collect::<Vec<_>>()
        };
        lock(&self.asked).iter().map(|(client, apps)| (client.clone(), of_client(apps))).collect()
    }
}

fn went_well(answer: &Answer) -> bool {
    matches!(&answer.outcome, Outcome::Ok { reply } if (200..300).contains(&reply.status))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{OperationId, Reply};
    use crate::model::exchange::Method;
    use crate::model::plan::{App, AppRequest};
    use crate::model::{Step, Topology, main_job};

    /// Question a client asks, and its answer.
    fn asked(exchange: Exchange, status: u16) -> (Question, Answer) {
        let reply = Reply { status, ..Reply::default() };
        let answer = Answer::new(OperationId(1), Outcome::Ok { reply }, String::new(), exchange.clone());
        (Question::Any(exchange), answer)
    }

    fn get(path: &str, status: u16) -> (Question, Answer) {
        asked(Exchange::get(path), status)
    }

    fn memory() -> Memory {
        let mut plan = main_job::plan(Topology::of(2).expect("two nodes")).expect("a plan");
        let shop = StepKind::deploy(App::War("shop.war".into()), path("/shop"));
        plan.steps.push(Step::new("deploy", shop));
        Memory::of(&plan)
    }

    fn path(path: &str) -> ContextPath {
        ContextPath::new(path).expect("a path")
    }

    #[test]
    fn each_app_of_a_client_is_asked_for_by_its_last_safe_request_that_went_well() {
        let (memory, alice) = (memory(), ClientName::new("alice").expect("a name"));
        let post = Exchange { method: Method::Post, ..Exchange::get("/shop/cart?add=1") };
        for (what, answer) in [
            get("/shop/login", 200),
            get("/shop/cart", 200),
            get("/shop/gone", 302),
            asked(post, 200),
            get("/elsewhere", 200),
            get("/counter/count.jsp", 200),
        ] {
            memory.note(&alice, &what, &answer);
        }
        let all: BTreeSet<ContextPath> = ["/counter", "/shop"].map(path).into();
        let shop = (path("/shop"), Again::Get(Exchange::get("/shop/cart")));
        assert_eq!(memory.again(&all), [(alice.clone(), vec![(path("/counter"), Again::Counter), shop.clone()])]);
        assert_eq!(memory.again(&[path("/shop")].into()), [(alice, vec![shop])], "nobody serves the counter");
    }

    #[test]
    fn who_made_no_safe_request_is_only_looked_at() {
        let (memory, bob) = (memory(), ClientName::new("bob").expect("a name"));
        let post = Exchange { method: Method::Post, ..Exchange::get("/shop/cart") };
        for (what, answer) in [asked(post, 200), get("/shop/cart", 404)] {
            memory.note(&bob, &what, &answer);
        }
        let only = |again| [(bob.clone(), vec![(path("/shop"), again)])];
        assert_eq!(memory.again(&[path("/shop")].into()), only(Again::Look));
        let counted = Question::Counter(path("/counter"), AppRequest::Count);
        memory.note(&bob, &counted, &get("/counter/count.jsp", 200).1);
        assert_eq!(memory.again(&[path("/counter")].into()), [(bob.clone(), vec![(path("/counter"), Again::Counter)])]);
    }
}
