//! One run of one plan.

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use tokio_util::sync::CancellationToken;
use tomee_harness::cluster::Beginning;
use tomee_harness::config;
use tomee_harness::history::Record;
use tomee_harness::host::clock::Clock;
use tomee_harness::host::guard::Guard;
use tomee_harness::host::run_dir::RunDir;
use tomee_harness::model::RunId;
use tomee_harness::report::environment::{self, Environment, OwnUse};
use tomee_harness::report::summary::Summary;
use tomee_harness::report::{JudgedRun, terminal};
use tomee_harness::runner::prepare::{self, Preparation, PrepareError, Prepared, RuntimeKind};
use tomee_harness::runner::{self, AtTheEnd, TrialError};
use tomee_harness::runner::{IdleCluster, Lease, RenewalListener, remove_machines};
use tomee_harness::runtime::docker::DockerOptions;
use tomee_harness::tomcat::distribution::{Caches, Distribution, Maven};
use tomee_harness::verdict::Status;

use super::failure::{prepare_failure, sweep_hint, trial_failure};
use super::unused;
use crate::args::{Format, RuntimeChoice};
use crate::command::{json_line, report};
use crate::exit::{Exit, Failure};
use crate::kept::Kept;
use crate::progress::Progress;
use crate::scenarios::PlannedRun;
use crate::settings::Settings;
use crate::signals::Signals;

/// What a run begins with.
struct Ready {
    beginning: Beginning,
    guard: Arc<Guard>,
    /// The run that started the cluster, this one or an earlier.
    from: RunId,
    /// The folder of the machines, where it is not the run's.
    machines: Option<Utf8PathBuf>,
}

/// A run that was judged.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) exit: Exit,
    /// What it has to say on standard output.
    pub(super) text: String,
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

/// What all runs of this program share.
#[derive(Clone, Copy)]
pub(super) struct Common<'a> {
    pub(super) settings: &'a Settings,
    pub(super) keep: bool,
    pub(super) progress: &'a Progress,
    pub(super) signals: &'a Signals,
}

/// One run of one plan.
pub(super) struct One<'a> {
    pub(super) common: Common<'a>,
    /// Ends it early: a signal, or the failure of another run.
    pub(super) stop: &'a CancellationToken,
    pub(super) told: &'a PlannedRun,
    pub(super) clock: Clock,
    /// Whether its cluster is handed on.
    pub(super) warm: bool,
}

impl<'a> std::ops::Deref for One<'a> {
    type Target = Common<'a>;

    fn deref(&self) -> &Common<'a> {
        &self.common
    }
}

