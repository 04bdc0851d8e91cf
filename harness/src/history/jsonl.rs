//! JSON Lines in and out. Readers and writers are the callers'.

use std::io::{self, BufRead, Write};

use super::{History, Record};

/// A history that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The reader failed.
    #[error("the history cannot be read")]
    Read(#[source] io::Error),
    /// A line is no record. A last line cut off by a crash is not an error, it is left out.
    #[error("line {line} of the history is no record")]
    Line {
        /// Its number, from 1.
        line: usize,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
}

/// Appends a record as one line.
///
/// # Errors
/// The writer's.
pub fn write_record(mut writer: impl Write, record: &Record) -> io::Result<()> {
    let mut line = serde_json::to_vec(record).map_err(io::Error::other)?;
    line.push(b'\n');
    writer.write_all(&line)
}

/// Reads a history.
///
/// A last line without its line end is left out where it is no record: a crash cut it off.
///
/// # Errors
/// The reader's, or a line in the middle that is no record.
pub fn read(reader: impl BufRead) -> Result<History, HistoryError> {
    let mut history = History::default();
    for (index, line) in reader.split(b'\n').enumerate() {
        let line = line.map_err(HistoryError::Read)?;
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        match serde_json::from_slice(&line) {
            Ok(record) => history.records.push(record),
            Err(source) if source.is_eof() => break,
            Err(source) => return Err(HistoryError::Line { line: index + 1, source }),
        }
    }
    Ok(history)
}
