//! What a scenario may not say of the elements of `<Cluster>`, because the harness sets it or rests on it.
//!
//! A value that is accepted must be in effect: what would be ignored, or would make nodes collide that only the harness
//! has put on one machine, is refused at its place.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::file::ScenarioFile;
use super::{RestartTable, ScenarioError};
use crate::model::cluster_element::{ClusterElement, ClusterElements};
use crate::model::node_changes::NodeChanges;
use crate::model::written::Written;

/// Finds the place of a key in the scenario's file, by the keys that lead to it.
pub(super) type Places<'a> = dyn Fn(&[&str]) -> Option<Range<usize>> + 'a;

/// Arguments of the JVM by which the harness runs and watches a server.
const OWN_ARGUMENTS: [&str; 5] = [
    "-Dcatalina.base=",
    "-Dcatalina.home=",
    "-Dharness.",
    "-Djava.util.logging.config.file=",
    "-Djava.util.logging.manager=",
];

/// Why an argument cannot be given to a node's JVM, where it cannot.
pub fn refused_jvm_argument(argument: &str) -> Option<String> {
    let own = OWN_ARGUMENTS.iter().find(|own| argument.starts_with(**own))?;
    Some(format!("`{}` is set by the harness", own.trim_end_matches(['=', '.'])))
}

/// Refuses what cannot be honoured.
pub(super) fn check(file: &ScenarioFile, steps: &[Written<'_>], places: &Places<'_>) -> Result<(), ScenarioError> {
    let cluster = &file.cluster.elements;
    Scope { path: &["cluster", "elements"], of_all_nodes: true, places }.elements(cluster)?;
    arguments(&file.cluster.jvm_args, &["cluster", "jvm-args"], places)?;
    for (name, changes) in &file.node {
        let name = name.get_ref().as_str();
        arguments(&changes.jvm_args, &["node", name, "jvm-args"], places)?;
        if let Some(elements) = &changes.elements {
            let scope = Scope { path: &["node", name, "elements"], of_all_nodes: false, places };
            scope.elements(elements)?;
            scope.same_folders(elements, cluster)?;
        }
    }
    distinct_ports(file, places)?;
    steps.iter().try_for_each(|step| restarts(step, file))
}

/// One table of elements.
struct Scope<'a> {
    path: &'a [&'a str],
    of_all_nodes: bool,
    places: &'a Places<'a>,
}

impl Scope<'_> {
    fn refuse(&self, element: &str, key: &str, message: String, help: &str) -> ScenarioError {
        let path = [self.path, &[element, key]].concat();
        at((self.places)(&path), message).help(help)
    }

    fn elements(&self, said: &ClusterElements) -> Result<(), ScenarioError> {
        self.receiver(said)?;
        self.group(said)?;
        for (key, generator) in [
            ("delta-manager", &said.delta_manager.session_id_generator),
            ("backup-manager", &said.backup_manager.session_id_generator),
        ] {
            let route = generator
                .as_ref()
                .filter(|generator| generator.attributes().iter().any(|(name, _)| *name == "jvmRoute"));
            if route.is_some() {
                // `ManagerBase.startInternal` gives every generator the route of the Engine.
                let message =
                    "`jvm-route` of a session id generator has no effect: Tomcat takes that of the Engine".to_owned();
                return Err(self.refuse(key, "session-id-generator", message, "`jvm-routes` in [cluster] sets that"));
            }
        }
        let deployer = &said.deployer;
        for (key, folder) in
            [("deploy-dir", &deployer.deploy_dir), ("temp-dir", &deployer.temp_dir), ("watch-dir", &deployer.watch_dir)]
        {
            let Some(folder) = folder else { continue };
            if folder.starts_with('/') || folder.contains("${") || folder.split('/').any(|part| part == "..") {
                let message = format!("`{key}` must be a folder below CATALINA_BASE here: nodes share this machine");
                let help = format!("`{key} = \"cluster/…\"`; Tomcat resolves it against CATALINA_BASE");
                return Err(self.refuse("deployer", key, message, &help));
            }
        }
        Ok(())
    }

    fn receiver(&self, said: &ClusterElements) -> Result<(), ScenarioError> {
        const OWN: [&str; 4] = ["address", "port", "autoBind", "udpPort"];
        let receiver = &said.receiver;
        let refuse = |key: &str, message: String, help: &str| Err(self.refuse("receiver", key, message, help));
        if let Some(name) = receiver.other.keys().find(|name| OWN.contains(&name.as_str())) {
            let key = match name.as_str() {
                "autoBind" => "auto-bind",
                "udpPort" => "udp-port",
                name => name,
            };
            return refuse(
                "other",
                format!("`{name}` has a key of its own"),
                &format!("`{key}` in the receiver's table"),
            );
        }
        if let Some(port) = receiver.port.filter(|_| self.of_all_nodes) {
            let message = "`port` of the receiver is set by the harness: nodes share one address".to_owned();
            let help = format!("`port = {port}` in [node.n1.elements.receiver] gives one node a port of its own");
            return refuse("port", message, &help);
        }
        if receiver.port == Some(0) {
            return refuse(
                "port",
                "`port` must be greater than zero".to_owned(),
                "leave it out, or name the port that peers are to use",
            );
        }
        if let Some(port) = receiver.udp_port.filter(|port| *port > 0 && self.of_all_nodes) {
            let message = "`udp-port` cannot be the same on all nodes: they share one address".to_owned();
            let help = format!("`udp-port = {port}` in [node.n1.elements.receiver] gives one node a port of its own");
            return refuse("udp-port", message, &help);
        }
        if let Some(address) = &receiver.address {
            let fits = address.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_unspecified() || ip.is_loopback());
            if !fits {
                let message = format!("`address` of the receiver is set by the harness: no node has {address:?}");
                return refuse("address", message, "leave it out, or use an address of the loopback, or `0.0.0.0`");
            }
        }
        Ok(())
    }

    /// Two runs with one group would be one cluster.
    fn group(&self, said: &ClusterElements) -> Result<(), ScenarioError> {
        let group = &said.multicast_membership;
        let said =
            [("address", group.address.is_some()), ("port", group.port.is_some()), ("bind", group.bind.is_some())];
        let own = said.into_iter().find_map(|(key, said)| said.then_some((key, key)));
        let other = group.other.keys().find(|name| ["address", "port", "bind"].contains(&name.as_str()));
        match own.or(other.map(|name| ("other", name.as_str()))) {
            None => Ok(()),
            Some((key, name)) => {
                let message = format!(
                    "`{name}` of the multicast membership is set by the harness: each run has a group of its own"
                );
                Err(self.refuse(
                    "multicast-membership",
                    key,
                    message,
                    "leave it out: two runs in one group would merge",
                ))
            }
        }
    }

    /// The harness drops apps into the same folders of each node.
    fn same_folders(&self, said: &ClusterElements, cluster: &ClusterElements) -> Result<(), ScenarioError> {
        let (own, all) = (&said.deployer, &cluster.deployer);
        for (key, own, all) in
            [("deploy-dir", &own.deploy_dir, &all.deploy_dir), ("watch-dir", &own.watch_dir, &all.watch_dir)]
        {
            if own == all {
                continue;
            }
            let message = format!("`{key}` must be the same on all nodes");
            let help = match all {
                Some(folder) => {
                    format!("repeat `{key} = {folder:?}` here: these elements take the place of the cluster's")
                }
                None => format!("say `{key}` in [cluster.elements.deployer], too"),
            };
            let place = [self.path, &["deployer", key]].concat();
            let place = (self.places)(&place).or_else(|| (self.places)(self.path));
            return Err(at(place, message).help(help));
        }
        Ok(())
    }
}

