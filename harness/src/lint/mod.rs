//! Why sessions will not survive, or nodes will not meet, found in configuration files before anything runs.
//!
//! [`Input`] is one node or all nodes of a cluster, with their apps, made of bytes that the caller has read;
//! [`run`] asks every [`Rule`] and gives a [`Report`]. [`rules::ALL`] is the catalogue, one rule a file. Pure: the caller
//! reads files, and writes what [`fix`] and [`mod@format`] give.

pub mod app;
pub mod attributes;
pub mod baseline;
mod cluster;
mod finding;
pub mod fix;
pub mod format;
mod input;
mod node;
mod rule;
pub mod rules;
mod run;
mod suppress;
mod version;

pub use cluster::Cluster;
pub use finding::{Applicability, Confidence, Edit, Finding, Findings, Fix, Label, Severity};
pub use input::{AppFiles, Input, NodeFiles, SourceFile, Unreadable, app_bases};
pub use node::{Context, Node, Scope, java_options};
pub use rule::Rule;
pub use run::{Options, Report, run};
pub use version::{Version, VersionError, Versions};
