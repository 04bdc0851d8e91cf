//! What happened in a run, on one clock: operations, faults, observations, events and classified log lines.
//!
//! A [`History`] is all that a checker reads, so a stored run can be judged again. It is kept as JSON Lines, one
//! [`Record`] a line, in the order in which things became known. Instants are monotonic nanoseconds since the run's
//! start, one clock for all clients and faults; a log line carries its arrival on that clock beside the node's own time.

pub mod body;
mod chosen;
mod hidden;
mod jsonl;
pub mod log_line;
mod nanos;
pub mod observation;
pub mod operation;
pub mod record;
mod running;

pub use body::{LookedFor, Rest};
pub use jsonl::{HistoryError, read, write_record};
pub use log_line::{LogClass, LogLine};
pub use nanos::Nanos;
pub use observation::{
    AttributeValue, ContextState, EngineState, ManagerState, MemberState, NodeObservation, NodeState, Question,
    ReplicaRole, Seen, SessionCookieState, SessionReplica,
};
pub use operation::{CounterReply, OperationId, Outcome, Reply};
pub use record::{Event, FaultPhase, History, Record, RecordKind};
pub use running::RunningElement;