impl One<'_> {
    /// Runs it. `number` is its place among `many`; a cluster that was handed on comes with the lease.
    pub(super) async fn run(
        &self,
        number: u32,
        many: bool,
        (lease, idle_cluster): (Lease, Option<IdleCluster>),
    ) -> Result<Ended, Failure> {
        let started = jiff::Zoned::now();
        let run = RunDir::new_id(&started);
        let folder = self.folder(&run, number, many)?;
        let Ready { beginning, guard, from, machines } = self.ready(&run, folder, &lease, idle_cluster).await?;
        let run_dir = beginning.run_dir().clone();
        let kept = Kept::of(self.told, &self.settings.topology.jvm.libs, &run_dir)?;
        let mut environment = self.environment(&run, &started, &beginning, &kept);
        environment.cluster = Some(from.clone()).filter(|from| *from != run);
        if let Some(text) = kept.scenario(self.told) {
            run_dir.write_scenario(&text).map_err(Failure::environment)?;
        }
        let (ended, timed_out) = self.tell(beginning).await;
        let ended = ended.map_err(|error| trial_failure(error, &run_dir));
        let handed_on = ended.as_ref().ok().and_then(|ended| ended.cluster.clone()).zip(machines.clone());
        let released = if let Some((cluster, machines)) = handed_on {
            lease.hand_on(IdleCluster { cluster, guard, run: from, machines }, self.renewal_listener());
            Ok(())
        } else {
            if let Some(ended) = ended.as_ref().ok().filter(|_| self.keep) {
                self.kept(&from, ended);
            }
            let released = release(guard, self.keep, self.progress).await;
            let machines = machines.filter(|_| released.is_ok());
            let removed = machines.map_or(Ok(()), |machines| {
                remove_machines(&machines, &run_dir, &self.told.plan.topology).map_err(Failure::environment)
            });
            released.and(removed).map_err(|left| left.hint(Some(sweep_hint(&from))))
        };
        let mut ended = match (ended, released) {
            (Ok(ended), released) => released.map(|()| ended)?,
            // What went wrong first is what to tell; that it also left something comes with it.
            (Err(failure), Err(left)) => return Err(failure.leaving(left)),
            (Err(failure), Ok(())) => return Err(failure),
        };
        // The lease has it.
        ended.cluster = None;
        self.report(&run_dir, environment, ended, timed_out, many)
    }

    /// Tells the scenario, and whether it took too long.
    async fn tell(&self, beginning: Beginning) -> (Result<runner::Ended, TrialError>, bool) {
        let (limit, token) = (self.settings.timeout, self.stop.child_token());
        let at_the_end = match (self.keep, self.warm) {
            (true, _) => AtTheEnd::Keep,
            (false, true) => AtTheEnd::HandOn,
            (false, false) => AtTheEnd::ShutDown,
        };
        let deadline = tokio::time::timeout(limit, std::future::pending::<()>());
        let running = runner::run_on(&self.told.plan, beginning, at_the_end, &token);
        tokio::pin!(running, deadline);
        tokio::select! {
            ended = &mut running => (ended, false),
            _ = &mut deadline => {
                self.progress.line(&format!("  the run takes longer than {limit:?}; ending the cluster"));
                token.cancel();
                (running.await, true)
            }
        }
    }

    /// Says where the nodes of a kept cluster are, and how to end them.
    fn kept(&self, run: &RunId, ended: &runner::Ended) {
        let endpoints = environment::endpoints(&ended.history);
        for (node, place) in &ended.kept {
            let endpoint = endpoints.as_ref().and_then(|endpoints| endpoints.nodes.get(node));
            let address = endpoint.map(|it| format!("http://{}:{}  ", it.http_address, it.http_port));
            self.progress.line(&format!("  {node}  {}{place}", address.unwrap_or_default()));
        }
        self.progress.line(&format!("the cluster was kept; `tomee-harness sweep --run {run}` ends it"));
    }

    /// Writes what a run leaves, and what it has to say.
    fn report(
        &self,
        run_dir: &RunDir,
        mut environment: Environment,
        ended: runner::Ended,
        timed_out: bool,
        many: bool,
    ) -> Result<Ended, Failure> {
        environment.own = own_use();
        environment.endpoints = environment::endpoints(&ended.history);
        environment.effective = environment::effective(&ended.history);
        environment.cut_short = ended.cut_short.as_ref().map(ToString::to_string);
        run_dir.write_json(&run_dir.environment(), &environment).map_err(Failure::environment)?;
        let exit = match self.signals.exit() {
            Some(exit) => exit,
            None if timed_out => Exit::from(ended.verdict.status).worse(Exit::Unknown),
            None => ended.verdict.status.into(),
        };
        let (setting, cut_short) = (environment.setting(), environment.cut_short.clone());
        let summary = Summary::of(&self.told.plan, setting, ended.verdict, &ended.history, run_dir.path())
            .cut_short_by(cut_short)
            .not_in_effect(&environment.not_in_effect);
        let (plan, environment, history) = (&self.told.plan, Some(&environment), &ended.history);
        report::write(run_dir, &JudgedRun { plan, environment, history, summary: &summary })?;
        self.progress.finish();
        Ok(Ended { exit, text: self.text(&summary, many)? })
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

    /// All that the run begins with: the cluster that was handed on, if it is as good as new, else what a new one needs.
    async fn ready(
        &self,
        run: &RunId,
        folder: Utf8PathBuf,
        lease: &Lease,
        idle_cluster: Option<IdleCluster>,
    ) -> Result<Ready, Failure> {
        let ready = async {
            match idle_cluster {
                Some(idle_cluster) => self.succeed(idle_cluster, &folder),
                None => self.prepare(run, folder, lease).await,
            }
        };
        tokio::select! {
            ready = ready => ready,
            () = self.stop.cancelled() => {
                let exit = self.signals.exit().unwrap_or(Exit::Interrupted);
                Err(Failure::new(exit, "interrupted before the run began"))
            }
        }
    }

    /// Says how the reset of its cluster went.
    fn renewal_listener(&self) -> RenewalListener {
        let progress = self.progress.clone();
        Arc::new(move |run, renewal| match renewal {
            Ok(took) => progress.line(&format!("{:>7.2} s  reset the cluster of run {run}", took.as_secs_f64())),
            Err(error) => progress.line(&format!("  the cluster of run {run} is not used again: {error}")),
        })
    }

    fn succeed(&self, idle_cluster: IdleCluster, folder: &Utf8Path) -> Result<Ready, Failure> {
        let IdleCluster { cluster, guard, run, machines } = idle_cluster;
        let progress = self.progress.clone();
        let listener = Arc::new(move |record: &Record| progress.record(record));
        // What came before is not of this run.
        let successor = prepare::succeed(cluster, run.clone(), folder, Clock::start(), listener);
        let successor = successor.map_err(|error| prepare_failure(PrepareError::RunDir(error)))?;
        Ok(Ready { beginning: Beginning::Warm(successor), guard, from: run, machines: Some(machines) })
    }

    async fn prepare(&self, run: &RunId, folder: Utf8PathBuf, lease: &Lease) -> Result<Ready, Failure> {
        let runtime = self.runtime().await;
        let progress = self.progress.clone();
        // Beside the runs' folders, as it outlives the first of them.
        let machines = self.warm.then(|| folder.with_file_name(format!("cluster-{run}")));
        let preparation = Preparation {
            capabilities: self.told.plan.needed_capabilities(),
            run: run.clone(),
            folder,
            machines: machines.clone(),
            topology: self.told.plan.topology.clone(),
            changes: self.told.plan.changes().cloned().collect(),
            runtime,
            class_archive: self.warm,
            docker: DockerOptions::default(),
            caches: Caches::of_user().map_err(Failure::environment)?,
            maven: Maven::default(),
            progress: self.progress,
            clock: self.clock,
            listener: lease.starting(Arc::new(move |record| progress.record(record))).await,
        };
        let Prepared { parts, guard } = preparation.prepare().await.map_err(prepare_failure)?;
        Ok(Ready { beginning: parts.into(), guard, from: run.clone(), machines })
    }

    async fn runtime(&self) -> RuntimeKind {
        match self.settings.runtime {
            RuntimeChoice::Process => RuntimeKind::Process,
            RuntimeChoice::Docker => RuntimeKind::Docker,
            RuntimeChoice::Auto => {
                let (runtime, why) = RuntimeKind::choose(&self.told.plan).await;
                self.progress.line(&format!("  nodes are {why}"));
                runtime
            }
        }
    }

    fn environment(&self, run: &RunId, started: &jiff::Zoned, beginning: &Beginning, kept: &Kept) -> Environment {
        let parts = beginning.parts();
        let topology = &self.told.plan.topology;
        let cluster = &topology.cluster;
        let (server, runtime) = (server(&parts.distribution), parts.runtime.name());
        let archive = if parts.classes.is_some() { " · class archive" } else { "" };
        let setting = format!(
            "{server} · {} nodes on {runtime} · {} manager · {} membership · send options {} · {} timing{archive}",
            topology.nodes.len(),
            cluster.manager,
            cluster.membership,
            cluster.send_options,
            topology.timing
        );
        Environment {
            format: 1,
            run: run.clone(),
            started: started.timestamp().to_string(),
            harness: env!("CARGO_PKG_VERSION").to_owned(),
            arguments: std::env::args().map(|argument| config::redact_argument(&argument)).collect(),
            runtime: runtime.to_owned(),
            server,
            setting: Some(setting),
            cluster: None,
            scenario: Some(self.told.label.clone()),
            again: self.told.again(runtime, &self.settings.topology.jvm, kept),
            files: kept.files(),
            not_in_effect: unused::of(&self.told.plan),
            cut_short: None,
            java: parts.java.as_ref().map(|java| java.version.full.clone()),
            host: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            endpoints: None,
            own: None,
            effective: std::collections::BTreeMap::new(),
        }
    }

    /// The summary; of many runs only of those that do not hold, as all are listed at the end.
    fn text(&self, summary: &Summary, many: bool) -> Result<String, Failure> {
        if self.settings.format == Format::Json {
            return json_line(summary);
        }
        let style = self.progress.style(self.settings.color);
        if many && summary.verdict.status == Status::Holds {
            self.progress.line(&terminal::page(summary));
            return Ok(String::new());
        }
        Ok(terminal::render(summary, style))
    }
}

fn server(distribution: &Distribution) -> String {
    format!("{} {} (Tomcat {})", distribution.product.name(), distribution.version, distribution.tomcat_version)
}

/// Lets the guard look once more. What it had to remove is a fault of ours, and is said.
async fn release(guard: Arc<Guard>, keep: bool, progress: &Progress) -> Result<(), Failure> {
    let Some(guard) = Arc::into_inner(guard) else {
        return Err(Failure::environment("the run's guard is still in use at its end"));
    };
    if keep {
        guard.keep().map_err(Failure::environment)?;
        return Ok(());
    }
    // It blocks for a tenth of a second, in which other runs go on.
    let released = tokio::task::spawn_blocking(|| guard.release()).await.map_err(Failure::environment)?;
    let released = released.map_err(Failure::environment)?;
    for removed in &released.removed {
        progress.line(&format!("  the guard had to remove {removed}"));
    }
    Ok(())
}
