//! What the running servers are, beside what the files claim.

use serde::{Deserialize, Serialize};

use super::beside::{Beside, beside};
use super::misplaced::{misplaced, not_taken};
use crate::config::own;
use crate::history::{Event, History, NodeState, RecordKind};
use crate::model::{Endpoints, NodeChanges, NodeName, Topology};
use crate::tomcat::own_base;

/// One value of a node's configuration beside that of its running server.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Setting {
    /// The node.
    pub node: NodeName,
    /// The element, as `Receiver`, or what else has it.
    pub element: String,
    /// The attribute; `className` for the class.
    pub name: String,
    /// What the file says: where it differs, with the lab's ports and addresses; `None` where it says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed: Option<String>,
    /// What the server has; `None` where there is no such thing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
    /// Whether they differ.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub differs: bool,
    /// Whether sessions depend on it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub of_replication: bool,
}

impl Setting {
    /// The difference in a sentence.
    pub fn line(&self) -> String {
        let words = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".to_owned());
        let (found, claimed) = (words(&self.found), words(&self.claimed));
        format!("{} runs {} {} {found}, its files say {claimed}", self.node, self.element, self.name)
    }
}

/// Every value of each node's configuration that can be read of the running server, beside that.
pub fn effective(topology: &Topology, history: &History) -> Vec<Setting> {
    let mut all: Vec<Setting> = vec![];
    let endpoints = history.records.iter().rev().find_map(|record| match &record.kind {
        RecordKind::Event(Event::Addressed { endpoints }) => Some(endpoints),
        _ => None,
    });
    for node in topology.names() {
        let states = || {
            history.records.iter().filter_map(|record| match &record.kind {
                RecordKind::Observe(observation) if observation.node == *node => observation.state(),
                _ => None,
            })
        };
        let settings = endpoints.and_then(|endpoints| of_server_xml(topology, node, endpoints, states()));
        // A node that never came to run is told by its run.
        if settings.is_none() && states().next().is_some() {
            all.push(Setting {
                node: node.clone(),
                element: "a configuration".to_owned(),
                name: "that".to_owned(),
                claimed: Some("what could not be compared".to_owned()),
                found: Some("was not read".to_owned()),
                differs: true,
                of_replication: false,
            });
        }
        all.extend(settings.into_iter().flatten());
        let lines = history.records.iter().filter_map(|record| match &record.kind {
            RecordKind::Log(line) if line.node == *node => not_taken(line),
            _ => None,
        });
        all.extend(lines.map(|pair| setting(node, pair)));
        all.extend(of_managers(topology, node, states()));
    }
    all.sort();
    all.dedup();
    all
}

/// What its server.xml says beside what the first look at the node showed; `None` where one of them cannot be read.
fn of_server_xml<'h>(
    topology: &Topology,
    node: &NodeName,
    endpoints: &Endpoints,
    mut states: impl Iterator<Item = &'h NodeState>,
) -> Option<Vec<Setting>> {
    let own = topology.own.as_ref()?;
    let running = states.find(|state| !state.running.is_empty())?;
    let files = own.nodes.get(node)?;
    let made = own_base::server_xml(own, node, endpoints).ok()?;
    let properties = own_base::properties(files).ok()?;
    let document = own::read(&made.bytes, &properties).ok()?;
    let route = topology.route(node);
    let mut pairs = beside(&document, own.host_header.as_deref(), route, &running.running);
    if own.without_cluster {
        // Which Service is asked the others' files say; here all that counts is that there is no Cluster.
        pairs.retain(|pair| pair.element == "Cluster");
        return Some(pairs.into_iter().map(|pair| setting(node, pair)).collect());
    }
    pairs.extend(misplaced(&document, &running.running));
    // What was moved to run here is shown as the user wrote it.
    let written = own::read(made.original.as_bytes(), &properties).ok();
    let route = own.routes_given.get(node).map(String::as_str).or(route);
    let said = written.map(|it| beside(&it, own.host_header.as_deref(), route, &running.running)).unwrap_or_default();
    as_written(&mut pairs, &said);
    Some(pairs.into_iter().map(|pair| setting(node, pair)).collect())
}

/// Gives each value that runs as it was put what the user's own file says of it.
fn as_written(pairs: &mut [Beside], said: &[Beside]) {
    // Of several of one name the first belongs to the first.
    let mut said: Vec<&Beside> = said.iter().collect();
    for pair in pairs {
        let at = said.iter().position(|it| (&it.element, &it.name) == (&pair.element, &pair.name));
        let own = at.map(|at| said.remove(at));
        if !pair.differs {
            pair.claimed = own.and_then(|own| own.claimed.clone());
        }
    }
}

/// The Managers of the apps, which a context.xml may have changed.
fn of_managers<'h>(topology: &Topology, node: &NodeName, states: impl Iterator<Item = &'h NodeState>) -> Vec<Setting> {
    let mut all: Vec<Setting> = vec![];
    let Some(own) = topology.own.as_ref().filter(|own| !own.without_cluster) else { return all };
    let cluster = topology.of_node(node, &NodeChanges::default()).cluster;
    let claimed = own.manager_attributes.get(node);
    for context in states.flat_map(|state| &state.contexts) {
        if !(context.available && context.distributable) || context.manager.class.is_empty() {
            continue;
        }
        let element = format!("the Manager of {}", context.path);
        let mut add = |name: &str, claimed: &str, found: &str, differs: bool| {
            let setting = Setting {
                node: node.clone(),
                element: element.clone(),
                name: name.to_owned(),
                claimed: Some(claimed.to_owned()),
                found: Some(found.to_owned()),
                differs,
                of_replication: true,
            };
            if !all.contains(&setting) {
                all.push(setting);
            }
        };
        let (found, wanted) = (context.manager.class.as_str(), cluster.manager_class());
        add("className", wanted, found, found != wanted);
        for (name, value) in claimed.into_iter().flatten().filter(|_| found == wanted) {
            if let Some(found) = context.manager.attributes.get(name) {
                add(name, value, found, super::beside::differ(value, found));
            }
        }
    }
    all
}

fn setting(node: &NodeName, pair: Beside) -> Setting {
    let Beside { element, name, claimed, found, differs, of_replication } = pair;
    Setting { node: node.clone(), element, name, claimed, found, differs, of_replication }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(name: &str, claimed: Option<&str>, differs: bool) -> Beside {
        Beside {
            element: "Receiver".to_owned(),
            name: name.to_owned(),
            claimed: claimed.map(str::to_owned),
            found: Some("127.0.0.1".to_owned()),
            differs,
            of_replication: true,
        }
    }

    #[test]
    fn what_was_moved_is_shown_as_the_user_wrote_it_and_a_difference_as_it_was_put() {
        let mut pairs = [
            pair("address", Some("127.0.0.1"), false),
            pair("port", Some("28407"), true),
            pair("securePort", Some("1"), false),
        ];
        as_written(&mut pairs, &[pair("address", Some("10.20.0.1"), true), pair("port", Some("4100"), true)]);
        let claimed: Vec<_> = pairs.iter().map(|pair| pair.claimed.as_deref()).collect();
        assert_eq!(claimed, [Some("10.20.0.1"), Some("28407"), None]);
    }
}
