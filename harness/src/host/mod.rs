//! This machine: the guard of what a run starts, errors with their causes, ports, waits, the clock, the run directory,
//! signals, memory.

pub mod clock;
pub mod error_chain;
pub(crate) mod error_report;
pub mod guard;
pub mod hex;
pub mod memory;
pub mod ports;
pub mod run_dir;
pub mod signals;
pub mod sync;
pub mod wait;
