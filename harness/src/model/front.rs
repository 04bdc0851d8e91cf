//! A load balancer before the nodes: how it chooses one, and how it notices that one is gone.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::names::NameError;
use super::{JvmRoute, Millis, NodeName};

/// A load balancer before the nodes. What is not said is as here: `HAProxy`, sticky by route, a TCP check each 200 ms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Front {
    /// Which program.
    pub balancer: Balancer,
    /// How a session stays on its node.
    pub sticky: Sticky,
    /// The name of the session cookie, for `route` and `prefix`.
    pub session_cookie: String,
    /// What a node must answer to be UP.
    pub health_check: HealthCheck,
    /// From one check of a node to the next.
    pub health_check_interval: Millis,
    /// After so many good checks a node is UP.
    pub rise: u8,
    /// After so many bad checks a node is DOWN.
    pub fall: u8,
    /// How long a node may take to answer before the balancer answers 504.
    pub server_timeout: Millis,
    /// The route by which the balancer knows a node, where that is not the node's own jvmRoute.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub routes: BTreeMap<NodeName, JvmRoute>,
}

impl Default for Front {
    fn default() -> Self {
        Self {
            balancer: Balancer::default(),
            sticky: Sticky::default(),
            session_cookie: "JSESSIONID".to_owned(),
            health_check: HealthCheck::default(),
            health_check_interval: Millis(200),
            rise: 2,
            fall: 2,
            server_timeout: Millis(10_000),
            routes: BTreeMap::new(),
        }
    }
}

/// A load balancer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Balancer {
    /// `HAProxy`, 2.2 or later.
    #[default]
    Haproxy,
}

kebab!(Balancer);

/// How a session stays on its node.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Sticky {
    /// By the jvmRoute behind the dot of the session id (`use-server … if { req.cook(JSESSIONID) -m end .n1 }`).
    #[default]
    Route,
    /// By a cookie of the balancer's own (`cookie FRONT insert indirect nocache`).
    Cookie,
    /// By the node's name that the balancer puts before the session id (`cookie JSESSIONID prefix nocache`).
    Prefix,
    /// Not at all: the nodes in turn.
    None,
}

kebab!(Sticky);

/// What a node must answer to be UP.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub enum HealthCheck {
    /// It accepts a connection: `tcp`.
    #[default]
    Tcp,
    /// It answers a GET of this path with 200 to 399: `/counter/read.jsp`.
    Http(String),
}

impl TryFrom<String> for HealthCheck {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '\'' | '#');
        match text.as_str() {
            "tcp" => Ok(Self::Tcp),
            path if path.starts_with('/') && path.chars().all(plain) => Ok(Self::Http(text)),
            _ => Err(format!("invalid health check `{text}`, expected `tcp` or a path such as `/counter/read.jsp`")),
        }
    }
}

impl From<HealthCheck> for String {
    fn from(check: HealthCheck) -> Self {
        check.to_string()
    }
}

impl fmt::Display for HealthCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Tcp => "tcp",
            Self::Http(path) => path,
        })
    }
}

/// What a balancer is told of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FrontOrder {
    /// It takes no new sessions; those that are on it stay.
    Drain,
    /// It takes nothing more; what is under way is answered.
    Maint,
    /// It takes part again.
    Ready,
}

kebab!(FrontOrder);

/// How a balancer has a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum FrontState {
    /// It takes requests.
    Up,
    /// It does not answer the checks.
    Down,
    /// It takes no new sessions.
    Drain,
    /// It was taken out.
    Maint,
}

impl fmt::Display for FrontState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Up => "UP",
            Self::Down => "DOWN",
            Self::Drain => "DRAIN",
            Self::Maint => "MAINT",
        })
    }
}

/// A node as a balancer has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct FrontServer {
    /// Whether it takes requests.
    pub state: FrontState,
    /// What the last check showed, in the balancer's words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub check: String,
    /// How many requests are under way on it.
    pub active: u64,
    /// How many it was sent in all.
    pub total: u64,
}

impl Front {
    /// Its name as a target of requests, and as that of a node in a history whose request nobody took.
    pub const NAME: &str = "front";

    /// What is wrong with it before these nodes, in words.
    pub(super) fn mistake(&self, nodes: &BTreeSet<&NodeName>) -> Option<String> {
        let token = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if let Some(unknown) = self.routes.keys().find(|node| !nodes.contains(node)) {
            return Some(format!("no node `{unknown}` in `routes`"));
        }
        if self.session_cookie.is_empty() || !self.session_cookie.chars().all(token) {
            return Some(format!("invalid `session-cookie` `{}`", self.session_cookie));
        }
        if self.rise == 0 || self.fall == 0 {
            return Some("`rise` and `fall` must be greater than zero".to_owned());
        }
        let times = [("health-check-interval", self.health_check_interval), ("server-timeout", self.server_timeout)];
        let range = 10..=600_000;
        times
            .into_iter()
            .find(|(_, time)| !range.contains(&time.0))
            .map(|(key, time)| format!("invalid `{key}`: {time}, expected 10ms to 10m"))
    }
}

impl NodeName {
    /// The name that stands for the balancer in front of the nodes. No node has it.
    pub fn front() -> Self {
        match Self::new(Front::NAME) {
            Ok(name) => name,
            Err(NameError { .. }) => unreachable!("it is a good name"),
        }
    }

    /// Whether it stands for the balancer.
    pub fn is_front(&self) -> bool {
        self.as_str() == Front::NAME
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_health_check_is_tcp_or_a_path_without_anything_that_a_configuration_would_read_otherwise() {
        let read = |text: &str| HealthCheck::try_from(text.to_owned());
        assert_eq!(read("tcp"), Ok(HealthCheck::Tcp));
        assert_eq!(read("/counter/read.jsp"), Ok(HealthCheck::Http("/counter/read.jsp".to_owned())));
        for bad in ["http", "", "/a b", "/a\nserver evil 10.0.0.1:80", "/a#b", "/\"", "/ü"] {
            assert!(read(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn what_no_balancer_could_do_is_named() {
        let nodes = [NodeName::nth(0), NodeName::nth(1)];
        let mistake = |front: Front| front.mistake(&nodes.iter().collect());
        assert_eq!(mistake(Front::default()), None);
        let route = JvmRoute::new("a").expect("a route");
        let routes = BTreeMap::from([(NodeName::nth(7), route)]);
        assert_eq!(mistake(Front { routes, ..Front::default() }).as_deref(), Some("no node `n8` in `routes`"));
        assert!(mistake(Front { fall: 0, ..Front::default() }).is_some());
        assert!(mistake(Front { session_cookie: "a b".to_owned(), ..Front::default() }).is_some());
        assert!(mistake(Front { server_timeout: Millis(1), ..Front::default() }).is_some());
        assert!(NodeName::front().is_front() && !NodeName::nth(0).is_front());
    }
}
