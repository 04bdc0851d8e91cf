//! The nodes' logs as they grow, read by a command itself from the files that the harness's own handler writes.

use std::collections::BTreeMap;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

use crate::history::{LogClass, Nanos};
use crate::model::NodeName;
use crate::tomcat::log_lines::raw;

/// A record of a node's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct LogEntry {
    /// The node's own time, in milliseconds since 1970.
    pub time_ms: i64,
    /// The node.
    pub node: NodeName,
    /// Its level: FINE, INFO, WARNING, SEVERE.
    pub level: String,
    /// The logger.
    pub logger: String,
    /// The message and the lines that follow it, as those of a stack trace.
    pub message: String,
    /// What it says, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<LogClass>,
}

/// A line that somebody drew between what was logged before and what came behind it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Mark {
    /// By this machine's clock, in milliseconds since 1970.
    pub time_ms: i64,
    /// By the run's clock, in nanoseconds since its begin, as the records of the history have it.
    pub at_ns: Nanos,
    /// What stands on it.
    pub mark: String,
}

impl Mark {
    /// Where the marks of a run are kept, a JSON document a line.
    pub fn file(folder: &Utf8Path) -> Utf8PathBuf {
        folder.join("marks.jsonl")
    }

    /// Draws a line now.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn draw(folder: &Utf8Path, at_ns: Nanos, mark: String) -> std::io::Result<Self> {
        let drawn = Self { time_ms: jiff::Timestamp::now().as_millisecond(), at_ns, mark };
        let line = serde_json::to_string(&drawn)? + "\n";
        let file = fs_err::OpenOptions::new().create(true).append(true).open(Self::file(folder));
        file.and_then(|mut file| file.write_all(line.as_bytes())).map(|()| drawn)
    }

    /// Those that were drawn behind an offset, which is moved on.
    pub fn read_on(folder: &Utf8Path, offset: &mut u64) -> Vec<Self> {
        // A run without marks has no file.
        let text = appended(&Self::file(folder), offset).unwrap_or_default();
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }
}

/// Reads the logs of nodes from their beginnings, and what comes later.
#[derive(Debug)]
pub struct Tail {
    files: BTreeMap<NodeName, (Utf8PathBuf, u64, Option<LogEntry>)>,
}

impl LogEntry {
    /// Whether it reports a failure.
    pub fn is_a_problem(&self) -> bool {
        matches!(self.level.as_str(), "WARNING" | "SEVERE")
    }
}

impl Tail {
    /// Nothing is read yet of these files.
    pub fn of(files: BTreeMap<NodeName, Utf8PathBuf>) -> Self {
        Self { files: files.into_iter().map(|(node, path)| (node, (path, 0, None))).collect() }
    }

    /// What has come since the last call, of all nodes in the order of their times. The last record of a node is held back for
    /// what may follow it, unless `all` of it is wanted now.
    pub fn read_on(&mut self, all: bool) -> Vec<LogEntry> {
        let mut entries = vec![];
        for (node, (path, offset, pending)) in &mut self.files {
            // A log that is not there yet has no lines.
            let text = appended(path, offset).unwrap_or_default();
            let came = !text.is_empty();
            for line in text.lines() {
                match (raw(line), &mut *pending) {
                    (Some(record), _) => {
                        entries.extend(pending.replace(LogEntry {
                            time_ms: record.time_ms,
                            node: node.clone(),
                            level: record.level.to_owned(),
                            logger: record.logger.to_owned(),
                            message: record.message.to_owned(),
                            class: record.class,
                        }));
                    }
                    (None, Some(entry)) => {
                        entry.message.push('\n');
                        entry.message.push_str(line);
                    }
                    (None, None) => {}
                }
            }
            if all || !came {
                entries.extend(pending.take());
            }
        }
        entries.sort_by_key(|entry| entry.time_ms);
        entries
    }
}

/// The whole lines behind an offset, which is moved on.
///
/// # Errors
/// The file cannot be read.
pub fn appended(path: &Utf8Path, offset: &mut u64) -> std::io::Result<String> {
    let mut file = fs_err::File::open(path)?;
    let length = file.metadata()?.len();
    if length < *offset {
        *offset = 0;
    }
    file.seek(SeekFrom::Start(*offset))?;
    let mut bytes = vec![];
    file.take(length - *offset).read_to_end(&mut bytes)?;
    let whole = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
    bytes.truncate(whole);
    *offset += whole as u64;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
