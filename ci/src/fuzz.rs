//! Coverage-guided fuzzing of the reader of configuration files, with the coverage counters that stable Rust can build.

use std::process::Command;

use camino::Utf8PathBuf;
use clap::Args;
use miette::{IntoDiagnostic as _, Result, miette};
use tomee_harness::lint::proof::{self, Half};

use crate::command::{cargo, command, read, run};

/// What `cargo fuzz` passes on nightly Rust, less the sanitizer, which stable Rust does not have.
const COUNTERS: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table -Ccodegen-units=1 \
    -Cdebug-assertions -Coverflow-checks";

/// For how long.
#[derive(Debug, Args)]
pub(crate) struct FuzzArgs {
    /// Stop after this many seconds
    #[arg(long, default_value_t = 60)]
    seconds: u32,
}

/// Builds it, gives it the files of the proofs to begin with, and runs it. What it learns stays in `target/fuzz/corpus`.
pub(crate) fn fuzz(args: &FuzzArgs) -> Result<()> {
    let root = Utf8PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let target = root.join("target/fuzz");
    let version = read(&mut command(&["rustc", "-vV"]))?;
    // With a target of its own name, programs that run while it is built get no counters.
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    let host = host.ok_or_else(|| miette!("rustc does not say what it runs on"))?;
    let mut build = cargo();
    build.args(["build", "--release", "--target", host, "--manifest-path"]).arg(root.join("ci/fuzz/Cargo.toml"));
    run(build.arg("--target-dir").arg(&target).env("RUSTFLAGS", COUNTERS))?;
    let (corpus, seeds) = (target.join("corpus"), target.join("seeds"));
    for folder in [&corpus, &seeds] {
        fs_err::create_dir_all(folder).into_diagnostic()?;
    }
    for (code, experiment) in proof::experiments() {
        for (half, name) in [(Half::Bad, "bad"), (Half::Good, "good")] {
            let files = experiment.files(half, proof::NODES[0]);
            let server = files.get("conf/server.xml").cloned().unwrap_or_default();
            fs_err::write(seeds.join(format!("{code}-{name}.xml")), server).into_diagnostic()?;
        }
    }
    let mut fuzzer = Command::new(target.join(host).join("release/reader"));
    fuzzer.args([&corpus, &seeds]).arg(format!("-max_total_time={}", args.seconds));
    // A crash leaves its input in the corpus's folder; memory and time of one input are bounded.
    fuzzer.args(["-max_len=8192", "-timeout=10", "-rss_limit_mb=1024", "-print_final_stats=1"]);
    run(fuzzer.arg(format!("-artifact_prefix={target}/")))
}
