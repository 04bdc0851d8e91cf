//! The steps that are no faults: nodes come back, apps come and go, something is waited for.

use camino::Utf8Path;
use serde_json::{Value, json};
use tomee_harness::keeper::{AppRow, Ask, Client, ClusterView, NodeRow};
use tomee_harness::model::plan::App;
use tomee_harness::model::{ContextPath, FaultKind, NodeName};
use tomee_harness::runner::StepDone;

use super::ask::{call, client_of, do_step, nothing_to_do, show_step, table};
use super::up::absolute;
use crate::args::{Fact, HealArgs, OneWayArgs, OutputArgs, StepCommand, WaitArgs};
use crate::exit::{Exit, Failure};

pub(crate) fn step(command: &StepCommand, output: &OutputArgs) -> Result<Exit, Failure> {
    match command {
        StepCommand::Start(args) => {
            let done: Vec<StepDone> = call(&client_of(&args.name)?, &Ask::Start(args.node.clone()), output)?;
            if done.is_empty() {
                return nothing_to_do(&format!("{} runs already", args.node), output);
            }
            show_all(&done, output)
        }
        StepCommand::Restart(args) => {
            let done: Vec<StepDone> = call(&client_of(&args.name)?, &Ask::Restart(args.node.clone()), output)?;
            show_all(&done, output)
        }
        StepCommand::Resume(args) => {
            let client = client_of(&args.name)?;
            match row(&client, &args.node, output)? {
                Some(row) if row.faults.is_empty() => nothing_to_do(&format!("{} is not paused", args.node), output),
                _ => one(&client, "heal", &args.node, output),
            }
        }
        StepCommand::Heal(args) => heal(args, output),
        StepCommand::DropOneWay(args) => drop_one_way(args, output),
        StepCommand::Redeploy(args) => {
            let view: ClusterView = call(&client_of(&args.name)?, &Ask::Status, output)?;
            let context = match &args.at {
                Some(at) => at.clone(),
                None => context_of(&args.app)?,
            };
            let served = |row: &NodeRow| row.apps.iter().any(|app| app.context == context);
            if !view.nodes.iter().any(served) {
                let hint = Some("`deploy` deploys what is not there".to_owned());
                return Err(Failure::usage(format!("no node serves {context}")).hint(hint));
            }
            step(&StepCommand::Deploy(args.clone()), output)
        }
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
                ("within", args.within.map(|time| time.to_string().into())),
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

fn show_all(done: &[StepDone], output: &OutputArgs) -> Result<Exit, Failure> {
    done.iter().try_for_each(|done| show_step(done, output))?;
    Ok(Exit::Holds)
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

/// Where an app is served that is deployed without saying where.
fn context_of(app: &str) -> Result<ContextPath, Failure> {
    App::named(app).map(|(_, context)| context).map_err(|refusal| Failure::usage(refusal.message).hint(refusal.help))
}

/// With two nodes this is all that the one sends; the machines know no way between two of more.
fn drop_one_way(args: &OneWayArgs, output: &OutputArgs) -> Result<Exit, Failure> {
    let client = client_of(&args.name)?;
    let view: ClusterView = call(&client, &Ask::Status, output)?;
    let names: Vec<&str> = view.nodes.iter().map(|row| row.node.as_str()).collect();
    if let Some(unknown) = [&args.from, &args.to].into_iter().find(|node| !names.contains(&node.as_str())) {
        return Err(Failure::usage(format!("no node {unknown}: the cluster has {}", names.join(", "))));
    }
    if args.from == args.to {
        return Err(Failure::usage(format!("{} is named twice", args.from)));
    }
    if names.len() > 2 {
        let hint = format!(
            "`drop-outgoing {}` drops what it sends any peer, `drop-incoming {}` what any peer sends that one",
            args.from, args.to
        );
        return Err(Failure::usage("one way between two nodes alone can be cut in a cluster of two").hint(Some(hint)));
    }
    let step = table([
        ("drop-outgoing", Some(args.from.to_string().into())),
        ("for", args.lasting.map(|time| time.to_string().into())),
    ]);
    do_step(&client, step, output)
}

fn wait(args: &WaitArgs, output: &OutputArgs) -> Result<Exit, Failure> {
    if args.fact == Fact::Deployed {
        let view: ClusterView = call(&client_of(&args.name)?, &Ask::Status, output)?;
        if view.nodes.iter().any(runs) && serve_all(&view.nodes) {
            return nothing_to_do("each node that runs serves all apps already", output);
        }
    }
    let (word, sessions, contains) = match &args.fact {
        Fact::Formed => ("cluster-formed", None, None),
        Fact::Deployed => ("deployed", None, None),
        Fact::Members(count) => return members(args, *count, output),
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

/// Whether a node's server goes on, whatever was done to its network.
fn runs(row: &NodeRow) -> bool {
    row.ended.is_none() && row.place.is_some() && !row.faults.contains(&FaultKind::Pause)
}

/// Whether each node that runs serves all that any of them has.
fn serve_all(rows: &[NodeRow]) -> bool {
    let living: Vec<&NodeRow> = rows.iter().filter(|row| runs(row)).collect();
    let serves = |row: &NodeRow, app: &AppRow| {
        row.apps.iter().any(|own| own.available && (&own.context, &own.version) == (&app.context, &app.version))
    };
    let mut all = living.iter().flat_map(|row| &row.apps);
    !living.iter().any(|row| row.apps.is_empty()) && all.all(|app| living.iter().all(|row| serves(row, app)))
}

/// Waits until a node, or each that runs, lists so many others.
fn members(args: &WaitArgs, count: u64, output: &OutputArgs) -> Result<Exit, Failure> {
    let client = client_of(&args.name)?;
    let nodes = if let Some(node) = &args.on {
        vec![node.clone()]
    } else {
        let view: ClusterView = call(&client, &Ask::Status, output)?;
        view.nodes.into_iter().filter(runs).map(|row| row.node).collect()
    };
    if nodes.is_empty() {
        return Err(Failure::usage("no node runs that could list others"));
    }
    for node in nodes {
        let step = table([
            ("wait", Some("members".into())),
            ("on", Some(node.to_string().into())),
            ("members", Some(json!(count))),
            ("within", args.within.map(|time| time.to_string().into())),
        ]);
        do_step(&client, step, output)?;
    }
    Ok(Exit::Holds)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(apps: &[(&str, &str, bool)], faults: &[&str], ended: bool) -> NodeRow {
        let app = |(context, version, available): &(&str, &str, bool)| json!({"context": context, "version": version, "available": available});
        let apps: Vec<Value> = apps.iter().map(app).collect();
        let ended = ended.then_some("signal 9");
        let row = json!({
            "node": "n1", "state": "x", "faults": faults, "apps": apps, "ended": ended, "place": "process 1",
        });
        serde_json::from_value(row).expect("a row")
    }

    #[test]
    fn a_node_whose_network_is_broken_runs_and_one_that_is_paused_or_dead_does_not() {
        assert!(runs(&row(&[], &["packet-loss"], false)));
        assert!(!runs(&row(&[], &["pause"], false)));
        assert!(!runs(&row(&[], &[], true)));
    }

    #[test]
    fn all_is_served_where_each_node_that_runs_has_what_any_has() {
        let (old, new) = (("/shop", "", true), ("/shop", "002", true));
        assert!(serve_all(&[row(&[old], &[], false), row(&[old], &[], false), row(&[], &[], true)]));
        assert!(!serve_all(&[row(&[old, new], &[], false), row(&[old], &[], false)]), "one lacks a version");
        assert!(
            !serve_all(&[row(&[old], &[], false), row(&[("/shop", "", false)], &[], false)]),
            "one is not available"
        );
        assert!(!serve_all(&[row(&[], &[], false), row(&[], &[], false)]), "nothing is deployed");
    }
}
