//! Rule C133, port-out-of-range.

use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C133",
    name: "port-out-of-range",
    severity: Severity::Error,
    confidence: Confidence::High,
    finds: "a port of the cluster that is larger than 65535, or below 0",
    why: r#"IllegalArgumentException "port out of range": the server does not start, or has no such member."#,
    bad: r#"<Receiver className="…NioReceiver" port="70000"/>"#,
    good: r#"<Receiver className="…NioReceiver" port="4000"/>"#,
    evidence: "InetSocketAddress; runs on Tomcat 10.1.59",
    versions: "all",
    check,
};

/// The largest port.
const LARGEST: i64 = 65_535;

fn check(input: &Input, out: &mut Findings<'_>) {
    for cluster in input.clusters() {
        let around = cluster.receiver().into_iter().chain(cluster.membership()).chain(cluster.static_members());
        for element in around {
            // A Receiver's port is one to bind: 0 is any free one.
            let is_negative = element.name() == "Receiver" && element.number("port", 0).is_some_and(|port| port < 0);
            if is_negative {
                out.on_value(element, "port", "there is no port below 0: the server does not start")
                    .help("choose a port from 1 to 65535, or 0 for any free one");
            }
            // What does not fit into 32 bits is no number for Tomcat (C126).
            let port = element.number("port", 0).filter(|port| *port > LARGEST && *port <= i64::from(i32::MAX));
            if let Some(port) = port {
                out.on_value(element, "port", format!("there is no port {port}: the largest is {LARGEST}"))
                    .help("choose a port from 1 to 65535");
            }
        }
    }
}
