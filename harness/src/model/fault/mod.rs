//! The faults, by the one name that TOML, JSON, command line and reports share: one file each, and a row in the table.
//!
//! A [`Fault`] has its parameters inside; a [`FaultKind`] is its name. What is known of a fault beside that is in its file,
//! as an [`About`].

mod about;
mod error;

mod kill;
mod lose_host;
mod pause;
mod stop;

mod drop_incoming;
mod drop_outgoing;
mod latency;
mod membership_partition;
mod packet_loss;
mod partition;
mod tribes_partition;

mod api_error;
mod api_error_once;
mod api_foreign_pod;
mod api_latency;
mod api_old_addresses;
mod api_stale_pods;
mod api_unready_pods;
mod fill_disk;
mod skew_clock;
mod slow_node;

pub use about::{About, Part};
pub use error::{FaultError, Parameter};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Capability, Millis, Skew};

/// Makes [`Fault`] and [`FaultKind`] of the rows: a fault, its parameters with what stands for one that is not known, and
/// the file of the rest.
macro_rules! faults {
    ($($(#[doc = $doc:literal])+ $name:ident $({ $($(#[doc = $of:literal])+ $field:ident: $type:ty = $unknown:literal),+ })? in $module:ident;)+) => {
        /// A way to break a node.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "kebab-case")]
        pub enum FaultKind {
            $($(#[doc = $doc])+ $name,)+
        }

        /// A way to break a node, with all that it needs.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[serde(tag = "kind", rename_all = "kebab-case")]
        pub enum Fault {
            $($(#[doc = $doc])+ $name $({
                $(
                    $(#[doc = $of])+
                    #[serde(default = $unknown, skip_serializing_if = "error::is_unknown")]
                    $field: $type
                ),+
            })?,)+
        }

        /// A fault of which a history says the kind alone; it cannot be done where it has parameters.
        impl From<FaultKind> for Fault {
            fn from(kind: FaultKind) -> Self {
                match kind { $(FaultKind::$name => Self::$name $({ $($field: error::unknown()),+ })?,)+ }
            }
        }

        impl Fault {
            /// Its kind, by which histories and reports name it.
            pub fn kind(self) -> FaultKind {
                match self { $(Self::$name { .. } => FaultKind::$name,)+ }
            }

            /// Whether its parameters are in range.
            ///
            /// # Errors
            /// One is not.
            pub fn check(self) -> Result<(), FaultError> {
                match self { $(Self::$name $({ $($field),+ })? => $module::check($($($field),+)?),)+ }
            }

            /// What a progress line says of it.
            pub fn title(self, node: &str) -> String {
                match self { $(Self::$name $({ $($field),+ })? => $module::title(node $($(, $field)+)?),)+ }
            }
        }

        impl FaultKind {
            /// All, in the order of the manual.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// What is known of it.
            pub fn about(self) -> &'static About {
                match self { $(Self::$name => &$module::ABOUT,)+ }
            }
        }
    };
}

faults! {
    /// SIGKILL of the JVM: a process crash. Its host stays, so peers get a reset at once.
    Kill in kill;
    /// A graceful stop (SIGTERM).
    Stop in stop;
    /// SIGSTOP or a container pause; undone by resume.
    Pause in pause;
    /// The host vanishes: nothing answers any more, not even with a reset.
    LoseHost in lose_host;
    /// All traffic between the node and its peers is dropped, both ways; clients still reach it.
    Partition in partition;
    /// Only Tribes is dropped, both ways: the receivers' ports and the multicast group.
    TribesPartition in tribes_partition;
    /// Only the multicast heartbeats are dropped, both ways; sessions are still sent.
    MembershipPartition in membership_partition;
    /// What the node sends to its peers is dropped.
    DropOutgoing in drop_outgoing;
    /// What its peers send to the node is dropped.
    DropIncoming in drop_incoming;
    /// A part of the packets between the node and its peers is dropped, by chance, both ways.
    PacketLoss {
        /// How many of a hundred packets are lost, 1 to 99.
        percent: u8 = "error::unknown::<u8>"
    } in packet_loss;
    /// Each packet between the node and its peers comes later, both ways, and none is lost.
    Latency {
        /// How much later each packet comes, 1 ms to 60 s.
        delay: Millis = "error::unknown::<Millis>"
    } in latency;
    /// The node is left a part of one processor core; it runs on, slowly.
    SlowNode {
        /// How many hundredths of one core are left, 1 to 99.
        percent: u8 = "error::unknown::<u8>"
    } in slow_node;
    /// Not one more byte can be written to the disk that the node's whole `CATALINA_BASE` is on.
    FillDisk in fill_disk;
    /// The wall clock of the node's JVM jumps; time still passes at its pace.
    SkewClock {
        /// How far it jumps.
        by: Skew = "error::unknown::<Skew>"
    } in skew_clock;
    /// The API server answers every poll of the node with an error.
    ApiError {
        /// The HTTP status, 400 to 599.
        status: u16 = "error::unknown::<u16>"
    } in api_error;
    /// The API server answers one poll of the node with an error, and each later one as ever.
    ApiErrorOnce {
        /// The HTTP status, 400 to 599.
        status: u16 = "error::unknown::<u16>"
    } in api_error_once;
    /// The API server answers the node late.
    ApiLatency {
        /// How late, 1 ms to 60 s.
        delay: Millis = "error::unknown::<Millis>"
    } in api_latency;
    /// The API server lists the node's peers to it as pods that do not run yet.
    ApiUnreadyPods in api_unready_pods;
    /// The API server lists to the node what it listed when this began, though pods come and go.
    ApiStalePods in api_stale_pods;
    /// The API server lists the node's peers to it at addresses that nobody has any more.
    ApiOldAddresses in api_old_addresses;
    /// A pod of another app runs in the namespace, without the labels of the nodes; the node is listed it where it selects
    /// no labels.
    ApiForeignPod in api_foreign_pod;
}

kebab!(FaultKind);

impl FaultKind {
    /// Whether it cannot come to a node on which another still lasts: one part breaks once at a time, a host is lost with
    /// all that was done to it, and nothing can be done inside a frozen node.
    pub fn clashes_with(self, lasting: Self) -> bool {
        let (part, lasting) = (self.about().part, lasting.about().part);
        part == lasting || part == Part::Host || (lasting == Part::Process && part != Part::Traffic)
    }

    /// What a runtime must be able to do for this fault.
    pub fn needs(self) -> Capability {
        self.about().needs
    }

    /// Whether the node lives on and the fault is undone by healing it; otherwise only a restart brings it back.
    pub fn is_undone_in_place(self) -> bool {
        self == Self::Pause || self.leaves_it_up()
    }

    /// Whether it is what an API server does, and not what happens to the node or its network.
    pub fn needs_api(self) -> bool {
        self.about().part == Part::Api
    }

    /// Whether it is about the node's traffic with its peers and nothing else: the node runs on and answers its clients.
    pub fn cuts(self) -> bool {
        self.about().part == Part::Traffic
    }

    /// Whether the node runs on while it lasts and answers its clients, if with an error, a wrong time, or late.
    pub fn leaves_it_up(self) -> bool {
        !matches!(self.about().part, Part::Process | Part::Host)
    }

    /// Whether machines must be prepared for it before they start (`Topology::prepared_for`).
    pub fn needs_preparation(self) -> bool {
        self.about().needs_preparation
    }

    /// Whether the node and its peers hear nothing of each other while it lasts, so that each side evicts the other.
    pub fn is_partition(self) -> bool {
        self.about().is_partition
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_has_its_parameters_inside_and_cannot_be_done_without_them() {
        let read = |json: serde_json::Value| serde_json::from_value::<Fault>(json).expect("a fault");
        for kind in FaultKind::ALL.iter().copied() {
            let mut json = serde_json::json!({ "kind": kind });
            let recorded = read(json.clone());
            assert_eq!((recorded, serde_json::to_value(recorded).expect("JSON")), (kind.into(), json.clone()));
            for parameter in kind.about().parameters {
                let missing = read(json.clone()).check().expect_err("a parameter is missing").to_string();
                assert_eq!(missing, format!("missing `{}` of `{kind}`, {}", parameter.key, parameter.expected));
                json[parameter.key] = match parameter.key {
                    "percent" => 10.into(),
                    "status" => 503.into(),
                    "delay" => "200ms".into(),
                    _ => "+1h".into(),
                };
            }
            let fault = read(json.clone());
            assert_eq!((fault.kind(), fault.check()), (kind, Ok(())));
            assert_eq!(serde_json::to_value(fault).expect("JSON"), json);
        }
        let out_of_range = [
            Fault::SlowNode { percent: 0 },
            Fault::PacketLoss { percent: 100 },
            Fault::Latency { delay: Millis(0) },
            Fault::Latency { delay: Millis(60_001) },
            Fault::ApiLatency { delay: Millis(0) },
            Fault::ApiError { status: 200 },
            Fault::ApiErrorOnce { status: 600 },
        ];
        for fault in out_of_range {
            let error = fault.check().expect_err("it is out of range");
            assert!(error.found.is_some() && error.fault == fault.kind().to_string(), "{error}");
        }
    }

    #[test]
    fn faults_of_different_parts_of_a_node_overlap() {
        use FaultKind::*;
        for (later, lasting, clashes) in [
            (PacketLoss, Partition, true),
            (Latency, PacketLoss, true),
            (Kill, Latency, false),
            (SlowNode, SlowNode, true),
            (Pause, Pause, true),
            (LoseHost, Partition, true),
            (LoseHost, FillDisk, true),
            (Kill, Pause, true),
            (SkewClock, Pause, true),
            (FillDisk, Pause, true),
            (Partition, Pause, false),
            (Pause, Partition, false),
            (Kill, Partition, false),
            (Stop, FillDisk, false),
            (SlowNode, FillDisk, false),
            (SkewClock, DropIncoming, false),
            (ApiError, ApiStalePods, true),
            (Kill, ApiError, false),
            (ApiError, Partition, false),
        ] {
            assert_eq!(later.clashes_with(lasting), clashes, "{later} while {lasting} lasts");
        }
    }
}
