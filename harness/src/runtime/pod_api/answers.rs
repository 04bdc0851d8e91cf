//! What the API server knows, and what it answers to a poll.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::pods::{self, Listed, Pod};
use crate::model::NodeName;
use crate::runtime::ApiFault;

/// What it knows.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) nodes: BTreeMap<NodeName, Node>,
}

#[derive(Debug)]
pub(super) struct Node {
    pub(super) pod: Pod,
    pub(super) token: String,
    /// What is listed of it.
    pub(super) listed: Option<Listed>,
    pub(super) broken: Option<Broken>,
    pub(super) polls: u32,
}

/// A fault of what is said to a node.
#[derive(Debug)]
pub(super) struct Broken {
    pub(super) fault: ApiFault,
    /// What was listed when it began.
    pub(super) before: Vec<Listed>,
    /// What the polls were that it hit.
    pub(super) hits: Vec<String>,
}

/// An answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Value,
    pub(super) late: Duration,
}

impl State {
    pub(super) fn listed(&self) -> Vec<Listed> {
        self.nodes.values().filter_map(|node| node.listed.clone()).collect()
    }

    /// The answer to a poll of the pods of a namespace, by who shows a token.
    pub(super) fn answer(&mut self, token: Option<&str>, namespace: &str, selector: &str) -> Answer {
        let all = self.listed();
        let asking = self.nodes.iter_mut().find(|(_, node)| token == Some(node.token.as_str()));
        let Some((name, node)) = asking else { return refusal(401, "Unauthorized") };
        node.polls += 1;
        let asks = node.pod.name.clone();
        let peers = |all: Vec<Listed>, changed: fn(Listed) -> Listed| {
            all.into_iter().map(|it| if it.pod.name == asks { it } else { changed(it) }).collect()
        };
        let mut late = Duration::ZERO;
        let mut pods = all;
        let poll = node.polls;
        let hit = |broken: &mut Broken, what: String| {
            broken.hits.push(format!("poll {poll} of {name} {what}"));
        };
        if let Some(broken) = node.broken.as_mut() {
            match broken.fault {
                ApiFault::Error(status) => {
                    hit(broken, format!("was answered with {status}"));
                    return refusal(status, "the lab has it fail");
                }
                ApiFault::ErrorOnce(status) if broken.hits.is_empty() => {
                    hit(broken, format!("was answered with {status}"));
                    return refusal(status, "the lab has it fail once");
                }
                ApiFault::ErrorOnce(_) => {}
                ApiFault::Late(by) => {
                    late = by;
                    hit(broken, format!("is answered {} ms late", by.as_millis()));
                }
                ApiFault::UnreadyPods => {
                    pods = peers(pods, Listed::unready);
                    hit(broken, "was answered with peers in phase Pending".to_owned());
                }
                ApiFault::StalePods => {
                    pods.clone_from(&broken.before);
                    hit(broken, format!("was answered with a list of before, of {} pods", pods.len()));
                }
                ApiFault::OldAddresses => {
                    pods = peers(pods, Listed::moved);
                    hit(broken, "was answered with old addresses of its peers".to_owned());
                }
                ApiFault::ForeignPod => {
                    let foreign = pods.first().map(Listed::foreign);
                    pods.extend(foreign);
                    hit(broken, "was answered when a pod of another app ran beside".to_owned());
                }
            }
        }
        pods.retain(|listed| listed.pod.namespace == namespace);
        let mut selected = vec![];
        for listed in pods {
            match pods::selects(selector, &listed.pod.labels) {
                Ok(true) => selected.push(listed),
                Ok(false) => {}
                Err(why) => return refusal(400, &why),
            }
        }
        Answer { status: 200, body: pods::list(&selected), late }
    }
}

/// What the API says where it does not answer.
pub(super) fn refusal(status: u16, message: &str) -> Answer {
    let body = json!({ "kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "code": status });
    Answer { status, body, late: Duration::ZERO }
}

pub(super) fn now() -> String {
    Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
