//! How it is known that a step was done, from what was recorded meanwhile.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::history::{Event, FaultPhase, OperationId, Outcome, Record, RecordKind, Reply};
use crate::model::{ClientName, NodeName, SessionId};

/// One request and its answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct AnswerSeen {
    /// Who asked.
    pub client: ClientName,
    /// The node that was asked.
    pub node: NodeName,
    /// Method and path.
    pub target: String,
    /// The session that the client's cookie named.
    pub session: Option<SessionId>,
    /// How it ended.
    #[serde(flatten)]
    pub outcome: Outcome,
}

impl AnswerSeen {
    /// What came, also where it was cut off.
    pub fn reply(&self) -> Option<&Reply> {
        match &self.outcome {
            Outcome::Ok { reply } | Outcome::Unknown { reply: Some(reply), .. } => Some(reply),
            Outcome::Failed { .. } | Outcome::Unknown { reply: None, .. } => None,
        }
    }
}

/// What these records prove, a line each, and what was answered.
pub(super) fn of(records: &[Record]) -> (Vec<String>, Vec<AnswerSeen>) {
    let mut asked: BTreeMap<OperationId, (ClientName, NodeName, String, Option<SessionId>)> = BTreeMap::new();
    let (mut proof, mut answers) = (vec![], vec![]);
    for record in records {
        match &record.kind {
            RecordKind::Invoke { operation, client, node, target, session, .. } => {
                asked.insert(*operation, (client.clone(), node.clone(), target.clone(), session.clone()));
            }
            RecordKind::Complete { operation, outcome } => {
                if let Some((client, asked, target, session)) = asked.remove(operation) {
                    // Where the balancer in front was asked, the node that it chose.
                    let node = outcome.reply().and_then(|reply| reply.chosen.clone()).unwrap_or(asked);
                    answers.push(AnswerSeen { client, node, target, session, outcome: outcome.clone() });
                }
            }
            RecordKind::Fault { phase, node, .. } => match phase {
                FaultPhase::Hit { proof: shown } => proof.push(format!("{node}: {shown}")),
                FaultPhase::Missed { seen } => proof.push(format!("{node}: no effect: {seen}")),
                FaultPhase::Healed { effect } => {
                    let effect = effect.as_ref().map(|effect| format!(": {effect}")).unwrap_or_default();
                    proof.push(format!("{node} is healed{effect}"));
                }
                FaultPhase::Asked => {}
            },
            RecordKind::Event(event) => proof.extend(line(event)),
            RecordKind::Observe(_) | RecordKind::Log(_) => {}
        }
    }
    (proof, answers)
}

fn line(event: &Event) -> Option<String> {
    let names = |nodes: &[NodeName]| nodes.iter().map(NodeName::to_string).collect::<Vec<_>>().join(", ");
    Some(match event {
        Event::NodeReady { node } => format!("{node} is ready: its connector answers"),
        Event::ClusterFormed { nodes } if nodes.len() > 1 => {
            format!("{} list each other and nobody else", names(nodes))
        }
        Event::ClusterFormed { nodes } => format!("{} lists nobody", names(nodes)),
        Event::ClusterSplit { sides } => {
            let sides: Vec<String> = sides.iter().map(|side| names(side)).collect();
            format!("the sides are {}", sides.join(" / "))
        }
        Event::Deployed { node, context } => format!("{node} serves {context}"),
        Event::Undeployed { node, context } => format!("{node} no longer serves {context}"),
        Event::Synchronised { node, sessions: 0 } => format!("{node} holds no session, as its peers"),
        Event::Synchronised { node, sessions: 1 } => format!("{node} holds the session id of its peers"),
        Event::Synchronised { node, sessions } => format!("{node} holds the {sessions} session ids of its peers"),
        Event::FrontSees { nodes } => {
            let each: Vec<String> = nodes.iter().map(|(node, state)| format!("{node} {state}")).collect();
            format!("the front has {}", each.join(", "))
        }
        Event::NodeDied { node, why } => format!("{node} exited unexpectedly: {why}"),
        _ => return None,
    })
}
