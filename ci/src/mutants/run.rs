//! Runs the tests under each change: those tests that reach the place, and the simulated histories in a program that has
//! them ready.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use miette::{IntoDiagnostic as _, Result, bail, miette};

use super::write::Mutant;
use crate::command;

/// What became of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// A test sees it: which one.
    Killed(String),
    /// It never comes to an end.
    Endless,
    /// No test sees it: how the verdicts on simulated histories differ.
    Survived(String),
}

/// How long one change may take with one program.
const LIMIT: Duration = Duration::from_mins(2);

/// A test, and the places that it reaches.
struct Test {
    program: Utf8PathBuf,
    name: String,
    reached: BTreeSet<u32>,
}

/// What became of each of these.
pub(crate) fn run(
    programs: &BTreeMap<String, Utf8PathBuf>,
    mutants: &[Mutant],
    (jobs, cases): (usize, u32),
    report: &(dyn Fn(u32, &Outcome) + Sync),
) -> Result<BTreeMap<u32, Outcome>> {
    let program = |name: &str| programs.get(name).ok_or_else(|| miette!("{name} was not built"));
    let mut tests = Vec::new();
    for (name, wanted) in [
        ("tomee_harness", "verdict::"),
        ("histories", ""),
        // What else it judges, `judge` does, and has it ready.
        ("simulated", "what_was_judged_wrongly_once_is_judged_rightly"),
    ] {
        tests.extend(tests_of(program(name)?, wanted)?);
    }
    println!("{} tests, beside simulated histories", tests.len());
    let queue: Mutex<VecDeque<u32>> = Mutex::new(mutants.iter().map(|mutant| mutant.number).collect());
    let outcomes = Mutex::new(BTreeMap::new());
    let judge = program("judge")?;
    std::thread::scope(|scope| {
        let work = || work((judge, cases), &tests, &queue, &outcomes, report);
        let working: Vec<_> = (0..jobs).map(|_| scope.spawn(work)).collect();
        working.into_iter().try_for_each(|worker| worker.join().map_err(|_| miette!("a worker ended"))?)
    })?;
    outcomes.into_inner().into_diagnostic()
}

fn work(
    (judge, cases): (&Utf8Path, u32),
    tests: &[Test],
    queue: &Mutex<VecDeque<u32>>,
    outcomes: &Mutex<BTreeMap<u32, Outcome>>,
    report: &(dyn Fn(u32, &Outcome) + Sync),
) -> Result<()> {
    let mut running = None;
    loop {
        let Some(number) = queue.lock().map_err(|_| miette!("a worker ended"))?.pop_front() else { break };
        if running.is_none() {
            running = Some(Judge::start(judge, cases)?);
        }
        let Some(judge) = running.as_mut() else { bail!("nobody judges") };
        let (outcome, hangs) = tried(judge, tests, number)?;
        if hangs {
            running = None;
        }
        let mut outcomes = outcomes.lock().map_err(|_| miette!("a worker ended"))?;
        report(number, &outcome);
        outcomes.insert(number, outcome);
    }
    Ok(())
}

/// What becomes of one change, and whether the program that judges hangs with it. What says most and takes least comes first:
/// those tests that are quick, some simulated histories, all of them, the tests that are slow.
fn tried(judge: &mut Judge, tests: &[Test], number: u32) -> Result<(Outcome, bool)> {
    let mut said = String::new();
    for step in [Step::Tests(false), Step::Judge("some"), Step::Judge("all"), Step::Tests(true)] {
        match step {
            Step::Judge(which) => {
                let Some(line) = judge.answer(number, which)? else { return Ok((Outcome::Endless, true)) };
                if let Some(why) = line.strip_prefix("killed ") {
                    return Ok((Outcome::Killed(why.to_owned()), false));
                }
                line.trim_start_matches("survived ").clone_into(&mut said);
            }
            Step::Tests(slow) => {
                let reaching = tests.iter().filter(|test| test.is_slow() == slow && test.reached.contains(&number));
                if let Some(outcome) = by_tests(reaching, number)? {
                    return Ok((outcome, false));
                }
            }
        }
    }
    let reached = tests.iter().any(|test| test.reached.contains(&number)) || !said.starts_with("0 ");
    let said = if reached { said } else { "no test reaches it".to_owned() };
    Ok((Outcome::Survived(said), false))
}

