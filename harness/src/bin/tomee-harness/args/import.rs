//! The arguments of `import`.

use camino::Utf8PathBuf;
use clap::{Args, ValueEnum};

/// What is imported.
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// What it is
    #[arg(value_enum, value_name = "KIND")]
    pub(crate) kind: Kind,
    /// The recording, or - for standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: Utf8PathBuf,
    /// Archive of the app, for the step that deploys it; without it, it is named after the first path
    #[arg(long, value_name = "WAR")]
    pub(crate) war: Option<Utf8PathBuf>,
    /// File to create, which must not exist yet; without it, the scenario goes to standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<Utf8PathBuf>,
}

/// The form of a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// What a browser's network tools save (HTTP Archive), with the bodies of answers
    Har,
    /// Commands of curl, as browsers copy them
    Curl,
}
