//! The arguments of `gate`.

use std::time::Duration;

use camino::Utf8PathBuf;
use clap::{Args, Subcommand};
use tomee_harness::model::{Millis, NodeName, ServerSpec};
use tomee_harness::runner::Jobs;

use super::OwnAppArgs;
use super::values::{parse_limit, parse_time, parse_variable};

/// What is asked about.
#[derive(Debug, Clone, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct GateArgs {
    #[command(subcommand)]
    pub(crate) command: Option<GateCommand>,
    // An attribute and no comment: the help has no backticks.
    #[arg(
        long,
        value_name = "DIR",
        required_unless_present_any = ["node", "scenario"],
        help = "A CATALINA_BASE, a conf folder or a server.xml for all nodes, or a folder with n1, n2 and so on"
    )]
    pub(crate) config: Option<Utf8PathBuf>,
    /// The same for one node, as n2=DIR; may be repeated
    #[arg(long, value_name = "NODE=DIR", value_parser = parse_node)]
    pub(crate) node: Vec<(NodeName, Utf8PathBuf)>,
    /// Number of nodes, 2 to 8 [default: as many as the configuration names]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(2..=8))]
    pub(crate) nodes: Option<u8>,
    /// Server: tomee:VERSION, tomcat:VERSION, tomcat:10.1 or tomee:latest (the newest of the line), or a folder [default:
    /// read from the configuration]
    #[arg(long, env = "TOMEE_HARNESS_SERVER", value_name = "SERVER")]
    pub(crate) server: Option<ServerSpec>,
    /// Your own app [default: the counter app]
    #[arg(long, value_name = "FILE")]
    pub(crate) war: Option<Utf8PathBuf>,
    #[command(flatten)]
    pub(crate) app: OwnAppArgs,
    /// How long the app may take to start on a node, at its deployment and at each restart [default: 3m]
    #[arg(long, value_name = "TIME", requires = "war", value_parser = parse_limit)]
    pub(crate) start_within: Option<Millis>,
    /// The host that requests name, for a virtual host [default: the default Host, or the first one in a Cluster]
    #[arg(long, value_name = "NAME", value_parser = parse_host)]
    pub(crate) host_header: Option<String>,
    /// A system property for ${...}, where {node} in the value is the node's name; may be repeated
    #[arg(short = 'D', value_name = "NAME=VALUE", value_parser = parse_variable)]
    pub(crate) define: Vec<(String, String)>,
    /// An argument for each node's JVM; may be repeated
    #[arg(long, value_name = "ARG", allow_hyphen_values = true)]
    pub(crate) jvm_arg: Vec<String>,
    /// An environment variable for each node, where {node} in the value is the node's name; may be repeated
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
    #[arg(long, value_name = "DIR|REV", group = "compared")]
    pub(crate) against: Option<String>,
    /// Compare with the same configuration on another server
    #[arg(long, value_name = "SERVER", group = "compared")]
    pub(crate) against_server: Option<ServerSpec>,
    /// Compare with another build of the app
    #[arg(long, value_name = "FILE", requires = "war", group = "compared")]
    pub(crate) against_war: Option<Utf8PathBuf>,
    /// Run old and new in one cluster as well, updating one node after the other
    #[arg(long, requires = "compared")]
    pub(crate) rolling: bool,
    /// Number of pairs of runs, one of each side, that separate a change of times from noise [default: 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=60))]
    pub(crate) pairs: Option<u8>,
    /// Compare the configuration with itself: how large is the noise? [--pairs 6 where nothing is said]
    #[arg(long, conflicts_with_all = ["compared", "bisect"])]
    pub(crate) noise: bool,
    /// File of what your team accepts; gate accept writes it [default: tomee-harness-gate.toml]
    #[arg(long, value_name = "FILE")]
    pub(crate) accepted: Option<Utf8PathBuf>,
    /// Find the first release on which the answer turns: FROM..TO, or releases with commas, as tomcat:10.1.40..10.1.59
    #[arg(long, value_name = "RELEASES", conflicts_with_all = ["compared", "server"])]
    pub(crate) bisect: Option<Releases>,
    /// With --bisect: runs of a scenario instead of a configuration
    #[arg(long, value_name = "PATH|NAME", requires = "bisect", conflicts_with_all = ["config", "node", "war"])]
    pub(crate) scenario: Option<String>,
    /// Only this run, as failover; what is left out makes the result unknown (with --bisect: nothing is left out)
    #[arg(long, value_name = "RUN")]
    pub(crate) only: Option<String>,
    /// With --bisect: runs of each release at most [default: 1]
    #[arg(long, value_name = "N", requires = "bisect", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) times: Option<u32>,
    /// With --bisect: red runs that make a release bad [default: 1]
    #[arg(long, value_name = "K", requires = "times", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) at_least: Option<u32>,
    /// Print what would be changed to make each server.xml run here, and start nothing
    #[arg(long)]
    pub(crate) show_transplant: bool,
    /// Print what would be run, and why, and start nothing
    #[arg(long)]
    pub(crate) plan: bool,
    /// A budget, for example 60s: behind it no run is begun, and none goes on; what is left out makes the result unknown
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