/// Nodes share an address, so that each port is one node's.
fn distinct_ports(file: &ScenarioFile, places: &Places<'_>) -> Result<(), ScenarioError> {
    let mut ports: BTreeMap<u16, &str> = BTreeMap::new();
    for (name, changes) in &file.node {
        let name = name.get_ref().as_str();
        let Some(port) = receiver_port(changes) else { continue };
        if let Some(other) = ports.insert(port, name) {
            let place = places(&["node", name, "elements", "receiver", "port"]);
            let message = format!("{other} and {name} share one address and cannot both have the port {port}");
            return Err(at(place, message));
        }
    }
    Ok(())
}

fn receiver_port(changes: &NodeChanges) -> Option<u16> {
    changes.elements.as_ref().and_then(|elements| elements.receiver.port)
}

/// Peers know a node's address and port, which therefore outlive a restart.
fn restarts(step: &Written<'_>, file: &ScenarioFile) -> Result<(), ScenarioError> {
    // One that cannot be read is refused where its step is.
    if let Ok(Some(RestartTable { jvm_args, elements, .. })) = step.get::<RestartTable>("with") {
        let place = |_: &[&str]| step.place("with");
        arguments(&jvm_args, &[], &place)?;
        if let Some(elements) = elements {
            let scope = Scope { path: &[], of_all_nodes: false, places: &place };
            if elements.receiver.port.is_some() || elements.receiver.address.is_some() {
                let message =
                    "address and port of the receiver stay as they are at a restart: peers know them".to_owned();
                let help = "[node.n1.elements.receiver] sets them from the start";
                return Err(scope.refuse("receiver", "port", message, help));
            }
            scope.elements(&elements)?;
            scope.same_folders(&elements, &file.cluster.elements)?;
        }
    }
    step.tables("steps").iter().try_for_each(|step| restarts(step, file))
}

fn arguments(arguments: &[String], path: &[&str], places: &Places<'_>) -> Result<(), ScenarioError> {
    let refused =
        arguments.iter().enumerate().find_map(|(index, argument)| Some((index, refused_jvm_argument(argument)?)));
    let Some((index, message)) = refused else { return Ok(()) };
    let index = index.to_string();
    Err(at(places(&[path, &[index.as_str()]].concat()), message).help("leave it out"))
}

fn at(place: Option<Range<usize>>, message: String) -> ScenarioError {
    match place {
        Some(place) => ScenarioError::at(place, message),
        None => ScenarioError::nowhere(message),
    }
}

/// The place of what these keys lead to in a file; a number leads into a list.
pub(super) fn place(text: &str, path: &[&str]) -> Option<Range<usize>> {
    let root = DeTable::parse(text).ok()?;
    let (first, rest) = path.split_first()?;
    let (mut begin, mut found) = in_table(root.get_ref(), first)?;
    for key in rest {
        (begin, found) = match found.get_ref() {
            DeValue::Table(table) => in_table(table, key)?,
            DeValue::Array(list) => {
                let value = list.get(key.parse::<usize>().ok()?)?;
                (value.span(), value)
            }
            _ => return None,
        };
    }
    // The header of a table is its place, not all that is in it.
    Some(if found.get_ref().is_table() { begin } else { begin.start..found.span().end.max(begin.end) })
}

fn in_table<'t, 'i>(table: &'t DeTable<'i>, key: &str) -> Option<(Range<usize>, &'t Spanned<DeValue<'i>>)> {
    table.get_key_value(key).map(|(name, value)| (name.span(), value))
}

#[cfg(test)]
mod tests;
