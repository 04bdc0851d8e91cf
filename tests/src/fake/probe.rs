//! The probe's answer, in the shape of `harness/probe/state.jsp`.

use std::time::Instant;

use serde_json::{Value, json};

use super::app::stem_of;
use super::door::{Asked, Reaction};
use super::node::{Role, Session};
use super::world::World;
use super::{BadProbe, Bug};

/// How many looks at late copies show none.
const LOOKS_IN_VAIN: u32 = 3;

impl World {
    /// `state.jsp` of one node.
    pub(super) fn probe(&mut self, index: usize, asked: &Asked, now: Instant) -> Reaction {
        let node = &self.nodes[index];
        let given = asked.token.as_deref().or_else(|| parameters(asked, "token").next());
        if node.token.is_empty() || given != Some(node.token.as_str()) {
            return Reaction::status(403);
        }
        // The node that is asked behind the first kill is the second one, behind the second kill the first one.
        let broken = match self.bug {
            Some(Bug::BadProbe(kill, how)) if kill == self.kills && index == usize::from(kill == 1) => Some(how),
            _ => None,
        };
        match broken {
            Some(BadProbe::ServerError) => return Reaction::status(500),
            Some(BadProbe::Garbage) => {
                return Reaction::Answer { status: 200, body: "<html>no JSON".to_owned(), set_cookie: None };
            }
            _ => {}
        }
        let members_only = parameters(asked, "only").any(|only| only == "members");
        if index == self.last() && !members_only && asks_for_sessions(asked) && !node.sessions.is_empty() {
            self.looks += 1;
        }
        let unreadable = broken == Some(BadProbe::SessionsUnreadable);
        Reaction::json(&json!({
            "format": 1,
            "node": node.name,
            "time-ms": 0,
            "server": {
                "info": "Apache Tomcat (TomEE)/10.0.27 (9.0.0)",
                "java": "17.0.0",
                "pid": index,
                "tomee": true,
                "tomee-version": "9.0.0",
                "openejb": self.bug != Some(Bug::OpenEjbFails),
            },
            "cluster": {
                "class": "org.apache.tomee.catalina.SimpleTomEETcpCluster",
                "level": "host",
                "send-options": self.send_options,
                "attributes": {"channelSendOptions": self.send_options.to_string()},
            },
            "channel": {"interceptors": [], "membership": "org.apache.catalina.tribes.membership.StaticMembershipService"},
            "members": self.members(index, now),
            "contexts": if members_only { json!([]) } else { self.contexts(index, asked, now, unreadable) },
        }))
    }

    fn members(&self, index: usize, now: Instant) -> Vec<Value> {
        let member = |index: usize, life: u32, own: bool| {
            let node = &self.nodes[index];
            json!({
                "name": format!("tcp://{{127, 0, 0, 1}}:{}", node.receiver_port),
                "host": "127.0.0.1",
                "port": node.receiver_port,
                "self": own,
                "ready": true,
                "failing": false,
                "suspect": false,
                "unique-id": format!("{:016x}{life:016x}", index + 1),
                "alive-ms": 0,
            })
        };
        let own = std::iter::once(member(index, self.nodes[index].life, true));
        let peers =
            self.nodes[index].sees(now).filter_map(|peer| Some(member(self.index(&peer.node)?, peer.life, false)));
        own.chain(peers).collect()
    }

