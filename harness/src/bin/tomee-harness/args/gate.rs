//! The arguments of `gate`.

use std::time::Duration;

use camino::Utf8PathBuf;
use clap::Args;
use tomee_harness::model::{ContextPath, NodeName, ServerSpec};
use tomee_harness::runner::Jobs;

use super::values::{parse_time, parse_variable};

/// What is asked about.
#[derive(Debug, Args)]
pub(crate) struct GateArgs {
    // An attribute and no comment: the help has no backticks.
    #[arg(
        long,
        value_name = "DIR",
        required_unless_present = "node",
        help = "A CATALINA_BASE, a conf folder or a server.xml for all nodes, or a folder with n1, n2 and so on"
    )]
    pub(crate) config: Option<Utf8PathBuf>,
    /// The same for one node, as n2=DIR; may be repeated
    #[arg(long, value_name = "NODE=DIR", value_parser = parse_node)]
    pub(crate) node: Vec<(NodeName, Utf8PathBuf)>,
    /// Number of nodes, 2 to 8 [default: as many as the configuration names]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(2..=8))]
    pub(crate) nodes: Option<u8>,
    /// Server: tomee:VERSION, tomcat:VERSION, or a folder [default: read from the configuration]
    #[arg(long, env = "TOMEE_HARNESS_SERVER", value_name = "SERVER")]
    pub(crate) server: Option<ServerSpec>,
    /// Your own app [default: the counter app]
    #[arg(long, value_name = "FILE")]
    pub(crate) war: Option<Utf8PathBuf>,
    /// Context path of the app [default: from the file name, as in Tomcat]
    #[arg(long, value_name = "CONTEXT", requires = "war")]
    pub(crate) at: Option<ContextPath>,
    /// Path to request, from the root of the server; may be repeated [default: the app's root]
    #[arg(long, value_name = "PATH", requires = "war")]
    pub(crate) path: Vec<String>,
    /// What each client asks first: a file with the steps of a login, as a scenario has them
    #[arg(long, value_name = "FILE", requires = "war")]
    pub(crate) login: Option<Utf8PathBuf>,
    /// The host that requests name, for a virtual host [default: the default Host, or the first one in a Cluster]
    #[arg(long, value_name = "NAME", value_parser = parse_host)]
    pub(crate) host_header: Option<String>,
    /// A system property for ${...}; may be repeated
    #[arg(short = 'D', value_name = "NAME=VALUE", value_parser = parse_variable)]
    pub(crate) define: Vec<(String, String)>,
    /// An argument for each node's JVM; may be repeated
    #[arg(long, value_name = "ARG", allow_hyphen_values = true)]
    pub(crate) jvm_arg: Vec<String>,
    /// An environment variable for each node; may be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = parse_variable)]
    pub(crate) env: Vec<(String, String)>,
    /// A file of NAME=VALUE lines for each node's environment
    #[arg(long, value_name = "FILE")]
    pub(crate) env_file: Option<Utf8PathBuf>,
    /// A jar to add to each node's lib folder; may be repeated
    #[arg(long, value_name = "JAR")]
    pub(crate) lib: Vec<Utf8PathBuf>,
    /// A data source that is replaced by one in memory, by its JNDI name; may be repeated [default: those without a driver]
    #[arg(long, value_name = "NAME")]
    pub(crate) resource: Vec<String>,
    /// Java home of the nodes [default: JAVA_HOME, then java on the PATH]
    #[arg(long, env = "TOMEE_HARNESS_JAVA", value_name = "HOME")]
    pub(crate) java: Option<Utf8PathBuf>,
    /// Compare with another configuration: a folder or file, or a git revision of --config
    #[arg(long, value_name = "DIR|REV")]
    pub(crate) against: Option<String>,
    /// Compare with the same configuration on another server
    #[arg(long, value_name = "SERVER")]
    pub(crate) against_server: Option<ServerSpec>,
    /// Compare with another build of the app
    #[arg(long, value_name = "FILE", requires = "war")]
    pub(crate) against_war: Option<Utf8PathBuf>,
    /// Print what would be changed to make each server.xml run here, and start nothing
    #[arg(long)]
    pub(crate) show_transplant: bool,
    /// Print what would be run, and why, and start nothing
    #[arg(long)]
    pub(crate) plan: bool,
    /// Begin no run after this time, for example 60s; what is left out makes the result unknown
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub(crate) within: Option<Duration>,
    /// Time limit of one run [default: 10m]
    #[arg(long, env = "TOMEE_HARNESS_TIMEOUT", value_name = "TIME", value_parser = parse_time)]
    pub(crate) timeout: Option<Duration>,
    /// Maximum number of concurrent runs; auto fits memory and CPUs [default: auto]
    #[arg(long, env = "TOMEE_HARNESS_JOBS", value_name = "N")]
    pub(crate) jobs: Option<Jobs>,
    /// Folder of the gate [default: .tomee-harness/gates/ID]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<Utf8PathBuf>,
    /// Write the report in the --format before it to a file; may be repeated
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Vec<Utf8PathBuf>,
}

/// A host, with or without a port.
fn parse_host(text: &str) -> Result<String, String> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || "-_.:".contains(c);
    let is_one = !text.is_empty() && text.chars().all(is_name) && !text.starts_with([':', '.', '-']);
    is_one.then(|| text.to_owned()).ok_or_else(|| "must be a host, for example shop.example.com".to_owned())
}

/// `n2=DIR`.
fn parse_node(text: &str) -> Result<(NodeName, Utf8PathBuf), String> {
    let Some((name, path)) = text.split_once('=').filter(|(_, path)| !path.is_empty()) else {
        return Err("must be NODE=DIR, for example n2=conf-n2".to_owned());
    };
    let name: NodeName = name.parse().map_err(|error: tomee_harness::model::names::NameError| error.to_string())?;
    let is_nth = (0..8).any(|index| NodeName::nth(index) == name);
    if is_nth { Ok((name, path.into())) } else { Err(format!("`{name}` is no node, expected n1 to n8")) }
}
