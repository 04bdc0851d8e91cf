//! What is asked of one side of a gate: its files, what the linter says of them, its runs, and where the gate is kept.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use tomee_harness::config::own::MembershipClaim;
use tomee_harness::gate::{self, Choice, Given, Linted, LoadError, Loaded};
use tomee_harness::host::error_chain::DisplayErrorChain;
use tomee_harness::host::run_dir::RunDir;
use tomee_harness::lint::{Severity, Versions};
use tomee_harness::model::ServerSpec;
use tomee_harness::model::deploy_job::OwnApp;
use tomee_harness::model::topology::JvmSpec;
use tomee_harness::runner::Jobs;
use tomee_harness::tomcat::distribution::Caches;
use tomee_harness::tomcat::library;
use tomee_harness::tomcat::own_base::OwnFilesError;
use tomee_harness::tomcat::war::War;

use crate::args::gate::GateArgs;
use crate::args::{ClusterArgs, RunArgs};
use crate::command::{lint, run};
use crate::exit::Failure;
use crate::scenarios;

/// One configuration with what is to be run on it.
pub(super) struct Asked {
    pub(super) name: String,
    pub(super) loaded: Loaded,
    pub(super) lint: Linted,
    pub(super) choices: Vec<Choice>,
    pub(super) replaced: Vec<String>,
    pub(super) war: Option<Utf8PathBuf>,
    pub(super) left_out: Vec<String>,
}

impl Asked {
    /// The file's name of the app.
    pub(super) fn app(&self) -> Option<&str> {
        self.war.as_deref().and_then(Utf8Path::file_name)
    }
}

/// What the arguments name.
pub(super) fn given(args: &GateArgs, jvm: &JvmSpec) -> Given {
    Given {
        config: args.config.clone(),
        nodes: args.node.iter().cloned().collect(),
        count: args.nodes.map(usize::from),
        host_header: args.host_header.clone(),
        resources: args.resource.iter().cloned().collect(),
        libs: args.lib.clone(),
        war: args.war.clone(),
        server: args.server.clone(),
        properties: args.define.iter().cloned().collect(),
        env: jvm.env.clone(),
    }
}

pub(super) fn asked(args: &GateArgs, given: &Given, war: Option<&Utf8Path>, jvm: &JvmSpec) -> Result<Asked, Failure> {
    let mut loaded = gate::load(given).map_err(|error| load_failure(&error))?;
    let mut jvm = JvmSpec { of_scenario: true, ..jvm.clone() };
    let replaces = loaded.topology.own.as_ref().is_some_and(|own| !own.data_sources.is_empty());
    if replaces && !args.plan && !args.show_transplant {
        jvm.libs.push(database_in_memory()?);
    }
    loaded.topology.jvm = jvm;
    if let Some(war) = war {
        War::check(war).map_err(run::war_failure)?;
    }
    let app = war.map(|war| own_app(args, war)).transpose()?;
    // Without any Cluster nothing is claimed, and no run shows what the files say already.
    let is_cluster = loaded.claims.iter().any(|(_, claims)| claims.membership != MembershipClaim::None);
    let choices = if is_cluster {
        gate::choose(&loaded.topology, &loaded.claims, app.as_ref()).map_err(Failure::usage)?
    } else {
        vec![]
    };
    let can = tomee_harness::runtime::process::capabilities();
    for choice in &choices {
        choice.plan.check("process", &can).map_err(Failure::usage)?;
    }
    let previews = gate::preview(&loaded.topology).map_err(|error| files_failure(&error))?;
    let notes = previews.into_iter().flat_map(|preview| {
        let node = preview.node;
        preview.notes.into_iter().map(move |note| format!("{node}: {note}"))
    });
    let mut replaced: Vec<String> = loaded.notes.iter().cloned().chain(notes).collect();
    replaced.dedup();
    let paths: Vec<String> = given.paths().into_iter().chain(war.map(ToString::to_string)).collect();
    let versions: Option<Versions> = match &loaded.topology.server {
        ServerSpec::Home { .. } => None,
        server => server.to_string().parse().ok(),
    };
    let mut lint = linted(&paths, versions, &args.define)?;
    if !is_cluster {
        let nodes = loaded.topology.names().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        lint.errors.push(format!("no <Cluster> in the server.xml of {nodes}: no session is replicated"));
    }
    let name = given.config.iter().chain(given.nodes.values()).map(ToString::to_string).collect::<Vec<_>>().join(", ");
    Ok(Asked { name, loaded, lint, choices, replaced, war: war.map(Utf8Path::to_owned), left_out: vec![] })
}

