//! The run's folder: the one place that writes what a run leaves beside its history, whoever asked for it.

use std::io::Write as _;
use std::path::PathBuf;

use super::kept::Kept;
use super::options;
use super::planned_run::PlannedRun;
use crate::config;
use crate::history::History;
use crate::host::run_dir::RunDir;
use crate::model::Plan;
use crate::model::topology::JvmSpec;
use crate::report::environment::{self, OwnUse, UnusedFile};
use crate::report::{Environment, JudgedRun, Summary, formats, markdown};
use crate::runner::{Ended, OtherError, Outputs, RunFacts};
use crate::tomcat::distribution::{Distribution, own_server_xml};

/// Writes environment.json, scenario.toml, the files that the run was given, report.html and junit.xml.
#[derive(Debug)]
pub struct RunFolder<'a> {
    planned: &'a PlannedRun,
    jvm: JvmSpec,
    step_summary: Option<PathBuf>,
    environment: Option<Environment>,
}

impl<'a> RunFolder<'a> {
    /// The folder of a run.
    pub fn of(planned: &'a PlannedRun) -> Self {
        Self { planned, jvm: JvmSpec::default(), step_summary: None, environment: None }
    }

    /// What the caller said of the JVMs, beside the scenario.
    #[must_use]
    pub fn jvm(mut self, jvm: JvmSpec) -> Self {
        self.jvm = jvm;
        self
    }

    /// A file to which the summary is appended as Markdown.
    #[must_use]
    pub fn step_summary(mut self, path: Option<PathBuf>) -> Self {
        self.step_summary = path;
        self
    }

    fn environment(&self, run: RunFacts<'_>, kept: &Kept) -> Environment {
        let (request, machines) = (run.request, run.cluster.machines());
        let topology = &self.planned.plan.topology;
        let cluster = &topology.cluster;
        let (server, runtime) = (server(&machines.distribution), machines.runtime.name());
        let archive = if machines.classes.is_some() { " · class archive" } else { "" };
        let timing = match &topology.own {
            Some(_) => "a configuration of its own".to_owned(),
            None => format!("{} timing", topology.timing),
        };
        let setting = format!(
            "{server} · {} nodes on {runtime} · {} manager · {} membership · send options {} · {timing}{archive}",
            topology.nodes.len(),
            cluster.manager,
            cluster.membership,
            cluster.send_options,
        );
        let arguments = options::command_line();
        Environment {
            format: 1,
            run: request.run.clone(),
            started: request.started.timestamp().to_string(),
            harness: env!("CARGO_PKG_VERSION").to_owned(),
            arguments: arguments.iter().map(|argument| config::redact_argument(argument)).collect(),
            runtime: runtime.to_owned(),
            server,
            setting: Some(setting),
            cluster: Some(machines.run.clone()).filter(|run| *run != request.run),
            scenario: Some(self.planned.label.clone()),
            again: self.planned.again(&machines.distribution.exactly(&topology.server), runtime, &self.jvm, kept),
            files: kept.files(),
            not_in_effect: unused_configuration(&self.planned.plan),
            cut_short: None,
            java: machines.java.as_ref().map(|java| java.version.full.clone()),
            host: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            endpoints: None,
            own: None,
            effective: std::collections::BTreeMap::new(),
        }
    }

    /// Writes report.html and junit.xml of a run that just ended, and its Markdown where it is asked for.
    fn write_reports(&self, run_dir: &RunDir, summary: &Summary, history: &History) -> Result<(), OtherError> {
        let judged = JudgedRun { summary, environment: self.environment.as_ref(), plan: &self.planned.plan, history };
        for (file, text) in formats::files(&judged)? {
            fs_err::write(run_dir.path().join(file), text)?;
        }
        if let Some(path) = &self.step_summary {
            let mut file = fs_err::File::options().create(true).append(true).open(path)?;
            file.write_all(markdown::render(summary).as_bytes())?;
        }
        Ok(())
    }
}

impl Outputs for RunFolder<'_> {
    type Report = Summary;

    fn begin(&mut self, run: RunFacts<'_>) -> Result<(), OtherError> {
        let run_dir = run.cluster.run_dir();
        let kept = Kept::of(self.planned, &self.jvm.libs, run_dir)?;
        if let Some(text) = kept.scenario(self.planned) {
            run_dir.write_scenario(&text)?;
        }
        self.environment = Some(self.environment(run, &kept));
        Ok(())
    }

    fn end(&mut self, run: RunFacts<'_>, ended: &Ended) -> Result<Summary, OtherError> {
        let run_dir = run.cluster.run_dir();
        let mut environment = self.environment.take().ok_or("the run has no begin")?;
        environment.own = own_use();
        environment.endpoints = environment::endpoints(&ended.history);
        environment.effective = environment::effective(&ended.history);
        environment.cut_short = ended.cut_short.as_ref().map(ToString::to_string);
        run_dir.write_json(&run_dir.environment(), &environment)?;
        let (plan, verdict) = (&self.planned.plan, ended.verdict.clone());
        let history = ended.history.with_values_hidden();
        let summary = Summary::of(plan, environment.setting(), verdict, &history, run_dir.path())
            .cut_short_by(environment.cut_short)
            .not_in_effect(&environment.not_in_effect);
        self.write_reports(run_dir, &summary, &history)?;
        Ok(summary)
    }
}

/// What of the servers' own configuration is not in effect in a run of a plan.
pub fn unused_configuration(plan: &Plan) -> Vec<UnusedFile> {
    let servers = std::iter::once(&plan.topology.server);
    let mut unused: Vec<UnusedFile> = vec![];
    for server in servers.chain(plan.changes().filter_map(|changes| changes.server.as_ref())) {
        let Some((file, xml)) = own_server_xml(server) else { continue };
        let says = config::not_stock(&xml);
        if !says.is_empty() && unused.iter().all(|known| known.file != file) {
            unused.push(UnusedFile { file, says });
        }
    }
    unused
}

fn server(distribution: &Distribution) -> String {
    let Distribution { version, tomcat_version, chosen, .. } = distribution;
    let chosen = chosen.as_ref().map(|chosen| format!(", {chosen}")).unwrap_or_default();
    format!("{} {version} (Tomcat {tomcat_version}){chosen}", distribution.product.name())
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
