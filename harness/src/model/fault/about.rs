//! What is known of each fault beside its name: one [`About`] in the file of each.

use super::error::Parameter;
use crate::model::Capability;

/// What a fault is, for validity, runtimes, help, schema and manual.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct About {
    /// What it does, as the manual's table says it.
    pub does: &'static str,
    /// What it takes hold of.
    pub part: Part,
    /// What a runtime must be able to do for it.
    pub needs: Capability,
    /// Whether machines must be prepared for it before they start (`Topology::prepared_for`).
    pub needs_preparation: bool,
    /// Whether it breaks the multicast heartbeats alone, which only multicast membership has.
    pub needs_heartbeats: bool,
    /// Whether node and peers hear nothing of each other meanwhile, so that each side evicts the other.
    pub is_partition: bool,
    /// Whether nobody knows meanwhile who sees whom: it depends on what is sent.
    pub is_one_way: bool,
    /// Its parameters, as a scenario names them.
    pub parameters: &'static [Parameter],
}

/// What a fault takes hold of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The node's process.
    Process,
    /// Its host.
    Host,
    /// Its traffic with its peers.
    Traffic,
    /// Its processor.
    Processor,
    /// Its disk.
    Disk,
    /// Its clock.
    Clock,
    /// What it is told by the API server that lists its peers.
    Api,
}

impl About {
    /// A fault without parameters that needs no preparation.
    pub(super) const fn of(part: Part, needs: Capability, does: &'static str) -> Self {
        Self {
            does,
            part,
            needs,
            needs_preparation: false,
            needs_heartbeats: false,
            is_partition: false,
            is_one_way: false,
            parameters: &[],
        }
    }

    /// A fault of the API server.
    pub(super) const fn of_api(does: &'static str) -> Self {
        Self::of(Part::Api, Capability::Kubernetes, does)
    }
}
