//! The commands by hand: a cluster that stays up, broken and looked at command by command.

mod ask;
mod attach;
mod deeds;
mod fault;
mod hold;
mod inside;
mod keep;
mod live;
mod logs;
mod look;
mod minimal;
mod ps;
mod requests;
mod serve;
mod sessions;
mod status;
mod steps;
mod task;
mod up;
mod verdict;
mod watch;

pub(super) use self::attach::attach;
pub(super) use self::fault::fault;
pub(super) use self::hold::hold;
pub(super) use self::inside::{config, exec, heap, jmx, threads};
pub(super) use self::keep::keep;
pub(super) use self::logs::logs;
pub(super) use self::ps::ps;
pub(super) use self::requests::http;
pub(super) use self::serve::serve;
pub(super) use self::sessions::{diff, sessions};
pub(super) use self::status::status;
pub(super) use self::steps::step;
pub(super) use self::up::{down, own_topology, up};
pub(super) use self::verdict::{recipe, verdict};
pub(super) use self::watch::watch;
