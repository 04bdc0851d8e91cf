//! The guard against every end of its owner. The processes guarded here only sleep.
#![cfg(target_os = "linux")]

mod endings;
mod engine;
mod isolation;
mod leases;
mod outside_crate;
mod owner;
mod sweep;
