//! Verdicts: pure functions from a plan and a history to what holds, what is violated and what nobody can know.
//!
//! A pass must be earned: every fault proved that it hit, every verdict names the operations it rests on, assumptions
//! are checked first. Otherwise the verdict is [`Status::Unknown`], never [`Status::Holds`]. The entry is [`judge`].

mod finding;
mod judge;

mod app_excuses;
mod app_sessions;
mod assumptions;
mod attribute_values;
mod expectations;
mod guarantees;
mod measures;
mod notes;
mod promise;
mod thresholds;

mod content;
mod effective_server;
mod excuses;
mod held;
mod log_problems;
mod look;
mod operations;
mod otherwise;
mod page_names;
mod partition_excuses;
mod partitions;
mod proofs;
mod records;
mod requests;
mod routes;
mod sessions;
mod steps;
mod timeline;
mod traffic;
mod view;
mod wants_login;

mod explain;

#[cfg(test)]
mod tests;

pub use content::{COUNT_ATTRIBUTE, LIST_ATTRIBUTE, ONCE_ATTRIBUTE};
pub use expectations::replica_shows;
pub use explain::{around, described, explain};
pub use finding::{
    Aside, Assumption, Eviction, Expectation, Failover, Finding, Lag, Latency, Measures, NodeTime, Status, Verdict,
};
pub use judge::judge;
pub use log_problems::{last_problem, log_problems};
pub use promise::promises;
pub use wants_login::wants_login;
