//! The script: what a random run does, step by step.

use tomee_harness::model::plan::AppRequest;
use tomee_harness::model::{ClientName, FaultKind, Load, ManagerKind, StepKind, Until};

use super::acts::Ask;
use super::bug::BugKind;
use super::requests::Fate;
use super::world::World;

/// Clients that are asked for in one step.
#[derive(Debug, Clone)]
struct Group {
    name: ClientName,
    clients: Vec<usize>,
}

const NAMES: [&str; 6] = ["alice", "bob", "carol", "dave", "erin", "frank"];

/// Runs a random script from the start to the end.
pub(super) fn run(world: &mut World) {
    world.start();
    for context in 0..world.contexts.len() {
        world.deploy(context);
    }
    let groups = groups(world);
    for group in &groups {
        for context in 0..world.contexts.len() {
            let (node, times) = (world.rng.usize(..world.names.len()), 1 + world.rng.usize(..4));
            ask(world, group, context, node, AppRequest::Count, times);
        }
    }
    extras(world, &groups);
    let kind = world.bug.as_ref().map(|bug| bug.kind);
    if kind == Some(BugKind::LostBehindHeal) {
        torn(world, &groups);
    }
    let rounds = match kind {
        Some(BugKind::LostAtSecondFailover | BugKind::RelocatedBackupMissing) => 2,
        _ => 1 + world.rng.usize(..3),
    };
    for _ in 0..rounds {
        round(world, &groups);
    }
    finish(world, &groups);
}

fn groups(world: &mut World) -> Vec<Group> {
    let twenty = world.bug.as_ref().is_some_and(|bug| bug.kind == BugKind::LostInOneOfTwenty);
    if twenty || world.chance(0.3) {
        let name = ClientName::new("load").expect("a good name");
        let count = if twenty { 20 } else { 2 + world.rng.usize(..5) };
        let clients = world.numbered(&name, count);
        return vec![Group { name, clients }];
    }
    let count = 1 + world.rng.usize(..4);
    let names = NAMES[..count].iter().map(|name| ClientName::new(*name).expect("a good name"));
    names.map(|name| Group { clients: world.numbered(&name, 1), name }).collect()
}

fn ask(world: &mut World, group: &Group, context: usize, node: usize, request: AppRequest, times: usize) {
    let all_known = group.clients.iter().all(|client| {
        let id = world.browsers[*client].jar.get(&context);
        id.is_some_and(|id| {
            world.ledger.of_stem(id.stem).is_some_and(|session| world.ledger.known[session].ended.is_none())
        })
    });
    let overlaps = matches!(request, AppRequest::Count | AppRequest::Read) && all_known;
    let wants = world.bug.as_ref().is_some_and(|bug| bug.kind == BugKind::UpdateLost);
    let at_once = if overlaps && (wants || world.chance(0.2)) { 2 + world.rng.usize(..2) } else { 1 };
    let times = if at_once > 1 { times.max(2) } else { times };
    let ask = Ask {
        name: group.name.clone(),
        clients: group.clients.clone(),
        context,
        node,
        request,
        times,
        at_once,
        fate: None,
    };
    world.ask(&ask);
}

/// The node of a group's session, as its first client's cookie says; else any.
fn own_node(world: &mut World, group: &Group, context: usize) -> Option<usize> {
    let serving = world.serving();
    let named = world.browsers[group.clients[0]].jar.get(&context).map(|id| id.route);
    named.filter(|node| serving.contains(node)).or_else(|| world.pick(&serving))
}

/// Requests of other kinds, between the faults.
fn extras(world: &mut World, groups: &[Group]) {
    let kind = world.bug.as_ref().map(|bug| bug.kind);
    for group in groups {
        let context = world.rng.usize(..world.contexts.len());
        let serving = world.serving();
        let (Some(own), Some(any)) = (own_node(world, group, context), world.pick(&serving)) else { return };
        match kind {
            Some(BugKind::EndIgnored | BugKind::EndNotReplicated) => end(world, group, context, own),
            Some(BugKind::GoneBehindUnansweredEnd) => unanswered_end(world, group, context, own),
            Some(BugKind::StaleOnMove) => ask(world, group, context, any, AppRequest::Count, 1),
            Some(BugKind::LostBehindUnansweredWrite) => unanswered_write(world, group, context, own),
            _ => {}
        }
        match world.rng.usize(..16) {
            // A change in place is a bug of an app that is to be replicated.
            0 if !world.shop => ask(world, group, context, own, AppRequest::Mutate, 1),
            1 => ask(world, group, context, own, AppRequest::ChangeId, 1),
            2 => end(world, group, context, own),
            3 => short_live(world, group, context, own),
            4 => unanswered_write(world, group, context, own),
            5 => unanswered_end(world, group, context, own),
            9 => beside_traffic(world),
            6 | 7 => ask(world, group, context, any, AppRequest::Read, 1),
            8 => ask(world, group, context, any, AppRequest::Count, 2),
            _ => {}
        }
    }
}