/// The jar of the database that takes the place of others.
pub(in crate::command) fn database_in_memory() -> Result<Utf8PathBuf, Failure> {
    let caches = Caches::of_user().map_err(Failure::environment)?;
    library::h2(&caches).map_err(|error| {
        let hint = "a database in memory takes the place of a data source that is not to be had here";
        Failure::environment(DisplayErrorChain(&error).to_string()).hint(Some(hint.to_owned()))
    })
}

/// The user's app, and what it is asked.
pub(super) fn own_app(args: &GateArgs, war: &Utf8Path) -> Result<OwnApp, Failure> {
    scenarios::own_app(war, &args.app, args.start_within)
}

fn load_failure(error: &LoadError) -> Failure {
    Failure::usage(DisplayErrorChain(error).to_string()).hint(error.hint())
}

pub(super) fn files_failure(error: &OwnFilesError) -> Failure {
    Failure::usage(DisplayErrorChain(error).to_string())
}

/// What the linter says, in its words.
fn linted(paths: &[String], versions: Option<Versions>, define: &[(String, String)]) -> Result<Linted, Failure> {
    let mut linted = Linted::default();
    for checked in lint::checked(paths, versions, define)? {
        for finding in &checked.report.findings {
            let file = &checked.input.files[finding.file];
            let (line, column) = file.position(finding.span.start);
            let text = format!("{} {}:{line}:{column}: {}", finding.rule.code, file.name, finding.message);
            match finding.severity {
                Severity::Error => linted.errors.push(text),
                Severity::Warning => linted.warnings.push(text),
                Severity::Info => linted.infos += 1,
            }
        }
    }
    Ok(linted)
}

/// What of the arguments is as for any run.
pub(super) fn run_args(args: &GateArgs, env: Vec<(String, String)>) -> RunArgs {
    let cluster = ClusterArgs {
        server: args.server.clone(),
        nodes: args.nodes,
        java: args.java.clone(),
        jvm_arg: args.jvm_arg.clone(),
        env,
        lib: args.lib.clone(),
        ..ClusterArgs::default()
    };
    RunArgs {
        cluster,
        war: args.war.clone(),
        app: args.app.clone(),
        timeout: args.timeout,
        jobs: Some(args.jobs.unwrap_or(Jobs::Auto)),
        ..RunArgs::default()
    }
}

/// The environment of the nodes: the lines of a file, and over them those of the command line.
pub(super) fn environment(args: &GateArgs) -> Result<Vec<(String, String)>, Failure> {
    let mut env: BTreeMap<String, String> = BTreeMap::new();
    if let Some(path) = &args.env_file {
        let text = fs_err::read_to_string(path).map_err(Failure::usage)?;
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim().strip_prefix("export ").unwrap_or(line.trim());
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (name, value) = crate::args::parse_variable(line)
                .map_err(|problem| Failure::usage(format!("{path}:{number}: {problem}")))?;
            env.insert(name, value.trim_matches(['"', '\'']).to_owned());
        }
    }
    env.extend(args.env.iter().cloned());
    Ok(env.into_iter().collect())
}

/// Where gates are, where nothing is said.
pub(super) fn gates() -> Result<Utf8PathBuf, Failure> {
    let here = std::env::current_dir().map_err(Failure::environment)?;
    let here = Utf8PathBuf::try_from(here).map_err(Failure::environment)?;
    Ok(here.join(".tomee-harness/gates"))
}

/// The folder of the gate, which must not be there yet.
pub(super) fn folder(args: &GateArgs) -> Result<Utf8PathBuf, Failure> {
    let folder = match &args.out {
        Some(out) => out.clone(),
        None => gates()?.join(RunDir::new_id(&jiff::Zoned::now()).as_str()),
    };
    let made = RunDir::create(&folder).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => Failure::usage(error)
            .hint(Some("--out names a folder that is not there yet; each gate makes its own".to_owned())),
        _ => Failure::environment(error),
    })?;
    Ok(made.path().to_owned())
}
