//! `gate accept`: what a team accepts, in a file of its repository.

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::json;
use tomee_harness::gate::{ACCEPTED_FILE, AcceptedFile, GateReport};

use super::asked::gates;
use crate::args::OutputArgs;
use crate::args::gate::AcceptArgs;
use crate::exit::{Exit, Failure};
use crate::output::{print, print_json};

/// Writes what stands against a pass of a gate that was run.
pub(super) fn accept(args: &AcceptArgs, output: &OutputArgs) -> Result<Exit, Failure> {
    if std::env::var_os("CI").is_some_and(|ci| !ci.is_empty() && ci != "false" && ci != "0") {
        return Err(Failure::usage("CI is set, and a CI job accepts nothing")
            .hint(Some("run gate accept where you work, and commit the file".to_owned())));
    }
    let report = report(args.gate.as_deref())?;
    let path = args.accepted.clone().unwrap_or_else(|| ACCEPTED_FILE.into());
    let before = read(&path)?.unwrap_or_default();
    let matters = report.matters();
    let file = AcceptedFile::of(&matters, &before);
    let gone: Vec<String> = before.stale(&matters).map(|entry| format!("{}: {}", entry.run, entry.what)).collect();
    let never: Vec<&str> =
        matters.iter().filter(|matter| matter.key.is_none()).map(|matter| matter.line.as_str()).collect();
    let is_new = |at: &usize| !before.accepted.contains(&file.accepted[*at]);
    let new: Vec<&str> = (0..file.accepted.len()).filter(is_new).map(|at| file.accepted[at].because.as_str()).collect();
    fs_err::write(&path, file.text()).map_err(Failure::environment)?;
    if output.is_json() {
        print_json(&json!({"format": 1, "file": path, "accepted": new, "gone": gone, "not-acceptable": never}))?;
        return Ok(Exit::Holds);
    }
    let mut text = format!("{path}: {} accepted, {} of them new\n", file.accepted.len(), new.len());
    for (word, lines) in
        [("new ", new), ("gone", gone.iter().map(String::as_str).collect()), ("cannot be accepted", never)]
    {
        text.extend(lines.iter().map(|line| format!("  {word}  {line}\n")));
    }
    print(&text)?;
    Ok(Exit::Holds)
}

/// What a team accepts; nothing where there is no such file and none was named.
pub(super) fn file(named: Option<&Utf8Path>) -> Result<AcceptedFile, Failure> {
    let found = read(named.unwrap_or(Utf8Path::new(ACCEPTED_FILE)))?;
    match (found, named) {
        (None, Some(named)) => {
            Err(Failure::usage(format!("there is no file {named}")).hint(Some("gate accept writes it".to_owned())))
        }
        (found, _) => Ok(found.unwrap_or_default()),
    }
}

fn read(path: &Utf8Path) -> Result<Option<AcceptedFile>, Failure> {
    let text = match fs_err::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Failure::usage(error)),
    };
    AcceptedFile::parse(&text).map(Some).map_err(|error| Failure::usage(format!("{path}: {error}")))
}

/// The report of a gate: the one that is named, or the last.
fn report(named: Option<&Utf8Path>) -> Result<GateReport, Failure> {
    let path = match named {
        Some(path) if path.is_dir() => path.join("gate.json"),
        Some(path) => path.to_owned(),
        None => last()?,
    };
    let text = fs_err::read(&path).map_err(Failure::usage)?;
    let report: GateReport = serde_json::from_slice(&text)
        .map_err(|error| Failure::usage(format!("{path} is no report of a gate: {error}")))?;
    if report.format == 1 {
        Ok(report)
    } else {
        Err(Failure::usage(format!("{path} has format {}, expected 1", report.format)))
    }
}

fn last() -> Result<Utf8PathBuf, Failure> {
    let folder = gates()?;
    let entries = folder.read_dir_utf8().into_iter().flatten().flatten();
    let reports = entries.map(|entry| entry.path().join("gate.json")).filter(|path| path.is_file());
    // Their names begin with the time.
    reports.max().ok_or_else(|| {
        Failure::usage(format!("there is no gate in {folder}"))
            .hint(Some("name the folder of a gate, as given by --out".to_owned()))
    })
}
