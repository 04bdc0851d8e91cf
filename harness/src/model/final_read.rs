//! The final read: no session goes untested because nobody asked for it after the last fault.

use std::collections::{BTreeMap, BTreeSet};

use super::step::{Delivery, FINAL_READ as TITLE};
use super::{ClientName, ContextPath, Plan, Step, StepKind};

/// Clients of one name that ask one app, and whether something has happened since that they could have lost a session by.
type AtStake<'p> = BTreeMap<(&'p ClientName, u32, &'p ContextPath), bool>;

impl Plan {
    /// Appends a step that asks for every session once more and a look at each app after it, where clients were not asked
    /// after the last fault, restart, heal or deployment that their session could have been lost by, and a node lives that
    /// can be asked.
    pub(crate) fn append_final_read(&mut self) {
        let contexts: BTreeSet<ContextPath> = self.untested().into_iter().cloned().collect();
        if contexts.is_empty() || self.nodes_down_at_the_end() >= self.topology.nodes.len() {
            return;
        }
        self.steps.push(Step::new(TITLE, StepKind::FinalRead));
        self.steps.extend(contexts.iter().map(Step::look));
    }

    /// The apps with sessions that are at stake at the plan's end.
    fn untested(&self) -> BTreeSet<&ContextPath> {
        let (mut served, mut clients) = (BTreeSet::new(), AtStake::new());
        for step in &self.steps {
            match &step.kind {
                StepKind::Deploy { context, .. } => {
                    let anew = !served.insert(context);
                    for ((.., of), at_stake) in &mut clients {
                        *at_stake |= anew && *of == context;
                    }
                }
                StepKind::Undeploy { context, delivery: Delivery { version: None, .. } } => {
                    served.remove(context);
                    clients.retain(|(.., of), _| *of != context);
                }
                StepKind::Request { client, load, context, .. } => {
                    asked(&mut clients, (client, load.clients, context), step.may_be_answered());
                }
                StepKind::Http { client, load, exchange, .. } => {
                    if let Some(context) = exchange.context(served.iter().copied()) {
                        asked(&mut clients, (client, load.clients, context), step.may_be_answered());
                    }
                }
                // Nobody knows which of its requests comes before a fault.
                StepKind::Traffic { client, clients: count, context, .. } => {
                    clients.insert((client, *count, context), true);
                }
                StepKind::HttpTraffic { client, clients: count, exchange, .. } => {
                    if let Some(context) = exchange.context(served.iter().copied()) {
                        clients.insert((client, *count, context), true);
                    }
                }
                StepKind::Fault { .. }
                | StepKind::Heal { .. }
                | StepKind::Restart { .. }
                | StepKind::StartAgain
                | StepKind::Front { .. } => {
                    for at_stake in clients.values_mut() {
                        *at_stake = true;
                    }
                }
                _ => {}
            }
        }
        clients.into_iter().filter(|(_, at_stake)| *at_stake).map(|((.., context), _)| context).collect()
    }
}

impl Step {
    /// Whether an answer to its requests is not ruled out.
    fn may_be_answered(&self) -> bool {
        self.expect.as_ref().and_then(|expect| expect.answered) != Some(false)
    }
}

