//! What a user may say about the elements of `<Cluster>`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    BackupManager, CloudMembershipService, ClusterListener, DeltaManager, FarmWarDeployer, GroupChannel, Interceptor,
    McastService, NioReceiver, PooledParallelSender, ReplicationTransmitter, SimpleTcpCluster, StaticMembershipService,
    Valve,
};

/// Attributes and elements of `<Cluster>` on every node. What is said here wins over the harness's own choice; what is
/// not said keeps it, so that everything unsaid means the hardened default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ClusterElements {
    /// `<Cluster>` itself.
    pub cluster: SimpleTcpCluster,
    /// `<Manager>`, where the topology asks for the `DeltaManager`.
    pub delta_manager: DeltaManager,
    /// `<Manager>`, where the topology asks for the `BackupManager`.
    pub backup_manager: BackupManager,
    /// `<Channel>`.
    pub channel: GroupChannel,
    /// `<Membership>`, where the topology's membership is static.
    pub static_membership: StaticMembershipService,
    /// `<Membership>`, where the topology's membership is multicast.
    pub multicast_membership: McastService,
    /// `<Membership>` in the place of either. Its nodes must share a port on addresses of their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cloud_membership: Option<CloudMembershipService>,
    /// `<Receiver>`.
    pub receiver: NioReceiver,
    /// `<Sender>`.
    pub sender: ReplicationTransmitter,
    /// `<Transport>` inside `<Sender>`.
    pub transport: PooledParallelSender,
    /// The whole stack of interceptors. An empty one leaves the choice to Tomcat.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interceptors: Option<Vec<Interceptor>>,
    /// All valves. An empty list leaves the choice to Tomcat.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valves: Option<Vec<Valve>>,
    /// `<Deployer>`. Whether a node watches is said for each node by the harness, unless it is said here.
    pub deployer: FarmWarDeployer,
    /// All cluster listeners. An empty list leaves the choice to Tomcat.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listeners: Option<Vec<ClusterListener>>,
}
