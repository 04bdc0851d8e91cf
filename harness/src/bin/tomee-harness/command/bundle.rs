//! `bundle`: a stored run as one file, fit to attach to a bug report.
//!
//! Secrets were taken out when the run directory was written; what is put into the bundle has them taken out once more,
//! as somebody may have run an older version or edited a file since.

use std::io::{BufWriter, Write as _};

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::json;
use tomee_harness::host::run_dir::{KEPT_FOLDER, SCENARIO_FILE};
use tomee_harness::report::{self, JudgedRun};
use tomee_harness::{config, history};
use zip::write::SimpleFileOptions;

use super::report::Stored;
use crate::args::{BundleArgs, OutputArgs};
use crate::exit::{Exit, Failure};
use crate::output::{print, print_json};
use crate::stored_runs;

/// Of each run.
const FILES: [&str; 5] = ["plan.json", "history.jsonl", "verdict.json", "environment.json", SCENARIO_FILE];
/// Of each node, next to its server.xml.
const LOGS: [&str; 4] = ["console.log", "catalina.log", "localhost_access_log.txt", "threads.txt"];

pub(crate) fn bundle(args: &BundleArgs, output: &OutputArgs) -> Result<Exit, Failure> {
    let run_dir = stored_runs::meant(&args.run_dir)?;
    let stored = Stored::open(&run_dir)?;
    let summary = stored.summary();
    let folder = fs_err::canonicalize(&run_dir).map_err(Failure::usage)?;
    let folder = Utf8PathBuf::try_from(folder).map_err(Failure::usage)?;
    let name = folder.file_name().unwrap_or("run").to_owned();
    let to = args.to.clone().unwrap_or_else(|| format!("{name}.zip").into());
    let file = if args.force { fs_err::File::create(&to) } else { fs_err::File::create_new(&to) };
    let file = file.map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => {
            let hint = "--force overwrites it; --to FILE writes the bundle elsewhere".to_owned();
            Failure::usage(format!("{to} exists already")).hint(Some(hint))
        }
        _ => Failure::usage(error),
    })?;
    let mut bundle = Bundle { zip: zip::ZipWriter::new(BufWriter::new(file)), name, files: 0 };
    for file in FILES {
        bundle.copy(&folder.join(file), file)?;
    }
    // The page shows the raw lines, so it is made of those without secrets.
    let history = redacted_history(&fs_err::read_to_string(stored.run_dir.history()).map_err(Failure::usage)?);
    let history = history::read(history.as_bytes()).map_err(Failure::usage)?;
    let mut environment = stored.environment().cloned();
    for argument in environment.iter_mut().flat_map(|environment| &mut environment.arguments) {
        *argument = config::redact_argument(argument);
    }
    let run = JudgedRun { environment: environment.as_ref(), history: &history, ..stored.judged(&summary) };
    for (file, text) in report::formats::files(&run).map_err(Failure::environment)? {
        bundle.add(file, text.as_bytes())?;
    }
    bundle.nodes(&folder.join("nodes"))?;
    bundle.given(&folder)?;
    let files = bundle.files;
    let writer = bundle.zip.finish().map_err(Failure::environment)?;
    writer.into_inner().map_err(|error| Failure::environment(error.into_error()))?;
    if output.is_json() {
        print_json(&json!({"format": 1, "bundle": to, "files": files}))?;
    } else {
        print(&format!("{to}\n"))?;
    }
    Ok(Exit::Holds)
}

struct Bundle {
    zip: zip::ZipWriter<BufWriter<fs_err::File>>,
    /// The folder in the bundle.
    name: String,
    files: usize,
}

impl Bundle {
    /// The nodes' files; a run that ended early may have none.
    fn nodes(&mut self, folder: &Utf8Path) -> Result<(), Failure> {
        if !folder.is_dir() {
            return Ok(());
        }
        let mut nodes = Vec::new();
        for node in folder.read_dir_utf8().map_err(Failure::environment)? {
            nodes.push(node.map_err(Failure::environment)?.file_name().to_owned());
        }
        nodes.sort();
        for node in nodes {
            for file in ["server.xml"].iter().chain(&LOGS) {
                self.copy(&folder.join(&node).join(file), &format!("nodes/{node}/{file}"))?;
            }
        }
        Ok(())
    }

