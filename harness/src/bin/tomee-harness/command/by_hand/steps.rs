//! The steps that are no faults: nodes come back, apps come and go, something is waited for.

use camino::Utf8Path;
use serde_json::{Value, json};
use tomee_harness::keeper::{Ask, Client, ClusterView, NodeRow};
use tomee_harness::model::NodeName;

use super::ask::{call, client_of, do_step, nothing_to_do, table};
use super::up::absolute;
use crate::args::{Fact, HealArgs, OutputArgs, StepCommand, WaitArgs};
use crate::exit::{Exit, Failure};

pub(crate) fn step(step: &StepCommand, output: &OutputArgs) -> Result<Exit, Failure> {
    match step {
        StepCommand::Start(args) => {
            let client = client_of(&args.name)?;
            match row(&client, &args.node, output)? {
                Some(row) if row.ended.is_none() && row.place.is_some() && row.state != "host lost" => {
                    nothing_to_do(&format!("{} runs already", args.node), output)
                }
                _ => one(&client, "restart", &args.node, output),
            }
        }
        StepCommand::Restart(args) => {
            let client = client_of(&args.name)?;
            let runs =
                row(&client, &args.node, output)?.is_some_and(|row| row.ended.is_none() && row.state == "running");
            if runs {
                one(&client, "stop", &args.node, output)?;
            }
            one(&client, "restart", &args.node, output)
        }
        StepCommand::Resume(args) => {
            let client = client_of(&args.name)?;
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
            do_step(&client_of(&args.name)?, step, output)
        }
        StepCommand::Undeploy(args) => {
            let through = args.copy.then(|| "copy".into());
            let step = table([("undeploy", Some(args.context.to_string().into())), ("through", through)]);
            do_step(&client_of(&args.name)?, step, output)
        }
        StepCommand::Wait(args) => wait(args, output),
        StepCommand::Drain(args) => one(&client_of(&args.name)?, "drain", &args.node, output),
        StepCommand::Maint(args) => one(&client_of(&args.name)?, "maint", &args.node, output),
        StepCommand::Ready(args) => one(&client_of(&args.name)?, "ready", &args.node, output),
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
    let client = client_of(&args.name)?;
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
    do_step(&client_of(&args.name)?, step, output)
}
