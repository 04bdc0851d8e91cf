//! The elements of a server.xml beside those that a server runs.

use crate::config::own::{BASE, parts};
use crate::config::read::{Document, Element};
use crate::history::RunningElement;
use crate::model::SendOptions;

/// One value beside the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Beside {
    pub(super) element: String,
    pub(super) name: String,
    pub(super) claimed: Option<String>,
    pub(super) found: Option<String>,
    pub(super) differs: bool,
    pub(super) of_replication: bool,
}

/// What is compared of the containers: the rest of them does nothing to a session.
const OF_CONTAINERS: [&str; 7] =
    ["name", "defaultHost", "appBase", "unpackWARs", "autoDeploy", "deployOnStartup", "backgroundProcessorDelay"];
/// What is shown of a server though its file does not say it.
const SHOWN: [(&str, &[&str]); 3] = [
    ("Cluster", &["channelSendOptions"]),
    ("Receiver", &["address", "port"]),
    ("Manager", &["expireSessionsOnShutdown", "mapSendOptions", "stateTransferTimeout"]),
];

/// Each element that is compared, with its values. `route` is the jvmRoute that the node is known to have been given.
pub(super) fn beside(
    document: &Document,
    header: Option<&str>,
    route: Option<&str>,
    running: &[RunningElement],
) -> Vec<Beside> {
    let mut all = vec![];
    let Some(parts) = parts(document, header) else { return all };
    for (container, of_replication) in [(parts.engine, false), (parts.host, false)] {
        let found = of(running, container.name()).next();
        attributes(&mut all, container, found, of_replication, |name| OF_CONTAINERS.contains(&name));
    }
    let found = of(running, "Engine").next().and_then(|engine| engine.attributes.get("jvmRoute"));
    let found = found.cloned().filter(|route| !route.is_empty());
    let differs = found.as_deref() != route;
    all.push(value("Engine", "jvmRoute", route, found, differs));
    connectors(&mut all, parts.engine, running);
    let Some(cluster) = parts.cluster else {
        let found = of(running, "Cluster").next();
        if let Some(found) = found {
            all.push(value("Cluster", "className", None, Some(found.class.clone()), true));
        }
        return all;
    };
    let channel = cluster.child("Channel");
    let of_channel = |name: &'static str| channel.and_then(|channel| channel.child(name));
    let sender = of_channel("Sender");
    let single = [
        ("Cluster", Some(cluster)),
        ("Manager", cluster.child("Manager")),
        ("Deployer", cluster.child("Deployer")),
        ("Channel", channel),
        ("Receiver", of_channel("Receiver")),
        ("Membership", of_channel("Membership")),
        ("Sender", sender),
        ("Transport", sender.and_then(|sender| sender.child("Transport"))),
    ];
    for (name, element) in single {
        let found = of(running, name).next();
        match element {
            Some(element) => whole(&mut all, name, element, found),
            None => all.extend(found.map(|found| value(name, "className", None, Some(found.class.clone()), false))),
        }
        let shown = SHOWN.iter().find(|(shown, _)| *shown == name).map_or(&[][..], |(_, names)| names);
        for shown in shown.iter().filter(|shown| element.is_none_or(|element| !element.has(shown))) {
            let found = found.and_then(|found| found.attributes.get(*shown));
            all.extend(found.map(|found| value(name, shown, None, Some(found.clone()), false)));
        }
    }
    interceptors(&mut all, channel, running);
    valves(&mut all, &parts.valves, running);
    all
}

fn of<'r>(running: &'r [RunningElement], name: &str) -> impl Iterator<Item = &'r RunningElement> {
    running.iter().filter(move |element| element.element == name)
}

/// A server goes on without a connector that failed.
fn connectors(all: &mut Vec<Beside>, engine: Element<'_>, running: &[RunningElement]) {
    let claimed = engine.parent().into_iter().flat_map(|service| service.all("Connector"));
    for (number, (_, found)) in (1..).zip(claimed.zip(of(running, "Connector"))) {
        let state = found.attributes.get("state").cloned();
        let differs = state.as_deref() != Some("STARTED");
        let name = format!("Connector {number}");
        all.push(Beside { of_replication: false, ..value(&name, "state", Some("STARTED"), state, differs) });
    }
}

