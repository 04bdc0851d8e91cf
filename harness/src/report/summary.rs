//! The summary of one run: the same content for people and for programs.

use camino::Utf8Path;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::environment::UnusedFile;
use super::excerpt::around_the_first;
use super::rows::rows;
use crate::config::{self, Difference};
use crate::history::History;
use crate::model::Plan;
use crate::verdict::Verdict;

/// All that the end of a run has to say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Summary {
    /// The format, 1.
    pub format: u32,
    /// The scenario's name.
    pub name: String,
    /// One line on the cluster.
    pub setting: String,
    /// The verdict.
    pub verdict: Verdict,
    /// What differs from a stock server, so that a hardened default is never taken for the user's own.
    pub differences: Vec<Difference>,
    /// What of an installed server's own configuration is not in effect, because each node's server.xml is made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_in_effect: Vec<UnusedFile>,
    /// The few records around the first violation, from all nodes.
    pub around: Vec<String>,
    /// Why the run ended early, where it did.
    pub cut_short: Option<String>,
    /// The folder of the run.
    pub run_dir: String,
}

impl Summary {
    /// The summary of a run. `setting` is one line on the cluster.
    pub fn of(plan: &Plan, setting: String, verdict: Verdict, history: &History, run_dir: &Utf8Path) -> Self {
        Self {
            format: 1,
            name: plan.name.clone(),
            setting,
            differences: config::differences(&plan.topology),
            not_in_effect: vec![],
            around: around_the_first(&rows(&verdict), history),
            verdict,
            cut_short: None,
            run_dir: run_dir.to_string(),
        }
    }

    /// Says what of a server's own configuration is not in effect.
    #[must_use]
    pub fn not_in_effect(mut self, unused: &[UnusedFile]) -> Self {
        self.not_in_effect.extend_from_slice(unused);
        self
    }

    /// Says why the run ended early, where it did.
    #[must_use]
    pub fn cut_short_by(self, why: Option<String>) -> Self {
        Self { cut_short: why, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::super::markdown;
    use super::super::sample::held;
    use super::super::terminal::{self, Style};
    use super::*;

    const VALVE: &str = "<Valve className=\"shop.Audit\"/> in Host";

    fn unused() -> UnusedFile {
        UnusedFile { file: "/opt/tomcat/conf/server.xml".into(), says: vec![VALVE.to_owned(), "port 8443".to_owned()] }
    }

    #[test]
    fn what_is_not_in_effect_is_never_shown_as_that_of_a_stock_server() {
        let (summary, _) = held();
        let summary = summary.not_in_effect(&[unused()]);
        let text = terminal::render(&summary, Style { verbose: true, ..Style::default() });
        let sentence = format!(
            "  not in effect, as tomee-harness makes each node's server.xml:\n    /opt/tomcat/conf/server.xml: {VALVE}; port 8443\n"
        );
        assert!(text.contains(&sentence), "{text}");
        let text = markdown::render(&summary);
        let row = "| /opt/tomcat/conf/server.xml | &lt;Valve className=\"shop.Audit\"/&gt; in Host; port 8443 |";
        assert!(text.contains(row), "{text}");
        let stock =
            text.split("Differences from a stock server").nth(1).and_then(|rest| rest.split("</details>").next());
        assert!(!stock.expect("there are differences").contains("/opt/tomcat"), "{text}");
    }

    #[test]
    fn a_summary_without_that_is_as_it_was_before_there_was_any() {
        let (summary, _) = held();
        let json = serde_json::to_value(&summary).expect("JSON");
        assert_eq!(json.get("not-in-effect"), None);
        assert_eq!(serde_json::from_value::<Summary>(json).expect("an older summary"), summary);
        let json = serde_json::to_value(summary.not_in_effect(&[unused()])).expect("JSON");
        assert_eq!(json["not-in-effect"][0]["says"][0], VALVE);
    }
}
