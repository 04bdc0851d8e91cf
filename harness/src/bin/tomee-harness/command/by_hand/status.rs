//! `status`: each node as its machine and its probe have it.

use std::io::IsTerminal as _;
use std::time::Duration;

use serde_json::json;
use tomee_harness::keeper::{Ask, CallError, ClusterView, FrontView, NodeRow};
use tomee_harness::model::FrontServer;

use super::ask::{call, call_failure, client_of};
use crate::args::{OutputArgs, StatusArgs};
use crate::exit::{Exit, Failure};
use crate::output::{print, print_json};

/// How often a status that is watched is shown.
const EVERY: Duration = Duration::from_secs(1);
/// Goes to the top of a terminal's screen and clears it.
const CLEAR: &str = "\u{1b}[H\u{1b}[2J";

pub(crate) fn status(args: &StatusArgs, output: &OutputArgs) -> Result<Exit, Failure> {
    let client = client_of(&args.name)?;
    let view: ClusterView = call(&client, &Ask::Status, output)?;
    if !args.watch {
        show(&view, output)?;
        return Ok(Exit::Holds);
    }
    let clears = !output.is_json() && std::io::stdout().is_terminal();
    let mut view = Some(view);
    while let Some(now) = view {
        if clears {
            print(CLEAR)?;
        }
        show(&now, output)?;
        std::thread::park_timeout(EVERY);
        let again = client.call(&Ask::Status, |_| {});
        view = match again {
            Ok(view) => Some(serde_json::from_value(view).map_err(Failure::environment)?),
            // The cluster was ended meanwhile.
            Err(CallError::Gone { .. }) if !client.entry().socket.exists() => None,
            Err(error) => return Err(call_failure(error)),
        };
    }
    Ok(Exit::Holds)
}

pub(super) fn show(view: &ClusterView, output: &OutputArgs) -> Result<(), Failure> {
    if output.is_json() {
        return print_json(&json!({"format": 1, "cluster": view}));
    }
    print(&rendered(view))
}

fn rendered(view: &ClusterView) -> String {
    let mut text = format!("cluster {} is {}: {}\n", view.name, view.phase, view.setting);
    text.extend(view.failed.iter().map(|why| format!("  {why}\n")));
    text.extend(view.held.iter().map(|held| format!("  held at {held}\n")));
    text.extend(view.doing.iter().map(|doing| format!("  now: {doing}\n")));
    let rows: Vec<[String; 6]> = view.nodes.iter().map(cells).collect();
    let header = ["NODE", "STATE", "PLACE", "HTTP", "SEES", "APPS (SESSIONS)"].map(str::to_owned);
    let width =
        |column: usize| rows.iter().chain([&header]).map(|row| row[column].chars().count()).max().unwrap_or_default();
    let widths: Vec<usize> = (0..6).map(width).collect();
    if !rows.is_empty() {
        for row in std::iter::once(&header).chain(&rows) {
            let cells: Vec<String> =
                row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}", width = *width)).collect();
            text.push_str(&format!("  {}\n", cells.join("  ").trim_end()));
        }
    }
    for row in &view.nodes {
        if let Some(ended) = &row.ended {
            text.push_str(&format!("  {}: {ended}\n", row.node));
        }
        if let Some(silent) = &row.silent {
            text.push_str(&format!("  {} does not answer: {silent}\n", row.node));
        }
        if let Some(problem) = &row.problem {
            let message: String = problem.message.chars().take(150).collect();
            text.push_str(&format!("  {} {} at {}: {message}\n", row.node, problem.level, problem.node_time));
        }
    }
    text.extend(view.front.iter().map(front));
    text.push_str(&format!("run: {}\n", view.folder));
    text
}

/// The balancer in a line, and a line for each node that it has.
fn front(front: &FrontView) -> String {
    let place = [front.place.as_deref(), front.http.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(", ");
    let mut text = format!("  front ({}): {place}\n", front.setting);
    text.extend(front.silent.iter().map(|why| format!("    does not answer: {why}\n")));
    text.extend(front.servers.iter().map(|(node, server)| {
        let FrontServer { state, check, active, total } = server;
        format!("    {node}  {state:<5}  {active} active, {total} in all  {check}\n")
    }));
    text
}

fn cells(row: &NodeRow) -> [String; 6] {
    let or_dash = |text: Option<&String>| text.cloned().unwrap_or_else(|| "-".to_owned());
    let members =
        row.members.as_ref().map(|members| if members.is_empty() { "nobody".to_owned() } else { members.join(" ") });
    let apps: Vec<String> = row
        .apps
        .iter()
        .map(|app| {
            let version = if app.version.is_empty() { String::new() } else { format!("##{}", app.version) };
            let sessions = app.sessions.map_or_else(|| "?".to_owned(), |count| count.to_string());
            let down = if app.available { "" } else { " not available" };
            let local = if app.local_because.is_some() { " local" } else { "" };
            format!("{}{version} ({sessions}{local}{down})", app.context)
        })
        .collect();
    let apps = if apps.is_empty() { "-".to_owned() } else { apps.join(" ") };
    [
        row.node.to_string(),
        row.state.clone(),
        or_dash(row.place.as_ref()),
        or_dash(row.http.as_ref()),
        or_dash(members.as_ref()),
        apps,
    ]
}
