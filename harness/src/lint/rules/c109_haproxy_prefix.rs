//! Rule C109, haproxy-prefix.

use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C109",
    name: "haproxy-prefix",
    severity: Severity::Info,
    confidence: Confidence::Low,
    finds: "HAProxy's cookie JSESSIONID prefix before nodes that have a jvmRoute",
    why: "Two names in one cookie: users report sessions that are lost at a restart.",
    bad: "cookie JSESSIONID prefix",
    good: "cookie SERVERID insert indirect nocache",
    evidence: "reports of users, not verified in a run",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    let has_route = input.nodes.iter().flat_map(|node| node.engines(input)).any(|engine| engine.has("jvmRoute"));
    for (file, span) in input.find_in_others("cookie JSESSIONID prefix").into_iter().filter(|_| has_route) {
        out.in_file(file, span, "the cookie carries HAProxy's name of the node and Tomcat's jvmRoute")
            .help("let HAProxy insert a cookie of its own");
    }
}
