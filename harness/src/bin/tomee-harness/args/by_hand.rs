//! The arguments of the commands by hand.

use camino::Utf8PathBuf;
use clap::{Args, Subcommand};
use serde_json::Value;
use tomee_harness::model::{ClientName, ClusterName, ContextPath, Millis, NodeName, Target};

/// Which cluster is meant.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct NameArgs {
    /// Name of the cluster [default: the only one that is up]
    #[arg(long, env = "TOMEE_HARNESS_NAME", value_name = "NAME")]
    pub(crate) name: Option<ClusterName>,
}

/// Which cluster is chosen.
#[derive(Debug, Clone, Args)]
pub(crate) struct AttachArgs {
    /// A run, its folder, or the name of a cluster
    #[arg(value_name = "RUN")]
    pub(crate) run: String,
}

/// Which cluster is ended.
#[derive(Debug, Clone, Args)]
pub(crate) struct DownArgs {
    #[command(flatten)]
    pub(crate) name: NameArgs,
    /// End every cluster of this user
    #[arg(long, conflicts_with = "name")]
    pub(crate) all: bool,
}

/// A step.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum StepCommand {
    /// Start a node that is down, and wait until it is seen by all and holds its peers' sessions
    Start(NodeArgs),
    /// Stop a node as an operator does where it runs, and start it
    Restart(NodeArgs),
    /// Let a paused node go on
    Resume(NodeArgs),
    /// Undo what was done to a node and can be undone
    Heal(HealArgs),
    /// Drop what a node sends another one
    DropOneWay(OneWayArgs),
    /// Deploy an app through the farm, and wait until every node serves it
    Deploy(DeployArgs),
    /// Deploy an app anew where it is deployed, and wait until every node serves it
    Redeploy(DeployArgs),
    /// Take an app away, and wait until no node serves it
    Undeploy(UndeployArgs),
    /// Wait for a fact
    Wait(WaitArgs),
    /// Let the balancer in front give a node no new sessions; those that are on it stay
    Drain(NodeArgs),
    /// Let the balancer in front give a node nothing more, and wait until what is under way is answered
    Maint(NodeArgs),
    /// Let the balancer in front take a node for one of its own again
    Ready(NodeArgs),
}

/// Which node.
#[derive(Debug, Clone, Args)]
pub(crate) struct NodeArgs {
    /// The node
    #[arg(value_name = "NODE")]
    pub(crate) node: NodeName,
    #[command(flatten)]
    pub(crate) name: NameArgs,
}

/// Which way is cut.
#[derive(Debug, Clone, Args)]
pub(crate) struct OneWayArgs {
    /// The node that sends
    #[arg(value_name = "FROM")]
    pub(crate) from: NodeName,
    /// The node that is not to hear it
    #[arg(value_name = "TO")]
    pub(crate) to: NodeName,
    /// Undo it after this time, for example 10s; also when the terminal is closed
    #[arg(long = "for", value_name = "TIME")]
    pub(crate) lasting: Option<Millis>,
    #[command(flatten)]
    pub(crate) name: NameArgs,
}

/// What is healed.
#[derive(Debug, Clone, Args)]
pub(crate) struct HealArgs {
    /// The node [default: all nodes]
    #[arg(value_name = "NODE")]
    pub(crate) node: Option<NodeName>,
    #[command(flatten)]
    pub(crate) name: NameArgs,
}

/// What is deployed.
#[derive(Debug, Clone, Args)]
pub(crate) struct DeployArgs {
    /// The path of a WAR, or an app of the harness: counter, local-counter, heavy-counter, …
    #[arg(value_name = "APP")]
    pub(crate) app: String,
    /// Context path [default: from the file name, as in Tomcat]
    #[arg(long, value_name = "CONTEXT")]
    pub(crate) at: Option<ContextPath>,
    /// Put it into the appBase of each node instead of the farm's folder
    #[arg(long)]
    pub(crate) copy: bool,
    /// Put it into the appBase of this node alone
    #[arg(long, value_name = "NODE", requires = "copy")]
    pub(crate) on: Option<NodeName>,
    /// Version, as in shop##002.war
    #[arg(long = "app-version", value_name = "VERSION")]
    pub(crate) version: Option<String>,
    /// How long each node may take to serve it, for example 2m
    #[arg(long, value_name = "TIME")]
    pub(crate) within: Option<Millis>,
    #[command(flatten)]
    pub(crate) name: NameArgs,
}

/// What is taken away.
#[derive(Debug, Clone, Args)]
pub(crate) struct UndeployArgs {
    /// Context path
    #[arg(value_name = "CONTEXT")]
    pub(crate) context: ContextPath,
    /// It was put into the appBase of each node
    #[arg(long)]
    pub(crate) copy: bool,
    #[command(flatten)]
    pub(crate) name: NameArgs,
}

