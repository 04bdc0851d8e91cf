//! The side of a keeper: what a command asks for, and the lines that it hears.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, Lines, Take};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};

use super::inside;
use super::kept::{Kept, Phase, environment, refused};
use super::logs::Mark;
use super::message::{Ask, Asked, Mistake, Refused, Reply};
use super::status::{self, ClusterView};
use crate::config::redact_json;
use crate::host::sync::lock;
use crate::model::NodeName;
use crate::runner::{ByHand, StepDone};
use crate::runtime::NodeLog;

/// A command says no more than this.
const MOST_BYTES: u64 = 4 << 20;

/// Answers one command. One that went away is answered to nobody; what it asked for is done all the same.
pub(super) async fn answer(kept: &Kept, stream: UnixStream) {
    let (reading, writing) = stream.into_split();
    // Whoever has one of these is waited for at the end.
    let _present = kept.phase.subscribe();
    let mut lines = BufReader::new(reading.take(MOST_BYTES)).lines();
    let Ok(Some(line)) = lines.next_line().await else { return };
    let mut hearer = Hearer(Some(writing));
    let asked = serde_json::from_str::<Asked>(&line);
    let asked = asked.map_err(|error| Refused::usage(format!("unknown request: {error}"), None));
    let done = match asked.and_then(|asked| asked.read(&kept.task.name)) {
        Ok(ask) if ask.ends_with_its_asker() => {
            tokio::select! {
                done = respond(kept, ask, &mut hearer) => done,
                () = gone(&mut lines) => return,
            }
        }
        Ok(ask) => respond(kept, ask, &mut hearer).await,
        Err(refused) => Err(refused),
    };
    hearer.hear(&done.map_or_else(Reply::Refused, Reply::Done)).await;
}

/// Waits until who asked is gone: it says nothing more.
async fn gone(lines: &mut Lines<BufReader<Take<OwnedReadHalf>>>) {
    while let Ok(Some(_)) = lines.next_line().await {}
}

/// A command that listens, as long as it does.
struct Hearer(Option<OwnedWriteHalf>);

impl Hearer {
    async fn hear(&mut self, reply: &Reply) {
        let Some(writing) = &mut self.0 else { return };
        let Ok(mut line) = serde_json::to_string(reply) else { return };
        line.push('\n');
        if writing.write_all(line.as_bytes()).await.is_err() {
            self.0 = None;
        }
    }

    async fn progress(&mut self, line: impl Into<String>) {
        self.hear(&Reply::Progress(line.into())).await;
    }
}

async fn respond(kept: &Kept, ask: Ask, hearer: &mut Hearer) -> Result<Value, Refused> {
    match ask {
        Ask::Started => started(kept, hearer).await,
        Ask::Down => {
            kept.stop.cancel();
            ended(kept, hearer).await
        }
        Ask::Status => json(&view(kept).await),
        Ask::Sessions(session) => {
            let cluster = kept.cluster.get().ok_or_else(|| not_up(kept))?;
            json(&status::sessions(cluster, session.as_ref()).await)
        }
        Ask::Logs => {
            let cluster = kept.cluster.get().ok_or_else(|| not_up(kept))?;
            let path = |node| cluster.runtime().log_path(node, NodeLog::Harness);
            let paths: BTreeMap<_, _> = cluster.topology().names().map(|node| (node, path(node))).collect();
            json(&paths)
        }
        Ask::Mark(text) => {
            let cluster = kept.cluster.get().ok_or_else(|| not_up(kept))?;
            let drawn = Mark::draw(&kept.task.folder, cluster.recorder().clock().now(), text);
            json(&drawn.map_err(|error| environment(&error, None))?)
        }
        Ask::Config(_) | Ask::Threads(_) | Ask::Histogram(_) | Ask::HeapDump(..) | Ask::Beans(..) | Ask::Exec(..) => {
            let cluster = kept.cluster.get().ok_or_else(|| not_up(kept))?;
            let said = tokio::select! {
                said = inside::answer(cluster, &ask) => said,
                () = kept.stop.cancelled() => None,
            };
            said.unwrap_or_else(|| Err(not_up(kept)))
        }
        Ask::Step(table) => {
            let what = words(&table);
            let mut hand = kept_hand(kept, &what, hearer).await?;
            let _doing = kept.does(what);
            json(&step(kept, &mut hand, table).await?)
        }
        Ask::Start(node) => begin(kept, &node, false, hearer).await,
        Ask::Restart(node) => begin(kept, &node, true, hearer).await,
        Ask::Judge => {
            let mut hand = kept_hand(kept, "verdict", hearer).await?;
            let _doing = kept.does("verdict");
            let by_hand = hand.as_mut().ok_or_else(|| not_up(kept))?;
            let verdict = tokio::select! {
                verdict = by_hand.judge() => verdict.map_err(|error| refused(&error)),
                () = kept.stop.cancelled() => Err(not_up(kept)),
            };
            json(&verdict?)
        }
        Ask::Recipe => {
            let hand = kept_hand(kept, "recipe", hearer).await?;
            let by_hand = hand.as_ref().ok_or_else(|| not_up(kept))?;
            json(&by_hand.recipe())
        }
    }
}

