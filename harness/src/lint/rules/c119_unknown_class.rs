//! Rule C119, unknown-class.

use crate::lint::attributes::lists;
use crate::lint::cluster::{HA, MembershipKind, TRIBES};
use crate::lint::{Applicability, Confidence, Findings, Input, Rule, Severity, Versions};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C119",
    name: "unknown-class",
    severity: Severity::Error,
    confidence: Confidence::High,
    finds: "a class of Tomcat's clustering packages that no version has",
    why: "ClassNotFoundException while server.xml is read: the server does not start.",
    bad: r#"<Valve className="org.apache.catalina.ha.tcp.ReplicationVale"/>"#,
    good: r#"<Valve className="org.apache.catalina.ha.tcp.ReplicationValve"/>"#,
    evidence: "the classes of Tomcat 8.5.100 to 11.0.24; ObjectCreateRule.begin",
    versions: "8.5 to 11.0",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    providers(input, out);
    let of_nodes = input.nodes.iter().map(|node| (node.versions, node.roots(input)));
    let versions = input.nodes.first().map_or(Versions::ANY, |node| node.versions);
    let of_apps = input.app_contexts().into_iter().map(|(_, context)| (versions, vec![context]));
    for (versions, roots) in of_nodes.chain(of_apps) {
        let lists = lists(versions);
        for element in roots.iter().filter(|_| !lists.is_empty()).flat_map(|root| root.document().elements()) {
            let Some(class) =
                element.class().map(str::trim).filter(|class| class.starts_with(HA) || class.starts_with(TRIBES))
            else {
                continue;
            };
            let is_reported = class.contains(char::is_whitespace) || super::c016_removed_class::is_removed(class);
            if is_reported || lists.iter().any(|list| list.has_class(class)) {
                continue;
            }
            let nearest = lists
                .iter()
                .flat_map(|list| list.classes())
                .map(|known| (strsim::osa_distance(known, class), known))
                .min();
            let finding =
                out.on_value(element, "className", format!("Tomcat {} has no class `{class}`", shown(versions)));
            // A newer release may have it.
            if versions.is_unknown() || nearest.is_none_or(|(distance, _)| distance > 3) {
                finding.sure(Confidence::Medium);
            }
            let short = class.rsplit('.').next().unwrap_or_default();
            let moved =
                lists.iter().flat_map(|list| list.classes()).find(|known| known.rsplit('.').next() == Some(short));
            if let Some(right) = moved.or(nearest.filter(|(distance, _)| *distance <= 3).map(|(_, known)| known)) {
                finding.help(format!("write `{right}`")).set(Applicability::Safe, element, "className", right);
            } else {
                finding.at_most(Severity::Warning);
            }
        }
    }
}

/// Providers of a `CloudMembershipService` that Tomcat does not have. One of somebody else's is not known.
fn providers(input: &Input, out: &mut Findings<'_>) {
    const NAME: &str = "membershipProviderClassName";
    for cluster in input.clusters().filter(|cluster| cluster.membership_kind() == MembershipKind::Cloud) {
        let Some(service) = cluster.membership() else { continue };
        let Some(class) = service.value(NAME).map(str::trim).filter(|class| !class.is_empty()) else { continue };
        let own = class.strip_prefix(TRIBES).map(|rest| rest.trim_start_matches("membership.cloud."));
        let is_known = match own {
            Some(short) => matches!(short, "KubernetesMembershipProvider" | "DNSMembershipProvider"),
            None => class.contains('.') || matches!(class, "kubernetes" | "dns"),
        };
        if !is_known {
            out.on_value(service, NAME, format!("`{class}` is no provider of members in a cloud"))
                .at_most(Severity::Warning)
                .sure(Confidence::Medium)
                .help("write `kubernetes` or `dns`");
        }
    }
}

fn shown(versions: Versions) -> String {
    if versions.is_unknown() { "8.5 to 11.0".to_owned() } else { versions.to_string() }
}
