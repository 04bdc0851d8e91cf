//! What is wanted, as plain data: names, the server, the topology, capabilities, guarantees and the plan of a run.
//!
//! Nothing here touches the world. Files, environment variables and clocks are read by the callers.
//! The main types are [`Topology`] (which cluster) and [`Plan`] (what is done to it).

/// `Display` by the kebab-case name that serde knows: one spelling everywhere.
macro_rules! kebab {
    ($type:ty) => {
        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                serde::Serialize::serialize(self, f)
            }
        }
    };
}

mod app;
pub mod app_request;
pub mod at_most;
pub mod capability;
pub mod cluster_element;
pub mod compiled_app;
pub mod container;
pub mod deploy_job;
pub mod exchange;
pub mod expect;
pub mod expected_violation;
pub mod fault;
mod final_read;
pub mod front;
pub mod guarantee;
pub mod jvm_routes;
pub mod main_job;
mod manager_kind;
pub mod millis;
pub mod names;
pub mod node_changes;
pub mod own;
pub mod plan;
pub mod ports;
mod refusal;
pub mod scenario;
pub mod send_options;
pub mod server;
pub mod server_line;
pub mod skew;
pub mod state;
pub mod step;
pub mod target;
pub mod texts;
pub mod topology;
pub mod version;
mod written;

pub use at_most::AtMost;
pub use capability::Capability;
pub use compiled_app::CompiledApp;
pub use container::Container;
pub use exchange::Exchange;
pub use expect::{Expect, ReplicaFate, SessionFate};
pub use expected_violation::{AllowedViolation, ExpectedViolation};
pub use fault::{Fault, FaultError, FaultKind};
pub use front::{Front, FrontOrder, FrontServer, FrontState};
pub use guarantee::{Guarantee, Violation};
pub use jvm_routes::JvmRoutes;
pub use manager_kind::ManagerKind;
pub use millis::Millis;
pub use names::{ClientName, ClusterName, ContextPath, JvmRoute, NodeName, RunId, SessionId};
pub use node_changes::NodeChanges;
pub use own::{OwnConfiguration, OwnFiles};
pub use plan::Plan;
pub use ports::{Ports, ServerPorts};
pub use refusal::Refusal;
pub use scenario::Scenario;
pub use send_options::SendOptions;
pub use server::{Flavour, ServerSpec};
pub use skew::Skew;
pub use state::State;
pub use step::{Load, Step, StepKind, Unpacked, Until};
pub use target::{Role, Target};
pub use texts::Texts;
pub use topology::{ClusterSpec, Endpoints, Membership, NodeEndpoints, NodeSpec, Timing, Topology};
pub use version::{Product, ServerKind, TomcatVersion};