    fn contexts(&self, index: usize, asked: &Asked, now: Instant, unreadable: bool) -> Value {
        let node = &self.nodes[index];
        // A context of the server's own, which is asked for nothing but what is left in it.
        let own = (self.bug == Some(Bug::SessionsOutliveTheirApp)).then(|| self.own_context(index));
        let Some(app) = &node.app else { return json!(own.into_iter().collect::<Vec<_>>()) };
        node.log_deployed(now);
        let wanted: Vec<&str> = parameters(asked, "context").collect();
        if !wanted.is_empty() && !wanted.contains(&app.context.as_str()) {
            return json!([]);
        }
        let late = self.bug == Some(Bug::CopiesComeLate) && index == self.last() && self.looks <= LOOKS_IN_VAIN;
        let arrived = node.sessions.values().filter(|_| now >= node.synchronised && !late);
        let sessions: Vec<Value> =
            arrived.filter(|held| asks_for(asked, &held.id)).map(|held| self.read(held)).collect();
        let path = if app.context.as_str() == "/" { "" } else { app.context.as_str() };
        json!([{
            "path": path,
            "version": "",
            "host": "localhost",
            "state": if app.from <= now { "STARTED" } else { "STARTING" },
            "available": app.from <= now,
            "started-ms": app.life,
            "distributable": self.bug != Some(Bug::NotDistributable),
            "war-sha256": app.bytes.war_sha256,
            "served-sha256": app.bytes.served_sha256,
            "manager": {
                "class": self.manager_class(index),
                "attributes": {"activeSessions": sessions.len().to_string(), "name": path},
            },
            "sessions": if unreadable { json!({"error": "java.lang.NoSuchFieldException: sessions"}) } else { json!(sessions) },
        }])
    }

    fn read(&self, held: &Session) -> Value {
        if self.bug == Some(Bug::FirstSessionUnreadable) && stem(&held.id) == stem_of(1) {
            return json!({"id": held.id, "error": "java.lang.NoSuchFieldException: attributes"});
        }
        session(held)
    }

    fn own_context(&self, index: usize) -> Value {
        json!({
            "path": "",
            "version": "",
            "host": "localhost",
            "state": "STARTED",
            "available": true,
            "distributable": false,
            "manager": {"class": "org.apache.catalina.session.StandardManager", "attributes": {}},
            "sessions": self.nodes[index].left.iter().map(session).collect::<Vec<_>>(),
        })
    }

    fn manager_class(&self, index: usize) -> &'static str {
        match self.bug {
            Some(Bug::NotDistributable) => "org.apache.catalina.session.StandardManager",
            Some(Bug::OtherManagerOnOneNode) if index == self.last() => self.manager.other().class_name(),
            _ => self.manager.class_name(),
        }
    }
}

trait Other {
    fn other(self) -> Self;
}

impl Other for tomee_harness::model::ManagerKind {
    fn other(self) -> Self {
        match self {
            Self::Delta => Self::Backup,
            Self::Backup => Self::Delta,
        }
    }
}

fn session(session: &Session) -> Value {
    let role = match session.role {
        Role::Primary => "primary",
        Role::Replica => "replica",
        Role::Backup => "backup",
        Role::Proxy => "proxy",
        Role::Local => "local",
    };
    let attributes: serde_json::Map<String, Value> = session
        .attributes
        .iter()
        .map(|(name, value)| (name.clone(), json!({"class": class_of(value), "value": value})))
        .collect();
    let valid = (session.role != Role::Proxy).then_some(true);
    json!({"id": session.id, "role": role, "valid": valid, "attributes": attributes})
}

fn class_of(value: &Value) -> &'static str {
    match value {
        Value::Array(_) => "java.util.concurrent.CopyOnWriteArrayList",
        Value::Number(_) => "java.lang.Integer",
        _ => "java.lang.String",
    }
}

/// Whether a look is to show any session, and whether it is to show this one.
fn asks_for_sessions(asked: &Asked) -> bool {
    parameters(asked, "sessions").all(|sessions| sessions != "0")
}

fn asks_for(asked: &Asked, id: &str) -> bool {
    let mut named = parameters(asked, "session").peekable();
    asks_for_sessions(asked) && (named.peek().is_none() || named.any(|named| stem(named) == stem(id)))
}

fn stem(id: &str) -> &str {
    id.split('.').next().unwrap_or_default()
}

fn parameters<'a>(asked: &'a Asked, name: &'a str) -> impl Iterator<Item = &'a str> {
    asked.query.iter().filter(move |(found, _)| found == name).map(|(_, value)| value.as_str())
}
