//! What a node has inside, as a command hears it.

use serde_json::{Value, json};

use super::kept::environment;
use super::message::{Ask, Refused};
use crate::cluster::{Cluster, ClusterError};
use crate::model::NodeName;

/// Answers what is asked of one node; `None` where nothing of that kind is.
pub(super) async fn answer(cluster: &Cluster, ask: &Ask) -> Option<Result<Value, Refused>> {
    let (Ask::Config(node)
    | Ask::Threads(node)
    | Ask::Histogram(node)
    | Ask::HeapDump(node, _)
    | Ask::Beans(node, _)
    | Ask::Exec(node, _)) = ask
    else {
        return None;
    };
    if let Some(unknown) = unknown(cluster, node) {
        return Some(Err(unknown));
    }
    let said = match ask {
        Ask::Config(node) => config(cluster, node).await,
        Ask::Threads(node) => cluster.threads(node).await.map(Value::from),
        Ask::Histogram(node) => cluster.heap_histogram(node).await.map(Value::from),
        Ask::HeapDump(node, file) => cluster.dump_heap(node, file).await.map(Value::from),
        Ask::Beans(node, pattern) => cluster.beans(node, pattern).await,
        Ask::Exec(node, command) => cluster.exec(node, command).await.map(|done| {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            json!({ "code": done.code, "out": text(&done.out), "err": text(&done.err) })
        }),
        _ => return None,
    };
    Some(said.map_err(|error| refused(&error)))
}

/// What is in effect, and the server.xml from which it came.
async fn config(cluster: &Cluster, node: &NodeName) -> Result<Value, ClusterError> {
    let mut effective = cluster.effective(node).await?;
    if let Some(all) = effective.as_object_mut() {
        for gone in ["format", "time-ms"] {
            all.remove(gone);
        }
        let contexts = all.get_mut("contexts").and_then(Value::as_array_mut);
        for context in contexts.into_iter().flatten() {
            context.as_object_mut().map(|context| context.remove("sessions"));
        }
    }
    let file = cluster.run_dir().node(node).join("server.xml");
    let text = fs_err::read_to_string(&file).ok();
    Ok(json!({ "effective": effective, "file": file, "server-xml": text }))
}

fn unknown(cluster: &Cluster, node: &NodeName) -> Option<Refused> {
    let topology = cluster.topology();
    if topology.node(node).is_some() {
        return None;
    }
    let all: Vec<&str> = topology.names().map(NodeName::as_str).collect();
    Some(Refused::usage(format!("no node {node}: the cluster has {}", all.join(", ")), None))
}

fn refused(error: &ClusterError) -> Refused {
    let hint = error.hint().or_else(|| match error {
        ClusterError::NotRunning(_) | ClusterError::ProbeDead { .. } => {
            Some("`tomee-harness status` shows what the node does".to_owned())
        }
        _ => None,
    });
    Refused { lines: error.lines().to_vec(), ..environment(error, hint) }
}
