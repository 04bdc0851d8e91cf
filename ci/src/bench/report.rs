//! Verdict and reports of a long history, and how long its page takes to open in Chromium.

use std::process::{Command, Stdio};

use camino::Utf8Path;
use miette::{IntoDiagnostic as _, Result, bail, miette};
use serde_json::Value;

use super::spread;

const OPERATIONS: u32 = 100_000;
/// What the page writes into its document when it is drawn: milliseconds since it was asked for.
const READY: &str = "data-ready-ms=\"";

/// Measures and prints one line.
pub(super) fn report(folder: &Utf8Path, rounds: u32) -> Result<()> {
    let run = folder.join("long");
    integration_tests::synthetic::write(&run, OPERATIONS);
    let (mut judged, mut opened, mut read) = (vec![], vec![], vec![]);
    for _ in 0..rounds.max(1) {
        let took = rendered(&run)?;
        let seconds = |name: &str| took[name].as_f64().map_or(f64::NAN, |ms| ms / 1000.0);
        judged.push(seconds("judge-and-render-ms"));
        read.push(seconds("read-ms"));
        opened.push(opens_in(&run.join("report.html"), folder)?);
    }
    println!(
        "verdict and reports on a 100,000-operation history: {} s (target 1 s), opens in Chromium in {} s (target 2 s); \
         reading the history before that: {} s",
        spread(&judged, 2),
        spread(&opened, 2),
        spread(&read, 2)
    );
    Ok(())
}

fn rendered(run: &Utf8Path) -> Result<Value> {
    let mut command = Command::new("target/release/tomee-harness");
    let output = command.args(["report", run.as_str(), "--json"]).stdin(Stdio::null()).output().into_diagnostic()?;
    if !output.status.success() {
        bail!("the report ended with {}: {}", output.status, String::from_utf8_lossy(&output.stderr));
    }
    let printed: Value = serde_json::from_slice(&output.stdout).into_diagnostic()?;
    Ok(printed["took"].clone())
}

/// Seconds until the page is drawn.
fn opens_in(page: &Utf8Path, folder: &Utf8Path) -> Result<f64> {
    let mut command = Command::new("chromium");
    command.args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"]);
    command.arg(format!("--user-data-dir={folder}/chromium")).args(["--timeout=60000", "--dump-dom"]);
    let output = command.arg(format!("file://{page}")).stdin(Stdio::null()).output().into_diagnostic()?;
    let document = String::from_utf8_lossy(&output.stdout);
    let ready = document.split_once(READY).and_then(|(_, rest)| rest.split_once('"')).map(|(ms, _)| ms);
    let ms = ready.and_then(|ms| ms.parse::<f64>().ok());
    ms.map(|ms| ms / 1000.0).ok_or_else(|| miette!("the page did not say that it was drawn: {}", output.status))
}
