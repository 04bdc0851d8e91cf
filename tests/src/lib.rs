//! Support for the integration tests: a fake cluster with injectable bugs, and what each test needs of files, binary
//! and snapshot filters.

pub mod context;
pub mod fake;
pub mod servers;

pub use context::{Ran, TestContext};
pub use servers::{MainJob, left_of};