/// A request that overlaps those of the same client's traffic.
fn beside_traffic(world: &mut World) {
    let Some(flow) = world.flows.iter().find(|flow| flow.clients.len() == 1).cloned() else { return };
    let group = Group { name: flow.name, clients: flow.clients };
    let request = [AppRequest::ChangeId, AppRequest::Invalidate, AppRequest::Read][world.rng.usize(..3)];
    if let Some(node) = flow.node.filter(|node| world.machines[*node].serves) {
        ask(world, &group, flow.context, node, request, 1);
    }
}

/// Ends the sessions, and begins new ones.
fn end(world: &mut World, group: &Group, context: usize, own: usize) {
    ask(world, group, context, own, AppRequest::Invalidate, 1);
    if world.chance(0.3) {
        world.observe(context);
    }
    let serving = world.serving();
    if let Some(node) = world.pick(&serving) {
        let first = if world.rng.bool() { AppRequest::Read } else { AppRequest::Count };
        ask(world, group, context, node, first, 1);
        ask(world, group, context, node, AppRequest::Count, 1);
    }
}

fn fated(world: &mut World, group: &Group, context: usize, node: usize, request: AppRequest, fate: Fate) {
    let ask = Ask {
        name: group.name.clone(),
        clients: group.clients.clone(),
        context,
        node,
        request,
        times: 1,
        at_once: 1,
        fate: Some(fate),
    };
    world.ask(&ask);
}

fn unanswered_write(world: &mut World, group: &Group, context: usize, own: usize) {
    let lands = world.rng.bool();
    let fate = match world.rng.usize(..3) {
        0 => Fate::Error { status: 500, lands },
        _ => Fate::Silent { lands },
    };
    fated(world, group, context, own, AppRequest::Count, fate);
    if world.chance(0.6) {
        ask(world, group, context, own, AppRequest::Count, 1);
    }
}

fn unanswered_end(world: &mut World, group: &Group, context: usize, own: usize) {
    let lands = world.bug.is_none() && world.chance(0.3);
    let fate = if world.rng.bool() { Fate::Error { status: 500, lands } } else { Fate::Silent { lands } };
    let request = if world.rng.bool() { AppRequest::Invalidate } else { AppRequest::ChangeId };
    fated(world, group, context, own, request, fate);
    ask(world, group, context, own, AppRequest::Count, 2);
}

/// Sessions that end by themselves.
fn short_live(world: &mut World, group: &Group, context: usize, own: usize) {
    if !world.flows.is_empty() {
        return;
    }
    fated(world, group, context, own, AppRequest::ShortLive, Fate::Answered);
    if world.rng.bool() {
        fated(world, group, context, own, AppRequest::Count, Fate::Answered);
    }
    if world.chance(0.8) {
        world.flush();
    }
    // Only a newer look shows how long the session lives.
    if world.chance(0.9) {
        world.observe(context);
    } else {
        world.ledger.unclear("no look showed that a session lives short");
    }
    if !world.modern {
        world.ledger.unclear("no look showed that a session lives short");
    }
    let until = Until::Sessions { node: world.names[own].clone(), context: world.contexts[context].clone(), count: 0 };
    let step = world.begin_step(StepKind::Wait { until, within: None }, "wait for the end of the sessions".to_owned());
    world.idle();
    world.end_step(step);
    ask(world, group, context, own, AppRequest::Count, 2);
}

/// A partition or a pause, and its end.
fn torn(world: &mut World, groups: &[Group]) {
    let serving = world.serving();
    let Some(node) = world.pick(&serving).filter(|_| serving.len() > 1) else { return };
    let flows = !world.flows.is_empty();
    if flows {
        world.end_traffic();
    }
    if world.rng.bool() {
        world.partition(node);
    } else {
        world.freeze(node);
    }
    if world.chance(0.7) {
        world.wait_formed();
    }
    for group in groups {
        if world.chance(0.4) {
            let context = world.rng.usize(..world.contexts.len());
            let serving = world.serving();
            // Now and then a client comes to the other side: a fork.
            let on = if world.chance(0.3) { world.pick(&serving) } else { own_node(world, group, context) };
            if let Some(on) = on {
                ask(world, group, context, on, AppRequest::Count, 1);
            }
        }
    }
    world.heal(node);
    for group in groups {
        for context in 0..world.contexts.len() {
            if let Some(on) = own_node(world, group, context) {
                ask(world, group, context, on, AppRequest::Count, 1);
            }
        }
    }
    look(world, 1.0);
}

fn look(world: &mut World, share: f64) {
    if !world.is_sync() {
        world.flush();
    }
    for context in 0..world.contexts.len() {
        if world.shop || world.chance(share) {
            world.observe(context);
        }
    }
}

