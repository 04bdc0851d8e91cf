//! The arguments.

mod by_hand;
mod fault;
mod front;
pub(crate) mod gate;
pub(crate) mod import;
mod lint;
mod own_app;
pub(crate) mod runs;
mod runtime_choice;
mod started;
mod stored;
mod values;

use camino::Utf8PathBuf;
use clap::{Args, Parser, Subcommand, ValueEnum};
use tomee_harness::model::{ContextPath, Millis, ServerSpec};

pub(crate) use self::by_hand::{
    AttachArgs, ConfigArgs, DiffArgs, DownArgs, ExecArgs, Fact, HealArgs, HeapArgs, HttpArgs, JmxArgs, LogsArgs,
    NameArgs, NodeArgs, OneWayArgs, RecipeArgs, ServeArgs, SessionsArgs, Since, StatusArgs, StepCommand, WaitArgs,
};
pub(crate) use self::fault::FaultCommand;
pub(crate) use self::lint::{ConfidenceChoice, LintArgs, SeverityChoice};
pub(crate) use self::own_app::OwnAppArgs;
pub(crate) use self::runtime_choice::RuntimeChoice;
pub(crate) use self::started::{ClusterArgs, OwnArgs, RunArgs, ScenarioRunArgs, UpArgs};
pub(crate) use self::stored::{BundleArgs, CheckArgs, ReportArgs};
use self::values::parse_limit;
pub(crate) use self::values::{parse_time, parse_variable};
use crate::color::ColorChoice;

/// Start a small cluster of real Apache TomEE or Tomcat servers, kill nodes, and check with evidence whether session
/// state survives.
#[derive(Debug, Parser)]
#[command(name = "tomee-harness", version, max_term_width = 100, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// How results are shown.
#[derive(Debug, Clone, Args)]
pub(crate) struct OutputArgs {
    /// Format of the result on standard output [default: text]
    #[arg(long, global = true, value_enum, env = "TOMEE_HARNESS_FORMAT", value_name = "FORMAT", action = clap::ArgAction::Append)]
    pub(crate) format: Vec<Format>,
    /// Short for --format json
    #[arg(long, global = true, conflicts_with = "format")]
    pub(crate) json: bool,
    /// Do not print progress on standard error
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// Everything: each step and failed request, each download, notes, all measures, differences from a stock server
    #[arg(long, short, global = true, conflicts_with = "quiet")]
    pub(crate) verbose: bool,
    /// When to use colors and live progress [default: auto]
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
    /// Human-readable text.
    Text,
    /// One JSON document, or one per line for several runs.
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
    /// A page (gate).
    #[value(hide = true)]
    #[serde(skip)]
    Html,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the main job (sessions across the end of each node), your own app, or scenarios
    Run(Box<ScenarioRunArgs>),
    /// List the built-in scenarios, or those in a folder
    List(ListArgs),
    /// Describe what a scenario does, and why
    Explain(ExplainArgs),
    /// Write a commented scenario file to start from
    New(NewArgs),
    /// Make a scenario of requests that a browser or curl has recorded
    Import(import::ImportArgs),
    /// Find in configuration files and apps why sessions will not survive; starts nothing
    Lint(Box<LintArgs>),
    /// Run your own configuration and app on real servers: is a change of them safe to merge?
    Gate(Box<gate::GateArgs>),
    /// List the rules of lint
    Rules(RulesArgs),
    /// Check a stored run again, offline
    Check(CheckArgs),
    /// Render a stored run again
    #[command(about = "Render a stored run again as HTML, JUnit XML, Markdown, text or JSON")]
    Report(ReportArgs),
    /// List, show and remove stored runs
    #[command(subcommand)]
    Runs(runs::RunsCommand),
    /// Pack a stored run into one file for a bug report
    Bundle(BundleArgs),
    /// Check what is installed on this machine and what is missing
    Doctor(DoctorArgs),
    /// Print each setting and its origin
    Settings(Box<RunArgs>),
    /// Remove processes and containers that a crashed run left
    Sweep(SweepArgs),
    /// Bring a cluster up that stays up between commands
    Up(Box<UpArgs>),
    /// End a cluster; its run directory stays
    Down(DownArgs),
    /// List the clusters that are up
    Ps,
    /// Let commands without --name mean this cluster
    Attach(AttachArgs),
    /// Show each node: its state, the members that it sees, its apps and sessions, the last problem of its log
    Status(StatusArgs),
    #[command(flatten)]
    Step(StepCommand),
    #[command(flatten)]
    Fault(FaultCommand),
    /// Send a request with the cookies of a client
    Http(HttpArgs),
    /// Show every session on every node side by side, without touching any
    Sessions(SessionsArgs),
    /// Show the sessions that two nodes hold differently
    Diff(DiffArgs),
    /// Show the logs of all nodes in the order of their times
    Logs(LogsArgs),
    /// Show the configuration that is in effect on a node
    Config(ConfigArgs),
    /// Print a thread dump of a node
    Threads(NodeArgs),
    /// Count the objects on a node's heap by class, or dump them
    Heap(HeapArgs),
    /// Run a command where a node runs
    Exec(ExecArgs),
    /// Show MBeans of a node with their attributes
    Jmx(JmxArgs),
    /// Watch a cluster in the terminal: nodes, members, sessions, traffic and log, with faults by a key
    Watch(NameArgs),
    /// Show a cluster as a web page of this machine, live
    Serve(ServeArgs),
    /// Judge all that was done by hand so far
    Verdict(NameArgs),
    /// Print all that was done by hand as a scenario file
    Recipe(RecipeArgs),
    /// Keep a cluster; `up` starts it
    #[command(hide = true)]
    Keeper,
    /// Set a project up: settings, a first scenario, a test, a CI file
    Init(InitArgs),
    /// Write man pages
    Man(ManArgs),
    /// Print shell completions
    Completions(CompletionsArgs),
}

