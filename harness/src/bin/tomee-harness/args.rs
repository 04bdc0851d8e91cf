//! The arguments.

mod by_hand;
mod fault;
mod front;
pub(crate) mod gate;
pub(crate) mod import;
mod lint;
pub(crate) mod runs;
mod runtime_choice;
mod values;

use camino::Utf8PathBuf;
use clap::{Arg, ArgMatches, Args, FromArgMatches, Parser, Subcommand, ValueEnum};
use tomee_harness::model::{
    ClusterName, ContextPath, FaultKind, ManagerKind, Membership, Millis, NodeName, Ports, SendOptions, ServerSpec,
    Timing,
};
use tomee_harness::report;
use tomee_harness::runner::Jobs;

pub(crate) use self::by_hand::{
    AttachArgs, ConfigArgs, DiffArgs, DownArgs, ExecArgs, Fact, HealArgs, HeapArgs, HttpArgs, JmxArgs, LogsArgs,
    NameArgs, NodeArgs, OneWayArgs, RecipeArgs, ServeArgs, SessionsArgs, Since, StatusArgs, StepCommand, WaitArgs,
};
pub(crate) use self::fault::{FaultCommand, parse_kind};
pub(crate) use self::front::FrontArgs;
pub(crate) use self::lint::{ConfidenceChoice, LintArgs, SeverityChoice};
pub(crate) use self::runs::CheckArgs;
pub(crate) use self::runtime_choice::RuntimeChoice;
use self::values::{parse_limit, parse_manager, parse_membership, parse_ports, parse_timing};
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

/// What is run, and how.
#[derive(Debug, Clone, Args)]
pub(crate) struct ScenarioRunArgs {
    /// Scenario files or folders (with / or .toml), or names, tags or numbers of built-in ones [default: the main job]
    #[arg(value_name = "PATH|TAG", conflicts_with = "war")]
    pub(crate) scenarios: Vec<String>,
    /// Set a parameter of the scenarios' cluster, for example nodes=4; may be repeated
    #[arg(long, value_name = "KEY=VALUE", value_parser = parse_variable)]
    pub(crate) set: Vec<(String, String)>,
    /// Run one scenario, and leave its cluster up where it fails, at the step that failed, for the commands by hand
    #[arg(long, value_enum, value_name = "WHEN", conflicts_with_all = ["keep", "warm", "jobs", "dry_run", "skip_unsupported"])]
    pub(crate) hold: Option<Hold>,
    #[command(flatten)]
    pub(crate) own: OwnArgs,
    /// Check the input and print the steps, but start nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print what happens as it does, a JSON document a line, as history.jsonl has it; the result is a last line
    #[arg(long, value_enum, value_name = "FORM", conflicts_with_all = ["hold", "dry_run"])]
    pub(crate) events: Option<EventForm>,
    /// Run what the runtime can do, list the rest as skipped, and end with exit code 3
    #[arg(long)]
    pub(crate) skip_unsupported: bool,
    #[command(flatten)]
    pub(crate) run: RunArgs,
}

/// How events are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum EventForm {
    /// A JSON document a line.
    Jsonl,
}

/// When a run's cluster is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Hold {
    /// Where it fails.
    OnFailure,
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

