//! `up` and `down`: a cluster comes, and goes.

use camino::{Utf8Path, Utf8PathBuf};
use clap::ArgMatches;
use serde_json::{Value, json};
use tomee_harness::config;
use tomee_harness::host::run_dir::RunDir;
use tomee_harness::host::wait::{self, TimedOut};
use tomee_harness::keeper::{self, Ask, Client, ClusterView, Clusters, ClustersError, Known, Task};
use tomee_harness::model::scenario::refused_jvm_argument;
use tomee_harness::model::{Capability, ClusterName, ServerSpec, Topology};
use tomee_harness::runtime::RuntimeKind;
use tomee_harness::tomcat::war::War;

use super::ask::{call, call_failure, chain, no_cluster, registry, table, tell};
use super::status;
use crate::args::{DownArgs, OutputArgs, RunArgs, RuntimeChoice, UpArgs};
use crate::block_on::block_on;
use crate::exit::{Exit, Failure};
use crate::output::{print, print_json};
use crate::settings::Settings;

/// What a cluster is called where nothing is said.
const NAME: &str = "lab";
/// How long a keeper may take to be reached. It needs some ten milliseconds.
const REACHED: std::time::Duration = std::time::Duration::from_secs(20);

pub(crate) fn up(args: &UpArgs, output: &OutputArgs, matches: &ArgMatches) -> Result<Exit, Failure> {
    let run = RunArgs { cluster: args.cluster.clone(), out: args.out.clone(), ..RunArgs::default() };
    let settings = Settings::resolve(&run, output, matches)?;
    let name = match &args.name {
        Some(name) => name.clone(),
        None => ClusterName::new(NAME).map_err(Failure::usage)?,
    };
    let clusters = Clusters::of_user().map_err(registry)?;
    if let Some(known) = clusters.known(&name).map_err(registry)? {
        return Err(taken(&known));
    }
    let mut topology = settings.topology.clone();
    topology.ports = args.ports.unwrap_or_default();
    topology.prepared_for.extend(&args.prepare);
    topology.front = args.front.wanted();
    whole(&mut topology)?;
    check(&topology)?;
    let steps = args.war.iter().map(|war| {
        War::check(war).map_err(|error| {
            let hint = error.hint();
            Failure::usage(error).hint(hint)
        })?;
        Ok(table([("deploy", Some(absolute(war)?.to_string().into()))]))
    });
    let mut steps: Vec<_> = steps.collect::<Result<_, Failure>>()?;
    if steps.is_empty() && !args.bare {
        steps.push(table([("deploy", Some("counter".into()))]));
    }
    let runtime = runtime(settings.runtime, &topology)?;
    let run = RunDir::new_id(&jiff::Zoned::now());
    let folder = settings.out.clone().unwrap_or_else(|| format!(".tomee-harness/runs/{run}").into());
    let run_dir = RunDir::create(&folder).map_err(Failure::environment)?;
    let task = Task {
        name,
        run,
        folder: run_dir.path().to_owned(),
        clusters: clusters.folder().to_owned(),
        topology,
        runtime: runtime.name().to_owned(),
        steps,
    };
    let known = reached(&clusters, &task)?;
    let view: ClusterView = call(&Client::of(&known), &Ask::Started, output).map_err(|failure| {
        let evidence = task.folder.is_dir().then(|| format!("evidence: {}", task.folder));
        let down = evidence.is_some().then(|| format!("`tomee-harness down --name {}` ends it", task.name));
        let hint = failure.hint.clone().into_iter().chain(evidence).chain(down).collect::<Vec<_>>().join("; ");
        failure.hint(Some(hint).filter(|hint| !hint.is_empty()))
    })?;
    status::show(&view, output)?;
    Ok(Exit::Holds)
}

/// Starts the keeper, and waits until it can be reached.
fn reached(clusters: &Clusters, task: &Task) -> Result<Known, Failure> {
    let mut process = keeper::start(task, &["keeper"]).map_err(Failure::environment)?;
    let log = task.folder.join("keeper.log");
    let known = block_on(async {
        let mut patience = wait::Patience::new("the keeper to answer", REACHED);
        Ok(loop {
            match clusters.known(&task.name) {
                Ok(Some(known)) if known.entry.run == task.run => break Ok(known),
                Ok(_) => {}
                Err(error) => break Err(Reach::Clusters(error)),
            }
            if !matches!(process.try_wait(), Ok(None)) {
                break Err(Reach::Ended);
            }
            if let Err(late) = patience.another_look("it is not in the registry").await {
                break Err(Reach::Late(late));
            }
        })
    })?;
    known.map_err(|error| {
        let said = fs_err::read_to_string(&log).unwrap_or_default();
        let lines = said.lines().rev().take(12).map(str::to_owned).collect::<Vec<_>>().into_iter().rev().collect();
        Failure { lines, ..Failure::environment(error).hint(Some(format!("see {log}"))) }
    })
}

