//! Rule C078, own-place-in-list.

use crate::lint::cluster::is_loopback;
use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C078",
    name: "own-place-in-list",
    severity: Severity::Warning,
    confidence: Confidence::High,
    finds: "a StaticMembershipInterceptor that lists the node itself as a Member",
    why: "The node becomes its own member and sends everything to itself.",
    bad: r#"<Receiver address="10.0.0.1" port="4000"/> … <Interceptor className="…StaticMembershipInterceptor"><Member host="10.0.0.1" port="4000"/></Interceptor>"#,
    good: "list the other nodes only, and this one as <LocalMember>",
    evidence: "StaticMembershipInterceptor.java",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for cluster in input.clusters() {
        let Some((_, interceptor)) = cluster.interceptor("StaticMembershipInterceptor") else { continue };
        let Some((address, port)) = cluster.receiver_place().filter(|(address, _)| *address != "auto") else {
            continue;
        };
        for member in interceptor.all("Member") {
            let host = member.value("host").unwrap_or_default();
            let same = host == address
                || is_loopback(host)
                    && is_loopback(address)
                    && address.starts_with("127.0.0.1")
                    && !host.starts_with("127.0.0.2");
            if same && member.number("port", -1) == Some(port) {
                let finding = out.on(member, "this Member is the node itself");
                if let Some(receiver) = cluster.receiver() {
                    finding.label(receiver, "address", "the same place");
                }
                finding.help("list the other nodes only; this one is the `<LocalMember>`");
            }
        }
    }
}
