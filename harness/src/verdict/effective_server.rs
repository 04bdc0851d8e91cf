//! Whether each node runs the server that the plan says: what is said of one release is nothing of another.

use std::collections::BTreeMap;

use super::view::View;
use crate::history::{Event, Nanos};
use crate::model::{NodeName, ServerSpec, StepKind};

/// As in `as configured in 12 looks`. A server that hides its version (`ServerInfo.properties`), or that lies in a folder of the
/// user's, is what it is.
pub(super) fn as_planned(view: &View<'_>) -> Result<String, String> {
    let restarts = restarts(view);
    let mut reported = 0;
    for look in &view.looks {
        let Some(state) = look.state else { continue };
        let since = restarts.get(look.node).and_then(|all| all.iter().rfind(|(at, _)| *at <= look.asked));
        let first = || {
            let node = view.plan.topology.node(look.node);
            node.and_then(|node| node.changes.server.as_ref()).unwrap_or(&view.plan.topology.server)
        };
        let wanted = since.map_or_else(first, |(_, server)| *server);
        if let Some((found, version)) = found(wanted, &state.server_info, state.openejb.is_some()) {
            if !is_of(&found, version) {
                return Err(format!("{} runs {}, not {wanted}, at {}", look.node, state.server_info, look.at));
            }
            reported += 1;
        }
    }
    Ok(if reported == 0 { "no node says its version".to_owned() } else { format!("as configured in {reported} looks") })
}

/// The servers with which nodes were started anew, and when that began.
fn restarts<'a>(view: &View<'a>) -> BTreeMap<&'a NodeName, Vec<(Nanos, &'a ServerSpec)>> {
    let mut restarts: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (_, at, event) in view.events() {
        let Event::NodeStarts { node } = event else { continue };
        let step = view.step_at(at).and_then(|number| view.step(number));
        if let Some(StepKind::Restart { changes: Some(changes), .. }) = step.map(|step| &step.kind)
            && let Some(server) = &changes.server
        {
            restarts.entry(node).or_default().push((at, server));
        }
    }
    restarts
}

/// The release that a node names, and the one that is wanted: of TomEE 9 `Apache Tomcat (TomEE)/10.0.27 (9.0.0)`, of Tomcat
/// `Apache Tomcat/10.1.59`. TomEE 8 names its Tomcat only.
fn found<'s>(wanted: &'s ServerSpec, info: &str, is_tomee: bool) -> Option<(String, &'s str)> {
    let (name, rest) = info.split_once('/').filter(|(name, _)| name.starts_with("Apache Tomcat"))?;
    let (tomcat, tomee) = match rest.split_once(" (") {
        Some((tomcat, tomee)) => (tomcat, tomee.trim_end_matches(')')),
        None => (rest, ""),
    };
    match wanted {
        ServerSpec::Tomcat { version } if name == "Apache Tomcat" && !is_tomee => Some((tomcat.to_owned(), version)),
        ServerSpec::Tomee { version, .. } if name.contains("TomEE") => Some((tomee.to_owned(), version)),
        ServerSpec::Tomee { .. } if is_tomee => None,
        // Another product.
        ServerSpec::Tomcat { version } | ServerSpec::Tomee { version, .. } => Some((info.to_owned(), version)),
        ServerSpec::Home { .. } => None,
    }
}

/// Whether a release is that of a version, which may be a line.
fn is_of(found: &str, version: &str) -> bool {
    let exact = version.split('.').count() > 2;
    found == version || (!exact && (version == "latest" || found.starts_with(&format!("{version}."))))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("tomcat:10.1.59", "Apache Tomcat/10.1.59", Some(true))]
    #[case("tomee:8.0.13", "Apache Tomcat/9.0.68 and OpenEJB", None)]
    #[case("tomcat:9.0.68", "Apache Tomcat/9.0.68 and OpenEJB", Some(false))]
    #[case("tomcat:10.1.59", "Apache Tomcat/10.1.49", Some(false))]
    #[case("tomcat:10.1.5", "Apache Tomcat/10.1.59", Some(false))]
    #[case("tomcat:10.1", "Apache Tomcat/10.1.59", Some(true))]
    #[case("tomcat:10.1", "Apache Tomcat/10.10.1", Some(false))]
    #[case("tomcat:latest", "Apache Tomcat/11.0.24", Some(true))]
    #[case("tomcat:10.1.59", "Apache Tomcat (TomEE)/10.0.27 (9.0.0)", Some(false))]
    #[case("tomee:9.0.0", "Apache Tomcat (TomEE)/10.0.27 (9.0.0)", Some(true))]
    #[case("tomee:9.0.0:plus", "Apache Tomcat (TomEE)/10.0.27 (9.0.1)", Some(false))]
    #[case("tomee:9.0.0", "Apache Tomcat/10.0.27", Some(false))]
    #[case("tomcat:10.1.59", "our server", None)]
    #[case("/opt/tomcat", "Apache Tomcat/9.0.50", None)]
    fn a_node_names_its_release(#[case] wanted: ServerSpec, #[case] info: &str, #[case] same: Option<bool>) {
        let (info, is_tomee) = match info.strip_suffix(" and OpenEJB") {
            Some(info) => (info, true),
            None => (info, info.contains("TomEE")),
        };
        let read = found(&wanted, info, is_tomee).map(|(found, version)| is_of(&found, version));
        assert_eq!(read, same);
    }
}
