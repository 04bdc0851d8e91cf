//! What a runtime can do, so that a plan it cannot honour is refused before anything starts.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One thing that a plan may need and a runtime may lack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Capability {
    /// SIGKILL of a node's JVM.
    Kill,
    /// A graceful stop.
    Stop,
    /// Freeze and thaw.
    Pause,
    /// Start a node again after it ended.
    Restart,
    /// Start a node again with something changed: another server, configuration or app.
    ChangeNode,
    /// Run a node with a Java of this machine.
    ChooseJava,
    /// Listen on given ports of this machine.
    ChoosePorts,
    /// Copy a file in pieces that others can find half done.
    SlowCopy,
    /// Machine and server vanish together, the address with them.
    LoseHost,
    /// Cut peer traffic by packet filter.
    Partition,
    /// Drop a part of the peer traffic, by chance.
    PacketLoss,
    /// Hold the peer traffic back for a while.
    Latency,
    /// Leave a node a part of one processor core.
    Throttle,
    /// Fill the disk that a node's files are on.
    FillDisk,
    /// Set the clock of one node's JVM wrong.
    SkewClock,
    /// IP multicast between the nodes.
    Multicast,
    /// Run a load balancer before the nodes.
    Front,
    /// A name that leads to the addresses of all nodes, which share one receiver port.
    Dns,
    /// An API server that lists the nodes as pods, which share one receiver port.
    Kubernetes,
}

kebab!(Capability);