/// What is done with a gate that was run.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum GateCommand {
    /// Write what stands against a pass of the last gate into a file that your team reviews; later gates compare
    Accept(AcceptArgs),
}

/// What is accepted.
#[derive(Debug, Clone, Args)]
pub(crate) struct AcceptArgs {
    /// Folder of the gate, or its gate.json [default: the last one in .tomee-harness/gates]
    #[arg(value_name = "GATE_DIR")]
    pub(crate) gate: Option<Utf8PathBuf>,
    /// File to write [default: tomee-harness-gate.toml]
    #[arg(long, value_name = "FILE")]
    pub(crate) accepted: Option<Utf8PathBuf>,
}

/// Releases of one server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Releases {
    /// As they were written.
    pub(crate) text: String,
    /// The server, in the first of them.
    pub(crate) server: ServerSpec,
    /// Both ends, or all.
    pub(crate) versions: Vec<String>,
    /// Whether these are the ends of a range.
    pub(crate) is_range: bool,
}

impl std::str::FromStr for Releases {
    type Err = String;

    /// `tomcat:10.1.40..10.1.59`, `tomee:8.0.0,9.0.0:plus`.
    fn from_str(text: &str) -> Result<Self, String> {
        let form = || "must be releases of one server, as tomcat:10.1.40..10.1.59 or tomcat:10.1.47,10.1.49".to_owned();
        let (product, rest) = text.split_once(':').ok_or_else(form)?;
        let (list, flavour) = rest.split_once(':').map_or((rest, None), |(list, flavour)| (list, Some(flavour)));
        let is_range = list.contains("..");
        let versions: Vec<String> =
            if is_range { list.split("..").collect() } else { list.split(',').collect::<Vec<_>>() }
                .into_iter()
                .map(|version| version.trim().to_owned())
                .collect();
        if versions.len() < 2 || is_range && versions.len() > 2 {
            return Err(form());
        }
        let flavour = flavour.map(|flavour| format!(":{flavour}")).unwrap_or_default();
        let servers = versions.iter().map(|version| format!("{product}:{version}{flavour}").parse::<ServerSpec>());
        let servers = servers.collect::<Result<Vec<_>, _>>().map_err(|error| error.to_string())?;
        if let Some(line) = servers.iter().find(|server| server.line().is_some()) {
            return Err(format!("{line} is a line of releases, expected a release"));
        }
        let server = servers.into_iter().next().ok_or_else(form)?;
        Ok(Self { text: text.to_owned(), server, versions, is_range })
    }
}

/// `n2=DIR`.
pub(crate) fn parse_node(text: &str) -> Result<(NodeName, Utf8PathBuf), String> {
    let Some((name, path)) = text.split_once('=').filter(|(_, path)| !path.is_empty()) else {
        return Err("must be NODE=DIR, for example n2=conf-n2".to_owned());
    };
    let name: NodeName = name.parse().map_err(|error: tomee_harness::model::names::NameError| error.to_string())?;
    let is_nth = (0..8).any(|index| NodeName::nth(index) == name);
    if is_nth { Ok((name, path.into())) } else { Err(format!("`{name}` is no node, expected n1 to n8")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_a_range_or_a_list_of_one_server() {
        let range: Releases = "tomcat:10.1.40..10.1.59".parse().expect("a range");
        assert!(range.is_range && range.versions == ["10.1.40", "10.1.59"]);
        let list: Releases = "tomee:8.0.13,9.0.0:plus".parse().expect("a list");
        assert_eq!((list.is_range, list.server.to_string().as_str()), (false, "tomee:8.0.13:plus"));
        for bad in [
            "tomcat",
            "tomcat:10.1.40",
            "tomcat:10.1.40..",
            "tomcat:10.1..10.1.59",
            "jetty:1.0.0..2.0.0",
            "tomcat:1.0.0..2.0.0..3.0.0",
        ] {
            assert!(bad.parse::<Releases>().is_err(), "{bad} was taken");
        }
    }
}
