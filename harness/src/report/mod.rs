//! Reports fold histories and verdicts into something to read. They know no runtime and print nothing themselves.

pub mod environment;
pub mod html;
pub mod junit;
pub mod markdown;
pub mod rows;
pub mod summary;
pub mod terminal;

#[cfg(test)]
mod sample;

pub use environment::Environment;
pub use summary::Summary;
