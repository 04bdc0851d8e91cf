//! Looks at the copies of an app's sessions until they are alike.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Cluster;
use super::error::ClusterError;
use crate::history::{NodeObservation, ReplicaRole, SessionReplica};
use crate::host::wait;
use crate::model::ContextPath;

/// How long a copy may take to come whose app has completed its answer itself, by its length or by closing it: no request waits for
/// it then, whatever the send options are.
const ALIKE_WITHIN: Duration = Duration::from_secs(1);

impl Cluster {
    /// Reads on every living node what it holds of a context, and again for a second at most while copies of one session differ.
    ///
    /// # Errors
    /// As [`Self::observe`]. That copies differ is no error: it is for the verdict to judge.
    pub async fn observe_until_alike(&self, context: &ContextPath) -> Result<(), ClusterError> {
        let mut patience = wait::Patience::new("the copies to be alike", ALIKE_WITHIN);
        while differ(&self.observe(context).await?, context) {
            if patience.another_look("copies differ").await.is_err() {
                break;
            }
        }
        Ok(())
    }
}

/// Whether two nodes show a session with other attributes, as far as these can be compared.
fn differ(observations: &[NodeObservation], context: &ContextPath) -> bool {
    let contexts = observations.iter().filter_map(NodeObservation::state).flat_map(|state| &state.contexts);
    let sessions = contexts.filter(|state| state.path == *context).flat_map(|state| &state.sessions);
    let mut known: BTreeMap<&str, &SessionReplica> = BTreeMap::new();
    sessions.filter(|replica| replica.valid && replica.role != ReplicaRole::Proxy).any(|replica| {
        let other = known.insert(replica.id.stem(), replica);
        other.is_some_and(|other| replica.id == other.id && comparable(replica) != comparable(other))
    })
}

/// The digests of what can be compared.
fn comparable(replica: &SessionReplica) -> BTreeMap<&str, &str> {
    let due = replica.attributes.iter().filter(|(_, value)| !value.excluded);
    due.filter_map(|(name, value)| Some((name.as_str(), value.sha256.as_deref()?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::AttributeValue;
    use crate::model::SessionId;

    fn replica(digest: Option<&str>) -> SessionReplica {
        let value = AttributeValue { sha256: digest.map(str::to_owned), ..AttributeValue::new("a.Cart", "x".into()) };
        SessionReplica {
            id: SessionId::new("A1.n1"),
            role: ReplicaRole::Replica,
            valid: true,
            max_inactive_s: None,
            attributes: [("cart".to_owned(), value)].into(),
        }
    }

    #[test]
    fn what_cannot_be_compared_is_no_difference() {
        assert_ne!(comparable(&replica(Some("aa"))), comparable(&replica(Some("bb"))));
        assert_eq!(comparable(&replica(Some("aa"))), comparable(&replica(Some("aa"))));
        assert_eq!(comparable(&replica(None)), BTreeMap::new());
    }
}
