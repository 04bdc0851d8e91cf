//! The elements of `<Cluster>`, each with the attributes that Tomcat's configuration reference lists.
//!
//! A value that is not said is `None`, and what is not said is not written. [`ClusterElements`] is what a user may say
//! about them all; the names of attributes are those of Tomcat, in kebab-case.

#[macro_use]
mod element;
mod cluster;
mod elements;
mod interceptor;
mod manager;
mod membership;
mod transport;
mod valve;

#[cfg(test)]
pub(crate) mod tests;

pub use cluster::{ClusterListener, FarmWarDeployer, GroupChannel, SimpleTcpCluster};
pub use element::ClusterElement;
pub use elements::ClusterElements;
pub use interceptor::{
    CustomInterceptor, DomainFilterInterceptor, EncryptInterceptor, FragmentationInterceptor, GzipInterceptor,
    Interceptor, MessageDispatchInterceptor, NonBlockingCoordinator, OrderInterceptor, SimpleCoordinator,
    StaticMembershipInterceptor, TcpFailureDetector, TcpPingInterceptor, ThroughputInterceptor,
    TwoPhaseCommitInterceptor,
};
pub use manager::{BackupManager, DeltaManager, SessionIdGenerator};
pub use membership::{
    CloudMembershipService, LocalMember, McastService, Member, StaticMembershipService, UniqueId, UniqueIdError,
};
pub use transport::{NioReceiver, PooledParallelSender, ReplicationTransmitter};
pub use valve::{ClusterSingleSignOn, CustomValve, JvmRouteBinderValve, ReplicationValve, Valve};
