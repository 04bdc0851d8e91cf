//! How a lab is, as its keeper says, for a page and for a dashboard.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use serde::Serialize;
use tomee_harness::history::SessionReplica;
use tomee_harness::host::wait;
use tomee_harness::keeper::{Ask, CallError, Client, ClusterView, SessionRow};
use tomee_harness::model::NodeName;

use super::ask::told;
use super::deeds::{self, Deed};

/// So many sessions are shown; of more only the number.
pub(super) const MOST_SESSIONS: usize = 200;

/// What a keeper needs at most from its last answer to the end of its socket.
const A_MOMENT: Duration = Duration::from_secs(1);

/// A session, as each node has it in a word or two.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct SessionLine {
    pub(super) context: String,
    /// Its id without the route.
    pub(super) stem: String,
    pub(super) nodes: BTreeMap<NodeName, String>,
    /// In what the copies differ.
    pub(super) differ: Vec<String>,
}

/// See the module.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Look {
    /// What its keeper says.
    pub(super) view: Option<ClusterView>,
    /// Why the keeper says nothing.
    pub(super) gone: Option<String>,
    /// Whether it never will again.
    pub(super) over: bool,
    /// The first sessions; those whose copies differ come first.
    pub(super) sessions: Vec<SessionLine>,
    /// How many there are.
    pub(super) all_sessions: usize,
    /// What can be done to nodes of this cluster.
    pub(super) deeds: Vec<Deed>,
    /// What can be done to each now.
    pub(super) open: BTreeMap<NodeName, Vec<String>>,
}

impl Look {
    /// How a lab is now. Blocks for as long as its keeper takes.
    pub(super) fn of(client: &Client) -> Self {
        match ask(client) {
            Ok((view, sessions)) => Self::at(view, &sessions),
            Err(error) => {
                let over = matches!(error, CallError::Gone { .. });
                let ended = over && was_ended(client);
                let gone = if ended { format!("cluster {} was ended", client.entry().name) } else { told(&error) };
                Self { gone: Some(gone), over, ..Self::default() }
            }
        }
    }

    /// What is shown of it.
    pub(super) fn at(view: ClusterView, sessions: &[SessionRow]) -> Self {
        let deeds = deeds::known(&view);
        let verbs = |row| deeds::open(&deeds, row).into_iter().map(|deed| deed.verb.clone()).collect();
        let open = view.nodes.iter().map(|row| (row.node.clone(), verbs(row))).collect();
        let (differ, same): (Vec<_>, Vec<_>) = sessions.iter().partition(|row| !row.differ.is_empty());
        let shown = differ.into_iter().chain(same).take(MOST_SESSIONS).map(line).collect();
        Self { view: Some(view), gone: None, over: false, sessions: shown, all_sessions: sessions.len(), deeds, open }
    }
}

/// Whether a keeper that is gone has ended its cluster. One that does takes its socket with it, a moment after it stops to
/// answer.
fn was_ended(client: &Client) -> bool {
    let begun = Instant::now();
    while client.entry().socket.exists() {
        if begun.elapsed() > A_MOMENT {
            return false;
        }
        thread::park_timeout(wait::POLL);
    }
    true
}

fn line(row: &SessionRow) -> SessionLine {
    let held = |replica: &SessionReplica| {
        let role = serde_json::to_value(replica.role).ok();
        let role = role.as_ref().and_then(|role| role.as_str()).unwrap_or_default();
        let count = replica.attributes.get("count").map(|count| format!(" {}", count.value)).unwrap_or_default();
        let invalid = if replica.valid { "" } else { " invalid" };
        format!("{role}{count}{invalid}")
    };
    let held = |replica: &Option<SessionReplica>| replica.as_ref().map_or_else(|| "-".to_owned(), held);
    SessionLine {
        context: row.context.to_string(),
        stem: row.stem.clone(),
        nodes: row.nodes.iter().map(|(node, replica)| (node.clone(), held(replica))).collect(),
        differ: row.differ.clone(),
    }
}

fn ask(client: &Client) -> Result<(ClusterView, Vec<SessionRow>), CallError> {
    let unknown = |error: serde_json::Error| CallError::Silent {
        name: client.entry().name.clone(),
        source: std::io::Error::other(error),
    };
    let view: ClusterView = serde_json::from_value(client.call(&Ask::Status, |_| {})?).map_err(unknown)?;
    // While it starts there is nothing to be asked of the nodes.
    let sessions = match client.call(&Ask::Sessions(None), |_| {}) {
        Ok(value) => serde_json::from_value(value).map_err(unknown)?,
        Err(_) => vec![],
    };
    Ok((view, sessions))
}
