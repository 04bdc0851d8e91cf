//! A scenario as prose: what it will do, and why.

use super::{Scenario, ScenarioError};
use crate::model::plan::{App, AppRequest};
use crate::model::step::{Delivery, Through};
use crate::model::{
    ClientName, Exchange, Expect, FaultKind, FaultParams, Load, Millis, NodeChanges, NodeName, Step, StepKind, Target,
    Topology, Unpacked, Until,
};

impl Scenario {
    /// What its runs will do on a cluster like `base`, as text for people.
    ///
    /// # Errors
    /// What it tells cannot be done on that cluster.
    pub fn explain(&self, base: &Topology) -> Result<String, ScenarioError> {
        let plans = self.plans(base)?;
        let mut text = format!("{}\n", self.name());
        if let Some(catalogue) = self.catalogue() {
            text.push_str(&format!("Catalogue: {catalogue}\n"));
        }
        if let Some(why) = &self.file.why {
            text.push_str(&format!("\n{}\n", why.trim()));
        }
        let cells: Vec<String> = plans.iter().map(|run| run.cell.to_string()).filter(|cell| !cell.is_empty()).collect();
        if !cells.is_empty() {
            text.push_str(&format!("\n{} runs: {}.\n", cells.len(), cells.join("; ")));
        }
        let Some(run) = plans.first() else { return Ok(text) };
        let (plan, cluster) = (&run.plan, &run.plan.topology.cluster);
        text.push_str(&format!(
            "\nOn {} nodes of {} ({} manager, {} membership, send options {}):\n",
            plan.topology.nodes.len(),
            plan.topology.server,
            cluster.manager,
            cluster.membership,
            cluster.send_options
        ));
        for node in plan.topology.nodes.iter().filter(|node| !node.changes.is_none()) {
            text.push_str(&format!("  {} has {}\n", node.name, changed(&node.changes)));
        }
        for (number, step) in (1..).zip(&plan.steps) {
            text.push_str(&format!("{number:>3}. {}\n", sentence(step)));
        }
        let guarantees: Vec<String> = plan.guarantees.iter().map(ToString::to_string).collect();
        text.push_str(&format!("\nThe verdict decides: {}.\n", guarantees.join(", ")));
        if !plan.at_most.is_empty() {
            text.push_str(&format!("At most: {}.\n", plan.at_most.told().join(", ")));
        }
        for allowed in &plan.allow {
            let share = allowed
                .at_most_percent
                .map_or_else(String::new, |share| format!(" in at most {share} % of the sessions"));
            text.push_str(&format!("It allows the violation {}{share}.\n", allowed.violation));
        }
        for expected in &plan.expect_violations {
            let chance = match (expected.at_least, expected.trials) {
                (1, 1) => String::new(),
                (least, trials) => format!(", at least {least} times in at least {trials} sessions"),
            };
            text.push_str(&format!(
                "It is told to show the violation {}{chance}; if that does not show, the scenario has failed.\n",
                expected.violation
            ));
        }
        Ok(text)
    }
}

fn sentence(step: &Step) -> String {
    match &step.expect {
        Some(expect) => format!("{}; expects {}", step.title, expected(expect)),
        None => step.title.clone(),
    }
}

