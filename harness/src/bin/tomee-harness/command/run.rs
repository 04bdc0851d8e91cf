//! `run`: the main job or scenarios, once or many times.

use std::sync::Arc;

use camino::Utf8PathBuf;
use clap::ArgMatches;
use tomee_harness::config;
use tomee_harness::lab::clock::Clock;
use tomee_harness::lab::cluster::ClusterError;
use tomee_harness::lab::compile::CompileError;
use tomee_harness::lab::distribution::{Caches, Distribution, Maven};
use tomee_harness::lab::prepare::{Preparation, PrepareError, Prepared, RuntimeKind};
use tomee_harness::lab::run_dir::RunDir;
use tomee_harness::lab::runtime::RuntimeError;
use tomee_harness::lab::runtime::docker::DockerOptions;
use tomee_harness::lab::war::WarError;
use tomee_harness::report::environment::{self, Environment, OwnUse};
use tomee_harness::report::summary::Summary;
use tomee_harness::report::terminal::{self, Style};
use tomee_harness::spec::plan::PlanError;
use tomee_harness::spec::{Plan, RunId, deploy_job, main_job};
use tomee_harness::trial::{self, TrialError};
use tomee_harness::verdict::Status;

use super::{block_on, colored, print, print_json};
use crate::args::{ColorChoice, Format, OutputArgs, RuntimeChoice, TellArgs};
use crate::exit::{Exit, Failure, space_hint};
use crate::progress::Progress;
use crate::settings::Settings;
use crate::signals::Signals;
use crate::stories::{self, Told};

pub(crate) fn run(args: &TellArgs, output: &OutputArgs, matches: &ArgMatches) -> Result<Exit, Failure> {
    let clock = Clock::start();
    let settings = Settings::resolve(&args.run, output, matches)?;
    let told = told(args, &settings)?;
    if args.dry_run {
        return dry_run(&told, &settings);
    }
    // What the last of many runs cannot do is better told before the first one.
    for told in &told {
        check_input(&told.plan, settings.runtime)?;
        able(&told.plan, settings.runtime).map_err(|error| Failure::usage(format!("{}: {error}", told.label)))?;
    }
    let args = &args.run;
    let color = settings.color != ColorChoice::Never && std::env::var_os("NO_COLOR").is_none();
    let progress = Progress::new(output.quiet, color);
    let many = Many { told: &told, times: args.repeat, until_failure: args.until_failure };
    let result = block_on(async {
        let signals = Signals::listen().map_err(Failure::environment)?;
        let common = Common { settings: &settings, keep: args.keep, progress: &progress, signals: &signals };
        // On the heap: the future of a whole run is some ten kilobytes.
        Box::pin(many.run(common, clock)).await
    });
    progress.finish();
    result
}

/// What is to be run: scenarios, a WAR, or the main job.
fn told(args: &TellArgs, settings: &Settings) -> Result<Vec<Told>, Failure> {
    if !args.scenarios.is_empty() {
        let stories = stories::choose(&args.scenarios)?;
        let told = stories.iter().map(|story| story.told(settings, &args.set));
        return Ok(told.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect());
    }
    if !args.set.is_empty() {
        let hint = "the main job takes flags, as --nodes 4".to_owned();
        return Err(Failure::usage("--set is for scenarios, and none is named").hint(Some(hint)));
    }
    let topology = settings.topology.clone();
    let (label, plan) = match &args.run.war {
        Some(war) => (war.to_string(), deploy_job::plan(topology, war.clone())),
        None => ("the main job".to_owned(), main_job::plan(topology)),
    };
    Ok(vec![Told { label, plan: plan.map_err(Failure::usage)? }])
}

/// The machines that can do a plan, of those that the settings allow.
fn able(plan: &Plan, choice: RuntimeChoice) -> Result<RuntimeKind, PlanError> {
    let able = |kind: RuntimeKind| plan.check(kind.name(), &kind.capabilities()).map(|()| kind);
    match choice {
        RuntimeChoice::Process => able(RuntimeKind::Process),
        RuntimeChoice::Docker => able(RuntimeKind::Docker),
        RuntimeChoice::Auto => able(RuntimeKind::Process).or_else(|_| able(RuntimeKind::Docker)),
    }
}

