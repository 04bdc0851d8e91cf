//! The arguments of `lint`.

use camino::Utf8PathBuf;
use clap::{Args, ValueEnum};
use tomee_harness::lint::{Confidence, Severity, Versions};

use super::values::parse_variable;

/// What to lint, and how.
#[derive(Debug, Args)]
pub(crate) struct LintArgs {
    // An attribute and no comment: the help has no backticks.
    #[arg(
        value_name = "PATH|NODE=DIR",
        required = true,
        help = "A CATALINA_BASE, a conf folder, a server.xml, a WAR or unpacked app, a manifest; NODE=PATH for each node of a cluster, again for its app"
    )]
    pub(crate) paths: Vec<String>,
    /// Version of the server, as tomcat:10.1.59, tomcat:10.1, tomcat:9.0.80-9.0.100 or tomee:9.0.0 [default: read from the files]
    #[arg(long, value_name = "SERVER")]
    pub(crate) server: Option<Versions>,
    /// A system property for ${...}, where {node} in the value is the node's name; may be repeated
    #[arg(short = 'D', value_name = "NAME=VALUE", value_parser = parse_variable)]
    pub(crate) define: Vec<(String, String)>,
    /// Write the report in the --format before it to a file; may be repeated
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Vec<Utf8PathBuf>,
    /// Leave milder findings out
    #[arg(long, value_enum, value_name = "SEVERITY")]
    pub(crate) min_severity: Option<SeverityChoice>,
    /// Leave less certain findings out
    #[arg(long, value_enum, value_name = "CONFIDENCE")]
    pub(crate) min_confidence: Option<ConfidenceChoice>,
    /// Leave a rule out; may be repeated
    #[arg(long, value_name = "CODE")]
    pub(crate) ignore: Vec<String>,
    /// Apply safe fixes to the files
    #[arg(long)]
    pub(crate) fix: bool,
    /// Apply fixes that change what the server does, too
    #[arg(long)]
    pub(crate) unsafe_fixes: bool,
    /// Print what the fixes would change, and change nothing
    #[arg(long)]
    pub(crate) diff: bool,
    /// Disregard comments that suppress rules
    #[arg(long)]
    pub(crate) no_ignores: bool,
    /// Report findings only that are not in this file
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<Utf8PathBuf>,
    /// Write all findings to this file, to be given as --baseline
    #[arg(long, value_name = "FILE")]
    pub(crate) write_baseline: Option<Utf8PathBuf>,
}

/// The least severity.
#[derive(Debug, Clone, Copy, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SeverityChoice {
    /// All.
    Info,
    /// Warnings and errors.
    Warning,
    /// Errors.
    Error,
}

/// The least confidence.
#[derive(Debug, Clone, Copy, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ConfidenceChoice {
    /// All.
    Low,
    /// Medium and high.
    Medium,
    /// High.
    High,
}

impl From<SeverityChoice> for Severity {
    fn from(choice: SeverityChoice) -> Self {
        match choice {
            SeverityChoice::Info => Self::Info,
            SeverityChoice::Warning => Self::Warning,
            SeverityChoice::Error => Self::Error,
        }
    }
}

impl From<ConfidenceChoice> for Confidence {
    fn from(choice: ConfidenceChoice) -> Self {
        match choice {
            ConfidenceChoice::Low => Self::Low,
            ConfidenceChoice::Medium => Self::Medium,
            ConfidenceChoice::High => Self::High,
        }
    }
}
