//! The faults.

use std::collections::BTreeSet;

use serde_json::Value;
use tomee_harness::keeper::{Ask, Client, ClusterView, NodeRow};
use tomee_harness::model::{FaultKind, NodeName};

use super::ask::{call, client_of, do_step, nothing_to_do};
use crate::args::{FaultCommand, OutputArgs};
use crate::exit::{Exit, Failure};

pub(crate) fn fault(fault: &FaultCommand, output: &OutputArgs) -> Result<Exit, Failure> {
    let client = client_of(&fault.name)?;
    if !fault.sides.is_empty() {
        return cut(&client, fault, output);
    }
    let node = fault.step.get(&fault.kind.to_string()).and_then(Value::as_str);
    if matches!(fault.kind, FaultKind::Kill | FaultKind::Stop) {
        let view: ClusterView = call(&client, &Ask::Status, output)?;
        let row = view.nodes.iter().find(|row| Some(row.node.as_str()) == node);
        if let Some((node, ended)) = row.and_then(|row| Some((&row.node, row.ended.as_ref()?))) {
            return nothing_to_do(&format!("{node} is down already: {ended}"), output);
        }
    }
    // What needs no number or word beside it is the same when it is asked for again.
    if fault.kind.about().parameters.is_empty() && !fault.step.contains_key("for") {
        let view: ClusterView = call(&client, &Ask::Status, output)?;
        let lasts = |row: &&NodeRow| Some(row.node.as_str()) == node && row.faults.contains(&fault.kind);
        if let Some(row) = view.nodes.iter().find(lasts) {
            return nothing_to_do(&format!("the {} of {} lasts already", fault.kind, row.node), output);
        }
    }
    do_step(&client, fault.step.clone(), output)
}

/// Cuts sides from each other, of which at most one has several nodes: the machines cut a node from all its peers.
fn cut(client: &Client, fault: &FaultCommand, output: &OutputArgs) -> Result<Exit, Failure> {
    let view: ClusterView = call(client, &Ask::Status, output)?;
    let all: BTreeSet<&NodeName> = view.nodes.iter().map(|row| &row.node).collect();
    let named: Vec<&NodeName> = fault.sides.iter().flatten().collect();
    let set: BTreeSet<&NodeName> = named.iter().copied().collect();
    if let Some(unknown) = set.difference(&all).next() {
        let all = all.iter().map(|node| node.as_str()).collect::<Vec<_>>().join(", ");
        return Err(Failure::usage(format!("no node {unknown}: the cluster has {all}")));
    }
    if let Some(left) = all.difference(&set).next() {
        return Err(Failure::usage(format!("{left} is on no side")));
    }
    if set.len() < named.len() {
        return Err(Failure::usage("a node is on two sides"));
    }
    let mut alone: Vec<&NodeName> = fault.sides.iter().filter(|side| side.len() == 1).flatten().collect();
    if fault.sides.len() - alone.len() > 1 {
        return Err(Failure::usage("of the sides of a partition at most one can have several nodes"));
    }
    // Where each side is one node, the last is cut off with all others.
    if alone.len() == fault.sides.len() {
        alone.pop();
    }
    for node in alone {
        let mut step = fault.step.clone();
        step.insert(fault.kind.to_string(), node.to_string().into());
        do_step(client, step, output)?;
    }
    Ok(Exit::Holds)
}
