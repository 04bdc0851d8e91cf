//! A node is a pod of two containers: a small pause container, and the server in its network namespace.
//!
//! The pause container has the node's name, address, published port (on 127.0.0.1) and the right to filter packets; it lives as
//! long as the run. The server may die and start again without any of that changing, and its death is a process
//! crash, seen by its peers as a reset. Files are uploaded, never mounted, so that an engine in a virtual machine will
//! do. Every container, network and volume carries the run's id as a label from birth.
//!
//! `testcontainers` builds the images, makes and starts the server with its files, stops, pauses, resumes and starts it
//! again. For what it lacks its re-exported `bollard` is used: a network with a label, a pause container that has the name of all
//! nodes beside its own, a disk of limited size, a processor's quota, signals, the state of an ended container, logs over
//! a restart, commands from a future that is `Send`, files into and folders out of a container that may have ended, and
//! removal by label.
//!
//! [`DockerRuntime`] is the runtime; [`sweep`] finds and removes what any run has on the engine, without one.

mod archive;
mod engine;
mod error;
mod host;
mod images;
mod layout;
mod logs;
mod pod;
mod provider;
mod resources;
mod server;
pub mod sweep;

pub use engine::{CAPABILITIES, DockerRuntime, NAME};
pub use images::DockerOptions;
pub use provider::DockerProvider;
