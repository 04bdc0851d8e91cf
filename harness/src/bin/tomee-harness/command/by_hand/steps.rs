//! The steps that are no faults: nodes come back, apps come and go, something is waited for.

use camino::Utf8Path;
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use tomee_harness::keeper::{Ask, Client, ClusterView, NodeRow};
use tomee_harness::model::{ContextPath, Millis, NodeName};

use super::up::absolute;
use super::{NameArgs, call, do_step, nothing_to_do, table};
use crate::args::OutputArgs;
use crate::exit::{Exit, Failure};

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
    /// Deploy an app through the farm, and wait until every node serves it
    Deploy(DeployArgs),
    /// Take an app away, and wait until no node serves it
    Undeploy(UndeployArgs),
    /// Wait for a fact
    Wait(WaitArgs),
}

/// Which node.
#[derive(Debug, Clone, Args)]
pub(crate) struct NodeArgs {
    /// The node
    #[arg(value_name = "NODE")]
    node: NodeName,
    #[command(flatten)]
    name: NameArgs,
}

/// What is healed.
#[derive(Debug, Clone, Args)]
pub(crate) struct HealArgs {
    /// The node [default: all nodes]
    #[arg(value_name = "NODE")]
    node: Option<NodeName>,
    #[command(flatten)]
    name: NameArgs,
}

/// What is deployed.
#[derive(Debug, Clone, Args)]
pub(crate) struct DeployArgs {
    /// The path of a WAR, or an app of the harness: counter, local-counter, heavy-counter, …
    #[arg(value_name = "APP")]
    app: String,
    /// Context path [default: from the file name, as in Tomcat]
    #[arg(long, value_name = "CONTEXT")]
    at: Option<ContextPath>,
    /// Put it into the appBase of each node instead of the farm's folder
    #[arg(long)]
    copy: bool,
    /// Put it into the appBase of this node alone
    #[arg(long, value_name = "NODE", requires = "copy")]
    on: Option<NodeName>,
    /// Version, as in shop##002.war
    #[arg(long = "app-version", value_name = "VERSION")]
    version: Option<String>,
    #[command(flatten)]
    name: NameArgs,
}

/// What is taken away.
#[derive(Debug, Clone, Args)]
pub(crate) struct UndeployArgs {
    /// Context path
    #[arg(value_name = "CONTEXT")]
    context: ContextPath,
    /// It was put into the appBase of each node
    #[arg(long)]
    copy: bool,
    #[command(flatten)]
    name: NameArgs,
}

