//! Rule C051, drop-time.

use crate::lint::cluster::MembershipKind;
use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C051",
    name: "drop-time",
    severity: Severity::Warning,
    confidence: Confidence::High,
    finds: "a dropTime that is at most twice the frequency, or longer than a restart",
    why: "A short one makes members come and go with each lost packet; with a long one a node that restarts meets its own ghost, and everything is sent twice.",
    bad: r#"<Membership className="…McastService" frequency="1000" dropTime="1500"/>"#,
    good: r#"<Membership className="…McastService" frequency="500" dropTime="3000"/>"#,
    evidence: "runs: with dropTime 15000 a fast restart always left a ghost",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for cluster in input.clusters().filter(|cluster| cluster.membership_kind() == MembershipKind::Multicast) {
        let Some(membership) = cluster.membership() else { continue };
        let name = if membership.has("dropTime") { "dropTime" } else { "mcastDropTime" };
        let Some((frequency, drop)) = membership.number("frequency", 500).zip(membership.number(name, 3000)) else {
            continue;
        };
        if drop <= frequency.saturating_mul(2) {
            out.on_value(
                membership,
                name,
                format!("members are dropped after {drop} ms, but announce themselves every {frequency} ms only"),
            )
            .help("dropTime should be several times the frequency: 500 and 3000 by default");
        } else if drop > 15_000 {
            out.on_value(
                membership,
                name,
                format!("a node that restarts within {} s meets itself as a member that never goes", drop / 1000),
            )
            .sure(Confidence::Medium);
        }
    }
}
