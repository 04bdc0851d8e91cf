//! The arguments of what reads a stored run: `check`, `report`, `bundle`.

use camino::Utf8PathBuf;
use clap::{Arg, ArgMatches, Args, FromArgMatches};
use tomee_harness::report;

/// Which run to judge again.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// The run directory, the id of a run, or latest
    #[arg(value_name = "RUN_DIR")]
    pub(crate) run_dir: Utf8PathBuf,
}

/// Write the report of a stored run again, as HTML, JUnit XML or Markdown. Without options, report.html and junit.xml are
/// written into the run directory.
#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// The run directory, the id of a run, or latest
    #[arg(value_name = "RUN_DIR")]
    pub(crate) run_dir: Utf8PathBuf,
    #[command(flatten)]
    pub(crate) files: ReportFiles,
    /// Show what sessions hold, also lists, objects and what is named as a secret; without it, their classes and sizes
    #[arg(long)]
    pub(crate) show_values: bool,
    /// Write report.html and open it in a browser
    #[arg(long)]
    pub(crate) open: bool,
}

/// The reports that are asked for by `--NAME FILE`, an option for each format of the library.
#[derive(Clone)]
pub(crate) struct ReportFiles(pub(crate) Vec<(&'static dyn report::Format, Utf8PathBuf)>);

impl std::fmt::Debug for ReportFiles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.0.iter().map(|(format, file)| (format.name(), file))).finish()
    }
}

impl Args for ReportFiles {
    fn augment_args(command: clap::Command) -> clap::Command {
        let options = report::FORMATS.iter().map(|format| {
            Arg::new(format.name())
                .long(format.name())
                .value_name("FILE")
                .value_parser(clap::value_parser!(Utf8PathBuf))
                .help(format!("Write {} here; - is standard output", format.title()))
        });
        command.args(options)
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for ReportFiles {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let asked = |format: &&'static dyn report::Format| {
            matches.get_one::<Utf8PathBuf>(format.name()).map(|file| (*format, file.clone()))
        };
        Ok(Self(report::FORMATS.iter().filter_map(asked).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// Pack a stored run into one file for a bug report. Keys and passwords are removed; the apps and jars of the run are
/// included as they are.
#[derive(Debug, Args)]
pub(crate) struct BundleArgs {
    /// The run directory, the id of a run, or latest
    #[arg(value_name = "RUN_DIR")]
    pub(crate) run_dir: Utf8PathBuf,
    /// The file to write [default: the run directory's name with .zip, in the working directory]
    #[arg(long, value_name = "FILE")]
    pub(crate) to: Option<Utf8PathBuf>,
    /// Overwrite the file where it exists
    #[arg(long)]
    pub(crate) force: bool,
}
