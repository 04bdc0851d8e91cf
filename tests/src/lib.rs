//! Support for the integration tests: a fake cluster with injectable bugs, and what each test needs of files, binary
//! and snapshot filters.

pub mod apps;
pub mod context;
pub mod fake;
pub mod outside;
pub mod servers;
pub mod shop;
pub mod sim;
pub mod synthetic;
pub mod witness;

pub use apps::App;
pub use context::{Ran, TestContext, workspace};
pub use outside::OutsideCrate;
pub use servers::{MainJob, left_of};