/// Says what would be run, and on which machines it could be.
fn dry_run(told: &[Told], settings: &Settings) -> Result<Exit, Failure> {
    let mut text = String::new();
    for told in told {
        let kind = able(&told.plan, settings.runtime).map_err(Failure::usage)?;
        text.push_str(&format!("{}: {} steps in runtime {}\n", told.label, told.plan.steps.len(), kind.name()));
        for (number, step) in (1..).zip(&told.plan.steps) {
            text.push_str(&format!("{number:>5}. {}\n", step.title));
        }
    }
    print(&text)?;
    Ok(Exit::Holds)
}

/// Refuses what no run could use, before anything is fetched or started.
fn check_input(plan: &Plan, runtime: RuntimeChoice) -> Result<(), Failure> {
    trial::check_wars(plan).map_err(war_failure)?;
    let jvm = &plan.topology.jvm;
    if let Some(lib) = jvm.libs.iter().find(|lib| !lib.is_file()) {
        return Err(Failure::usage(format!("there is no file {lib}"))
            .hint(Some("--lib takes a jar; it may be repeated".to_owned())));
    }
    match &jvm.home {
        Some(home) if runtime == RuntimeChoice::Docker => {
            let refused = format!("--java {home} cannot be used with --runtime docker: an image brings its own Java");
            Err(Failure::usage(refused).hint(Some("leave out one of the two".to_owned())))
        }
        _ => Ok(()),
    }
}

/// What this process used so far, without the servers.
fn own_use() -> Option<OwnUse> {
    use nix::sys::resource::{UsageWho, getrusage};
    let used = getrusage(UsageWho::RUSAGE_SELF).ok()?;
    let milliseconds = |time: nix::sys::time::TimeVal| time.tv_sec() * 1000 + time.tv_usec() / 1000;
    let cpu_ms = milliseconds(used.user_time()) + milliseconds(used.system_time());
    // Kibibytes on Linux, bytes on macOS.
    let peak_memory_kib = if cfg!(target_os = "macos") { used.max_rss() / 1024 } else { used.max_rss() };
    Some(OwnUse { cpu_ms: u64::try_from(cpu_ms).ok()?, peak_memory_kib: u64::try_from(peak_memory_kib).ok()? })
}

/// What is run, and how often.
struct Many<'a> {
    told: &'a [Told],
    times: Option<u32>,
    until_failure: bool,
}

impl Many<'_> {
    async fn run(&self, common: Common<'_>, clock: Clock) -> Result<Exit, Failure> {
        let times = self.times.unwrap_or(if self.until_failure { u32::MAX } else { 1 });
        let many = times > 1 || self.told.len() > 1;
        let mut worst = Exit::Holds;
        let mut lines = vec![];
        let mut number = 0;
        'all: for round in 1..=times {
            for told in self.told {
                number += 1;
                let round = if times > 1 { format!(" (round {round})") } else { String::new() };
                if many {
                    common.progress.line(&format!("run {number}: {}{round}", told.label));
                }
                // Only the first run begins with the program.
                let clock = if number == 1 { clock } else { Clock::start() };
                let one = One { common, plan: &told.plan, clock };
                let exit = Box::pin(one.run(number, many)).await?;
                lines.push(format!("{:<11} {}{round}\n", exit.word(), told.label));
                worst = worst.worse(exit);
                let interrupted = common.signals.exit().is_some();
                if interrupted || (self.until_failure && exit != Exit::Holds) {
                    break 'all;
                }
            }
        }
        if many && common.settings.format == Format::Text {
            print(&lines.concat())?;
        }
        Ok(worst)
    }
}

/// What all runs of this program share.
#[derive(Clone, Copy)]
struct Common<'a> {
    settings: &'a Settings,
    keep: bool,
    progress: &'a Progress,
    signals: &'a Signals,
}

/// One run of one plan.
struct One<'a> {
    common: Common<'a>,
    plan: &'a Plan,
    clock: Clock,
}

impl<'a> std::ops::Deref for One<'a> {
    type Target = Common<'a>;

    fn deref(&self) -> &Common<'a> {
        &self.common
    }
}