/// What is expected, as in `count 5, session kept`.
fn expected(expect: &Expect) -> String {
    let list = |list: &Vec<i64>| format!("list {list:?}");
    let parts = [
        expect.answered.map(|answered| if answered { "an answer".to_owned() } else { "no answer".to_owned() }),
        expect.status.map(|status| format!("HTTP {status}")),
        expect.count.map(|count| format!("count {count}")),
        expect.once.map(|there| format!("once {}", if there { "there" } else { "gone" })),
        expect.list.as_ref().map(list),
        expect.session.map(|fate| match fate {
            crate::model::SessionFate::Kept => "the session kept".to_owned(),
            crate::model::SessionFate::New => "a new session".to_owned(),
            crate::model::SessionFate::None => "no session".to_owned(),
        }),
        expect.route.as_ref().map(|route| format!("the route of {route}")),
        expect.body.as_ref().map(|body| format!("{body:?} in the body")),
        (!expect.header.is_empty()).then(|| {
            let named = expect.header.iter().map(|(name, text)| format!("{text:?} in header {name}"));
            named.collect::<Vec<_>>().join(", ")
        }),
        expect.sets_cookie.as_ref().map(|name| format!("a cookie {name}")),
        expect.first_answer_within.map(|limit| format!("the first answer within {limit}")),
        expect.each_answer_within.map(|limit| format!("each answer within {limit}")),
        expect.each_answer_after.map(|limit| format!("each answer after {limit} at the earliest")),
        expect.replica.map(|replica| format!("the session {replica} there")),
        (!expect.attributes.is_empty()).then(|| {
            let named = expect.attributes.iter().map(|(name, value)| format!("attribute {name} {value}"));
            named.collect::<Vec<_>>().join(", ")
        }),
        expect.created.as_ref().map(|nodes| format!("the session created {}", on_nodes(nodes))),
        expect.destroyed.as_ref().map(|nodes| format!("the session destroyed {}", on_nodes(nodes))),
        expect.log.as_ref().map(|text| format!("{text:?} in a log")),
        expect.no_log.as_ref().map(|text| format!("no {text:?} in any log")),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// On which nodes a listener is told.
fn on_nodes(nodes: &[NodeName]) -> String {
    if nodes.is_empty() {
        return "nowhere".to_owned();
    }
    format!("on {}", nodes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
}

/// What a progress line says of a step.
pub(super) fn title(kind: &StepKind, topology: &Topology) -> String {
    match kind {
        StepKind::Start => format!("start {} nodes", topology.nodes.len()),
        StepKind::Deploy { app, context, delivery } => {
            let (version, way) = (version(delivery), way(delivery, topology));
            format!("deploy {}{version} at {context} {way}{}", archive(app), manner(delivery))
        }
        StepKind::Undeploy { context, delivery } => {
            format!("undeploy {context}{} {}", version(delivery), way(delivery, topology))
        }
        StepKind::Request { client, node, request, load, .. } => asking(client, verb(*request), load, &on(node)),
        StepKind::Http { client, node, exchange, load } => asking(client, &asked(exchange), load, &on(node)),
        StepKind::Traffic { client, node, request, clients, every, .. } => {
            format!("{clients} clients like {client} begin to {} on {}, each every {every}", verb(*request), on(node))
        }
        StepKind::HttpTraffic { client, node, exchange, clients, every } => {
            format!("{clients} clients like {client} begin to {} on {}, each every {every}", asked(exchange), on(node))
        }
        StepKind::EndTraffic { client } => format!("the clients like {client} end"),
        StepKind::Look { node, client, within, .. } => {
            let within = within.map(|time| format!(", for up to {time}")).unwrap_or_default();
            format!("read what {} holds of the session of {client}{within}", on(node))
        }
        StepKind::Observe { .. } => "read every replica".to_owned(),
        StepKind::FinalRead => crate::model::final_read::TITLE.to_owned(),
        StepKind::Fault { kind, node, lasting, percent, by, delay, .. } => {
            fault(*kind, &on(node), *lasting, FaultParams { percent: *percent, by: *by, delay: *delay })
        }
        StepKind::Heal { node } => format!("heal {}", on(node)),
        StepKind::Restart { node, changes, app, unpacked } => {
            let kept = if *unpacked == Unpacked::Kept { ", keeping what was unpacked before" } else { "" };
            let app = app.as_ref().map(|(app, context)| format!("{} at {context}{kept}", archive(app)));
            let with: Vec<String> = changes.iter().map(|changes| changed(changes)).chain(app).collect();
            let with = if with.is_empty() { String::new() } else { format!(" with {}", with.join(" and ")) };
            format!("restart {}{with}", on(node))
        }
        StepKind::StartAgain => "start all nodes again at one time".to_owned(),
        StepKind::Wait { until, .. } => format!("wait until {}", fact(until)),
    }
}

/// What a progress line says of a step that breaks a node.
fn fault(kind: FaultKind, node: &str, lasting: Option<Millis>, extent: FaultParams) -> String {
    let lasting = lasting.map(|time| format!(" for {time}")).unwrap_or_default();
    match kind {
        FaultKind::LoseHost => format!("lose the host of {node}{lasting}"),
        FaultKind::Partition => format!("cut {node} off from its peers{lasting}"),
        FaultKind::TribesPartition => format!("cut Tribes between {node} and its peers{lasting}"),
        FaultKind::MembershipPartition => {
            format!("cut the multicast heartbeats between {node} and its peers{lasting}")
        }
        FaultKind::DropOutgoing => format!("drop what {node} sends to its peers{lasting}"),
        FaultKind::DropIncoming => format!("drop what its peers send to {node}{lasting}"),
        FaultKind::PacketLoss => {
            let percent = extent.percent.unwrap_or_default();
            format!("lose {percent} % of the packets between {node} and its peers{lasting}")
        }
        FaultKind::Latency => {
            let delay = extent.delay.unwrap_or_default();
            format!("hold each packet between {node} and its peers back for {delay}{lasting}")
        }
        FaultKind::SlowNode => {
            let percent = extent.percent.unwrap_or_default();
            format!("leave {node} {percent} % of a processor core{lasting}")
        }
        FaultKind::FillDisk => format!("fill the disk of {node}{lasting}"),
        FaultKind::SkewClock => {
            let by = extent.by.map(|by| format!(" by {by}")).unwrap_or_default();
            format!("set the clock of {node} wrong{by}{lasting}")
        }
        FaultKind::Kill | FaultKind::Stop | FaultKind::Pause => format!("{kind} {node}{lasting}"),
    }
}

/// What is waited for.
fn fact(until: &Until) -> String {
    match until {
        Until::Deployed { context } => format!("every node serves {context}"),
        Until::ClusterFormed => "all see each other".to_owned(),
        Until::StateTransferred { node, .. } => format!("{node} holds its peers' sessions"),
        Until::Sessions { node, count, .. } => format!("{node} holds {count} sessions"),
        Until::Log { node, text } => format!("{node} logs {text:?}"),
    }
}

fn archive(app: &App) -> String {
    match app {
        App::Counter => "counter.war".to_owned(),
        App::HeavyCounter => "counter.war with 64 MB more".to_owned(),
        App::LocalCounter => "counter.war, not distributable,".to_owned(),
        App::Compiled(app) => format!("{app}.war"),
        App::War(path) => path.to_string(),
    }
}

fn version(delivery: &Delivery) -> String {
    delivery.version.as_ref().map(|version| format!(" version {version}")).unwrap_or_default()
}

/// What is special about the way of an archive.
fn manner(delivery: &Delivery) -> String {
    let slowly = delivery.slowly.map(|time| format!(", written over {time}")).unwrap_or_default();
    let aged = delivery.aged.map(|time| format!(", last changed {time} ago")).unwrap_or_default();
    let detach = if delivery.detach { ", and go on" } else { "" };
    format!("{slowly}{aged}{detach}")
}

/// On which way an app comes or goes.
fn way(delivery: &Delivery, topology: &Topology) -> String {
    match (delivery.through, &delivery.on) {
        (Through::Farm, _) => format!("through the farm of {}", topology.watcher()),
        (Through::Copy, None) => "in the appBase of every node".to_owned(),
        (Through::Copy, Some(node)) => format!("in the appBase of {node}"),
    }
}

/// What a node has otherwise than the others, as in `server tomcat:10.1.59, another <Cluster>`.
fn changed(changes: &NodeChanges) -> String {
    let parts = [
        changes.server.as_ref().map(|server| format!("server {server}")),
        changes.java.as_ref().map(|java| format!("Java of {java}")),
        (!changes.jvm_args.is_empty()).then(|| format!("JVM arguments {}", changes.jvm_args.join(" "))),
        changes.manager.map(|manager| format!("{manager} manager")),
        changes.send_options.map(|options| format!("send options {options}")),
        changes.elements.as_ref().map(|_| "another <Cluster>".to_owned()),
        changes.peers.as_ref().map(|peers| {
            let peers: Vec<&str> = peers.iter().map(crate::model::NodeName::as_str).collect();
            format!("only {} as peers", peers.join(", "))
        }),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn on(target: &Target) -> String {
    match target {
        Target::Node(node) => node.to_string(),
        Target::Role(crate::model::Role::Rotate) => "each node in turn".to_owned(),
        Target::Role(crate::model::Role::Sticky) => "the node that its session id names".to_owned(),
        Target::Role(crate::model::Role::Victim) => "the node that was broken last".to_owned(),
        Target::Role(crate::model::Role::Neither) => "a node that is neither owner nor backup".to_owned(),
        Target::Role(role) => format!("the {role}"),
    }
}

fn verb(request: AppRequest) -> &'static str {
    match request {
        AppRequest::Count => "count",
        AppRequest::Read => "read",
        AppRequest::Mutate => "change the list in place",
        AppRequest::Invalidate => "end the session",
        AppRequest::ChangeId => "change the session's id",
        AppRequest::ShortLive => "let the session end 5 s after its last use",
    }
}

/// Who asks.
fn askers(client: &ClientName, clients: u32, parallel: u32) -> String {
    match (clients, parallel) {
        (1, _) => client.to_string(),
        (clients, 1) => format!("{clients} clients like {client}"),
        (clients, parallel) => format!("{clients} clients like {client}, {parallel} at a time,"),
    }
}

/// Who asks what, how often and how fast, and where.
fn asking(client: &ClientName, what: &str, load: &Load, on: &str) -> String {
    let who = askers(client, load.clients, load.parallel);
    let together = if load.at_once > 1 { format!(", {} at once", load.at_once) } else { String::new() };
    let every = load.every.map(|every| format!(", each every {every}")).unwrap_or_default();
    format!("{who}: {what}{}{together}{every} on {on}", often(load.times))
}

/// What is asked of any app, as in `get /shop/cart`.
fn asked(exchange: &Exchange) -> String {
    format!("{} {}", exchange.method.to_string().to_lowercase(), exchange.path)
}

fn often(times: u32) -> String {
    if times == 1 { String::new() } else { format!(" {times} times") }
}
