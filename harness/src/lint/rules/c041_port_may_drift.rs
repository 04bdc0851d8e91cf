//! Rule C041, port-may-drift.

use crate::lint::{Applicability, Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C041",
    name: "port-may-drift",
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    finds: "a static list, and a Receiver that may take another port than the listed one",
    why: "Where the port is taken, the Receiver takes the next one, which the other nodes do not know.",
    bad: r#"<Receiver address="10.0.0.1" port="4000" autoBind="100"/> with static members"#,
    good: r#"<Receiver address="10.0.0.1" port="4000" autoBind="1"/>"#,
    evidence: "ReceiverBase.bind",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for cluster in input.clusters().filter(|cluster| !cluster.static_members().is_empty()) {
        let Some(receiver) = cluster.receiver() else { continue };
        if receiver.number("port", 4000) == Some(0) {
            out.on_value(
                receiver,
                "port",
                "port 0 takes any free port, which the static list of the other nodes cannot name",
            )
            .help("set the port that the other nodes list");
        } else if receiver.has("autoBind") && cluster.auto_bind().is_some_and(|count| count > 1) {
            let message = "the Receiver takes another port than the listed one where that is taken";
            let finding = out.on_value(receiver, "autoBind", message).help("set `autoBind=\"1\"`");
            finding.set(Applicability::Unsafe, receiver, "autoBind", "1");
        }
    }
}
