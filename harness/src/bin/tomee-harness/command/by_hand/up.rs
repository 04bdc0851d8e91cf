//! `up` and `down`: a cluster comes, and goes.

use camino::{Utf8Path, Utf8PathBuf};
use clap::ArgMatches;
use serde_json::{Map, Value, json};
use tomee_harness::config;
use tomee_harness::gate::{self, Given};
use tomee_harness::keeper::{self, Ask, Client, ClusterView, Clusters, Known};
use tomee_harness::model::scenario::{Head, refused_jvm_argument};
use tomee_harness::model::topology::JvmSpec;
use tomee_harness::model::{Capability, ServerSpec, Topology};
use tomee_harness::runtime::RuntimeKind;
use tomee_harness::suite::PlannedRun;
use tomee_harness::tomcat::war::War;

use super::ask::{call, call_failure, chain, no_cluster, registry, table, tell};
use super::status;
use super::task::{free_name, reached, tables, task};
use crate::able::able;
use crate::args::{DownArgs, OutputArgs, OwnArgs, RunArgs, RuntimeChoice, UpArgs};
use crate::block_on::block_on;
use crate::command::gate::asked::database_in_memory;
use crate::exit::{Exit, Failure};
use crate::output::{print, print_json};
use crate::scenarios::{self, Checked};
use crate::settings::Settings;

pub(crate) fn up(args: &UpArgs, output: &OutputArgs, matches: &ArgMatches) -> Result<Exit, Failure> {
    let run = RunArgs { cluster: args.cluster.clone(), out: args.out.clone(), ..RunArgs::default() };
    let settings = Settings::resolve(&run, output, matches)?;
    let (name, clusters) = free_name(args.name.as_ref())?;
    let Wanted { mut topology, runtime: chosen, head, steps } = wanted(args, &settings, output)?;
    if let Some(ports) = args.ports {
        topology.ports = ports;
    }
    topology.prepared_for.extend(&args.prepare);
    if let Some(front) = args.front.wanted() {
        topology.front = Some(front);
    }
    whole(&mut topology)?;
    check(&topology)?;
    let runtime = match chosen {
        Some(kind) if args.prepare.is_empty() => kind,
        _ => runtime(settings.runtime, &topology)?,
    };
    let task = task((name, &clusters), settings.out.clone(), (topology, runtime), (head, steps), false)?;
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

/// What is brought up.
struct Wanted {
    topology: Topology,
    /// Where its faults decide that.
    runtime: Option<RuntimeKind>,
    head: Option<Head>,
    steps: Vec<Map<String, Value>>,
}

fn wanted(args: &UpArgs, settings: &Settings, output: &OutputArgs) -> Result<Wanted, Failure> {
    let own_apps = args.war.iter().map(|war| {
        War::check(war).map_err(|error| {
            let hint = error.hint();
            Failure::usage(error).hint(hint)
        })?;
        Ok(table([("deploy", Some(absolute(war)?.to_string().into()))]))
    });
    let mut steps: Vec<_> = own_apps.collect::<Result<_, Failure>>()?;
    let is_bare = args.bare || !steps.is_empty();
    if let Some(word) = &args.scenario {
        if args.own.is_given() {
            return Err(Failure::usage("a scenario brings its own configuration: --config cannot be added to it"));
        }
        let run = of_scenario(word, &args.set, settings, output)?;
        let runtime = able(&run, settings.runtime).map_err(Failure::usage)?;
        let topology = run.plan.topology.clone();
        let source = run.source.as_ref().ok_or_else(|| Failure::usage(format!("{word} is no scenario")))?;
        let tables = tables(source, &topology)?;
        if !is_bare {
            steps = tables.steps.into_iter().take_while(|step| step.contains_key("deploy")).collect();
        }
        return Ok(Wanted { topology, runtime: Some(runtime), head: Some(tables.head.of_cluster()), steps });
    }
    if !is_bare {
        steps.push(table([("deploy", Some("counter".into()))]));
    }
    let topology = if args.own.is_given() {
        if settings.runtime.kind().is_some_and(|kind| kind.name() != RuntimeKind::PROCESS.name()) {
            return Err(Failure::usage("a configuration of your own runs in runtime process"));
        }
        let count = args.cluster.nodes.map(usize::from);
        own_topology(&args.own, count, args.cluster.server.clone(), &settings.topology.jvm, output)?
    } else {
        settings.topology.clone()
    };
    let runtime = args.own.is_given().then_some(RuntimeKind::PROCESS);
    Ok(Wanted { topology, runtime, head: None, steps })
}

/// The first run of a scenario.
fn of_scenario(
    word: &str,
    set: &[(String, String)],
    settings: &Settings,
    output: &OutputArgs,
) -> Result<PlannedRun, Failure> {
    let chosen = scenarios::choose(&[word.to_owned()])?;
    let [scenario] = &chosen[..] else {
        let names: Vec<&str> = chosen.iter().map(|scenario| scenario.name.as_str()).collect();
        return Err(Failure::usage(format!("{word} means {} scenarios: {}", names.len(), names.join(", "))));
    };
    let mut runs = scenario.runs(settings, set)?;
    if runs.len() > 1 {
        tell(output, &format!("the first of its {} clusters is brought up: {}", runs.len(), runs[0].label));
    }
    scenarios::check_files(&runs[0], &mut Checked::default())?;
    Ok(runs.swap_remove(0))
}

/// The cluster that a configuration of the user's own claims to be, with the JVM of the settings.
pub(in crate::command) fn own_topology(
    own: &OwnArgs,
    count: Option<usize>,
    server: Option<ServerSpec>,
    jvm: &JvmSpec,
    output: &OutputArgs,
) -> Result<Topology, Failure> {
    let given = Given {
        config: own.config.clone(),
        nodes: own.node.iter().cloned().collect(),
        count,
        libs: jvm.libs.clone(),
        server,
        properties: own.define.iter().cloned().collect(),
        env: jvm.env.clone(),
        ..Given::default()
    };
    let loaded = gate::load(&given).map_err(|error| Failure::usage(chain(&error)).hint(error.hint()))?;
    let previews = gate::preview(&loaded.topology).map_err(|error| Failure::usage(chain(&error)))?;
    let notes = previews.into_iter().flat_map(|preview| {
        let node = preview.node;
        preview.notes.into_iter().map(move |note| format!("{node}: {note}"))
    });
    for note in loaded.notes.iter().cloned().chain(notes) {
        tell(output, &format!("  {note}"));
    }
    let mut jvm = JvmSpec { of_scenario: true, ..jvm.clone() };
    if loaded.topology.own.as_ref().is_some_and(|own| !own.data_sources.is_empty()) {
        jvm.libs.push(database_in_memory()?);
    }
    Ok(Topology { jvm, ..loaded.topology })
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
    if topology.own.is_none() {
        config::refuse_unused(topology).map_err(Failure::usage)?;
    }
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
    let mut unreadable = clusters.unreadable().map_err(registry)?;
    unreadable.retain(|name| args.all || args.name.name.as_ref() == Some(name));
    for name in &unreadable {
        clusters.forget_unreadable(name).map_err(registry)?;
        text.push_str(&format!(
            "what was remembered of cluster {name} could not be read, and is removed; `tomee-harness sweep` removes what may be left of it\n"
        ));
    }
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
        print_json(&json!({"format": 1, "down": ended, "unreadable": unreadable}))?;
    } else if text.is_empty() {
        print("no cluster is up\n")?;
    } else {
        print(&text)?;
    }
    Ok(Exit::Holds)
}