/// Which scenarios to list.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Files, folders, names, tags or catalogue numbers [default: all built-in scenarios]
    #[arg(value_name = "PATH|TAG")]
    pub(crate) scenarios: Vec<String>,
}

/// What is set up.
#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// The project's folder [default: the working directory]
    #[arg(value_name = "DIR")]
    pub(crate) folder: Option<Utf8PathBuf>,
    /// The CI for which a file is written
    #[arg(long, value_enum, value_name = "CI", default_value = "github")]
    pub(crate) ci: CiChoice,
    /// Server of the settings and the scenario [default: tomee:9.0.0]
    #[arg(long, value_name = "SERVER")]
    pub(crate) server: Option<ServerSpec>,
}

/// A CI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CiChoice {
    /// A workflow of GitHub Actions.
    Github,
    /// A job of GitLab CI.
    Gitlab,
    /// No file.
    None,
}

/// Where the pages go.
#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// The folder for one page a command; without it, the page of the program goes to standard output
    #[arg(value_name = "DIR")]
    pub(crate) folder: Option<Utf8PathBuf>,
}

/// Which scenario or rule to explain.
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// File, name, tag or catalogue number of a scenario, or the code of a lint rule, as C029
    #[arg(value_name = "SCENARIO")]
    pub(crate) scenario: String,
    /// Of a rule: run it on real servers, once with the fault that it finds and once with the remedy, and show both verdicts
    #[arg(long)]
    pub(crate) prove: bool,
    /// Where the runs of --prove are kept [default: .tomee-harness/proofs/ID]
    #[arg(long, value_name = "DIR", requires = "prove")]
    pub(crate) out: Option<Utf8PathBuf>,
}

/// Where to write.
#[derive(Debug, Args)]
pub(crate) struct NewArgs {
    /// The file to create; it must not exist yet
    #[arg(value_name = "FILE")]
    pub(crate) file: Utf8PathBuf,
    /// Your own app: it is started and asked once, and the scenario has its cookie, pages, forms and login
    #[arg(long, value_name = "WAR")]
    pub(crate) war: Option<Utf8PathBuf>,
    /// Where the app is served [default: as its file name says]
    #[arg(long, value_name = "CONTEXT", requires = "war")]
    pub(crate) at: Option<ContextPath>,
    /// Path to request, from the server's root, as /shop/cart; may be repeated [default: the app's root]
    #[arg(long, value_name = "PATH", requires = "war")]
    pub(crate) path: Vec<String>,
    /// Server that is started for it [default: tomee:9.0.0]
    #[arg(long, value_name = "SERVER", requires = "war")]
    pub(crate) server: Option<ServerSpec>,
    /// How long the app may take to start on a node [default: 3m]
    #[arg(long, value_name = "TIME", requires = "war", value_parser = parse_limit)]
    pub(crate) within: Option<Millis>,
}

/// Nothing to choose.
#[derive(Debug, Args)]
pub(crate) struct RulesArgs {}

/// What to look at.
#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// Java home to check [default: JAVA_HOME, then java on the PATH]
    #[arg(long, env = "TOMEE_HARNESS_JAVA", value_name = "HOME")]
    pub(crate) java: Option<Utf8PathBuf>,
}

/// What to remove.
#[derive(Debug, Args)]
pub(crate) struct SweepArgs {
    /// Also remove what was kept on purpose (run --keep)
    #[arg(long)]
    pub(crate) all: bool,
    /// Remove only what is left of this run, even if it is not in the local registry
    #[arg(long, value_name = "RUN_ID", conflicts_with = "all")]
    pub(crate) run: Option<tomee_harness::model::RunId>,
}

/// For which shell.
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_arguments_are_consistent() {
        Cli::command().debug_assert();
    }
}
