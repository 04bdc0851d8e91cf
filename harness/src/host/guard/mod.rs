//! The guard: nothing that a run starts may outlive the run's owner, however the owner ends.
//!
//! The owner (a [`Guard`]) starts this very program once more as the guard process, which holds the read end of a pipe.
//! The owner notes what it starts: processes, and of all else who provides it, for the guard knows no runtime. When the pipe ends without a word, the owner is gone, and the guard removes
//! all that belongs to the run: what was noted, and whatever carries the run's id ([`RUN_VARIABLE`], [`RUN_LABEL`]).
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
pub(crate) use message::{Manifest, Providers, Task};
pub(crate) use owner::this_program;
pub use owner::{Guard, GuardError, Released};
pub use processes::RUN_VARIABLE;
pub(crate) use registry::{Held, Kept, state_of_user};
pub use registry::{Registry, RegistryError};
pub(crate) use removal::{Removal, remove_processes, with_causes};

/// The label that everything of a run carries which is no process and can have one; its value is the run's id.
pub const RUN_LABEL: &str = "tomee-harness.run";
