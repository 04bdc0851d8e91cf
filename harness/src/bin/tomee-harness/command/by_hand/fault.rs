//! The faults.

use serde_json::Value;
use tomee_harness::keeper::{Ask, ClusterView};
use tomee_harness::model::FaultKind;

use super::ask::{call, client_of, do_step, nothing_to_do};
use crate::args::{FaultCommand, OutputArgs};
use crate::exit::{Exit, Failure};

pub(crate) fn fault(fault: &FaultCommand, output: &OutputArgs) -> Result<Exit, Failure> {
    let client = client_of(&fault.name)?;
    let node = fault.step.get(&fault.kind.to_string()).and_then(Value::as_str);
    if matches!(fault.kind, FaultKind::Kill | FaultKind::Stop) {
        let view: ClusterView = call(&client, &Ask::Status, output)?;
        let row = view.nodes.iter().find(|row| Some(row.node.as_str()) == node);
        if let Some((node, ended)) = row.and_then(|row| Some((&row.node, row.ended.as_ref()?))) {
            return nothing_to_do(&format!("{node} is down already: {ended}"), output);
        }
    }
    do_step(&client, fault.step.clone(), output)
}