/// A fault, and what is asked before and behind it.
fn round(world: &mut World, groups: &[Group]) {
    let traffic = world.flows.is_empty() && world.chance(if world.shop { 0.15 } else { 0.35 })
        || world.bug.as_ref().is_some_and(|bug| bug.kind == BugKind::LostUnderTraffic && world.flows.is_empty());
    if traffic {
        let number = world.retired.len() + 1;
        let name = ClientName::new(format!("traffic{number}")).expect("a good name");
        let (count, context) = (1 + world.rng.usize(..3), world.rng.usize(..world.contexts.len()));
        world.begin_traffic(&name, count, context);
    }
    look(world, 0.97);
    if world.bug.as_ref().is_some_and(|bug| bug.kind == BugKind::StepDidNothing && !bug.struck) {
        skipped(world, groups);
    }
    if world.bug.as_ref().is_some_and(|bug| bug.kind == BugKind::FaultStepDidNothing && !bug.struck) {
        world.fault_that_did_nothing();
    }
    if world.chance(0.2) {
        torn(world, groups);
    }
    let serving = world.serving();
    let last = serving.len() == 1;
    let Some(any) = world.pick(&serving).filter(|_| !last || world.chance(0.15)) else { return };
    // Mostly a node that has something to lose.
    let group = &groups[world.rng.usize(..groups.len())];
    let owner = own_node(world, group, 0).filter(|_| world.chance(0.5));
    let victim = owner.unwrap_or(any);
    let kind = match world.rng.usize(..10) {
        0 | 1 => FaultKind::Stop,
        2 => FaultKind::LoseHost,
        _ => FaultKind::Kill,
    };
    world.kill(victim, kind);
    if last {
        world.end_traffic();
        world.restart(victim);
    }
    let ticks = world.rng.usize(..8);
    world.bustle(ticks);
    let patient = world.manager() == ManagerKind::Backup;
    if world.chance(if patient { 0.95 } else { 0.6 }) {
        world.wait_formed();
    }
    behind(world, groups, victim);
    if world.chance(0.7) && !world.machines[victim].up {
        world.restart(victim);
        look(world, 0.8);
    }
    extras(world, groups);
    if world.chance(0.5) {
        world.end_traffic();
    }
}

/// Each session is asked behind a fault, mostly.
fn behind(world: &mut World, groups: &[Group], victim: usize) {
    for group in groups {
        for context in 0..world.contexts.len() {
            if world.chance(0.03) || (!world.machines[victim].up && wants_the_dead(world) && world.rng.bool()) {
                let ticks = if world.machines[victim].frozen { None } else { Some(victim) };
                if let Some(node) = ticks {
                    ask(world, group, context, node, AppRequest::Count, 1);
                }
            }
            if world.chance(0.1) {
                continue;
            }
            let Some(node) = own_node(world, group, context) else { continue };
            let gone = world.bug.as_ref().is_some_and(|bug| bug.kind == BugKind::SessionGone);
            let request = if gone || world.chance(0.2) { AppRequest::Read } else { AppRequest::Count };
            let times = 1 + world.rng.usize(..2);
            ask(world, group, context, node, request, times);
        }
    }
    look(world, 0.7);
}

fn wants_the_dead(world: &World) -> bool {
    world.bug.as_ref().is_some_and(|bug| bug.kind == BugKind::DeadNodeAnswers)
}

/// A step that ends well and has done nothing.
fn skipped(world: &mut World, groups: &[Group]) {
    let kind = StepKind::Request {
        client: groups[0].name.clone(),
        node: world.names[0].clone().into(),
        context: world.contexts[0].clone(),
        request: AppRequest::Count,
        load: Load { times: 2, ..Load::default() },
    };
    let step = world.begin_step(kind, format!("{}: count 2 times", groups[0].name));
    world.end_step(step);
    if let Some(bug) = &mut world.bug {
        bug.struck = true;
        bug.shown = Some(format!("step {step} made no request"));
    }
}

/// The end: mostly each session is read once more.
fn finish(world: &mut World, groups: &[Group]) {
    world.end_traffic();
    world.drain();
    if world.serving().is_empty() {
        return;
    }
    if world.chance(0.9) {
        let retired = std::mem::take(&mut world.retired);
        for group in groups {
            for context in 0..world.contexts.len() {
                if let Some(node) = own_node(world, group, context) {
                    ask(world, group, context, node, AppRequest::Read, 1);
                }
            }
        }
        for flow in retired {
            let group = Group { name: flow.name, clients: flow.clients };
            if let Some(node) = own_node(world, &group, flow.context) {
                ask(world, &group, flow.context, node, AppRequest::Read, 1);
            }
        }
    }
    look(world, 0.9);
    let hidden = world.bug.as_mut().filter(|bug| bug.kind == BugKind::WarBytesUntold);
    if let Some(bug) = hidden {
        bug.struck = true;
        bug.shown = Some("no look shows the bytes".to_owned());
    }
}