/// The cluster of a run. Flags win over the environment, that over tomee-harness.toml, that over the defaults.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ClusterArgs {
    /// Server: tomee:VERSION[:webprofile|plus|plume|microprofile], tomcat:VERSION, tomcat:10.1 or tomee:latest (the newest
    /// of the line), or a folder [default: tomee:9.0.0]
    #[arg(long, env = "TOMEE_HARNESS_SERVER", value_name = "SERVER")]
    pub(crate) server: Option<ServerSpec>,
    /// Where nodes run: as JVM processes or in containers [default: auto]
    #[arg(long, value_enum, env = "TOMEE_HARNESS_RUNTIME", value_name = "RUNTIME")]
    pub(crate) runtime: Option<RuntimeChoice>,
    /// Number of nodes, 2 to 8 [default: 2]
    #[arg(long, env = "TOMEE_HARNESS_NODES", value_name = "N", value_parser = clap::value_parser!(u8).range(2..=8))]
    pub(crate) nodes: Option<u8>,
    /// Session manager: delta or backup [default: delta]
    #[arg(long, env = "TOMEE_HARNESS_MANAGER", value_name = "MANAGER", value_parser = parse_manager)]
    pub(crate) manager: Option<ManagerKind>,
    /// How members find each other: static, multicast, or dns (runtime docker) [default: static]
    #[arg(long, env = "TOMEE_HARNESS_MEMBERSHIP", value_name = "MEMBERSHIP", value_parser = parse_membership)]
    pub(crate) membership: Option<Membership>,
    /// Replication mode: sync-ack (6), async (8), ack (2), a number, or Tomcat's own names [default: sync-ack]
    #[arg(long, env = "TOMEE_HARNESS_SEND_OPTIONS", value_name = "OPTIONS")]
    pub(crate) send_options: Option<SendOptions>,
    /// Timing: accelerated (farm scan every second, quick JVM flags) or documented (Tomcat's defaults) [default: accelerated]
    #[arg(long, env = "TOMEE_HARNESS_TIMING", value_name = "TIMING", value_parser = parse_timing)]
    pub(crate) timing: Option<Timing>,
    /// Java home of the nodes [default: JAVA_HOME, then java on the PATH]
    #[arg(long, env = "TOMEE_HARNESS_JAVA", value_name = "HOME")]
    pub(crate) java: Option<Utf8PathBuf>,
    /// An argument for each node's JVM; may be repeated
    #[arg(long, value_name = "ARG", allow_hyphen_values = true)]
    pub(crate) jvm_arg: Vec<String>,
    /// An environment variable for each node; may be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = parse_variable)]
    pub(crate) env: Vec<(String, String)>,
    /// A jar to add to each node's lib folder; may be repeated
    #[arg(long, value_name = "JAR")]
    pub(crate) lib: Vec<Utf8PathBuf>,
}

/// A configuration of the user's own.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct OwnArgs {
    // An attribute and no comment: the help has no backticks.
    #[arg(
        long,
        value_name = "DIR",
        help = "Your own configuration for all nodes: a CATALINA_BASE, a conf folder, a server.xml, or a folder with n1, n2 and so on"
    )]
    pub(crate) config: Option<Utf8PathBuf>,
    /// The same for one node, as n2=DIR; may be repeated
    #[arg(long, value_name = "NODE=DIR", value_parser = gate::parse_node)]
    pub(crate) node: Vec<(NodeName, Utf8PathBuf)>,
    /// A system property for ${...} in your own configuration; may be repeated
    #[arg(short = 'D', value_name = "NAME=VALUE", value_parser = parse_variable)]
    pub(crate) define: Vec<(String, String)>,
}

impl OwnArgs {
    /// Whether there is one.
    pub(crate) fn is_given(&self) -> bool {
        self.config.is_some() || !self.node.is_empty()
    }
}

