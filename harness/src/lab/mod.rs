//! The machines: distributions, nodes, files, clients, probes and logs. All effects on the world are in here.

pub mod base;
pub mod client;
pub mod clock;
pub mod cluster;
pub mod compile;
mod cookies;
pub mod distribution;
pub mod doctor;
pub mod guard;
pub mod java;
mod logging;
pub mod logs;
pub mod memory;
pub mod pages;
pub mod ports;
pub mod prepare;
pub mod probe;
pub mod recorder;
pub mod run_dir;
pub mod runtime;
pub mod sweep;
pub mod sync;
pub mod wait;
pub mod war;