/// Why a keeper is not reached.
#[derive(Debug, thiserror::Error)]
enum Reach {
    #[error(transparent)]
    Clusters(ClustersError),
    #[error("the keeper of the cluster exited")]
    Ended,
    #[error(transparent)]
    Late(#[from] TimedOut),
}

/// A cluster of this name is remembered.
fn taken(known: &Known) -> Failure {
    let name = &known.entry.name;
    if known.lives {
        let hint = format!("`tomee-harness down --name {name}` ends it; --name NAME names another one");
        return Failure::usage(format!("cluster {name} is already up")).hint(Some(hint));
    }
    let hint = format!("`tomee-harness down --name {name}` removes what is left of it");
    Failure::usage(format!("the keeper of cluster {name} is gone, and it was not ended")).hint(Some(hint))
}

/// Paths that mean the same wherever the keeper is.
fn whole(topology: &mut Topology) -> Result<(), Failure> {
    if let ServerSpec::Home { path } = &mut topology.server {
        *path = absolute(path)?;
    }
    if let Some(home) = &mut topology.jvm.home {
        *home = absolute(home)?;
    }
    topology.jvm.libs.iter_mut().try_for_each(|lib| {
        *lib = absolute(lib)?;
        Ok(())
    })
}

pub(super) fn absolute(path: &Utf8Path) -> Result<Utf8PathBuf, Failure> {
    camino::absolute_utf8(path).map_err(Failure::usage)
}

/// Refuses what no cluster could use, before anything is started.
fn check(topology: &Topology) -> Result<(), Failure> {
    config::refuse_unused(topology).map_err(Failure::usage)?;
    if let Some(refused) = topology.jvm.args.iter().find_map(|argument| refused_jvm_argument(argument)) {
        return Err(Failure::usage(refused).hint(Some("leave out this --jvm-arg".to_owned())));
    }
    match topology.jvm.libs.iter().find(|lib| !lib.is_file()) {
        Some(lib) => Err(Failure::usage(format!("there is no file {lib}"))),
        None => Ok(()),
    }
}

/// The machines: the simplest that can do what the cluster is prepared for.
fn runtime(choice: RuntimeChoice, topology: &Topology) -> Result<RuntimeKind, Failure> {
    let lacks = |kind: RuntimeKind| {
        let can = kind.capabilities();
        let front = topology.front.iter().map(|_| ("a balancer in front of the nodes".to_owned(), Capability::Front));
        let mut needs = topology.prepared_for.iter().map(|fault| (fault.to_string(), fault.needs())).chain(front);
        needs.find(|(_, need)| !can.contains(need)).map(|(fault, _)| fault)
    };
    let found = match choice.kind() {
        Some(kind) => Some(kind).filter(|kind| lacks(*kind).is_none()).ok_or_else(|| (kind, lacks(kind))),
        None => RuntimeKind::all()
            .find(|kind| lacks(*kind).is_none())
            .ok_or((RuntimeKind::PROCESS, lacks(RuntimeKind::PROCESS))),
    };
    found.map_err(|(kind, fault)| {
        let fault = fault.unwrap_or_default();
        let hint = "`tomee-harness doctor` says what is missing".to_owned();
        Failure::usage(format!("runtime {} cannot do {fault} on this machine", kind.name())).hint(Some(hint))
    })
}

pub(crate) fn down(args: &DownArgs, output: &OutputArgs) -> Result<Exit, Failure> {
    let clusters = Clusters::of_user().map_err(registry)?;
    let all = clusters.all().map_err(registry)?;
    let meant: Vec<Known> = match (&args.name.name, args.all) {
        (Some(name), _) => all.into_iter().filter(|known| known.entry.name == *name).collect(),
        (None, true) => all,
        (None, false) if all.is_empty() => vec![],
        (None, false) => vec![clusters.meant(None).map_err(no_cluster)?],
    };
    let mut ended: Vec<Value> = vec![];
    let mut text = String::new();
    for known in &meant {
        let removed = block_on(async {
            let down = keeper::down(&clusters, known, |line| tell(output, line)).await;
            down.map_err(|error| match error {
                keeper::DownError::Call(error) => call_failure(error),
                error => Failure::environment(chain(&error)),
            })
        })?;
        let how = if removed.in_order { "is down" } else { "is down; its keeper was gone" };
        text.push_str(&format!("cluster {} {how}\n", removed.name));
        text.extend(removed.removed.iter().map(|what| format!("  removed {what}\n")));
        text.push_str(&format!("run: {}\n", removed.folder));
        ended.push(serde_json::to_value(&removed).map_err(Failure::environment)?);
    }
    if output.is_json() {
        print_json(&json!({"format": 1, "down": ended}))?;
    } else if meant.is_empty() {
        print("no cluster is up\n")?;
    } else {
        print(&text)?;
    }
    Ok(Exit::Holds)
}
