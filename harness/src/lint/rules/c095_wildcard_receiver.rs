//! Rule C095, wildcard-receiver.

use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C095",
    name: "wildcard-receiver",
    severity: Severity::Error,
    confidence: Confidence::High,
    finds: "a Receiver at 0.0.0.0 or ::",
    why: "The address is announced to the other nodes, which cannot send to it; with a StaticMembershipService the server does not start.",
    bad: r#"<Receiver className="…NioReceiver" address="0.0.0.0"/>"#,
    good: r#"<Receiver className="…NioReceiver" address="10.0.0.1"/>"#,
    evidence: "ChannelCoordinator: the membership announces the Receiver's address; a run: There is no localMember in static member list",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for receiver in input.clusters().filter_map(|cluster| cluster.receiver()) {
        let Some(address) = receiver.value("address").map(str::trim) else { continue };
        if address.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|address| address.is_unspecified()) {
            out.on_value(
                receiver,
                "address",
                format!("`{address}` is announced to the other nodes, which cannot send to it"),
            )
            .help("set the address that the other nodes reach, or `auto`");
        }
    }
}