impl One<'_> {
    async fn run(&self, number: u32, many: bool) -> Result<Exit, Failure> {
        let started = jiff::Zoned::now();
        let run = RunDir::new_id(&started);
        let folder = self.folder(&run, number, many)?;
        let prepared = self.prepare(&run, folder).await?;
        let Prepared { parts, guard } = prepared;
        let (run_dir, setting) = (parts.run_dir.clone(), self.setting(&parts.distribution, parts.runtime.name()));
        let mut environment = Self::environment(&run, &started, &parts);

        let limit = self.settings.timeout;
        let token = self.signals.token().child_token();
        let deadline = tokio::time::timeout(limit, std::future::pending::<()>());
        let running = trial::run(self.plan, parts, self.keep, &token);
        tokio::pin!(running, deadline);
        let (ended, timed_out) = tokio::select! {
            ended = &mut running => (ended, false),
            _ = &mut deadline => {
                self.progress.line(&format!("  the run takes longer than {limit:?}; ending the cluster"));
                token.cancel();
                (running.await, true)
            }
        };
        let released = release(guard, self.keep, self.progress).map_err(|left| left.hint(Some(sweep_hint(&run))));
        let ended = match (ended.map_err(|error| trial_failure(error, &run_dir)), released) {
            (Ok(ended), released) => released.map(|()| ended)?,
            // What went wrong first is what to tell; that it also left something comes with it.
            (Err(failure), Err(left)) => return Err(failure.leaving(left)),
            (Err(failure), Ok(())) => return Err(failure),
        };
        environment.own = own_use();
        environment.endpoints = environment::endpoints(&ended.history);
        environment.effective = environment::effective(&ended.history);
        run_dir.write_json(&run_dir.environment(), &environment).map_err(Failure::environment)?;
        let summary = Summary::of(self.plan, setting, ended.verdict.clone(), &ended.history, run_dir.path())
            .cut_short_by(ended.cut_short.as_ref());
        super::report::write(&run_dir, &summary, &ended.history)?;
        self.show(&summary, many)?;
        Ok(match self.signals.exit() {
            Some(exit) => exit,
            None if timed_out => Exit::from(ended.verdict.status).worse(Exit::Unknown),
            None => ended.verdict.status.into(),
        })
    }

    fn folder(&self, run: &RunId, number: u32, many: bool) -> Result<Utf8PathBuf, Failure> {
        match &self.settings.out {
            Some(out) if many => Ok(out.join(number.to_string())),
            Some(out) => Ok(out.clone()),
            None => {
                let here = std::env::current_dir().map_err(Failure::environment)?;
                let here = Utf8PathBuf::try_from(here).map_err(Failure::environment)?;
                Ok(here.join(".tomee-harness/runs").join(run.as_str()))
            }
        }
    }

    async fn prepare(&self, run: &RunId, folder: Utf8PathBuf) -> Result<Prepared, Failure> {
        let runtime = match self.settings.runtime {
            RuntimeChoice::Process => RuntimeKind::Process,
            RuntimeChoice::Docker => RuntimeKind::Docker,
            RuntimeChoice::Auto => {
                let (runtime, why) = RuntimeKind::choose(self.plan).await;
                self.progress.line(&format!("  nodes are {why}"));
                runtime
            }
        };
        let progress = self.progress.clone();
        let preparation = Preparation {
            run: run.clone(),
            folder,
            topology: self.plan.topology.clone(),
            runtime,
            docker: DockerOptions::default(),
            caches: Caches::of_user().map_err(Failure::environment)?,
            maven: Maven::default(),
            progress: self.progress,
            clock: self.clock,
            listener: Arc::new(move |record| progress.record(record)),
        };
        tokio::select! {
            prepared = preparation.prepare() => prepared.map_err(prepare_failure),
            () = self.signals.token().cancelled() => Err(Failure::new(self.signals.exit().unwrap_or(Exit::Interrupted), "interrupted before the run began")),
        }
    }

    fn setting(&self, distribution: &Distribution, runtime: &str) -> String {
        let topology = &self.plan.topology;
        let cluster = &topology.cluster;
        format!(
            "{} · {} nodes on {runtime} · {} manager · {} membership · send options {} · {} timing",
            server(distribution),
            topology.nodes.len(),
            cluster.manager,
            cluster.membership,
            cluster.send_options,
            topology.timing
        )
    }

    fn environment(
        run: &RunId,
        started: &jiff::Zoned,
        parts: &tomee_harness::lab::cluster::ClusterParts,
    ) -> Environment {
        Environment {
            format: 1,
            run: run.clone(),
            started: started.timestamp().to_string(),
            harness: env!("CARGO_PKG_VERSION").to_owned(),
            arguments: std::env::args().map(|argument| config::redact_argument(&argument)).collect(),
            runtime: parts.runtime.name().to_owned(),
            server: server(&parts.distribution),
            java: parts.java.as_ref().map(|java| java.version.full.clone()),
            host: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            endpoints: None,
            own: None,
            effective: std::collections::BTreeMap::new(),
        }
    }

    /// Prints the summary; of many runs only those that do not hold, as all are listed at the end.
    fn show(&self, summary: &Summary, many: bool) -> Result<(), Failure> {
        self.progress.finish();
        if self.settings.format == Format::Json {
            return print_json(summary);
        }
        if many && summary.verdict.status == Status::Holds {
            return Ok(());
        }
        let style = if colored(self.settings.color) { Style::Color } else { Style::Plain };
        print(&terminal::render(summary, style))
    }
}

