//! The looks at replicas that a verdict rests on.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::exchange::Exchange;
use crate::model::{ClientName, ContextPath, Step, StepKind, Until};

/// Adds the looks at replicas that a verdict rests on: after requests, after a restart, when the cluster has formed anew,
/// at the end, and before each fault while clients go on asking; one of each app that was asked. Of an app of which nothing is
/// known also behind the first request after a fault: what the next one does is its own doing.
pub(super) fn observed(steps: Vec<Step>) -> Vec<Step> {
    let mut seen = Vec::with_capacity(steps.len() * 2);
    let mut apps = Apps::default();
    for step in steps {
        seen.extend(apps.due_before(&step.kind).iter().map(Step::look));
        apps.take(&step.kind);
        seen.push(step);
    }
    seen.extend(apps.due().iter().map(Step::look));
    seen
}

/// The apps when a step begins, as far as looks go by it.
#[derive(Default)]
struct Apps {
    served: BTreeSet<ContextPath>,
    asked: BTreeSet<ContextPath>,
    /// The one that was deployed or asked last.
    last: Option<ContextPath>,
    /// Those of which something may have changed since the last look.
    unseen: BTreeSet<ContextPath>,
    /// Whether something broke, and no app of which nothing is known was asked since.
    broken: bool,
    /// Whether the last step asked such a one first since something broke.
    tried: bool,
    /// What the traffic of which clients asks.
    flowing: BTreeMap<ClientName, ContextPath>,
}

impl Apps {
    /// Those that are to be looked at before a step.
    fn due_before(&mut self, step: &StepKind) -> Vec<ContextPath> {
        let asks = matches!(
            step,
            StepKind::Request { .. } | StepKind::Http { .. } | StepKind::Look { .. } | StepKind::Observe { .. }
        );
        if asks && !std::mem::take(&mut self.tried) {
            return vec![];
        }
        if matches!(step, StepKind::Fault { .. }) {
            self.unseen.extend(self.flowing.values().cloned());
        }
        self.due()
    }

    /// Those that are to be looked at, the one that was asked last behind the others.
    fn due(&mut self) -> Vec<ContextPath> {
        let unseen = std::mem::take(&mut self.unseen);
        let mut due: Vec<_> = unseen.into_iter().filter(|context| self.served.contains(context)).collect();
        due.sort_by_key(|context| self.last.as_ref() == Some(context));
        due
    }

    fn take(&mut self, step: &StepKind) {
        self.tried = self.broken && matches!(step, StepKind::Http { .. });
        self.broken = matches!(step, StepKind::Fault { .. }) || (self.broken && !self.tried);
        match step {
            StepKind::Deploy { context, .. } => {
                self.served.insert(context.clone());
                self.changed(context);
            }
            StepKind::Undeploy { context, delivery } => {
                if delivery.version.is_none() {
                    self.served.remove(context);
                }
                self.asked.remove(context);
                self.unseen.remove(context);
                self.last.take_if(|last| last == context);
            }
            StepKind::Request { context, .. } => self.ask(context),
            StepKind::Http { exchange, .. } => {
                if let Some(context) = self.of(exchange) {
                    self.ask(&context);
                }
            }
            StepKind::Traffic { client, context, .. } => {
                self.ask(context);
                self.flowing.insert(client.clone(), context.clone());
            }
            StepKind::HttpTraffic { client, exchange, .. } => {
                if let Some(context) = self.of(exchange) {
                    self.ask(&context);
                    self.flowing.insert(client.clone(), context);
                }
            }
            StepKind::EndTraffic { client } => self.unseen.extend(self.flowing.remove(client)),
            StepKind::Restart { .. } | StepKind::StartAgain | StepKind::Wait { until: Until::ClusterFormed, .. } => {
                self.unseen.extend(self.asked.iter().chain(&self.last).cloned());
            }
            StepKind::Observe { context } => drop(self.unseen.remove(context)),
            _ => {}
        }
    }

    /// The app that a request asks; where none of them serves its path, it is about the last one.
    fn of(&self, exchange: &Exchange) -> Option<ContextPath> {
        exchange.context(&self.served).or(self.last.as_ref()).cloned()
    }

    fn ask(&mut self, context: &ContextPath) {
        self.asked.insert(context.clone());
        self.changed(context);
    }

    fn changed(&mut self, context: &ContextPath) {
        self.unseen.insert(context.clone());
        self.last = Some(context.clone());
    }
}

#[cfg(test)]
mod tests {
    use crate::model::scenario::Scenario;
    use crate::model::{StepKind, Topology};

    const TWO: &str = "- deploy = \"shop.war\"; - deploy = \"blog.war\"; ";

