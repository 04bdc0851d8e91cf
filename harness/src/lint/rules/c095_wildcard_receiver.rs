//! Rule C095, wildcard-receiver.

use std::net::IpAddr;

use crate::lint::cluster::ipv4;
use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C095",
    name: "wildcard-receiver",
    severity: Severity::Error,
    confidence: Confidence::High,
    finds: "a Receiver at 0.0.0.0, ::, or a multicast address",
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
        let parsed =
            address.trim_matches(['[', ']']).parse::<IpAddr>().ok().or_else(|| ipv4(address).map(IpAddr::from));
        if parsed.is_some_and(|address| address.is_multicast()) {
            out.on_value(
                receiver,
                "address",
                format!("`{address}` is a multicast address, to which no node can connect"),
            )
            .at_most(Severity::Warning)
            .help("set the address that the other nodes reach, or `auto`; the group is `address` of `<Membership>`");
        }
        if parsed.is_some_and(|address| address.is_unspecified()) {
            out.on_value(
                receiver,
                "address",
                format!("`{address}` is announced to the other nodes, which cannot send to it"),
            )
            .help("set the address that the other nodes reach, or `auto`");
        }
    }
}
