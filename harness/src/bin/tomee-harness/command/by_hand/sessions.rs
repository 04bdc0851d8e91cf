//! `sessions` and `diff`: what each node holds of each session, side by side.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use tomee_harness::history::SessionReplica;
use tomee_harness::keeper::{Ask, SessionRow};
use tomee_harness::model::{NodeName, SessionId};

use super::ask::{call, client_of};
use crate::args::{DiffArgs, OutputArgs, SessionsArgs};
use crate::exit::{Exit, Failure};
use crate::output::{print, print_json};

/// A value of more characters is cut.
const MOST_VALUE: usize = 40;

pub(crate) fn sessions(args: &SessionsArgs, output: &OutputArgs) -> Result<Exit, Failure> {
    let session = args.session.as_ref().map(|id| SessionId::new(id.clone()));
    let rows: Vec<SessionRow> = call(&client_of(&args.name)?, &Ask::Sessions(session), output)?;
    if output.is_json() {
        print_json(&json!({"format": 1, "sessions": rows}))?;
    } else if rows.is_empty() {
        print("no node holds a session\n")?;
    } else {
        print(&rows.iter().map(rendered).collect::<String>())?;
    }
    Ok(Exit::Holds)
}

pub(crate) fn diff(args: &DiffArgs, output: &OutputArgs) -> Result<Exit, Failure> {
    let rows: Vec<SessionRow> = call(&client_of(&args.name)?, &Ask::Sessions(None), output)?;
    let known: BTreeSet<&NodeName> = rows.iter().flat_map(|row| row.nodes.keys()).collect();
    if let Some(unknown) = [&args.one, &args.other].into_iter().find(|node| !rows.is_empty() && !known.contains(node)) {
        return Err(Failure::usage(format!("{unknown} does not run, or serves none of the apps")));
    }
    let of_two = |row: &SessionRow| {
        let nodes: BTreeMap<NodeName, Option<SessionReplica>> = row
            .nodes
            .iter()
            .filter(|(node, _)| **node == args.one || **node == args.other)
            .map(|(node, replica)| (node.clone(), replica.clone()))
            .collect();
        row.of(nodes)
    };
    let rows: Vec<SessionRow> = rows.iter().map(of_two).filter(|row| !row.differ.is_empty()).collect();
    if output.is_json() {
        print_json(&json!({"format": 1, "sessions": rows}))?;
    } else if rows.is_empty() {
        print(&format!("{} and {} hold the same\n", args.one, args.other))?;
    } else {
        print(&rows.iter().map(rendered).collect::<String>())?;
    }
    Ok(if rows.is_empty() { Exit::Holds } else { Exit::Violated })
}

/// A session: a line for each attribute, a column for each node. What differs has a mark.
fn rendered(row: &SessionRow) -> String {
    let differ = if row.differ.is_empty() { String::new() } else { format!("  DIFFERS: {}", row.differ.join(", ")) };
    let mut text = format!("{} {}{differ}\n", row.context, row.stem);
    let mut lines: Vec<Vec<String>> = vec![];
    let all = |of: &dyn Fn(&SessionReplica) -> String| -> Vec<String> {
        row.nodes.values().map(|replica| replica.as_ref().map_or_else(|| "-".to_owned(), of)).collect()
    };
    let head = row.nodes.keys().map(ToString::to_string).collect();
    lines.push([vec![String::new(), String::new()], head].concat());
    let role = |replica: &SessionReplica| {
        let role = format!("{:?}", replica.role).to_lowercase();
        let route = replica.id.route().map(|route| format!(" .{route}")).unwrap_or_default();
        let invalid = if replica.valid { "" } else { " invalid" };
        format!("{role}{route}{invalid}")
    };
    lines.push([vec![String::new(), "(role)".to_owned()], all(&role)].concat());
    let names: BTreeSet<&String> = row.nodes.values().flatten().flat_map(|replica| replica.attributes.keys()).collect();
    for name in names {
        let mark = if row.differ.contains(name) { "!" } else { "" };
        let value = |replica: &SessionReplica| {
            replica.attributes.get(name).map_or_else(
                || "-".to_owned(),
                |value| {
                    let shown = value.value.as_str().map_or_else(|| value.value.to_string(), str::to_owned);
                    let cut: String = shown.chars().take(MOST_VALUE).collect();
                    let more = if shown.chars().count() > MOST_VALUE { "…" } else { "" };
                    let bytes = value.bytes.map(|bytes| format!(" ({bytes} B)")).unwrap_or_default();
                    let not = if value.unserialisable.is_some() { " NOT SERIALISABLE" } else { "" };
                    format!("{cut}{more}{bytes}{not}")
                },
            )
        };
        lines.push([vec![mark.to_owned(), name.clone()], all(&value)].concat());
    }
    let columns = row.nodes.len() + 2;
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or_default();
    let widths: Vec<usize> = (0..columns).map(width).collect();
    for line in &lines {
        let cells: Vec<String> =
            line.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}", width = *width)).collect();
        text.push_str(&format!(" {}\n", cells.join("  ").trim_end()));
    }
    text
}