    /// What a scenario asks and looks at, and its faults, each in a word; without the start and the deployments.
    fn titles(steps: &str) -> String {
        let steps = format!("name = \"x\"\n{}", steps.replace("; ", "\n").replace("- ", "[[step]]\n"));
        let scenario = Scenario::parse(steps.as_bytes()).unwrap_or_else(|error| panic!("{steps}: {error}"));
        let plan = scenario.plans(&Topology::of(2).expect("two nodes")).expect("plans").remove(0).plan;
        let words = plan.steps.iter().filter_map(|step| match &step.kind {
            StepKind::Start => None,
            StepKind::Deploy { context, .. } => Some(format!("deploy {context}")),
            StepKind::Undeploy { context, .. } => Some(format!("undeploy {context}")),
            StepKind::Http { exchange, .. } => Some(format!("get {}", exchange.path)),
            StepKind::HttpTraffic { exchange, .. } => Some(format!("traffic {}", exchange.path)),
            StepKind::EndTraffic { .. } => Some("end".to_owned()),
            StepKind::Observe { context } => Some(format!("look {context}")),
            StepKind::Fault { .. } => Some("kill".to_owned()),
            StepKind::Restart { .. } => Some("restart".to_owned()),
            StepKind::FinalRead => Some("read".to_owned()),
            other => panic!("{other:?}"),
        });
        words.collect::<Vec<_>>().join(", ")
    }

    fn of_two(steps: &str) -> String {
        let titles = titles(&format!("{TWO}{steps}"));
        titles.strip_prefix("deploy /shop, look /shop, deploy /blog, ").expect("both are deployed").to_owned()
    }

    const SHOP: &str = "- get = \"/shop/cart\"; on = \"n1\"; ";
    const BLOG: &str = "- get = \"/blog/read\"; on = \"n1\"; ";
    const KILL: &str = "- kill = \"n1\"; ";
    const SHOP_THEN: &str = "- get = \"/shop/cart\"; on = \"n2\"; ";
    const BLOG_THEN: &str = "- get = \"/blog/read\"; on = \"n2\"; ";

    #[test]
    fn each_app_that_was_asked_is_looked_at_before_a_fault_and_after_it() {
        assert_eq!(
            of_two(&format!("{BLOG}{SHOP}{KILL}{BLOG_THEN}{SHOP_THEN}")),
            "get /blog/read, get /shop/cart, look /blog, look /shop, kill, get /blog/read, look /blog, get /shop/cart, \
             look /shop"
        );
        assert_eq!(
            of_two(&format!("{SHOP}{BLOG}- observe = \"/shop\"; {KILL}{BLOG_THEN}{SHOP_THEN}")),
            "get /shop/cart, get /blog/read, look /shop, look /blog, kill, get /blog/read, look /blog, get /shop/cart, \
             look /shop",
            "a look of one's own is at one app"
        );
        assert_eq!(
            of_two(&format!("{SHOP}{BLOG}{KILL}- restart = \"n1\"; {SHOP_THEN}{BLOG_THEN}")),
            "get /shop/cart, get /blog/read, look /shop, look /blog, kill, restart, get /shop/cart, look /blog, \
             look /shop, get /blog/read, look /blog"
        );
    }

    #[test]
    fn an_app_that_was_not_asked_since_the_last_look_is_not_looked_at_again() {
        assert_eq!(
            of_two(&format!("{SHOP}{BLOG}{KILL}{SHOP_THEN}- restart = \"n1\"; {BLOG_THEN}")),
            "get /shop/cart, get /blog/read, look /shop, look /blog, kill, get /shop/cart, look /shop, restart, \
             get /blog/read, look /shop, look /blog, read, look /shop"
        );
        assert_eq!(
            of_two(&format!("{BLOG}- undeploy = \"/shop\"; {KILL}{BLOG_THEN}")),
            "get /blog/read, look /blog, undeploy /shop, kill, get /blog/read, look /blog",
            "nobody has a session of /shop"
        );
        let one = |steps: &str| titles(&format!("- deploy = \"shop.war\"; {steps}"));
        assert_eq!(
            one(&format!("{SHOP}- get = \"/elsewhere\"; on = \"n1\"; {KILL}{SHOP_THEN}")),
            "deploy /shop, get /shop/cart, get /elsewhere, look /shop, kill, get /shop/cart, look /shop"
        );
    }

    #[test]
    fn the_app_that_traffic_asks_is_looked_at_before_each_fault() {
        let traffic = "- traffic = { get = \"/shop/cart\" }; on = \"sticky\"; every = \"50ms\"; client = \"carl\"; ";
        let steps = format!("{traffic}{BLOG}{KILL}{BLOG_THEN}- end-traffic = \"carl\"; ");
        assert_eq!(
            of_two(&steps),
            "look /blog, traffic /shop/cart, get /blog/read, look /shop, look /blog, kill, get /blog/read, look /blog, \
             end, look /shop, read, look /shop"
        );
    }
}