/// What is waited for.
#[derive(Debug, Clone, Args)]
pub(crate) struct WaitArgs {
    /// Formed (all living nodes list each other), deployed, sessions=N or log=TEXT
    #[arg(long = "for", value_name = "FACT", value_parser = parse_fact)]
    fact: Fact,
    /// The node, of sessions and log
    #[arg(long, value_name = "NODE")]
    on: Option<NodeName>,
    /// How long at most, for example 30s
    #[arg(long, value_name = "TIME")]
    within: Option<Millis>,
    #[command(flatten)]
    name: NameArgs,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Fact {
    Formed,
    Deployed,
    Sessions(u64),
    Log(String),
}

fn parse_fact(text: &str) -> Result<Fact, String> {
    match text.split_once('=') {
        None if text == "formed" => Ok(Fact::Formed),
        None if text == "deployed" => Ok(Fact::Deployed),
        Some(("sessions", count)) => count.parse().map(Fact::Sessions).map_err(|error| error.to_string()),
        Some(("log", text)) if !text.is_empty() => Ok(Fact::Log(text.to_owned())),
        _ => Err("expected formed, deployed, sessions=N or log=TEXT".to_owned()),
    }
}

pub(crate) fn step(step: &StepCommand, output: &OutputArgs) -> Result<Exit, Failure> {
    match step {
        StepCommand::Start(args) => {
            let client = args.name.client()?;
            match row(&client, &args.node, output)? {
                Some(row) if row.ended.is_none() && row.place.is_some() && row.state != "host lost" => {
                    nothing_to_do(&format!("{} runs already", args.node), output)
                }
                _ => one(&client, "restart", &args.node, output),
            }
        }
        StepCommand::Restart(args) => {
            let client = args.name.client()?;
            let runs =
                row(&client, &args.node, output)?.is_some_and(|row| row.ended.is_none() && row.state == "running");
            if runs {
                one(&client, "stop", &args.node, output)?;
            }
            one(&client, "restart", &args.node, output)
        }
        StepCommand::Resume(args) => {
            let client = args.name.client()?;
            match row(&client, &args.node, output)? {
                Some(row) if row.faults.is_empty() => nothing_to_do(&format!("{} is not paused", args.node), output),
                _ => one(&client, "heal", &args.node, output),
            }
        }
        StepCommand::Heal(args) => heal(args, output),
        StepCommand::Deploy(args) => {
            let app = if Utf8Path::new(&args.app).extension() == Some("war") {
                absolute(Utf8Path::new(&args.app))?.into_string()
            } else {
                args.app.clone()
            };
            let step = table([
                ("deploy", Some(app.into())),
                ("at", args.at.as_ref().map(|at| at.to_string().into())),
                ("through", args.copy.then(|| "copy".into())),
                ("on", args.on.as_ref().map(|node| node.to_string().into())),
                ("version", args.version.clone().map(Value::String)),
            ]);
            do_step(&args.name.client()?, step, output)
        }
        StepCommand::Undeploy(args) => {
            let through = args.copy.then(|| "copy".into());
            let step = table([("undeploy", Some(args.context.to_string().into())), ("through", through)]);
            do_step(&args.name.client()?, step, output)
        }
        StepCommand::Wait(args) => wait(args, output),
    }
}

/// A step that names a node and nothing else.
fn one(client: &Client, verb: &str, node: &NodeName, output: &OutputArgs) -> Result<Exit, Failure> {
    do_step(client, table([(verb, Some(node.to_string().into()))]), output)
}

/// How a node is; none where the cluster has no such node, which the step itself will say.
fn row(client: &Client, node: &NodeName, output: &OutputArgs) -> Result<Option<NodeRow>, Failure> {
    let view: ClusterView = call(client, &Ask::Status, output)?;
    Ok(view.nodes.into_iter().find(|row| row.node == *node))
}

fn heal(args: &HealArgs, output: &OutputArgs) -> Result<Exit, Failure> {
    let client = args.name.client()?;
    let view: ClusterView = call(&client, &Ask::Status, output)?;
    let broken = view.nodes.iter().filter(|row| !row.faults.is_empty());
    let meant: Vec<&NodeRow> = broken.filter(|row| args.node.as_ref().is_none_or(|node| row.node == *node)).collect();
    if meant.is_empty() {
        let whom = args.node.as_ref().map_or_else(|| "any node".to_owned(), ToString::to_string);
        return nothing_to_do(&format!("nothing lasts on {whom} that could be healed"), output);
    }
    for row in meant {
        one(&client, "heal", &row.node, output)?;
    }
    Ok(Exit::Holds)
}

fn wait(args: &WaitArgs, output: &OutputArgs) -> Result<Exit, Failure> {
    let (word, sessions, contains) = match &args.fact {
        Fact::Formed => ("cluster-formed", None, None),
        Fact::Deployed => ("deployed", None, None),
        Fact::Sessions(count) => ("sessions", Some(json!(count)), None),
        Fact::Log(text) => ("log", None, Some(json!(text))),
    };
    let step = table([
        ("wait", Some(word.into())),
        ("sessions", sessions),
        ("contains", contains),
        ("on", args.on.as_ref().map(|node| node.to_string().into())),
        ("within", args.within.map(|time| time.to_string().into())),
    ]);
    do_step(&args.name.client()?, step, output)
}
