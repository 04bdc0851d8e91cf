//! The keeper: one process that owns a cluster which stays up between commands.
//!
//! `up` starts the running program once more as the keeper ([`start`]), which prepares the machines, starts the nodes and
//! answers on a Unix socket ([`serve`]) until `down`. A command connects, says one thing and hears lines ([`Client`]).
//! [`Clusters`] remembers where each keeper is, and whether it lives: it locks its entry for as long as it does. The guard
//! watches a keeper as it watches any owner of a run: when it is gone, the nodes are.

mod client;
mod clusters;
mod down;
mod inside;
mod keep;
mod kept;
mod logs;
mod message;
mod server;
mod start;
mod status;

#[cfg(test)]
mod tests;

pub use client::{CallError, Client};
pub use clusters::{Clusters, ClustersError, Entry, Known, NoCluster};
pub use down::{DownError, Removed, down};
pub use keep::{Finish, KeepError, serve};
pub use logs::{LogEntry, Mark, Tail, appended};
pub use message::{Ask, Asked, Mistake, Refused, Reply, Task, VERSION};
pub use start::{StartKeeperError, start};
pub use status::{AppRow, ClusterView, FrontView, NodeRow, SessionRow, sessions};