/// Their order is that of the file; Tomcat adds some of its own where there is none at all.
fn interceptors(all: &mut Vec<Beside>, channel: Option<Element<'_>>, running: &[RunningElement]) {
    let claimed: Vec<Element<'_>> = channel.into_iter().flat_map(|channel| channel.all("Interceptor")).collect();
    let found: Vec<&RunningElement> = of(running, "Interceptor").collect();
    let names = |classes: Vec<&str>| {
        let short = classes.into_iter().map(|class| class.trim().rsplit('.').next().unwrap_or_default().to_owned());
        short.collect::<Vec<_>>().join(", ")
    };
    let wanted = names(claimed.iter().filter_map(|element| element.class()).collect());
    let has = names(found.iter().map(|element| element.class.as_str()).collect());
    let differs = !claimed.is_empty() && wanted != has;
    all.push(value("Channel", "Interceptors", Some(wanted.as_str()).filter(|it| !it.is_empty()), Some(has), differs));
    if !differs {
        for (element, found) in claimed.into_iter().zip(found) {
            let name = found.class.rsplit('.').next().unwrap_or_default();
            named_attributes(all, name, element, Some(found), true, |_| true);
        }
    }
}

/// Each valve of the cluster must be in a pipeline; of the others nothing is compared but that.
fn valves(all: &mut Vec<Beside>, claimed: &[Element<'_>], running: &[RunningElement]) {
    let mut left: Vec<&RunningElement> = of(running, "Valve").collect();
    for element in claimed {
        let Some(class) = element.class().map(str::trim) else { continue };
        let found = left.iter().position(|found| found.class == class).map(|index| left.remove(index));
        let of_cluster = class.contains(".catalina.ha.");
        let found_class = found.map(|found| found.class.clone());
        let differs = found.is_none();
        all.push(Beside {
            of_replication: of_cluster,
            ..value("Valve", "className", Some(class), found_class, differs)
        });
        if of_cluster {
            named_attributes(all, class.rsplit('.').next().unwrap_or_default(), *element, found, true, |_| true);
        }
    }
    // What the server adds: where a Cluster has no valve, Tomcat has its own two.
    for found in left.into_iter().filter(|found| found.class.contains(".catalina.ha.")) {
        all.push(value("Valve", "className", None, Some(found.class.clone()), false));
    }
}

/// The class that TomEE puts in the place of Tomcat's, of which it is a subclass (`TomcatWebAppBuilder.manageCluster`).
fn is_put_in_its_place(claimed: &str, found: &str) -> bool {
    claimed == "org.apache.catalina.ha.tcp.SimpleTcpCluster"
        && found == "org.apache.tomee.catalina.SimpleTomEETcpCluster"
}

/// An element of the cluster, with its class.
fn whole(all: &mut Vec<Beside>, name: &str, element: Element<'_>, found: Option<&RunningElement>) {
    let found_class = found.map(|found| found.class.clone());
    let claimed = element.class().map(str::trim);
    let differs = match (claimed, &found_class) {
        (Some(claimed), Some(found)) => claimed != found && !is_put_in_its_place(claimed, found),
        (_, found) => found.is_none(),
    };
    all.push(value(name, "className", claimed, found_class, differs));
    named_attributes(all, name, element, found.filter(|_| !differs), true, |_| true);
}

fn attributes(
    all: &mut Vec<Beside>,
    element: Element<'_>,
    found: Option<&RunningElement>,
    of_replication: bool,
    is_compared: impl Fn(&str) -> bool,
) {
    named_attributes(all, element.name(), element, found, of_replication, is_compared);
}

fn named_attributes(
    all: &mut Vec<Beside>,
    label: &str,
    element: Element<'_>,
    found: Option<&RunningElement>,
    of_replication: bool,
    is_compared: impl Fn(&str) -> bool,
) {
    let Some(found) = found else { return };
    for attribute in element.attributes().iter().filter(|attribute| attribute.name != "className") {
        let (first, rest) = attribute.name.split_at(attribute.name.chars().next().map_or(0, char::len_utf8));
        let name = format!("{}{rest}", first.to_ascii_lowercase());
        let Some(claimed) = attribute.known().filter(|_| is_compared(&name)) else { continue };
        // A pattern that is empty is none.
        let value_found = found.attributes.get(&name).cloned().or_else(|| claimed.is_empty().then(String::new));
        let Some(value_found) = value_found else { continue };
        let differs = differ(claimed, &value_found);
        let shown = claimed.replace(BASE, "${catalina.base}");
        all.push(Beside { of_replication, ..value(label, &name, Some(shown.as_str()), Some(value_found), differs) });
    }
}

fn value(element: &str, name: &str, claimed: Option<&str>, found: Option<String>, differs: bool) -> Beside {
    Beside {
        element: element.to_owned(),
        name: name.to_owned(),
        claimed: claimed.map(str::to_owned),
        found,
        differs,
        of_replication: true,
    }
}

/// Whether two values of an attribute are not the same, as far as that can be said of how they are written.
pub(super) fn differ(claimed: &str, found: &str) -> bool {
    let (claimed, found) = (claimed.trim(), found.trim());
    if claimed.eq_ignore_ascii_case(found) {
        return false;
    }
    if let Some(below) = claimed.strip_prefix(BASE) {
        return !found.trim_end_matches('/').ends_with(below.trim_end_matches('/'));
    }
    match (claimed.parse::<f64>(), found.parse::<f64>()) {
        // Tomcat makes one of every number of ports to try that is none.
        (Ok(claimed), Ok(found)) => (claimed - found).abs() > f64::EPSILON && claimed > 0.0,
        (Err(_), Ok(found)) => {
            let options = claimed.parse::<SendOptions>().map(|options| f64::from(options.bits()));
            // Other words for numbers are not known.
            options.is_ok_and(|options| (options - found).abs() > f64::EPSILON)
        }
        // In Java all but `true` is false.
        _ if matches!(found, "true" | "false") => claimed.eq_ignore_ascii_case("true") != (found == "true"),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::config::own;
    use crate::config::read::Properties;

    const FILE: &str = r#"<Server><Service><Connector port="1"/><Engine name="Catalina" jvmRoute="a"><Host name="localhost" appBase="${catalina.base}/apps">
        <Cluster className="x.SimpleTcpCluster" channelSendOptions="sync, use_ack"><Manager className="x.DeltaManager" stateTransferTimeout="5"/>
        <Channel className="x.GroupChannel"><Receiver className="x.NioReceiver" port="4000" autoBind="0"/>
        <Interceptor className="x.TcpFailureDetector" performReadTest="true"/><Interceptor className="x.MessageDispatchInterceptor"/></Channel>
        <Valve className="org.apache.catalina.ha.tcp.ReplicationValve" filter=""/></Cluster>
        <Valve className="org.apache.catalina.valves.AccessLogValve" pattern="common"/></Host></Engine></Service></Server>"#;

    fn element(element: &str, class: &str, attributes: &[(&str, &str)]) -> RunningElement {
        let attributes = attributes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let attributes = attributes.collect::<BTreeMap<_, _>>();
        RunningElement { element: element.to_owned(), class: class.to_owned(), attributes }
    }

    fn running() -> Vec<RunningElement> {
        vec![
            element("Engine", "x.StandardEngine", &[("name", "Catalina"), ("jvmRoute", "a")]),
            element("Host", "x.StandardHost", &[("name", "localhost"), ("appBase", "/run/n1/base/apps")]),
            element("Valve", "org.apache.catalina.valves.AccessLogValve", &[("pattern", "%h %l")]),
            element("Valve", "org.apache.catalina.ha.tcp.ReplicationValve", &[]),
            element("Cluster", "x.SimpleTcpCluster", &[("channelSendOptions", "6")]),
            element("Manager", "x.DeltaManager", &[("stateTransferTimeout", "5")]),
            element("Channel", "x.GroupChannel", &[]),
            element("Receiver", "x.NioReceiver", &[("port", "4000"), ("autoBind", "1")]),
            element("Interceptor", "x.TcpFailureDetector", &[("performReadTest", "true")]),
            element("Interceptor", "x.MessageDispatchInterceptor", &[]),
            element("Connector", "x.Connector", &[("state", "STARTED")]),
        ]
    }

    /// The differences when one element runs otherwise.
    fn found(index: usize, other: Option<RunningElement>, route: &str) -> Vec<String> {
        let document = own::read(FILE.as_bytes(), &Properties::new()).expect("XML");
        let mut running = running();
        match other {
            Some(other) => running[index] = other,
            None => drop(running.remove(index)),
        }
        let all = beside(&document, None, Some(route), &running);
        all.iter().filter(|it| it.differs).map(|it| format!("{} {}", it.element, it.name)).collect()
    }

    #[test]
    fn a_server_that_runs_as_its_file_says_has_no_difference() {
        let same = running();
        assert_eq!(found(0, Some(same[0].clone()), "a"), Vec::<String>::new());
    }

    #[test]
    fn the_cluster_that_tomee_makes_of_tomcats_is_no_other_one() {
        let file = FILE.replace("x.SimpleTcpCluster", "org.apache.catalina.ha.tcp.SimpleTcpCluster");
        let document = own::read(file.as_bytes(), &Properties::new()).expect("XML");
        let differs = |class: &str, options: &str| {
            let mut running = running();
            running[4] = element("Cluster", class, &[("channelSendOptions", options)]);
            let all = beside(&document, None, Some("a"), &running);
            all.into_iter().filter(|it| it.differs).map(|it| format!("{} {}", it.element, it.name)).collect::<Vec<_>>()
        };
        let tomee = "org.apache.tomee.catalina.SimpleTomEETcpCluster";
        assert_eq!(differs(tomee, "6"), Vec::<String>::new());
        assert_eq!(differs(tomee, "8"), ["Cluster channelSendOptions"]);
        assert_eq!(differs("org.apache.tomee.catalina.Other", "6"), ["Cluster className"]);
    }

    #[test]
    fn each_element_that_runs_otherwise_is_found() {
        let route = element("Engine", "x.StandardEngine", &[("name", "Catalina"), ("jvmRoute", "b")]);
        assert_eq!(found(0, Some(route), "a"), ["Engine jvmRoute"]);
        assert_eq!(found(0, Some(element("Engine", "x.StandardEngine", &[])), "a"), ["Engine jvmRoute"]);
        let base = element("Host", "x.StandardHost", &[("appBase", "/run/n1/base/webapps")]);
        assert_eq!(found(1, Some(base), "a"), ["Host appBase"]);
        assert_eq!(found(3, None, "a"), ["Valve className"]);
        let options = element("Cluster", "x.SimpleTcpCluster", &[("channelSendOptions", "8")]);
        assert_eq!(found(4, Some(options), "a"), ["Cluster channelSendOptions"]);
        assert_eq!(found(5, Some(element("Manager", "x.BackupManager", &[])), "a"), ["Manager className"]);
        let drifted = element("Receiver", "x.NioReceiver", &[("port", "4001")]);
        assert_eq!(found(7, Some(drifted), "a"), ["Receiver port"]);
        let test = element("Interceptor", "x.TcpFailureDetector", &[("performReadTest", "false")]);
        assert_eq!(found(8, Some(test), "a"), ["TcpFailureDetector performReadTest"]);
        assert_eq!(found(9, None, "a"), ["Channel Interceptors"]);
        let failed = element("Connector", "x.Connector", &[("state", "FAILED")]);
        assert_eq!(found(10, Some(failed), "a"), ["Connector 1 state"]);
    }
}
