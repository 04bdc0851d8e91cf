//! (a): the main job, as a user runs it.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use camino::Utf8Path;
use miette::{IntoDiagnostic as _, Result, bail, miette};
use tomee_harness::history::{self, FaultPhase, RecordKind};
use tomee_harness::report::Environment;

/// The client whose session the main job follows.
const FOLLOWED: &str = "alice";

/// How the main job is run.
pub(super) struct MainJob<'a> {
    pub(super) runtime: &'a str,
    pub(super) documented: bool,
}

/// What one run took.
pub(super) struct Measured {
    /// From the start of the program to the answer after the first kill.
    pub(super) first_failover: Duration,
    /// From the start of the program to its end.
    pub(super) whole: Duration,
    /// The program's own processor time, without its servers.
    pub(super) own_cpu: Duration,
    /// The program's own resident memory at its highest.
    pub(super) own_peak_mebibytes: f64,
}

impl MainJob<'_> {
    /// Runs it; a run that does not hold is an error, for it measures nothing.
    pub(super) fn run(&self, folder: &Utf8Path) -> Result<Measured> {
        let mut command = Command::new("target/release/tomee-harness");
        command.args(["run", "--json", "--quiet", "--runtime", self.runtime, "--out", folder.as_str()]);
        if self.documented {
            command.args(["--membership", "multicast", "--timing", "documented"]);
        }
        let start = Instant::now();
        let output = command.stdin(Stdio::null()).output().into_diagnostic()?;
        let whole = start.elapsed();
        if !output.status.success() {
            bail!(
                "the main job in {} ended with {}: {}{}",
                self.runtime,
                output.status,
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            );
        }
        let environment = fs_err::read(folder.join("environment.json")).into_diagnostic()?;
        let environment: Environment = serde_json::from_slice(&environment).into_diagnostic()?;
        let own = environment.own.ok_or_else(|| miette!("the run did not measure itself"))?;
        let own_cpu = Duration::from_millis(own.cpu_ms);
        #[expect(clippy::cast_precision_loss, reason = "a number of mebibytes is small")]
        let own_peak_mebibytes = own.peak_memory_kib as f64 / 1024.0;
        Ok(Measured { first_failover: first_failover(folder)?, whole, own_cpu, own_peak_mebibytes })
    }
}

/// When the client that the main job follows was first answered after the first fault, on the run's clock, which starts with
/// the program. What other clients ask of other nodes meanwhile is no failover.
fn first_failover(folder: &Utf8Path) -> Result<Duration> {
    let file = fs_err::File::open(folder.join("history.jsonl")).into_diagnostic()?;
    let history = history::read(std::io::BufReader::new(file)).into_diagnostic()?;
    let mut records = history.records.iter();
    records.find(|record| matches!(record.kind, RecordKind::Fault { phase: FaultPhase::Hit { .. }, .. }));
    let asked = records.find_map(|record| match &record.kind {
        RecordKind::Invoke { operation, client, .. } if client.as_str() == FOLLOWED => Some(*operation),
        _ => None,
    });
    let answered = records
        .find(|record| matches!(&record.kind, RecordKind::Complete { operation, .. } if Some(*operation) == asked));
    let at = answered.map(|record| Duration::from_nanos(record.at.0));
    at.ok_or_else(|| miette!("no answer after a fault in {folder}"))
}