/// What is waited for.
#[derive(Debug, Clone, Args)]
pub(crate) struct WaitArgs {
    /// Formed (all living nodes list each other), deployed, members=N, sessions=N or log=TEXT
    #[arg(long = "for", value_name = "FACT", value_parser = parse_fact)]
    pub(crate) fact: Fact,
    /// The node, of members, sessions and log [default of members: each node that runs]
    #[arg(long, value_name = "NODE")]
    pub(crate) on: Option<NodeName>,
    /// How long at most, for example 30s
    #[arg(long, value_name = "TIME")]
    pub(crate) within: Option<Millis>,
    #[command(flatten)]
    pub(crate) name: NameArgs,
}

/// A fact to wait for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fact {
    /// All living nodes list each other.
    Formed,
    /// What was deployed is served.
    Deployed,
    /// A node lists so many others.
    Members(u64),
    /// A node holds so many sessions.
    Sessions(u64),
    /// A node logs a text.
    Log(String),
}

/// What is asked.
#[derive(Debug, Clone, Args)]
pub(crate) struct HttpArgs {
    /// The node, or its role: owner, backup, neither, oldest, sticky, rotate
    #[arg(value_name = "NODE")]
    pub(crate) node: Target,
    /// Path and query, from the root of the server, for example /counter/
    #[arg(value_name = "PATH", required_unless_present = "submit")]
    pub(crate) path: Option<String>,
    /// Who asks; a client keeps its cookies from command to command
    #[arg(long, value_name = "CLIENT", default_value = "alice")]
    pub(crate) client: ClientName,
    /// Method: get, post, put, patch or delete [default: get; post with something to send]
    #[arg(long, short = 'X', value_name = "METHOD", value_parser = parse_method)]
    pub(crate) method: Option<String>,
    /// Send a form of the page that the client got last, as #login, form[name=login], or form for the first one; --data
    /// takes the place of its fields
    #[arg(long, value_name = "FORM", conflicts_with_all = ["path", "method", "json_data"])]
    pub(crate) submit: Option<String>,
    /// Follow redirects, each to the node that is asked
    #[arg(long)]
    pub(crate) follow: bool,
    /// A field of a form; may be repeated
    #[arg(long, short = 'd', value_name = "NAME=VALUE", value_parser = parse_field)]
    pub(crate) data: Vec<(String, String)>,
    /// A part of a multipart form: a field, or NAME=@FILE for a file of text; may be repeated
    #[arg(long, short = 'F', value_name = "NAME=VALUE", value_parser = parse_field, conflicts_with = "data")]
    pub(crate) part: Vec<(String, String)>,
    /// A JSON document to send
    #[arg(long, value_name = "JSON", value_parser = parse_json, conflicts_with_all = ["data", "part"])]
    pub(crate) json_data: Option<Value>,
    /// A header; may be repeated
    #[arg(long, short = 'H', value_name = "NAME: VALUE", value_parser = parse_header)]
    pub(crate) header: Vec<(String, String)>,
    #[command(flatten)]
    pub(crate) name: NameArgs,
}

/// Which sessions are shown.
#[derive(Debug, Clone, Args)]
pub(crate) struct SessionsArgs {
    /// One session, whatever its route [default: all]
    #[arg(value_name = "ID")]
    pub(crate) session: Option<String>,
    #[command(flatten)]
    pub(crate) name: NameArgs,
}

/// Which nodes are compared.
#[derive(Debug, Clone, Args)]
pub(crate) struct DiffArgs {
    /// One node
    #[arg(value_name = "NODE")]
    pub(crate) one: NodeName,
    /// The other
    #[arg(value_name = "NODE")]
    pub(crate) other: NodeName,
    #[command(flatten)]
    pub(crate) name: NameArgs,
}

/// Which lines are shown.
#[derive(Debug, Clone, Args)]
pub(crate) struct LogsArgs {
    /// Nodes [default: all]
    #[arg(value_name = "NODE")]
    pub(crate) nodes: Vec<NodeName>,
    /// Go on with what comes, until Ctrl-C or the end of the cluster
    #[arg(long, short)]
    pub(crate) follow: bool,
    /// Only records that contain this text
    #[arg(long = "match", value_name = "TEXT")]
    pub(crate) matching: Option<String>,
    /// Only warnings and errors
    #[arg(long)]
    pub(crate) problems: bool,
    /// Only what is younger, as 10s, by the clocks of the nodes; or what came behind the last mark
    #[arg(long, value_name = "TIME|mark", value_parser = parse_since)]
    pub(crate) since: Option<Since>,
    /// Draw a line with this text between what was logged so far and what comes; it is kept
    #[arg(long, value_name = "TEXT", value_parser = parse_mark, conflicts_with_all = ["since", "matching", "problems"])]
    pub(crate) mark: Option<String>,
    #[command(flatten)]
    pub(crate) name: NameArgs,
}

/// From where on lines are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Since {
    /// So long ago.
    Ago(Millis),
    /// The last mark.
    Mark,
}

