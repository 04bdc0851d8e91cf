//! A scenario in prose: what it does, and why.

use super::{Scenario, ScenarioError};
use crate::model::{Step, Topology};

impl Scenario {
    /// What its runs will do on a cluster like `base`, as text for people.
    ///
    /// # Errors
    /// Its steps cannot be done on that cluster.
    pub fn explain(&self, base: &Topology) -> Result<String, ScenarioError> {
        let plans = self.plans(base)?;
        let mut text = format!("{}\n", self.name());
        if let Some(catalogue) = self.catalogue() {
            text.push_str(&format!("Catalogue: {catalogue}\n"));
        }
        if let Some(why) = &self.file.why {
            text.push_str(&format!("\n{}\n", why.trim()));
        }
        let cells: Vec<String> = plans.iter().map(|run| run.cell.to_string()).filter(|cell| !cell.is_empty()).collect();
        if !cells.is_empty() {
            text.push_str(&format!("\n{} runs: {}.\n", cells.len(), cells.join("; ")));
        }
        let Some(run) = plans.first() else { return Ok(text) };
        let (plan, cluster) = (&run.plan, &run.plan.topology.cluster);
        text.push_str(&format!(
            "\nOn {} nodes of {} ({} manager, {} membership, send options {}):\n",
            plan.topology.nodes.len(),
            plan.topology.server,
            cluster.manager,
            cluster.membership,
            cluster.send_options
        ));
        for node in plan.topology.nodes.iter().filter(|node| !node.changes.is_none()) {
            text.push_str(&format!("  {} has {}\n", node.name, node.changes.in_words()));
        }
        for (number, step) in (1..).zip(&plan.steps) {
            text.push_str(&format!("{number:>3}. {}\n", sentence(step)));
        }
        let guarantees: Vec<String> = plan.guarantees.iter().map(ToString::to_string).collect();
        text.push_str(&format!("\nThe verdict decides: {}.\n", guarantees.join(", ")));
        if !plan.at_most.is_empty() {
            text.push_str(&format!("At most: {}.\n", plan.at_most.lines().join(", ")));
        }
        for allowed in &plan.allow {
            let share = allowed
                .at_most_percent
                .map_or_else(String::new, |share| format!(" in at most {share} % of the sessions"));
            text.push_str(&format!("Allowed violation: {}{share}.\n", allowed.violation));
        }
        for expected in &plan.expect_violations {
            let chance = match (expected.at_least, expected.trials) {
                (1, 1) => String::new(),
                (least, trials) => format!(", at least {least} times in at least {trials} sessions"),
            };
            text.push_str(&format!(
                "Expected violation: {}{chance}. If it does not show, the scenario fails.\n",
                expected.violation
            ));
        }
        Ok(text)
    }
}

fn sentence(step: &Step) -> String {
    match &step.expect {
        Some(expect) => format!("{}; expects {}", step.title, expect.in_words()),
        None => step.title.clone(),
    }
}
