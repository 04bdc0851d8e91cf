//! The arguments.

use camino::Utf8PathBuf;
use clap::{Args, Parser, Subcommand, ValueEnum};
use tomee_harness::spec::millis::{Millis, MillisError};
use tomee_harness::spec::{ContextPath, ManagerKind, Membership, SendOptions, ServerSpec, Timing};
use tomee_harness::suite::Jobs;

/// Told below the help of what ends with a verdict.
const EXIT_CODES: &str = "\
Exit codes:
  0    Every guarantee, expectation and threshold holds
  1    One is violated, or a loss was observed that the scenario does not allow or expect by name,
       whether or not the configuration promises otherwise
  2    Bad usage or bad input; nothing was started
  3    Unknown: too little was tested or seen
  4    Something of the environment is missing or broken
  130  Interrupted (143 by SIGTERM or SIGHUP)";

/// Brings up a small cluster of real Apache TomEE or Tomcat servers, kills nodes, and says with evidence whether
/// session state survived.
#[derive(Debug, Parser)]
#[command(name = "tomee-harness", version, max_term_width = 100, arg_required_else_help = true, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// How results are shown.
#[derive(Debug, Clone, Args)]
pub(crate) struct OutputArgs {
    /// Form of the result on standard output [default: text]
    #[arg(long, global = true, value_enum, env = "TOMEE_HARNESS_FORMAT", value_name = "FORM", action = clap::ArgAction::Append)]
    pub(crate) format: Vec<Format>,
    /// Short for --format json
    #[arg(long, global = true, conflicts_with = "format")]
    pub(crate) json: bool,
    /// No progress on standard error
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// Colours and live progress [default: auto]
    #[arg(long, global = true, value_enum, env = "TOMEE_HARNESS_COLOR", value_name = "WHEN")]
    pub(crate) color: Option<ColorChoice>,
}

impl OutputArgs {
    /// Whether the arguments alone ask for JSON: for commands that read no settings file.
    pub(crate) fn is_json(&self) -> bool {
        self.json || self.last_format() == Some(Format::Json)
    }

    /// The last form that was asked for: `lint` alone takes several.
    pub(crate) fn last_format(&self) -> Option<Format> {
        self.format.last().copied()
    }
}

/// The form of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Format {
    /// For people.
    Text,
    /// For programs: one document, or one a line over many runs.
    Json,
    /// SARIF 2.1.0 (lint).
    #[value(hide = true)]
    #[serde(skip)]
    Sarif,
    /// Annotations of GitHub's workflows (lint).
    #[value(hide = true)]
    #[serde(skip)]
    Github,
    /// `JUnit` XML (lint).
    #[value(hide = true)]
    #[serde(skip)]
    Junit,
    /// Markdown (lint).
    #[value(hide = true)]
    #[serde(skip)]
    Markdown,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the main job (sessions over the end of each node), your own app, or scenarios
    #[command(after_help = EXIT_CODES)]
    Run(Box<TellArgs>),
    /// List the scenarios that are part of this program, or those of a folder
    List(ListArgs),
    /// Say as prose what a scenario will do, and why
    Explain(ExplainArgs),
    /// Write a commented scenario to begin with
    New(NewArgs),
    /// Find in configuration files and apps why sessions will not survive; starts nothing
    #[command(after_help = crate::command::lint::AFTER_HELP)]
    Lint(Box<crate::command::lint::LintArgs>),
    /// List the rules of lint
    Rules(crate::command::rules::RulesArgs),
    /// Judge a stored run again, offline
    #[command(after_help = EXIT_CODES)]
    Check(CheckArgs),
    /// Render a stored run again: a page to look into, a `JUnit` file, Markdown
    Report(ReportArgs),
    /// Put a stored run into one file, fit to attach to a bug report
    Bundle(BundleArgs),
    /// Say what this machine has and lacks
    Doctor(DoctorArgs),
    /// Print each setting and where it comes from
    Settings(Box<RunArgs>),
    /// Remove what an older crash left running
    Sweep(SweepArgs),
    /// Print shell completions
    Completions(CompletionsArgs),
}

/// What is run, and how.
#[derive(Debug, Clone, Args)]
pub(crate) struct TellArgs {
    /// Scenarios: a file or folder (with / or .toml), or the name, tag or catalogue number of shipped ones [default: the main job]
    #[arg(value_name = "PATH|TAG", conflicts_with = "war")]
    pub(crate) scenarios: Vec<String>,
    /// A parameter of the scenarios' cluster, as nodes=4; may be repeated
    #[arg(long, value_name = "KEY=VALUE", value_parser = parse_variable)]
    pub(crate) set: Vec<(String, String)>,
    /// Check everything, say what would be run, and start nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) run: RunArgs,
}

