//! What is started, and with what: the arguments of `run` and `up`, and of `settings`, which shows them.

use camino::Utf8PathBuf;
use clap::{Args, ValueEnum};
use tomee_harness::model::{
    ClusterName, FaultKind, ManagerKind, Membership, Millis, NodeName, Ports, SendOptions, ServerSpec, Timing,
};
use tomee_harness::runner::Jobs;

use super::fault::parse_kind;
use super::front::FrontArgs;
use super::gate::parse_node;
use super::own_app::OwnAppArgs;
use super::runtime_choice::RuntimeChoice;
use super::values::{
    parse_limit, parse_manager, parse_membership, parse_ports, parse_time, parse_timing, parse_variable,
};

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
    /// How members find each other: static, multicast, dns (runtime docker), or kubernetes (runtime process on Linux)
    /// [default: static]
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
    #[arg(long, value_name = "NODE=DIR", value_parser = parse_node)]
    pub(crate) node: Vec<(NodeName, Utf8PathBuf)>,
    /// A system property for ${...} in your own configuration, where {node} in the value is the node's name; may be repeated
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
    /// Deploy this app instead of the counter, send requests to all nodes, kill each node in turn, and stop one
    #[arg(long, value_name = "FILE")]
    pub(crate) war: Option<Utf8PathBuf>,
    #[command(flatten)]
    pub(crate) app: OwnAppArgs,
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