fn server(distribution: &Distribution) -> String {
    format!("{:?} {} (Tomcat {})", distribution.product, distribution.version, distribution.tomcat_version)
}

/// Lets the guard look once more. What it had to remove is a fault of ours, and is said.
fn release(guard: Arc<tomee_harness::lab::guard::Guard>, keep: bool, progress: &Progress) -> Result<(), Failure> {
    let Some(guard) = Arc::into_inner(guard) else {
        return Err(Failure::environment("the run's guard is still in use at its end"));
    };
    if keep {
        guard.keep().map_err(Failure::environment)?;
        progress.line("the cluster was kept; `tomee-harness sweep --all` removes it");
        return Ok(());
    }
    let released = guard.release().map_err(Failure::environment)?;
    for removed in &released.removed {
        progress.line(&format!("  the guard had to remove {removed}"));
    }
    Ok(())
}

/// What to do about what the guard could not remove.
fn sweep_hint(run: &RunId) -> String {
    format!("when the cause is gone, `tomee-harness sweep --run {run}` removes what is left")
}

fn prepare_failure(error: PrepareError) -> Failure {
    let hint = match &error {
        PrepareError::RunDir(source) if source.kind() == std::io::ErrorKind::AlreadyExists => {
            let hint = "--out names a folder that is not there yet; each run makes its own".to_owned();
            return Failure::usage(error).hint(Some(hint));
        }
        PrepareError::RunDir(source) if space_hint(source).is_none() => {
            Some("--out DIR puts the run elsewhere".to_owned())
        }
        PrepareError::Distribution(error) => error.hint(),
        PrepareError::Java(error) => error.hint(),
        PrepareError::Runtime(RuntimeError::Environment { hint, .. }) => hint.clone(),
        _ => None,
    };
    Failure::environment(error).hint(hint)
}

fn trial_failure(error: TrialError, run_dir: &RunDir) -> Failure {
    match error {
        TrialError::Plan(error) => Failure::usage(error),
        TrialError::War(error) => war_failure(error),
        TrialError::Compile(error) => {
            let hint = error.hint();
            match error {
                CompileError::Lacks { .. } => Failure::usage(error),
                error => Failure::environment(error),
            }
            .hint(hint)
        }
        TrialError::Cluster(error) => cluster_failure(error, run_dir),
        TrialError::RunDir(error) => Failure::environment(TrialError::RunDir(error)),
    }
}

fn war_failure(error: WarError) -> Failure {
    let hint = error.hint();
    Failure::usage(error).hint(hint)
}

fn cluster_failure(error: ClusterError, run_dir: &RunDir) -> Failure {
    let (mut lines, mut hint) = (vec![], None);
    match &error {
        ClusterError::NodeFailed { node, lines: said, how, address_in_use } => {
            lines.clone_from(said);
            let logs = format!("all that it said is in {}", run_dir.node(node));
            hint = Some(match how.contains("signal 9") {
                _ if *address_in_use => {
                    format!("other programs take ports of this machine as fast as they are tried; {logs}")
                }
                true => format!("nobody here sent that signal: most often memory has run out (see dmesg); {logs}"),
                false => logs,
            });
        }
        ClusterError::Runtime(RuntimeError::Environment { hint: known, .. }) => hint.clone_from(known),
        _ => {}
    }
    Failure { lines, ..Failure::environment(error) }.hint(hint)
}

/// The distribution's progress, as lines and a moving count.
impl tomee_harness::lab::distribution::Progress for Progress {
    fn note(&self, text: &str) {
        self.line(&format!("  {text}"));
        self.now(text);
    }

    fn fraction(&self, done: u64, total: u64) {
        self.now(&format!("{done} of {total}"));
    }
}