/// Starts a node that does not run, and one that does only behind its stop, where that is asked for: a list of the steps that
/// were done.
async fn begin(kept: &Kept, node: &NodeName, stops: bool, hearer: &mut Hearer) -> Result<Value, Refused> {
    let what = format!("{} {node}", if stops { "restart" } else { "start" });
    let mut hand = kept_hand(kept, &what, hearer).await?;
    let _doing = kept.does(what);
    let by_hand = hand.as_ref().ok_or_else(|| not_up(kept))?;
    let verbs: &[&str] = match (by_hand.cluster().living().contains(node), stops) {
        (true, true) => &["stop", "restart"],
        (true, false) => &[],
        (false, _) => &["restart"],
    };
    let mut all = vec![];
    for &verb in verbs {
        let table = Map::from_iter([(verb.to_owned(), Value::from(node.as_str()))]);
        all.push(step(kept, &mut hand, table).await?);
    }
    json(&all)
}

/// Does a step, unless the cluster is being ended.
async fn step(kept: &Kept, hand: &mut Option<ByHand>, table: Map<String, Value>) -> Result<StepDone, Refused> {
    let by_hand = hand.as_mut().ok_or_else(|| not_up(kept))?;
    tokio::select! {
        done = by_hand.step(table) => done.map_err(|error| refused(&error)),
        () = kept.stop.cancelled() => Err(not_up(kept)),
    }
}

/// The right to change the cluster. Who has to wait for it hears for what.
async fn kept_hand<'k>(
    kept: &'k Kept,
    what: &str,
    hearer: &mut Hearer,
) -> Result<tokio::sync::MutexGuard<'k, Option<ByHand>>, Refused> {
    let hand = if let Ok(hand) = kept.hand.try_lock() {
        hand
    } else {
        let doing = lock(&kept.doing).as_ref().map(|(doing, since)| (doing.clone(), since.elapsed()));
        let doing = doing.map_or_else(String::new, |(doing, since)| format!(" `{doing}`, which began {since:.1?} ago"));
        hearer.progress(format!("`{what}` waits for another command:{doing}")).await;
        tokio::select! {
            hand = kept.hand.lock() => hand,
            () = kept.stop.cancelled() => return Err(not_up(kept)),
        }
    };
    match &*kept.phase.borrow() {
        Phase::Up => Ok(hand),
        _ => Err(not_up(kept)),
    }
}

/// Why nothing can be done to a cluster.
fn not_up(kept: &Kept) -> Refused {
    let name = &kept.task.name;
    let down = Some(format!("`tomee-harness down --name {name}` ends it"));
    match &*kept.phase.borrow() {
        Phase::Starting | Phase::Up if !kept.stop.is_cancelled() => {
            Refused::usage(format!("cluster {name} is still starting"), None)
        }
        Phase::Failed(why) => Refused::usage(format!("cluster {name} did not start: {}", why.message), down),
        _ => Refused::usage(format!("cluster {name} is being ended"), None),
    }
}

