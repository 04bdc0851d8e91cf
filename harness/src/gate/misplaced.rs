//! Elements of a cluster that stand where no server reads them, and attributes that a server did not take.

use super::beside::Beside;
use crate::config::read::{Document, Element};
use crate::history::{LogLine, RunningElement};

/// Below which elements a server reads each element of a cluster.
const PLACES: [(&str, &[&str]); 11] = [
    ("Cluster", &["Engine", "Host"]),
    ("Manager", &["Cluster", "Context"]),
    ("Channel", &["Cluster"]),
    ("Deployer", &["Cluster"]),
    ("ClusterListener", &["Cluster"]),
    ("Membership", &["Channel"]),
    ("Receiver", &["Channel"]),
    ("Sender", &["Channel"]),
    ("Transport", &["Sender"]),
    ("Interceptor", &["Channel"]),
    ("Valve", &["Engine", "Host", "Cluster", "Context"]),
];

fn is_misplaced(element: Element<'_>) -> bool {
    let places = PLACES.iter().find(|(name, _)| *name == element.name()).map(|(_, places)| *places);
    let parent = element.parent().map(Element::name);
    places.is_some_and(|places| !parent.is_some_and(|parent| places.contains(&parent)))
}

/// Each element in a place where Catalina reads none, that does not run: it is ignored, with a line in the log at most. Of
/// what stands below such an element nothing is said.
pub(super) fn misplaced(document: &Document, running: &[RunningElement]) -> Vec<Beside> {
    let same = |element: Element<'_>, other: Element<'_>| {
        other.name() == element.name() && other.class().map(str::trim) == element.class().map(str::trim)
    };
    let ignored = document.elements().filter(|element| is_misplaced(*element)).filter_map(|element| {
        let class = element.class()?.trim();
        // One of its kind that stands in its place runs for itself.
        let others = document.elements().filter(|other| same(element, *other) && !is_misplaced(*other)).count();
        let runs = running.iter().filter(|it| it.element == element.name() && it.class == class).nth(others);
        let parent = element.parent().map(Element::name).unwrap_or_default();
        runs.is_none().then(|| Beside {
            element: format!("the {} in <{parent}>", element.name()),
            name: "className".to_owned(),
            claimed: Some(class.to_owned()),
            found: None,
            differs: true,
            of_replication: true,
        })
    });
    ignored.collect()
}

/// The attribute of an element of the Cluster that this line says was not taken: the element has no such property.
pub(super) fn not_taken(line: &LogLine) -> Option<Beside> {
    let message = &line.message;
    // "Match [PATH] failed to set property [NAME] to [VALUE]", and as Tomcat 9.0.30 and earlier have it
    // "[SetPropertiesRule]{PATH} Setting property 'NAME' to 'VALUE' did not find a matching property."
    let (path, name, value) = if message.contains("failed to set property [") {
        let name = between(message, "failed to set property [", "]")?;
        (between(message, "Match [", "]")?, name, between(message, "] to [", "]")?)
    } else if message.contains("did not find a matching property") {
        let name = between(message, "Setting property '", "'")?;
        (between(message, "{", "}")?, name, between(message, "' to '", "'")?)
    } else {
        return None;
    };
    let element = path.rsplit('/').next()?;
    // An id is XML's, and a class is read before the properties.
    let of_cluster = path.split('/').any(|part| part == "Cluster") && !matches!(name, "className" | "id");
    of_cluster.then(|| Beside {
        element: element.to_owned(),
        name: name.to_owned(),
        claimed: Some(value.to_owned()),
        found: None,
        // What it lacks it does not do either: Tomcat's own pages give BackupManager `expireSessionsOnShutdown="false"`.
        differs: !value.trim().eq_ignore_ascii_case("false"),
        // The server runs without it as it always did.
        of_replication: false,
    })
}

fn between<'t>(text: &'t str, begin: &str, end: &str) -> Option<&'t str> {
    let rest = &text[text.find(begin)? + begin.len()..];
    rest.find(end).map(|end| &rest[..end])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::config::own;
    use crate::config::read::Properties;
    use crate::history::LogClass;
    use crate::model::NodeName;

    fn ignored(xml: &str, running: &[(&str, &str)]) -> Vec<String> {
        let document = own::read(xml.as_bytes(), &Properties::new()).expect("XML");
        let running: Vec<RunningElement> = running
            .iter()
            .map(|(element, class)| RunningElement {
                element: (*element).to_owned(),
                class: (*class).to_owned(),
                attributes: BTreeMap::new(),
            })
            .collect();
        misplaced(&document, &running).into_iter().map(|it| it.element).collect()
    }

    #[test]
    fn what_stands_where_nothing_is_read_is_found_and_what_runs_is_not() {
        let service = r#"<Server><Service><Cluster className="c"/><Engine name="e"><Host name="h">HERE</Host></Engine></Service></Server>"#;
        assert_eq!(ignored(service, &[]), ["the Cluster in <Service>"]);
        let both = service.replace("HERE", r#"<Cluster className="c"/>"#);
        assert_eq!(ignored(&both, &[("Cluster", "c")]), ["the Cluster in <Service>"]);
        assert_eq!(ignored(&both, &[("Cluster", "c"), ("Cluster", "c")]), Vec::<String>::new());
        let interceptor = r#"<Server><Service><Engine><Cluster className="c"><Interceptor className="i"/><Channel className="g">
            <Interceptor className="j"/></Channel></Cluster></Engine></Service></Server>"#;
        assert_eq!(ignored(interceptor, &[("Interceptor", "j")]), ["the Interceptor in <Cluster>"]);
        let good = interceptor.replace(
            r#"<Interceptor className="i"/><Channel className="g">"#,
            r#"<Channel className="g"><Interceptor className="i"/>"#,
        );
        assert_eq!(ignored(&good, &[]), Vec::<String>::new());
    }

    #[test]
    fn an_attribute_of_the_cluster_that_was_not_taken_is_read_of_the_log() {
        let of = |message: &str| {
            let line = LogLine {
                node: NodeName::nth(0),
                node_time: String::new(),
                level: "WARNING".to_owned(),
                logger: String::new(),
                message: message.to_owned(),
                class: LogClass::OtherWarning,
            };
            not_taken(&line).map(|it| {
                let claimed = it.claimed.unwrap_or_default();
                format!("{} {} {claimed}{}", it.element, it.name, if it.differs { ", differs" } else { "" })
            })
        };
        let now =
            "Match [Server/Service/Engine/Host/Cluster/Manager] failed to set property [expireSessions] to [true]";
        assert_eq!(of(now).as_deref(), Some("Manager expireSessions true, differs"));
        assert_eq!(of(&now.replace("true", "false")).as_deref(), Some("Manager expireSessions false"));
        let old = "[SetPropertiesRule]{Server/Service/Engine/Cluster/Channel/Receiver} Setting property 'ports' to '4000' did not find a matching property.";
        assert_eq!(of(old).as_deref(), Some("Receiver ports 4000, differs"));
        assert_eq!(of(&now.replace("/Cluster/Manager", "/Valve")), None);
        assert_eq!(of("Server startup in [100] milliseconds"), None);
    }
}
