//! Why sessions will not survive, or nodes will not meet, found in configuration files before anything runs.
//!
//! [`Input`] is one node or all nodes of a cluster, with their apps, made of bytes that the caller has read;
//! [`run`] asks every [`Rule`] and gives a [`Report`]. [`rules::ALL`] is the catalogue, one rule a file. Pure: the caller
//! reads files, and writes what [`fix`] and [`mod@format`] give.

pub mod app;
pub mod attributes;
pub mod baseline;
mod cluster;
pub mod environment;
mod finding;
pub mod fix;
pub mod format;
mod groups;
mod input;
mod jar_scan;
mod kinds;
mod known;
mod managers;
mod manifest;
mod node;
mod node_files;
mod pattern;
pub mod proof;
mod remedy;
pub mod rules;
mod run;
mod severity;
mod sorting;
mod source_file;
mod suppress;
mod version;

pub use app::AppFiles;
pub use cluster::Cluster;
pub use environment::java_options;
pub use finding::{Finding, Findings, Label, Rule};
pub use input::{Folders, Input, NodeFiles, Unreadable, folders};
pub use node::{Context, Node, Scope};
pub use remedy::{Applicability, Edit, Fix};
pub use run::{Options, Report, run};
pub use severity::{Confidence, Severity};
pub use sorting::deployments;
pub use source_file::SourceFile;
pub use version::{Version, VersionError, Versions};
