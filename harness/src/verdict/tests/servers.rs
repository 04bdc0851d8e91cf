//! The servers of a scenario: what they do, answer and hold.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use serde_json::json;

use super::run::{Held, Run, context, node};
use crate::history::{
    AttributeValue, ContextState, CounterReply, ManagerState, MemberState, NodeState, ReplicaRole, Reply,
    SessionReplica,
};
use crate::model::plan::AppRequest;
use crate::model::{Endpoints, NodeEndpoints, NodeName, SessionId, Topology};

impl Run {
    /// What the cluster does and answers.
    pub(super) fn serve(&mut self, client: &str, on: &str, request: AppRequest) -> Reply {
        let sent = self.cookies.get(client).cloned();
        let route = self.plan.topology.node(&node(on)).and_then(|node| node.jvm_route.clone());
        let with_route = |stem: &str| route.as_ref().map_or(stem.to_owned(), |route| format!("{stem}.{route}"));
        let found = sent.as_deref().map(stem).and_then(|stem| self.held.get(&(node(on), stem.to_owned())).cloned());
        let mut new = false;
        let held = match (found, request) {
            (Some(_), AppRequest::Invalidate) => {
                let stem = sent.as_deref().map(stem).unwrap_or_default().to_owned();
                self.held.retain(|(_, of), _| *of != stem);
                None
            }
            (Some(mut held), _) => {
                let old = stem(&held.id).to_owned();
                if request == AppRequest::ChangeId {
                    self.sessions += 1;
                    held.id = format!("S{:03}", self.sessions);
                }
                held.id = with_route(stem(&held.id));
                match request {
                    AppRequest::Count => held.count += 1,
                    AppRequest::Mutate => held.list.push(i64::try_from(held.list.len()).expect("short") + 1),
                    _ => {}
                }
                self.replicate(on, &old, &held);
                Some(held)
            }
            (None, AppRequest::Count) => {
                self.sessions += 1;
                new = true;
                let id = with_route(&format!("S{:03}", self.sessions));
                let once = format!("once-{}", self.sessions);
                let held = Held { id, count: 1, once, list: vec![0] };
                self.replicate(on, "", &held);
                Some(held)
            }
            (None, _) => None,
        };
        let id = held.as_ref().map(|held| held.id.clone());
        let set_cookie: Vec<_> = id
            .iter()
            .filter(|id| sent.as_ref() != Some(id))
            .map(|id| format!("JSESSIONID={id}; Path=/counter"))
            .collect();
        if let Some(id) = &id {
            self.cookies.insert(client.to_owned(), id.clone());
        }
        let counter = CounterReply {
            node: on.to_owned(),
            route: id.as_deref().and_then(|id| id.split_once('.')).map(|(_, route)| route.to_owned()),
            session: id.map(SessionId::new),
            new,
            count: held.as_ref().map_or(0, |held| held.count),
            once: held.as_ref().map(|held| held.once.clone()),
            list: held.map(|held| held.list).unwrap_or_default(),
        };
        Reply { status: 200, set_cookie, counter: Some(counter), ..Reply::default() }
    }

    /// Every node forgets a session, as when its time is over.
    pub(super) fn expire(mut self, id: &str) -> Self {
        self.held.retain(|(_, of), _| of != id);
        self
    }

    /// Whether two nodes hear of each other. Packet loss and lost heartbeats keep no session from being sent.
    fn hears(&self, to: &NodeName, from: &str) -> bool {
        let apart = |node: &NodeName| self.cut.get(node).is_some_and(|(_, kind)| kind.is_partition());
        to.as_str() == from || !(apart(to) || apart(&node(from)))
    }

    /// Everything but in-place changes reaches every living node on the same side.
    fn replicate(&mut self, from: &str, old_stem: &str, held: &Held) {
        for to in self.living.clone() {
            if !self.hears(&to, from) {
                continue;
            }
            let before = self.held.remove(&(to.clone(), old_stem.to_owned()));
            let mut copy = held.clone();
            if to.as_str() != from
                && let Some(before) = before
            {
                copy.list = before.list;
            }
            self.held.insert((to, stem(&held.id).to_owned()), copy);
        }
    }

    pub(super) fn state(&self, of: &NodeName) -> NodeState {
        let peers = self.living.iter().filter(|peer| *peer != of && self.hears(peer, of.as_str()));
        let members = peers.map(|peer| MemberState {
            host: "127.0.0.1".to_owned(),
            port: port(&self.plan.topology, peer),
            unique_id: Some(peer.to_string()),
        });
        let sessions = self.held.iter().filter(|((node, _), _)| node == of).map(|(_, held)| replica(held));
        NodeState {
            server_info: "Apache Tomcat (TomEE)/10.0.27 (9.0.0)".to_owned(),
            openejb: Some(true),
            send_options: Some(i64::from(self.plan.topology.cluster.send_options.bits())),
            cluster_class: Some("org.apache.catalina.ha.tcp.SimpleTcpCluster".to_owned()),
            engine: None,
            running: vec![],
            members: members.collect(),
            contexts: vec![ContextState {
                started_ms: None,
                path: context(),
                version: String::new(),
                available: true,
                distributable: true,
                war_sha256: Some("ab".to_owned()),
                served_sha256: None,
                cookie: None,
                local_because: None,
                manager: ManagerState {
                    class: self.plan.topology.cluster.manager_class().to_owned(),
                    attributes: BTreeMap::new(),
                },
                sessions: sessions.collect(),
            }],
        }
    }
}

pub(super) fn stem(id: &str) -> &str {
    id.split('.').next().unwrap_or(id)
}

fn port(topology: &Topology, node: &NodeName) -> u16 {
    let place = topology.names().position(|name| name == node).expect("a node of the cluster");
    4000 + u16::try_from(place).expect("few nodes")
}

pub(super) fn endpoints(names: &[NodeName]) -> Endpoints {
    let address = Ipv4Addr::LOCALHOST;
    let nodes = names.iter().zip(4000..).map(|(name, port)| {
        let endpoints = NodeEndpoints {
            http_address: address,
            http_port: port + 4000,
            receiver_address: address,
            receiver_port: port,
        };
        (name.clone(), endpoints)
    });
    Endpoints { nodes: nodes.collect(), multicast: None, ..Endpoints::default() }
}

fn replica(held: &Held) -> SessionReplica {
    let value = |class: &str, value| AttributeValue::new(class, value);
    let attributes = [
        ("count".to_owned(), value("java.lang.Integer", json!(held.count))),
        ("once".to_owned(), value("java.lang.String", json!(held.once))),
        ("list".to_owned(), value("java.util.concurrent.CopyOnWriteArrayList", json!(held.list))),
    ];
    SessionReplica {
        id: SessionId::new(held.id.clone()),
        role: ReplicaRole::Replica,
        valid: true,
        max_inactive_s: None,
        attributes: attributes.into_iter().collect(),
    }
}
