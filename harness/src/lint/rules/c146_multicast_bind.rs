//! Rule C146, multicast-bind.

use crate::lint::cluster::{MembershipKind, ipv4};
use crate::lint::{Applicability, Confidence, Findings, Input, Rule, Severity, Version};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C146",
    name: "multicast-bind",
    severity: Severity::Error,
    confidence: Confidence::High,
    finds: "a McastService bound to 0.0.0.0 or ::",
    why: "The interface of such an address is looked for, and there is none: IllegalArgumentException, and the server does not start.",
    bad: r#"<Membership className="…McastService" bind="0.0.0.0"/>"#,
    good: r#"<Membership className="…McastService" bind="10.0.0.1"/>"#,
    evidence: "McastServiceImpl.setupSocket: NetworkInterface.getByInetAddress; MulticastSocket.setNetworkInterface refuses null: Invalid value 'null', in a run on Tomcat 10.1.59 and Java 17",
    versions: "9.0.72, 10.1.6, 11.0.0 and newer",
    check,
};

/// The versions in which each branch began to look for the interface; 10.0 never did.
const CHANGED: [Version; 4] = [Version(9, 0, 72), Version(10, 0, u32::MAX), Version(10, 1, 6), Version(11, 0, 0)];

fn check(input: &Input, out: &mut Findings<'_>) {
    for cluster in input.clusters().filter(|cluster| cluster.membership_kind() == MembershipKind::Multicast) {
        let is_changed = cluster.node.versions.has(&CHANGED);
        let started = cluster.starts_membership() != Some(false) && is_changed != Some(false);
        let Some(membership) = cluster.membership().filter(|_| started) else { continue };
        for name in ["bind", "mcastBindAddress"] {
            let Some(bind) = membership.value(name).map(str::trim) else { continue };
            let parsed = bind.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
            let is_any = parsed.is_ok_and(|address| address.is_unspecified());
            if is_any || ipv4(bind).is_some_and(|address| address.is_unspecified()) {
                let message = format!("no interface has the address `{bind}`: the server does not start");
                let finding = out.on_value(membership, name, message);
                if is_changed.is_none() {
                    finding.at_most(Severity::Warning).sure(Confidence::Medium);
                }
                let finding = finding.help("remove it, or name an address of this machine");
                finding.unset(Applicability::Unsafe, membership, name);
            }
        }
    }
}
