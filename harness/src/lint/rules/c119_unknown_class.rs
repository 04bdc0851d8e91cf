//! Rule C119, unknown-class.

use super::c016_removed_class::successor;
use crate::config::read::{Attribute, Element};
use crate::lint::attributes::{List, is_short_name, lists};
use crate::lint::cluster::{MembershipKind, TRIBES, is_of_clustering};
use crate::lint::kinds::takes;
use crate::lint::{Applicability, Cluster, Confidence, Findings, Input, Rule, Severity, Versions};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C119",
    name: "unknown-class",
    severity: Severity::Error,
    confidence: Confidence::High,
    finds: "a class of Tomcat's clustering that no version has, or has in another package",
    why: "ClassNotFoundException while server.xml is read: the server does not start.",
    bad: r#"<Valve className="org.apache.catalina.ha.tcp.ReplicationVale"/>"#,
    good: r#"<Valve className="org.apache.catalina.ha.tcp.ReplicationValve"/>"#,
    evidence: "the classes of Tomcat 8.5.100 to 11.0.24; ObjectCreateRule.begin; StaticMembershipProvider.init, and a run on Tomcat 10.1.59: NumberFormatException: Cannot parse null string",
    versions: "8.5 to 11.0",
    check,
};

/// The package of what sends and receives.
const TRANSPORT: &str = "org.apache.catalina.tribes.transport.";

fn check(input: &Input, out: &mut Findings<'_>) {
    providers(input, out);
    let of_nodes = input.nodes.iter().map(|node| (node.versions, node.roots(input)));
    let versions = input.nodes.first().map_or(Versions::ANY, |node| node.versions);
    let of_apps = input.app_contexts().into_iter().map(|(_, context)| (versions, vec![context]));
    for (versions, roots) in of_nodes.chain(of_apps) {
        let lists = lists(versions);
        for element in roots.iter().filter(|_| !lists.is_empty()).flat_map(|root| root.document().elements()) {
            let Some(class) = element.class().map(str::trim) else { continue };
            let is_reported = class.contains(char::is_whitespace) || super::c016_removed_class::is_removed(class);
            let is_ours = is_of_clustering(class);
            if is_reported || !is_ours && !is_meant(element, class) || lists.iter().any(|list| list.has_class(class)) {
                continue;
            }
            let (nearest, moved) = proposals(element, class, &lists, versions);
            // What is of no package of the clustering may be somebody else's.
            if !is_ours && moved.is_none() && nearest.is_none_or(|(distance, _)| distance > 3) {
                continue;
            }
            let finding =
                out.on_value(element, "className", format!("Tomcat {} has no class `{class}`", shown(versions)));
            if versions.is_unknown() || nearest.is_none_or(|(distance, _)| distance > 3) {
                finding.sure(Confidence::Medium);
            }
            if let Some(right) = moved.or(nearest.filter(|(distance, _)| *distance <= 3).map(|(_, known)| known)) {
                finding.help(format!("write `{right}`")).set(Applicability::Safe, element, "className", right);
                continue;
            }
            // A newer release may have it, unless it has it elsewhere.
            let may_come = versions.is_unknown() || lists.iter().any(|list| list.is_guess);
            if may_come && !is_short_name(class.rsplit('.').next().unwrap_or_default()) {
                finding.at_most(Severity::Warning);
            }
            if let Some(whole) = begun(element, class, &lists) {
                finding.help(format!("did you mean `{whole}`?")).set(
                    Applicability::Unsafe,
                    element,
                    "className",
                    whole,
                );
            } else if element.name() == "Sender" && class.starts_with(TRANSPORT) {
                finding.help(format!(
                    "write `<Sender className=\"{TRANSPORT}ReplicationTransmitter\"><Transport \
                     className=\"{TRANSPORT}nio.PooledParallelSender\"/></Sender>`"
                ));
            }
        }
    }
}

/// The class with the likest name, with how unlike it is, and one of the same name in another package. Neither is of another
/// element, and the versions have it.
fn proposals(
    element: Element<'_>,
    class: &str,
    lists: &[&'static List],
    versions: Versions,
) -> (Option<(usize, &'static str)>, Option<&'static str>) {
    let short = class.rsplit('.').next();
    let fitting = || {
        let all = lists.iter().flat_map(|list| list.classes()).filter(|known| takes(element, known) != Some(false));
        all.filter_map(|known| Some((known, successor(known, versions)?)))
    };
    let nearest = fitting().map(|(known, now)| (strsim::osa_distance(known, class), now)).min();
    let moved = fitting().filter(|(known, _)| known.rsplit('.').next() == short).map(|(_, now)| now).min();
    (nearest, moved)
}

/// The class of this element whose name begins with what is written.
fn begun(element: Element<'_>, class: &str, lists: &[&'static List]) -> Option<&'static str> {
    let all = lists.iter().flat_map(|list| list.classes());
    all.filter(|known| known.starts_with(class) && takes(element, known) == Some(true)).min_by_key(|known| known.len())
}