enum Step {
    Judge(&'static str),
    Tests(bool),
}

impl Test {
    /// It judges many histories that it makes itself.
    fn is_slow(&self) -> bool {
        self.name.contains("::properties::")
    }
}

/// The program that judges simulated histories.
struct Judge {
    child: std::process::Child,
    lines: mpsc::Receiver<String>,
}

impl Judge {
    fn start(program: &Utf8Path, cases: u32) -> Result<Self> {
        let mut child = Command::new(program)
            .arg(cases.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .into_diagnostic()?;
        let output = child.stdout.take().ok_or_else(|| miette!("no output"))?;
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Ok(Self { child, lines })
    }

    /// What it says of a change; `None` where it says nothing for long.
    fn answer(&mut self, number: u32, which: &str) -> Result<Option<String>> {
        let input = self.child.stdin.as_mut().ok_or_else(|| miette!("no input"))?;
        writeln!(input, "{number} {which}").into_diagnostic()?;
        match self.lines.recv_timeout(LIMIT) {
            Ok(line) => Ok(Some(line.split_once(' ').map_or(String::new(), |(_, said)| said.to_owned()))),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => bail!("the program that judges ended at change {number}"),
        }
    }
}

impl Drop for Judge {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// What becomes of a change by some tests; `None` where none of them sees it.
fn by_tests<'t>(tests: impl Iterator<Item = &'t Test>, number: u32) -> Result<Option<Outcome>> {
    let mut programs: BTreeMap<&Utf8Path, Vec<&str>> = BTreeMap::new();
    for test in tests {
        programs.entry(&test.program).or_default().push(&test.name);
    }
    for (program, names) in programs {
        let mut command = in_its_folder(program);
        command.args(["--exact", "--test-threads=1"]).args(&names).env("MUTANT", number.to_string());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().into_diagnostic()?;
        let mut output = child.stdout.take().ok_or_else(|| miette!("no output"))?;
        let reader = std::thread::spawn(move || std::io::read_to_string(&mut output).unwrap_or_default());
        let Some(status) = command::wait(LIMIT, || child.try_wait().ok().flatten()) else {
            child.kill().into_diagnostic()?;
            child.wait().into_diagnostic()?;
            return Ok(Some(Outcome::Endless));
        };
        if !status.success() {
            let output = reader.join().unwrap_or_default();
            let failed = output.lines().find(|line| line.ends_with("FAILED") && line.starts_with("test "));
            let name = failed.and_then(|line| line.split_whitespace().nth(1)).unwrap_or("a test");
            return Ok(Some(Outcome::Killed(name.to_owned())));
        }
    }
    Ok(None)
}

/// The tests of a program whose names begin with this, each run once to see what it reaches.
fn tests_of(program: &Utf8Path, wanted: &str) -> Result<Vec<Test>> {
    let listed = command::read(in_its_folder(program).args(["--list", "--format", "terse"]))?;
    let names = listed.lines().filter_map(|line| line.strip_suffix(": test"));
    let reached = Utf8Path::new(program.as_str()).with_extension("reached");
    names
        .filter(|name| name.starts_with(wanted))
        .map(|name| {
            drop(fs_err::remove_file(&reached));
            let mut run = in_its_folder(program);
            command::read(run.args(["--exact", name]).env("MUTANT_REACHED", &reached))?;
            let places = fs_err::read_to_string(&reached).unwrap_or_default();
            let reached = places.lines().filter_map(|line| line.parse().ok()).collect();
            Ok(Test { program: program.to_owned(), name: name.to_owned(), reached })
        })
        .collect()
}

fn in_its_folder(program: &Utf8Path) -> Command {
    let mut command = Command::new(program);
    command.stdin(Stdio::null()).env("PROPTEST_DISABLE_FAILURE_PERSISTENCE", "true");
    command
}
