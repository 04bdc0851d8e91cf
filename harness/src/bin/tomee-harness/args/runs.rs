//! The arguments of `runs`.

use camino::Utf8PathBuf;
use clap::{Args, Subcommand};

use super::stored::CheckArgs;

/// What is done with stored runs.
#[derive(Debug, Subcommand)]
pub(crate) enum RunsCommand {
    /// List the runs, the latest first
    List(ListRunsArgs),
    /// Show the verdict of a run
    Show(CheckArgs),
    /// Print the folder of the latest run
    Latest,
    /// Remove runs that are not kept: all but the latest, or those that are old. What goes on stays
    Prune(PruneArgs),
}

/// Where they are.
#[derive(Debug, Args)]
pub(crate) struct ListRunsArgs {
    /// The folder with the runs [default: .tomee-harness/runs]
    #[arg(value_name = "DIR")]
    pub(crate) folder: Option<Utf8PathBuf>,
}

/// Which go.
#[derive(Debug, Args)]
pub(crate) struct PruneArgs {
    /// The folder with the runs [default: .tomee-harness/runs]
    #[arg(value_name = "DIR")]
    pub(crate) folder: Option<Utf8PathBuf>,
    /// Keep so many, the latest [default: keep-runs of the settings]
    #[arg(long, value_name = "N")]
    pub(crate) keep: Option<usize>,
    /// Keep those of so many days [default: keep-days of the settings]
    #[arg(long, value_name = "N")]
    pub(crate) days: Option<u32>,
    /// Say what would be removed, and remove nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}
