//! Rule C068, receiver-threads.

use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C068",
    name: "receiver-threads",
    severity: Severity::Warning,
    confidence: Confidence::High,
    finds: "a Receiver with fewer threads than other members, or minThreads over maxThreads",
    why: "Messages wait for a thread, and the receiver logs that it has none.",
    bad: r#"<Receiver maxThreads="1" …/> in a cluster of three"#,
    good: r#"<Receiver maxThreads="6" …/>"#,
    evidence: "NioReceiver.java",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for group in input.groups() {
        for cluster in &group {
            let Some(receiver) = cluster.receiver() else { continue };
            let Some((least, most)) = receiver.number("minThreads", 6).zip(receiver.number("maxThreads", 15)) else {
                continue;
            };
            let members = i64::try_from(group.len().max(cluster.static_members().len())).unwrap_or(i64::MAX);
            if least > most && receiver.has("minThreads") && receiver.has("maxThreads") {
                out.on_value(receiver, "minThreads", format!("minThreads {least} is more than maxThreads {most}"));
            } else if most < members - 1 {
                out.on_value(
                    receiver,
                    "maxThreads",
                    format!("{most} threads receive from {} other members", members - 1),
                )
                .help("one thread for each other member is the least");
            }
        }
    }
}