    /// The files that the run was given, as they are.
    fn given(&mut self, folder: &Utf8Path) -> Result<(), Failure> {
        let mut paths = vec![];
        if folder.join(KEPT_FOLDER).is_dir() {
            for number in folder.join(KEPT_FOLDER).read_dir_utf8().map_err(Failure::environment)? {
                for file in
                    number.map_err(Failure::environment)?.path().read_dir_utf8().map_err(Failure::environment)?
                {
                    paths.push(file.map_err(Failure::environment)?.into_path());
                }
            }
        }
        paths.sort();
        for path in paths {
            let bytes = fs_err::read(&path).map_err(Failure::environment)?;
            let below = path.strip_prefix(folder).unwrap_or(&path);
            self.add(below.as_str(), &bytes)?;
        }
        Ok(())
    }

    /// Copies a file without its secrets, where it is there.
    fn copy(&mut self, from: &Utf8Path, to: &str) -> Result<(), Failure> {
        if !from.is_file() {
            return Ok(());
        }
        let bytes = fs_err::read(from).map_err(Failure::environment)?;
        match from.extension() {
            Some("json") => self.add(to, redacted_json(&String::from_utf8_lossy(&bytes)).as_bytes()),
            Some("jsonl") => self.add(to, redacted_history(&String::from_utf8_lossy(&bytes)).as_bytes()),
            Some("xml") => self.add(to, config::redact_xml(&String::from_utf8_lossy(&bytes)).as_bytes()),
            Some("toml") => self.add(to, config::redact_toml(&String::from_utf8_lossy(&bytes)).as_bytes()),
            _ => {
                let text = String::from_utf8_lossy(&bytes);
                self.add(to, text.lines().map(|line| redacted_words(line) + "\n").collect::<String>().as_bytes())
            }
        }
    }

    fn add(&mut self, path: &str, bytes: &[u8]) -> Result<(), Failure> {
        // Always the same time and mode, so that the same run gives the same bundle.
        let options = SimpleFileOptions::default().unix_permissions(0o600).last_modified_time(zip::DateTime::default());
        self.zip.start_file(format!("{}/{path}", self.name), options).map_err(Failure::environment)?;
        self.zip.write_all(bytes).map_err(Failure::environment)?;
        self.files += 1;
        Ok(())
    }
}

/// A document without its secrets; what is no JSON stays as it is, for it is part of what is wrong.
fn redacted_json(text: &str) -> String {
    let Ok(mut value) = serde_json::from_str::<serde_json::Value>(text) else { return text.to_owned() };
    config::redact_json(&mut value);
    serde_json::to_string_pretty(&value).map_or_else(|_| text.to_owned(), |text| text + "\n")
}

fn redacted_history(text: &str) -> String {
    text.split_inclusive('\n')
        .map(|line| redacted_line(line.trim_end_matches('\n')) + if line.ends_with('\n') { "\n" } else { "" })
        .collect()
}

/// A line of a history. It is written as it was where it has no secret, byte by byte.
fn redacted_line(line: &str) -> String {
    let Ok(mut value) = serde_json::from_str::<serde_json::Value>(line) else { return line.to_owned() };
    let before = value.clone();
    config::redact_json(&mut value);
    if value == before { line.to_owned() } else { value.to_string() }
}

/// A line of a log without the values of secret `NAME=VALUE` words.
fn redacted_words(line: &str) -> String {
    line.split(' ').map(config::redact_argument).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_that_were_left_are_taken_out() {
        assert_eq!(redacted_words("Command: -Ddb.password=hunter2 -Dx=1"), "Command: -Ddb.password=(redacted) -Dx=1");
        assert!(!redacted_json(r#"{"env": {"DB_PASSWORD": "hunter2"}}"#).contains("hunter2"));
        assert!(!redacted_line(r#"{"record":"x","token":"hunter2"}"#).contains("hunter2"));
    }

    #[test]
    fn what_has_no_secret_stays_as_it_was() {
        let line = r#"{"b":1.50,"a":"x"}"#;
        assert_eq!(redacted_line(line), line);
        assert_eq!(redacted_line("{\"cut of"), "{\"cut of");
        assert_eq!(redacted_words("a  b  c=d"), "a  b  c=d");
    }
}
