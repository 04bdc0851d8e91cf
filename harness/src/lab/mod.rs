//! The machines: distributions, nodes, files, clients, probes and logs. All effects on the world are in here.

pub mod clock;
pub mod distribution;
pub mod guard;
pub mod ports;
pub mod run_dir;
pub mod runtime;
pub mod sweep;
pub mod wait;
