//! Rule C017, old-names.

use crate::config::read::Element;
use crate::lint::{Applicability, Confidence, Findings, Input, Rule, Severity, Version};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C017",
    name: "old-names",
    severity: Severity::Error,
    confidence: Confidence::High,
    finds: "classes and attributes of Tomcat 5.5 to 7",
    why: "An old class does not load, and the server does not start; an old attribute is ignored with a warning, and the default is used.",
    bad: r#"<Membership className="org.apache.catalina.tribes.membership.McastService" mcastAddr="228.0.0.9"/>"#,
    good: r#"<Membership className="org.apache.catalina.tribes.membership.McastService" address="228.0.0.9"/>"#,
    evidence: "documentation of 5.5, 7.0 and 8.0; Tomcat's tags",
    versions: "classes of org.apache.catalina.cluster 6.0 and newer; attributes 8.0 and newer",
    check,
};

/// Attributes by element: name, gone since, name now.
const GONE: [(&str, &str, u32, Option<&str>); 12] = [
    ("Membership", "mcastAddr", 8, Some("address")),
    ("Membership", "mcastPort", 8, Some("port")),
    ("Membership", "mcastFrequency", 8, Some("frequency")),
    ("Membership", "mcastTTL", 8, Some("ttl")),
    ("Membership", "mcastSoTimeout", 8, Some("soTimeout")),
    ("Membership", "mcastClusterDomain", 8, Some("domain")),
    ("Receiver", "tcpListenAddress", 8, Some("address")),
    ("Receiver", "tcpListenPort", 8, Some("port")),
    ("Receiver", "tcpSelectorTimeout", 8, Some("selectorTimeout")),
    ("Receiver", "tcpThreadCount", 8, Some("maxThreads")),
    ("Sender", "replicationMode", 6, None),
    ("Cluster", "useDirtyFlag", 6, None),
];

fn check(input: &Input, out: &mut Findings<'_>) {
    for node in &input.nodes {
        let Some(server) = node.server(input) else { continue };
        for element in server.document().elements() {
            if let Some(class) =
                element.class().filter(|class| class.trim().starts_with("org.apache.catalina.cluster."))
            {
                let is_gone = node.versions.since(Version(6, 0, 0));
                if is_gone != Some(false) {
                    let message =
                        format!("`{class}` is a class of Tomcat 5.5; since 6.0 it is in `{}`", package(class));
                    out.on_value(element, "className", message)
                        .help("write the cluster anew, beginning with the documentation's example");
                }
            }
            for (name, attribute, since, now) in GONE {
                let is_gone = node.versions.since(Version(since, 0, 0));
                if element.name() == name && element.has(attribute) && is_gone != Some(false) {
                    old_attribute(out, element, attribute, since, now, is_gone);
                }
            }
        }
    }
}

/// Where the classes went: the sending and the members to Tribes, the sessions to `ha`.
fn package(class: &str) -> &'static str {
    match class.trim().trim_start_matches("org.apache.catalina.cluster.") {
        rest if rest.starts_with("mcast.") => "org.apache.catalina.tribes.membership",
        rest if rest.ends_with("Listener") && rest.starts_with("tcp.") => "org.apache.catalina.tribes.transport",
        "tcp.ReplicationTransmitter" => "org.apache.catalina.tribes.transport",
        _ => "org.apache.catalina.ha",
    }
}

fn old_attribute(
    out: &mut Findings<'_>,
    element: Element<'_>,
    attribute: &str,
    since: u32,
    now: Option<&str>,
    is_gone: Option<bool>,
) {
    let finding = out.on_name(
        element,
        attribute,
        format!("`{attribute}` is ignored since Tomcat {since}.0: the default is used in its place"),
    );
    if is_gone.is_none() {
        finding.at_most(Severity::Warning).sure(Confidence::Medium);
    }
    match now {
        Some(now) if !element.has(now) => {
            finding.help(format!("it is named `{now}` now")).rename(Applicability::Safe, element, attribute, now)
        }
        _ => finding.help("remove it").unset(Applicability::Safe, element, attribute),
    };
}

/// Whether it is an attribute of an old version, of which this rule speaks.
pub(super) fn is_old(name: &str) -> bool {
    GONE.iter().any(|(_, old, ..)| *old == name)
}
