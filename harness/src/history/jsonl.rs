//! JSON Lines in and out. Readers and writers are the callers'.

use std::io::{self, BufRead, Write};

use super::{History, Record};

/// A history that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The reader failed.
    #[error("line {line} of the history cannot be read")]
    Read {
        /// Its number, from 1.
        line: usize,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A line is not a valid record. A last line cut off by a crash is not an error, it is left out.
    #[error("line {line} of the history is not a valid record")]
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
/// A last line without its line end is left out where its JSON breaks off: a crash cut it. Anything else that is no
/// record is an error, wherever it stands.
///
/// # Errors
/// The reader's, or a line that is no record.
pub fn read(mut reader: impl BufRead) -> Result<History, HistoryError> {
    let mut history = History::default();
    let mut bytes = Vec::new();
    for line in 1.. {
        bytes.clear();
        let read = reader.read_until(b'\n', &mut bytes).map_err(|source| HistoryError::Read { line, source })?;
        if read == 0 {
            break;
        }
        if bytes.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        match serde_json::from_slice(&bytes) {
            Ok(record) => history.records.push(record),
            Err(source) if bytes.last() != Some(&b'\n') && breaks_off(&bytes, &source) => break,
            Err(source) => return Err(HistoryError::Line { line, source }),
        }
    }
    Ok(history)
}

/// Whether a line ends in the middle of its JSON, or in the middle of a character.
fn breaks_off(line: &[u8], error: &serde_json::Error) -> bool {
    error.is_eof() || std::str::from_utf8(line).is_err_and(|error| error.error_len().is_none())
}

#[cfg(test)]
mod tests;
