//! The nodes' logs as they grow, read by a command itself from the files that the harness's own handler writes.

use std::collections::BTreeMap;
use std::io::{Read as _, Seek as _, SeekFrom};

use camino::{Utf8Path, Utf8PathBuf};
use serde::Serialize;

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
