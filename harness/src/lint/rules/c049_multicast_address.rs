//! Rule C049, multicast-address.

use std::net::Ipv6Addr;

use crate::lint::cluster::{MembershipKind, ipv4, is_loopback};
use crate::lint::{Applicability, Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C049",
    name: "multicast-address",
    severity: Severity::Error,
    confidence: Confidence::High,
    finds: "a multicast address that is none or of another IP version than the JVM's or `bind`, or a time to live of 0",
    why: "With an address that is no multicast address the Engine or Host does not start; with ttl 0 no packet leaves the machine.",
    bad: r#"<Membership className="…McastService" address="auto"/>"#,
    good: r#"<Membership className="…McastService" address="228.0.0.9"/>"#,
    evidence: "McastServiceImpl.setupSocket",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for cluster in input.clusters().filter(|cluster| cluster.membership_kind() == MembershipKind::Multicast) {
        let Some(membership) = cluster.membership() else { continue };
        if cluster.starts_membership() == Some(false) {
            continue;
        }
        let address = membership.value("address").map(str::trim).filter(|address| !address.is_empty());
        let is_wrong = address.is_some_and(|address| match address.parse::<std::net::IpAddr>() {
            Ok(parsed) => !parsed.is_multicast(),
            Err(_) if ipv4(address).is_some_and(|parsed| parsed.is_multicast()) => false,
            Err(_) => {
                address.eq_ignore_ascii_case("auto")
                    || is_loopback(address)
                    || address.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
            }
        });
        if let Some(address) = address.filter(|_| is_wrong) {
            out.on_value(
                membership,
                "address",
                format!("`{address}` is no multicast address: the server does not start"),
            )
            .help("use an address from 224.0.1.0 to 239.255.255.255, for example `228.0.0.9`");
        }
        let is_v6 = |address: &str| {
            address.trim_matches(['[', ']']).split('%').next().is_some_and(|it| it.parse::<Ipv6Addr>().is_ok())
        };
        let bind = membership.value("bind").map(str::trim).filter(|bind| !bind.is_empty());
        let group = address.unwrap_or("228.0.0.4");
        let is_v4_only =
            cluster.node.given.get("java.net.preferIPv4Stack").is_some_and(|it| it.eq_ignore_ascii_case("true"));
        let mixed = match bind {
            _ if is_v6(group) && is_v4_only => {
                Some(("address", "java.net.preferIPv4Stack is set: such a JVM joins no IPv6 group"))
            }
            Some(bind) if ipv4(group).is_some() && is_v6(bind) => Some(("bind", "an IPv6 address joins no IPv4 group")),
            Some(bind) if is_v6(group) && ipv4(bind).is_some() => Some(("bind", "an IPv4 address joins no IPv6 group")),
            _ => None,
        };
        if let Some((name, message)) = mixed {
            out.on_value(membership, name, message)
                .at_most(Severity::Warning)
                .sure(Confidence::Medium)
                .help("use one IP version for the group, `bind` and the JVM");
        }
        if membership.number("ttl", -1) == Some(0) {
            let finding =
                out.on_value(membership, "ttl", "with ttl 0 no packet leaves this machine").at_most(Severity::Warning);
            finding.help("remove `ttl`").unset(Applicability::Unsafe, membership, "ttl");
        }
    }
}
