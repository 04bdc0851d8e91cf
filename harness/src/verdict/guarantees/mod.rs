//! The guarantees, one file each: from a view of the history to a judgement.

mod judgement;
mod lag;
mod survival;

mod cluster_forms;
mod deployed_everywhere;
mod manager_as_configured;
mod members_agree;

mod acknowledged_writes;
mod complete_session;
pub(super) mod identity_kept;
mod replicated_writes;
pub(super) mod state_transferred;

mod answer_bodies;
pub(super) mod answers_kept;
mod attribute_values;
mod attributes_replicated;
mod attributes_survive;
mod never_answered;
mod session_kept;
mod session_tests;

mod clean_logs;
mod expiry;
mod harmless_lines;
mod no_phantom_session;
mod no_stale_read;
mod replication_waits;

pub(super) use judgement::{Judgement, of};