/// Which cluster is brought up.
#[derive(Debug, Clone, Args)]
pub(crate) struct UpArgs {
    /// The cluster of a scenario, prepared for its faults, with the apps that it deploys first: a file or a built-in name
    #[arg(value_name = "SCENARIO")]
    pub(crate) scenario: Option<String>,
    /// Set a parameter of the scenario's cluster, for example nodes=4; may be repeated
    #[arg(long, value_name = "KEY=VALUE", value_parser = parse_variable, requires = "scenario")]
    pub(crate) set: Vec<(String, String)>,
    #[command(flatten)]
    pub(crate) own: OwnArgs,
    /// Name of the cluster [default: lab]
    #[arg(long, env = "TOMEE_HARNESS_NAME", value_name = "NAME")]
    pub(crate) name: Option<ClusterName>,
    #[command(flatten)]
    pub(crate) cluster: ClusterArgs,
    /// Deploy this app instead of the counter; may be repeated
    #[arg(long, value_name = "FILE", conflicts_with = "bare")]
    pub(crate) war: Vec<Utf8PathBuf>,
    /// Deploy nothing
    #[arg(long)]
    pub(crate) bare: bool,
    /// Ports: free ones, or those of the documentation (n1 8080, n2 9080, and so on) [default: free]
    #[arg(long, value_name = "PORTS", value_parser = parse_ports)]
    pub(crate) ports: Option<Ports>,
    /// Prepare the machines for a fault: partition, latency, fill-disk, …; may be repeated
    #[arg(long, value_name = "FAULT", value_parser = parse_kind)]
    pub(crate) prepare: Vec<FaultKind>,
    #[command(flatten)]
    pub(crate) front: FrontArgs,
    /// Run directory [default: .tomee-harness/runs/RUN_ID]
    #[arg(long, env = "TOMEE_HARNESS_OUT", value_name = "DIR")]
    pub(crate) out: Option<Utf8PathBuf>,
}

/// What a run is made of. Flags win over the environment, that over tomee-harness.toml, that over the defaults.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) cluster: ClusterArgs,
    /// Deploy this app instead of the counter, send requests to all nodes, and kill each node in turn
    #[arg(long, value_name = "FILE")]
    pub(crate) war: Option<Utf8PathBuf>,
    /// Context path of the app [default: from the file name, as in Tomcat]
    #[arg(long, value_name = "CONTEXT", requires = "war")]
    pub(crate) at: Option<ContextPath>,
    /// Path to request, from the root of the server, for example /shop/cart; may be repeated [default: the app's root]
    #[arg(long, value_name = "PATH", requires = "war")]
    pub(crate) path: Vec<String>,
    /// How long the app may take to start on a node, at its deployment and at each restart [default: 3m]
    #[arg(long, value_name = "TIME", requires = "war", value_parser = parse_limit)]
    pub(crate) within: Option<Millis>,
    /// Leave the cluster running at the end; remove it with sweep --all
    #[arg(long)]
    pub(crate) keep: bool,
    /// Run directory [default: .tomee-harness/runs/RUN_ID]
    #[arg(long, env = "TOMEE_HARNESS_OUT", value_name = "DIR")]
    pub(crate) out: Option<Utf8PathBuf>,
    /// Number of times to run
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) repeat: Option<u32>,
    /// Repeat until a run fails (with --repeat: at most that many times)
    #[arg(long)]
    pub(crate) until_failure: bool,
    /// Time limit of a run, for example 500ms, 90s or 5m; beyond it, the verdict is Unknown [default: 10m]
    #[arg(long, env = "TOMEE_HARNESS_TIMEOUT", value_name = "TIME", value_parser = parse_time)]
    pub(crate) timeout: Option<std::time::Duration>,
    /// Maximum number of concurrent runs; auto fits memory and CPUs [default: 1]
    #[arg(long, env = "TOMEE_HARNESS_JOBS", value_name = "N")]
    pub(crate) jobs: Option<Jobs>,
    /// Reuse a cluster for runs with the same topology, after a verified reset
    #[arg(long, env = "TOMEE_HARNESS_WARM", conflicts_with = "keep")]
    pub(crate) warm: bool,
}

/// Nothing to choose.
#[derive(Debug, Args)]
pub(crate) struct RulesArgs {}

/// Write the report of a stored run again, as HTML, JUnit XML or Markdown. Without options, report.html and junit.xml are
/// written into the run directory.
#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// The run directory
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
    /// The run directory
    #[arg(value_name = "RUN_DIR")]
    pub(crate) run_dir: Utf8PathBuf,
    /// The file to write [default: the run directory's name with .zip, in the working directory]
    #[arg(long, value_name = "FILE")]
    pub(crate) to: Option<Utf8PathBuf>,
    /// Overwrite the file where it exists
    #[arg(long)]
    pub(crate) force: bool,
}

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
