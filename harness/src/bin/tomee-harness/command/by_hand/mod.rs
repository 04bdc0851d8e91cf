//! The commands by hand: a cluster that stays up, broken and looked at command by command.

mod ask;
mod fault;
mod keep;
mod live;
mod logs;
mod ps;
mod requests;
mod serve;
mod sessions;
mod status;
mod steps;
mod up;
mod verdict;
mod watch;

pub(super) use self::fault::fault;
pub(super) use self::keep::keep;
pub(super) use self::logs::logs;
pub(super) use self::ps::ps;
pub(super) use self::requests::http;
pub(super) use self::serve::serve;
pub(super) use self::sessions::{diff, sessions};
pub(super) use self::status::status;
pub(super) use self::steps::step;
pub(super) use self::up::{down, up};
pub(super) use self::verdict::{recipe, verdict};
pub(super) use self::watch::watch;