/// Says what is said until the cluster is up, or is known not to be.
async fn started(kept: &Kept, hearer: &mut Hearer) -> Result<Value, Refused> {
    let (mut phase, mut lines, mut heard) = (kept.phase.subscribe(), kept.lines.subscribe(), 0);
    loop {
        let new = lines.borrow_and_update()[heard..].to_vec();
        heard += new.len();
        for line in new {
            hearer.progress(line).await;
        }
        let now = phase.borrow_and_update().clone();
        match now {
            Phase::Starting => {}
            Phase::Up => return json(&view(kept).await),
            Phase::Failed(why) => {
                kept.told.notify_one();
                return Err(why);
            }
            Phase::Ending | Phase::Ended(_) => {
                return Err(Refused::usage(format!("cluster {} was ended while it started", kept.task.name), None));
            }
        }
        tokio::select! {
            _ = phase.changed() => {}
            _ = lines.changed() => {}
        }
    }
}

/// Waits until the cluster is gone.
async fn ended(kept: &Kept, hearer: &mut Hearer) -> Result<Value, Refused> {
    let mut phase = kept.phase.subscribe();
    hearer.progress("ending the nodes").await;
    loop {
        let now = phase.borrow_and_update().clone();
        match now {
            Phase::Ended(None) => return Ok(Value::Null),
            Phase::Ended(Some(left)) => return Err(left),
            // It had no machines.
            Phase::Failed(_) if kept.cluster.get().is_none() => return Ok(Value::Null),
            _ => {}
        }
        if phase.changed().await.is_err() {
            return Ok(Value::Null);
        }
    }
}

async fn view(kept: &Kept) -> ClusterView {
    let task = &kept.task;
    let (nodes, front) = match kept.cluster.get() {
        Some(cluster) => (status::nodes(cluster).await, status::front(cluster).await),
        None => (vec![], None),
    };
    let (phase, failed) = match &*kept.phase.borrow() {
        Phase::Starting => ("starting", None),
        Phase::Up => ("up", None),
        Phase::Failed(why) => ("failed", Some(why.message.clone())),
        Phase::Ending | Phase::Ended(_) => ("ending", None),
    };
    let cluster = &task.topology.cluster;
    let doing = lock(&kept.doing).as_ref().map(|(doing, since)| format!("{doing}, for {:.1?}", since.elapsed()));
    ClusterView {
        name: task.name.clone(),
        run: task.run.clone(),
        folder: task.folder.clone(),
        setting: format!(
            "{} · {} nodes on {} · {} manager · {} membership · send options {}",
            task.topology.server,
            task.topology.nodes.len(),
            task.runtime,
            cluster.manager,
            cluster.membership,
            cluster.send_options
        ),
        phase: phase.to_owned(),
        front,
        failed,
        held: kept.held.get().cloned(),
        doing,
        nodes,
        possible_faults: kept.cluster.get().map(|cluster| status::possible_faults(cluster)).unwrap_or_default(),
    }
}

/// A step in a few words without its secrets, its verb in front: the key that is none of those which belong to a verb.
fn words(table: &Map<String, Value>) -> String {
    const BEHIND: [&str; 18] = [
        "on",
        "client",
        "at",
        "for",
        "form",
        "headers",
        "json",
        "through",
        "version",
        "within",
        "sessions",
        "members",
        "contains",
        "percent",
        "delay",
        "multipart",
        "follow",
        "body",
    ];
    let mut shown = Value::Object(table.clone());
    redact_json(&mut shown);
    let Value::Object(table) = &shown else { return String::new() };
    let word = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let (behind, verb): (Vec<_>, Vec<_>) = table.iter().partition(|(key, _)| BEHIND.contains(&key.as_str()));
    let all = verb.into_iter().chain(behind).map(|(key, value)| format!("{key} {}", word(value)));
    all.collect::<Vec<_>>().join(", ")
}

fn json(result: &impl Serialize) -> Result<Value, Refused> {
    let failed = |error: serde_json::Error| Refused {
        message: format!("the result cannot be written: {error}"),
        hint: None,
        lines: vec![],
        mistake: Mistake::Environment,
    };
    serde_json::to_value(result).map_err(failed)
}