/// Which scenarios to list.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Files, folders, names, tags or catalogue numbers [default: all that are part of this program]
    #[arg(value_name = "PATH|TAG")]
    pub(crate) scenarios: Vec<String>,
}

/// Which scenario or rule to explain.
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// File, name, tag or catalogue number of a scenario, or the code of a lint rule, as C029
    #[arg(value_name = "SCENARIO")]
    pub(crate) scenario: String,
}

/// Where to write.
#[derive(Debug, Args)]
pub(crate) struct NewArgs {
    /// The file, which must not exist yet
    #[arg(value_name = "FILE")]
    pub(crate) file: Utf8PathBuf,
}

/// What a run is made of. Flags win over the environment, that over tomee-harness.toml, that over the defaults.
#[derive(Debug, Clone, Args)]
pub(crate) struct RunArgs {
    /// tomee:VERSION[:webprofile|plus|plume|microprofile], tomcat:VERSION, or a folder [default: tomee:9.0.0]
    #[arg(long, env = "TOMEE_HARNESS_SERVER", value_name = "SERVER")]
    pub(crate) server: Option<ServerSpec>,
    /// What a node is: a JVM process or a pod of containers [default: auto]
    #[arg(long, value_enum, env = "TOMEE_HARNESS_RUNTIME", value_name = "RUNTIME")]
    pub(crate) runtime: Option<RuntimeChoice>,
    /// How many nodes, 2 to 8 [default: 2]
    #[arg(long, env = "TOMEE_HARNESS_NODES", value_name = "N", value_parser = clap::value_parser!(u8).range(2..=8))]
    pub(crate) nodes: Option<u8>,
    /// Session manager: delta or backup [default: delta]
    #[arg(long, env = "TOMEE_HARNESS_MANAGER", value_name = "MANAGER", value_parser = parse_manager)]
    pub(crate) manager: Option<ManagerKind>,
    /// How members find each other: static or multicast [default: static]
    #[arg(long, env = "TOMEE_HARNESS_MEMBERSHIP", value_name = "MEMBERSHIP", value_parser = parse_membership)]
    pub(crate) membership: Option<Membership>,
    /// sync-ack (6), async (8), ack (2), a number, or Tomcat's own names [default: sync-ack]
    #[arg(long, env = "TOMEE_HARNESS_SEND_OPTIONS", value_name = "OPTIONS")]
    pub(crate) send_options: Option<SendOptions>,
    /// accelerated (farm scan every second, quick JVM flags) or documented (Tomcat's defaults) [default: accelerated]
    #[arg(long, env = "TOMEE_HARNESS_TIMING", value_name = "TIMING", value_parser = parse_timing)]
    pub(crate) timing: Option<Timing>,
    /// Java home of the nodes [default: `JAVA_HOME`, then java on the path]
    #[arg(long, env = "TOMEE_HARNESS_JAVA", value_name = "HOME")]
    pub(crate) java: Option<Utf8PathBuf>,
    /// An argument for each node's JVM; may be repeated
    #[arg(long, value_name = "ARG", allow_hyphen_values = true)]
    pub(crate) jvm_arg: Vec<String>,
    /// An environment variable for each node; may be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = parse_variable)]
    pub(crate) env: Vec<(String, String)>,
    /// A jar for each node's lib folder; may be repeated
    #[arg(long, value_name = "JAR")]
    pub(crate) lib: Vec<Utf8PathBuf>,
    /// Deploy this app instead of the counter, ask it on all nodes, and kill each node in turn
    #[arg(long, value_name = "FILE")]
    pub(crate) war: Option<Utf8PathBuf>,
    /// Context path of the app [default: by the file's name, as in Tomcat]
    #[arg(long, value_name = "CONTEXT", requires = "war")]
    pub(crate) at: Option<ContextPath>,
    /// Path to ask of the app, from the root of the server, as /shop/cart; may be repeated [default: the app's root]
    #[arg(long, value_name = "PATH", requires = "war")]
    pub(crate) path: Vec<String>,
    /// Leave the cluster running at the end; `sweep --all` removes it
    #[arg(long)]
    pub(crate) keep: bool,
    /// Folder for the run [default: .tomee-harness/runs/RUN_ID]
    #[arg(long, env = "TOMEE_HARNESS_OUT", value_name = "DIR")]
    pub(crate) out: Option<Utf8PathBuf>,
    /// Run this many times
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) repeat: Option<u32>,
    /// Run until a run does not hold (with --repeat: at most that often)
    #[arg(long)]
    pub(crate) until_failure: bool,
    /// End a run that takes longer, as 500ms, 90s or 5m; the verdict is then Unknown [default: 10m]
    #[arg(long, env = "TOMEE_HARNESS_TIMEOUT", value_name = "TIME", value_parser = parse_time)]
    pub(crate) timeout: Option<std::time::Duration>,
    /// How many runs go on at one time: a number, or auto, as many as memory and processors bear [default: 1]
    #[arg(long, env = "TOMEE_HARNESS_JOBS", value_name = "N")]
    pub(crate) jobs: Option<Jobs>,
    /// Hand a cluster on from run to run where the next one wants an equal one and it is verified to be as good as new
    #[arg(long, env = "TOMEE_HARNESS_WARM", conflicts_with = "keep")]
    pub(crate) warm: bool,
}

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RuntimeChoice {
    /// By what the plan needs and what is at hand; says why.
    Auto,
    /// A JVM on this machine.
    Process,
    /// A pod of containers.
    Docker,
}