/// Whether an element of a cluster with this name has no class, or one that is none of Tomcat's and meant to be.
pub(super) fn has_misnamed(cluster: &Cluster<'_>, name: &'static str) -> bool {
    let inside = cluster.channel().into_iter().flat_map(|channel| channel.all(name));
    let lists = lists(cluster.node.versions);
    let is_misnamed = |element: Element<'_>| match element.attribute("className").map(Attribute::known) {
        None => true,
        Some(None) => false,
        Some(Some(class)) => {
            let class = class.trim();
            let is_meant = is_of_clustering(class) || is_meant(element, class);
            is_meant && !lists.is_empty() && !lists.iter().any(|list| list.has_class(class))
        }
    };
    cluster.element.all(name).chain(inside).any(is_misnamed)
}

/// Whether a class in another package than those of the clustering is meant to be one of its classes: it has such a name in
/// one of Tomcat's packages, in one that is misspelt, or in none, or it is a part of a cluster in such a package.
fn is_meant(element: Element<'_>, class: &str) -> bool {
    const PARTS: [&str; 10] = [
        "Cluster",
        "Channel",
        "Membership",
        "Receiver",
        "Sender",
        "Transport",
        "Interceptor",
        "Member",
        "ClusterListener",
        "Deployer",
    ];
    // The clustering of Tomcat 5.5 (C017).
    if class.starts_with("org.apache.catalina.cluster.") {
        return false;
    }
    let short = class.rsplit('.').next().unwrap_or_default();
    is_short_name(short) && (!class.contains('.') || is_of_tomcat(class))
        || PARTS.contains(&element.name()) && is_of_tomcat(class)
}

/// Whether a class is of a package of Tomcat's, or of one that is misspelt.
fn is_of_tomcat(class: &str) -> bool {
    let mut packages = class.split('.');
    let mut is_like = |name: &str| packages.next().is_some_and(|own| strsim::osa_distance(own, name) <= 2);
    class.starts_with("org.apache.tomcat.") || is_like("org") && is_like("apache") && is_like("catalina")
}

/// Providers of a `CloudMembershipService` that Tomcat does not have. One of somebody else's is not known.
fn providers(input: &Input, out: &mut Findings<'_>) {
    const NAME: &str = "membershipProviderClassName";
    const STATIC: &str = "org.apache.catalina.tribes.membership.StaticMembershipProvider";
    for cluster in input.clusters().filter(|cluster| cluster.membership_kind() == MembershipKind::Cloud) {
        let Some(service) = cluster.membership() else { continue };
        let Some(class) = service.value(NAME).map(str::trim).filter(|class| !class.is_empty()) else { continue };
        if class == STATIC && cluster.starts_membership() != Some(false) {
            let message = "StaticMembershipProvider takes what only a StaticMembershipService gives it: `Long.parseLong` of \
                           nothing, and the cluster does not start";
            out.on_value(service, NAME, message).help(
                "write `<Membership className=\"org.apache.catalina.tribes.membership.StaticMembershipService\">` with a \
                 `<Member>` for each node",
            );
            continue;
        }
        let own = class.strip_prefix(TRIBES).map(|rest| rest.trim_start_matches("membership.cloud."));
        let is_known = match own {
            Some(short) => matches!(short, "KubernetesMembershipProvider" | "DNSMembershipProvider"),
            None => class.contains('.') || matches!(class, "kubernetes" | "dns"),
        };
        if !is_known {
            let finding = out.on_value(service, NAME, format!("`{class}` is no provider of members in a cloud"));
            finding.help("write `kubernetes` or `dns`");
            // Somebody's own class may be in no package.
            let is_meant = own.is_some() || ["kubernetes", "dns"].iter().any(|word| class.eq_ignore_ascii_case(word));
            if !is_meant {
                finding.at_most(Severity::Warning).sure(Confidence::Medium);
            }
        }
    }
}

fn shown(versions: Versions) -> String {
    if versions.is_unknown() { "8.5 to 11.0".to_owned() } else { versions.to_string() }
}
