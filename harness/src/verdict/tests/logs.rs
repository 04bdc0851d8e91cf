//! Log lines that are not known to be harmless.

use rstest::rstest;

use super::run::{Run, node, scenario};
use super::{holds, unknown, violated};
use crate::history::{LogClass, LogLine, RecordKind};
use crate::model::Guarantee;

const CLEAN: Guarantee = Guarantee::CleanLogs;
/// Longer than what happened explains anything.
const LONG: u64 = 60_000;

impl Run {
    pub(super) fn logs(mut self, on: &str, level: &str, message: &str) -> Self {
        self.push(RecordKind::Log(LogLine {
            node: node(on),
            node_time: "12:00".to_owned(),
            level: level.to_owned(),
            logger: "org.apache".to_owned(),
            message: message.to_owned(),
            class: LogClass::OtherWarning,
        }));
        self
    }
}

fn logged() -> Run {
    let scenario = scenario().deciding(CLEAN).start().deploy().count("alice", "n1");
    ["n1", "n2"]
        .iter()
        .fold(scenario, |scenario, node| scenario.logs(node, "INFO", "Server startup in [5] milliseconds"))
}

#[rstest]
#[case("WARNING", "Something new")]
#[case("SEVERE", "No session state sent at [now] received, timing out after [60,065] ms.")]
fn a_line_that_nobody_knows_is_reported(#[case] level: &str, #[case] message: &str) {
    holds(&logged().count("alice", "n1"), CLEAN);
    let scenario = logged().logs("n2", level, message).count("alice", "n1");
    violated(&scenario, CLEAN, &["n2 logged", level, message]);
    // A line of a node that was killed may be read when the scenario is over.
    let late = logged().count("alice", "n1").kill("n2").logs("n2", level, message);
    violated(&late, CLEAN, &["n2 logged", level, message]);
}

#[test]
fn behind_the_last_step_the_nodes_are_ended_and_may_say_so() {
    let failing =
        logged().count_taking("alice", "n1", LONG).logs("n2", "WARNING", "Member send is failing for:[tcp://n1]");
    holds(&failing, CLEAN);
    violated(&failing.count("alice", "n1"), CLEAN, &["Member send is failing"]);
}

#[test]
fn a_known_line_is_harmless_only_near_what_explains_it() {
    let failing = |scenario: Run| scenario.logs("n2", "WARNING", "Member send is failing for:[tcp://n1]");
    holds(&failing(logged().kill("n1")).count("alice", "n2"), CLEAN);
    let far = failing(logged().count_taking("alice", "n1", LONG)).count("alice", "n1");
    violated(&far, CLEAN, &["Member send is failing", "harmless only near a fault or a start"]);
    let lasting = failing(logged().partition("n1").count_taking("alice", "n2", LONG)).count("alice", "n2");
    holds(&lasting, CLEAN);
    let early = logged().logs("n1", "WARNING", "Context manager doesn't exist:[/counter]").count("alice", "n1");
    holds(&early, CLEAN);
    let late = logged().count_taking("alice", "n1", LONG).kill("n2");
    let late = late.logs("n1", "WARNING", "Context manager doesn't exist:[/counter]").count("alice", "n1");
    violated(&late, CLEAN, &["Context manager doesn't exist"]);
}

#[test]
fn a_node_whose_log_was_not_read_is_unknown() {
    let scenario = logged().without(|kind| matches!(kind, RecordKind::Log(line) if line.node == node("n2")));
    unknown(&scenario, CLEAN, &["no line of the log of n2 was received"]);
}

#[test]
fn lines_that_are_alike_are_told_once_and_the_worst_first() {
    let noisy = (0..3).fold(logged(), |scenario, number| {
        scenario.logs("n1", "WARNING", &format!("Slow query took {number}0 ms [app-{number}]"))
    });
    let scenario =
        noisy.logs("n2", "SEVERE", "Servlet failed").logs("n2", "WARNING", "Deprecated").count("alice", "n1");
    let worst =
        ["n2 logged SEVERE org.apache: Servlet failed; n1 logged WARNING org.apache: Slow query took 00 ms [app-0] \
                 (3 such lines); n2 logged WARNING org.apache: Deprecated"];
    violated(&scenario, CLEAN, &worst);
}

#[test]
fn a_line_that_the_scenario_says_is_harmless_is() {
    let mut scenario = logged().logs("n1", "WARNING", "Slow query took 10 ms").count("alice", "n1");
    violated(&scenario, CLEAN, &["Slow query"]);
    scenario.plan.harmless = vec!["Slow query took".to_owned()];
    holds(&scenario, CLEAN);
    violated(&scenario.logs("n1", "WARNING", "Slow start").count("alice", "n1"), CLEAN, &["Slow start"]);
}
