//! Rule C018, unknown-attribute.

use std::collections::BTreeMap;

use crate::config::read::Element;
use crate::lint::known::{KnownElement, known_elements};
use crate::lint::{Applicability, Cluster, Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C018",
    name: "unknown-attribute",
    severity: Severity::Warning,
    confidence: Confidence::High,
    finds: "an attribute that the class of its element does not have",
    why: r#"The server logs "Match [...] failed to set property", or nothing at all, and the default stays in effect."#,
    bad: r#"<Receiver className="…NioReceiver" autobind="1"/>"#,
    good: r#"<Receiver className="…NioReceiver" autoBind="1"/>"#,
    evidence: "the setters of Tomcat's own classes, read by `cargo ci attributes` from 8.5.100, 9.0.117, 10.0.27, 10.1.59 and 11.0.24; IntrospectionUtils.setProperty; Connector.setProperty passes on to protocol and endpoint",
    versions: "8.5 to 11.0; later ones as 11.0",
    check,
};

/// Names that are often written, by element, and what was meant.
const MEANT: [(&str, &str, &str); 4] = [
    ("Manager", "maxInactiveInterval", "set `<session-timeout>` in the app's web.xml, in minutes"),
    ("Manager", "sessionAttributeFilter", "write `sessionAttributeNameFilter`"),
    ("Manager", "sessionIdLength", "put `<SessionIdGenerator sessionIdLength=\"…\"/>` into the `<Manager>`"),
    ("Context", "distributed", "add `<distributable/>` to the app's web.xml: without it no session is replicated"),
];

fn check(input: &Input, out: &mut Findings<'_>) {
    let clusters: Vec<Cluster<'_>> = input.clusters().collect();
    // Where in the findings, by file and name, and of how many elements each speaks.
    let mut beside: BTreeMap<(usize, &str), (usize, usize)> = BTreeMap::new();
    for known in known_elements(input) {
        let element = known.element;
        for attribute in element.attributes().iter().filter(|attribute| known.names.kind(&attribute.name).is_none()) {
            let is_passed_on = element.name() == "Connector" && attribute.name.starts_with("socket.");
            // `Catalina.createStartDigester` ignores these on purpose: Eclipse writes the one, tests of Tomcat the other.
            let is_ignored = matches!(
                (element.name(), attribute.name.as_str()),
                ("Context", "source") | ("Connector", "portOffset")
            );
            if is_special(&attribute.name) || is_passed_on || is_ignored {
                continue;
            }
            let file = element.document().file();
            let is_in = |cluster: &Cluster<'_>| {
                let all = cluster.element;
                all.document().file() == file && all.span().contains(&element.span().start)
            };
            let is_beside = is_plain(element) && !clusters.iter().any(is_in);
            if !is_beside {
                unknown(out, &known, &attribute.name);
            } else if let Some((_, count)) = beside.get_mut(&(file, attribute.name.as_str())) {
                *count += 1;
            } else if !(attribute.name == "debug" && is_of_tomcat_55(element)) && unknown(out, &known, &attribute.name)
            {
                beside.insert((file, attribute.name.as_str()), (out.found.len() - 1, 0));
            }
        }
    }
    for (at, count) in beside.into_values() {
        let finding = &mut out.found[at];
        // Such a file is of an older server; nothing of the cluster is lost.
        finding.at_most(Severity::Info);
        if count > 0 {
            finding.message.push_str(&format!(", nor of {count} other elements of this file"));
        }
    }
}

/// Whether the file has a cluster of Tomcat 5.5, of which another rule speaks (C017); there `debug` was an attribute.
fn is_of_tomcat_55(element: Element<'_>) -> bool {
    let mut classes = element.document().elements().filter_map(Element::class);
    classes.any(|class| class.trim().starts_with("org.apache.catalina.cluster."))
}

/// Whether an element is none that decides about sessions.
fn is_plain(element: Element<'_>) -> bool {
    !matches!(element.name(), "Manager" | "Store" | "Cluster")
}

/// Says so; whether nobody knows what was meant.
fn unknown(out: &mut Findings<'_>, known: &KnownElement<'_>, name: &str) -> bool {
    let element = known.element;
    let short = element.short_class().unwrap_or(element.name());
    let wanted = name.to_lowercase();
    let nearest = known.names.all().map(|known| (strsim::osa_distance(&known.to_lowercase(), &wanted), known)).min();
    let finding = out.on_name(element, name, format!("`{name}` is no attribute of {short}"));
    if known.versions.is_unknown() || known.names.is_guess {
        finding.sure(Confidence::Medium);
    }
    if let Some((.., help)) = MEANT.iter().find(|(of, wrong, _)| *of == element.name() && *wrong == name) {
        finding.help(*help);
        return false;
    }
    match nearest {
        Some((0, right)) => finding.help(format!("write `{right}`")).rename(Applicability::Safe, element, name, right),
        Some((distance, right)) if distance <= 2 && name.len() > 4 => {
            finding.help(format!("did you mean `{right}`?")).rename(Applicability::Unsafe, element, name, right)
        }
        _ => {
            finding.help("remove it; it has no effect");
            return true;
        }
    };
    false
}

/// Read by the digester itself, or reported by another rule.
fn is_special(name: &str) -> bool {
    name.eq_ignore_ascii_case("className")
        || name.starts_with("xml")
        || name.contains(':')
        || super::c017_old_names::is_old(name)
}
