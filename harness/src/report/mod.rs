//! Reports fold histories and verdicts into something to read. They know no runtime and print nothing themselves.

pub mod environment;
pub mod summary;
pub mod terminal;

pub use environment::Environment;
pub use summary::Summary;