/// Notes that clients ask, and with them those that are some of them.
fn asked<'p>(clients: &mut AtStake<'p>, who: (&'p ClientName, u32, &'p ContextPath), answered: bool) {
    let (name, count, context) = who;
    clients.entry(who).or_default();
    if answered {
        for ((of, other, at), at_stake) in clients.iter_mut() {
            *at_stake &= *at != context || !of.are_among(*other, name, count);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::model::Topology;
    use crate::model::scenario::Scenario;

    /// The titles of the steps behind the last one of the scenario.
    fn behind(scenario: &str) -> Vec<String> {
        let steps = format!(
            "name = \"x\"\n[[step]]\ndeploy = \"counter\"\n{}",
            scenario.replace("; ", "\n").replace("- ", "[[step]]\n")
        );
        let scenario = Scenario::parse(steps.as_bytes()).unwrap_or_else(|error| panic!("{scenario}: {error}"));
        let plan = scenario.plans(&Topology::of(2).expect("two nodes")).expect("plans").remove(0).plan;
        let titles: Vec<String> = plan.steps.into_iter().map(|step| step.title).collect();
        let read = titles.iter().position(|title| title == super::TITLE);
        read.map_or_else(Vec::new, |read| titles[read..].to_vec())
    }

    const READ: [&str; 2] = [super::TITLE, "read every replica"];
    const COUNT: &str = "- request = \"count\"; on = \"n1\"\n";

    #[test]
    fn who_was_not_asked_after_the_last_fault_is_asked_at_the_end() {
        for lost in [
            "- kill = \"n1\"",
            "- kill = \"n1\"\n- restart = \"n1\"",
            "- pause = \"n2\"; for = \"1s\"",
            "- partition = \"n2\"\n- request = \"count\"; on = \"n1\"\n- heal = \"n2\"",
            "- deploy = \"counter\"",
            "- cold-restart = \"stop\"",
            "- kill = \"n1\"\n- request = \"count\"; on = \"n2\"; client = \"bob\"",
            "- kill = \"n1\"\n- request = \"count\"; on = \"n2\"; clients = 2",
            "- kill = \"n1\"\n- request = \"count\"; on = \"n1\"; expect = { answered = false }",
            "- kill = \"n1\"\n- deploy = \"shop.war\"; through = \"copy\"\n- get = \"/shop/\"; on = \"n2\"",
        ] {
            assert_eq!(behind(&format!("{COUNT}{lost}")), READ, "{lost}");
        }
        assert_eq!(
            behind("- traffic = \"count\"; on = \"sticky\"; every = \"50ms\""),
            READ,
            "nobody knows what it tried"
        );
    }

    #[test]
    fn who_was_asked_after_it_is_not_asked_again() {
        for tested in [
            "",
            "- kill = \"n1\"\n- request = \"count\"; on = \"n2\"",
            "- kill = \"n1\"\n- request = \"read\"; on = \"n2\"",
            "- kill = \"n1\"\n- get = \"/counter/read.jsp\"; on = \"n2\"",
            "- undeploy = \"/counter\"\n- kill = \"n1\"",
            "- kill = \"n1\"\n- kill = \"n2\"",
        ] {
            assert_eq!(behind(&format!("{COUNT}{tested}")), Vec::<String>::new(), "{tested}");
        }
        assert_eq!(behind("- kill = \"n1\""), Vec::<String>::new(), "nobody has a session");
        let group = "- request = \"count\"; on = \"n1\"; clients = 2\n- kill = \"n1\"\n";
        assert_eq!(behind(&format!("{group}- request = \"count\"; on = \"n2\"; clients = 3")), Vec::<String>::new());
        assert_eq!(behind(&format!("{group}- request = \"count\"; on = \"n2\"")), READ, "alice is not alice-1");
        let one = "- request = \"count\"; on = \"n1\"; client = \"bob-2\"\n- kill = \"n1\"\n";
        let many = |count| format!("{one}- request = \"count\"; on = \"n2\"; client = \"bob\"; clients = {count}");
        assert_eq!((behind(&many(2)), behind(&many(1))), (vec![], READ.map(str::to_owned).to_vec()));
    }

    #[test]
    fn each_app_that_has_sessions_is_looked_at_after_it() {
        let two = "- get = \"/counter/count.jsp\"; on = \"n1\"\n- deploy = \"shop.war\"\n- get = \"/shop/cart\"; on = \"n1\"\n";
        let looks = [READ[0], READ[1], READ[1]];
        assert_eq!(behind(&format!("{two}- kill = \"n1\"")), looks);
        assert_eq!(behind(&format!("{two}- kill = \"n1\"\n- get = \"/shop/\"; on = \"n2\"")), READ);
        assert_eq!(behind("- get = \"/elsewhere\"; on = \"n1\"\n- kill = \"n1\""), Vec::<String>::new());
    }
}
