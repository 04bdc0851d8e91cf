//! Which node the balancer in front chose for a request: known only when the answer is there.

use std::borrow::Cow;
use std::collections::HashMap;

use super::{History, OperationId, RecordKind};
use crate::model::NodeName;

impl History {
    /// The same with each request to the front as one to the node that the balancer chose, as far as its answer says that.
    /// Where no node is known it stays one to the front. The records keep their places.
    pub fn with_chosen_nodes(&self) -> Cow<'_, Self> {
        let to_front = |kind: &RecordKind| matches!(kind, RecordKind::Invoke { node, .. } if node.is_front());
        if !self.records.iter().any(|record| to_front(&record.kind)) {
            return Cow::Borrowed(self);
        }
        let mut chosen: HashMap<OperationId, NodeName> = HashMap::new();
        for record in &self.records {
            if let RecordKind::Complete { operation, outcome } = &record.kind
                && let Some(node) = outcome.reply().and_then(|reply| reply.chosen.clone())
            {
                chosen.entry(*operation).or_insert(node);
            }
        }
        let mut history = self.clone();
        for record in &mut history.records {
            if let RecordKind::Invoke { operation, node, .. } = &mut record.kind
                && node.is_front()
                && let Some(chosen) = chosen.get(operation)
            {
                node.clone_from(chosen);
            }
        }
        Cow::Owned(history)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{Nanos, Outcome, Record, Reply};

    #[test]
    fn a_request_to_the_front_is_one_to_the_node_that_its_answer_names() {
        let asked = |number, node| RecordKind::Invoke {
            operation: OperationId(number),
            client: "alice".parse().expect("a name"),
            node,
            request: None,
            target: "GET /".to_owned(),
            session: None,
        };
        let ended = |number, chosen| RecordKind::Complete {
            operation: OperationId(number),
            outcome: Outcome::Ok { reply: Reply { status: 200, chosen, ..Reply::default() } },
        };
        let (front, n1, n2) = (NodeName::front, NodeName::nth(0), NodeName::nth(1));
        let kinds = [
            asked(1, front()),
            asked(2, n1.clone()),
            asked(3, front()),
            ended(3, None),
            // A header of a client that asked a node itself means nothing.
            ended(2, Some(n2.clone())),
            ended(1, Some(n2.clone())),
        ];
        let records = kinds.map(|kind| Record { at: Nanos(1), kind }).into();
        let history = History { records };
        let nodes: Vec<NodeName> = history
            .with_chosen_nodes()
            .records
            .iter()
            .filter_map(|record| match &record.kind {
                RecordKind::Invoke { node, .. } => Some(node.clone()),
                _ => None,
            })
            .collect();
        assert_eq!(nodes, [n2, n1, front()]);
    }
}