/// Which run to judge again.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// The run's folder
    #[arg(value_name = "RUN_DIR")]
    pub(crate) run_dir: Utf8PathBuf,
}

/// Which run to render again, and as what. With no option report.html and junit.xml are written into its folder.
#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// The run's folder
    #[arg(value_name = "RUN_DIR")]
    pub(crate) run_dir: Utf8PathBuf,
    /// Write the page here
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<Utf8PathBuf>,
    /// Write `JUnit` XML here
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<Utf8PathBuf>,
    /// Write Markdown here
    #[arg(long, value_name = "FILE")]
    pub(crate) markdown: Option<Utf8PathBuf>,
}

/// Which run to put into one file. Keys and passwords are taken out once more; the apps and jars that the run was given
/// are included as they are.
#[derive(Debug, Args)]
pub(crate) struct BundleArgs {
    /// The run's folder
    #[arg(value_name = "RUN_DIR")]
    pub(crate) run_dir: Utf8PathBuf,
    /// The file to write [default: the folder's name with .zip, in the working directory]
    #[arg(long, value_name = "FILE")]
    pub(crate) to: Option<Utf8PathBuf>,
}

/// What to look at.
#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// Java home to look at [default: `JAVA_HOME`, then java on the path]
    #[arg(long, env = "TOMEE_HARNESS_JAVA", value_name = "HOME")]
    pub(crate) java: Option<Utf8PathBuf>,
}

/// What to remove.
#[derive(Debug, Args)]
pub(crate) struct SweepArgs {
    /// Also remove what was kept on purpose (`run --keep`)
    #[arg(long)]
    pub(crate) all: bool,
    /// Remove what is left of this run alone, even where it is not known here
    #[arg(long, value_name = "RUN_ID", conflicts_with = "all")]
    pub(crate) run: Option<tomee_harness::spec::RunId>,
}

/// For which shell.
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

fn parse_manager(text: &str) -> Result<ManagerKind, String> {
    one_of(text, &[ManagerKind::Delta, ManagerKind::Backup])
}

fn parse_membership(text: &str) -> Result<Membership, String> {
    one_of(text, &[Membership::Static, Membership::Multicast, Membership::Dns])
}

fn parse_timing(text: &str) -> Result<Timing, String> {
    one_of(text, &[Timing::Accelerated, Timing::Documented])
}

/// The value of this name, by the one spelling that TOML, JSON and flags share.
fn one_of<T: Copy + std::fmt::Display>(text: &str, all: &[T]) -> Result<T, String> {
    let names: Vec<String> = all.iter().map(ToString::to_string).collect();
    let found = names.iter().position(|name| name == text);
    found.map(|index| all[index]).ok_or_else(|| format!("must be {}", names.join(" or ")))
}

pub(crate) fn parse_variable(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("must be NAME=VALUE".to_owned()),
    }
}

/// `500ms`, `90s`, `5m`.
pub(crate) fn parse_time(text: &str) -> Result<std::time::Duration, String> {
    text.parse::<Millis>().map(Millis::duration).map_err(|error| match error {
        MillisError::NoTime(_) => "must be a number with ms, s or m".to_owned(),
        MillisError::TooLong(_) => "is too long".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_arguments_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn times_have_a_unit() {
        assert_eq!(parse_time("500ms"), Ok(std::time::Duration::from_millis(500)));
        assert_eq!(parse_time("5m"), Ok(std::time::Duration::from_mins(5)));
        for bad in ["", "5", "s", "5h", "-1s", "1.5s", "99999999999999999999s", "18446744073709551615m"] {
            assert!(parse_time(bad).is_err(), "{bad:?} was taken");
        }
    }
}
