//! The guard: nothing that a run starts may outlive the run's owner, however the owner ends.
//!
//! The owner (a [`Guard`]) starts this very program once more as the guard process, which holds the read end of a pipe.
//! The owner registers what it starts. When the pipe ends without a farewell, the owner is gone, and the guard removes
//! all that belongs to the run: what was registered, and whatever carries the run's id ([`RUN_VARIABLE`], [`RUN_LABEL`]).
//! The [`Registry`] remembers runs for the case that owner and guard die together; `runtime::sweep` cleans after those.

mod entry;
mod message;
mod owner;
pub(crate) mod processes;
mod registry;
mod removal;
mod watch;

#[cfg(test)]
mod tests;

pub(crate) use entry::become_guard;
pub(crate) use message::{Message, Task};
pub use owner::{Guard, GuardError, Released};
pub use processes::RUN_VARIABLE;
pub(crate) use registry::{Held, Kept};
pub use registry::{Registry, RegistryError};
pub(crate) use removal::{Removal, error_chain, remove_processes};

/// The label that every container and network of a run carries; its value is the run's id.
pub const RUN_LABEL: &str = "tomee-harness.run";