/// How often the status is shown.
#[derive(Debug, Clone, Args)]
pub(crate) struct StatusArgs {
    /// Show it again every second, until Ctrl-C or the end of the cluster
    #[arg(long)]
    pub(crate) watch: bool,
    #[command(flatten)]
    pub(crate) name: NameArgs,
}

/// Whose configuration is shown.
#[derive(Debug, Clone, Args)]
pub(crate) struct ConfigArgs {
    /// The node
    #[arg(value_name = "NODE")]
    pub(crate) node: NodeName,
    /// Print its server.xml instead
    #[arg(long)]
    pub(crate) xml: bool,
    #[command(flatten)]
    pub(crate) name: NameArgs,
}

/// Whose heap is looked at.
#[derive(Debug, Clone, Args)]
pub(crate) struct HeapArgs {
    /// The node
    #[arg(value_name = "NODE")]
    pub(crate) node: NodeName,
    /// How many classes to show, the biggest first
    #[arg(long, value_name = "N", default_value = "20", conflicts_with = "dump")]
    pub(crate) top: usize,
    /// Write all objects to this file for a heap analyser; it must not exist yet
    #[arg(long, value_name = "FILE")]
    pub(crate) dump: Option<Utf8PathBuf>,
    #[command(flatten)]
    pub(crate) name: NameArgs,
}

/// What is run where.
#[derive(Debug, Clone, Args)]
pub(crate) struct ExecArgs {
    /// The node
    #[arg(value_name = "NODE")]
    pub(crate) node: NodeName,
    /// The program and its arguments; no shell is in between
    #[arg(value_name = "COMMAND", required = true, last = true)]
    pub(crate) command: Vec<String>,
    #[command(flatten)]
    pub(crate) name: NameArgs,
}

/// Which MBeans are shown.
#[derive(Debug, Clone, Args)]
pub(crate) struct JmxArgs {
    /// The node
    #[arg(value_name = "NODE")]
    pub(crate) node: NodeName,
    /// Name pattern, for example 'Catalina:type=Manager,*'
    #[arg(value_name = "PATTERN")]
    pub(crate) pattern: String,
    #[command(flatten)]
    pub(crate) name: NameArgs,
}

/// How a page is served.
#[derive(Debug, Clone, Args)]
pub(crate) struct ServeArgs {
    /// Port of 127.0.0.1 [default: any free one]
    #[arg(long, value_name = "PORT", default_value_t = 0, hide_default_value = true)]
    pub(crate) port: u16,
    #[command(flatten)]
    pub(crate) name: NameArgs,
}

/// Where the scenario goes.
#[derive(Debug, Clone, Args)]
pub(crate) struct RecipeArgs {
    /// Leave out the steps without which the same violations show, by running what is left; the runs are kept
    #[arg(long)]
    pub(crate) minimal: bool,
    /// Make this scenario minimal, and not what was done by hand
    #[arg(long, value_name = "FILE", requires = "minimal")]
    pub(crate) from: Option<Utf8PathBuf>,
    /// Run each attempt so often at most [default: 1]
    #[arg(long, value_name = "N", requires = "minimal", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) trials: Option<u32>,
    /// How many of these must show the violations [default: 1]
    #[arg(long, value_name = "K", requires = "minimal", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) at_least: Option<u32>,
    /// The file to write; it must not exist yet [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<Utf8PathBuf>,
    #[command(flatten)]
    pub(crate) name: NameArgs,
}

fn parse_fact(text: &str) -> Result<Fact, String> {
    match text.split_once('=') {
        None if text == "formed" => Ok(Fact::Formed),
        None if text == "deployed" => Ok(Fact::Deployed),
        Some(("members", count)) => count.parse().map(Fact::Members).map_err(|error| error.to_string()),
        Some(("sessions", count)) => count.parse().map(Fact::Sessions).map_err(|error| error.to_string()),
        Some(("log", text)) if !text.is_empty() => Ok(Fact::Log(text.to_owned())),
        _ => Err("expected formed, deployed, members=N, sessions=N or log=TEXT".to_owned()),
    }
}

fn parse_method(text: &str) -> Result<String, String> {
    let lower = text.to_lowercase();
    let known = ["get", "post", "put", "patch", "delete"].contains(&lower.as_str());
    if known { Ok(lower) } else { Err("expected get, post, put, patch or delete".to_owned()) }
}

fn parse_field(text: &str) -> Result<(String, String), String> {
    let field = text.split_once('=').ok_or("expected NAME=VALUE")?;
    Ok((field.0.to_owned(), field.1.to_owned()))
}

fn parse_header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or("expected NAME: VALUE")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

fn parse_since(text: &str) -> Result<Since, String> {
    if text == "mark" {
        return Ok(Since::Mark);
    }
    text.parse().map(Since::Ago).map_err(|_| "expected mark, or a time as 10s".to_owned())
}

fn parse_mark(text: &str) -> Result<String, String> {
    let fits = !text.trim().is_empty() && !text.chars().any(char::is_control);
    if fits { Ok(text.to_owned()) } else { Err("expected one line of text".to_owned()) }
}

fn parse_json(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}
