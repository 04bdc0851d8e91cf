//! Roles: which node is owner, backup, oldest, victim just now.

use std::time::Duration;

use futures_util::future::try_join_all;

use super::{Cluster, ClusterError};
use crate::cluster::probe::SessionScope;
use crate::history::{Question, ReplicaRole};
use crate::host::wait::{self, Look};
use crate::model::{NodeName, Role, SessionId};

/// How long a role may have nobody: right after a failover a session has no owner until it is asked for.
const VACANT: Duration = Duration::from_secs(10);

impl Cluster {
    /// The node that has a role now. For owner, backup and neither, that of the session.
    ///
    /// # Errors
    /// Nobody has it.
    pub async fn find(&self, role: Role, session: Option<&SessionId>) -> Result<NodeName, ClusterError> {
        let wanted = match session {
            Some(session) if role.is_of_a_session() => format!("a node that is {role} of session {session}"),
            _ => format!("a node that is {role}"),
        };
        wait::until(&wanted, VACANT, async || {
            let found = match role {
                Role::Oldest | Role::Rotate | Role::Sticky | Role::Front => self.oldest(),
                Role::Watcher => self.living().get(self.topology().watcher()).cloned(),
                Role::Victim => self.victim(),
                Role::Owner | Role::Backup | Role::Neither => match session {
                    Some(session) => self.of_session(role, session).await?,
                    None => return Ok(Look::NotYet("the client has no session yet".to_owned())),
                },
            };
            Ok(found.map_or_else(|| Look::NotYet("no node is".to_owned()), Look::Ready))
        })
        .await
    }

    /// The living node whose present life began first.
    fn oldest(&self) -> Option<NodeName> {
        self.by_age().into_iter().next()
    }

    /// The living nodes, the one whose present life began first in front.
    pub(super) fn by_age(&self) -> Vec<NodeName> {
        self.state.by_age()
    }

    /// The node whose fault hit last.
    fn victim(&self) -> Option<NodeName> {
        self.state.victim()
    }

    async fn of_session(&self, role: Role, session: &SessionId) -> Result<Option<NodeName>, ClusterError> {
        let (living, scope) = (self.living(), SessionScope::One(session));
        let looks = try_join_all(living.iter().map(|node| self.peek(node, &Question::Everything, scope))).await?;
        let roles = living.iter().zip(&looks).filter_map(|(node, seen)| {
            let contexts = &seen.state()?.contexts;
            let held = contexts.iter().flat_map(|context| &context.sessions);
            let held = held.filter(|replica| replica.id.stem() == session.stem()).map(|replica| replica.role).min();
            Some((node, held))
        });
        let roles: Vec<(&NodeName, Option<ReplicaRole>)> = roles.collect();
        let first = |fits: &dyn Fn(Option<ReplicaRole>) -> bool| {
            roles.iter().find(|(_, held)| fits(*held)).map(|(node, _)| (*node).clone())
        };
        Ok(match role {
            Role::Owner => first(&|held| held == Some(ReplicaRole::Primary)),
            Role::Backup => first(&|held| matches!(held, Some(ReplicaRole::Backup | ReplicaRole::Replica))),
            _ => first(&|held| matches!(held, None | Some(ReplicaRole::Proxy))),
        })
    }
}
