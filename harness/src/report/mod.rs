//! Reports fold histories and verdicts into something to read. They know no runtime and print nothing themselves.
//!
//! A report is a [`Format`]; [`FORMATS`] lists all. What a verdict decided is one list for all of them ([`rows`]), and so
//! are its notes ([`notes`]) and what lies behind a violation ([`excerpt`]).

pub mod environment;
pub mod summary;

pub mod excerpt;
pub mod notes;
pub mod remarks;
pub mod rows;

pub mod format;
pub mod formats;
pub mod html;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod terminal;

#[cfg(test)]
mod sample;

pub use environment::Environment;
pub use format::{Format, JudgedRun, ReportError};
pub use formats::FORMATS;
pub use summary::Summary;
