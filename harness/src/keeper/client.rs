//! The side of a command: one connection, one thing that is asked, and the lines that come back.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use serde_json::Value;

use super::clusters::{Entry, Known};
use super::message::{Ask, Asked, Refused, Reply, VERSION};
use crate::model::ClusterName;

/// Who asks a keeper.
#[derive(Debug, Clone)]
pub struct Client {
    entry: Entry,
    lives: bool,
}

/// Why a keeper did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// It says why.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// It is gone.
    #[error(
        "the keeper of cluster {name} is gone: its nodes were removed with it, and what was recorded is in {folder}"
    )]
    Gone {
        /// The cluster.
        name: ClusterName,
        /// The run's folder.
        folder: camino::Utf8PathBuf,
    },
    /// It does not answer.
    #[error("the keeper of cluster {name} does not answer")]
    Silent {
        /// The cluster.
        name: ClusterName,
        /// How it showed.
        #[source]
        source: io::Error,
    },
}

impl CallError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Refused(refused) => refused.hint.clone(),
            Self::Gone { name, .. } | Self::Silent { name, .. } => {
                Some(format!("`tomee-harness down --name {name}` removes what is left of it"))
            }
        }
    }

    /// The lines of a log or a console that show it.
    pub fn lines(&self) -> &[String] {
        match self {
            Self::Refused(refused) => &refused.lines,
            _ => &[],
        }
    }
}

impl Client {
    /// Who asks the keeper of this cluster.
    pub fn of(known: &Known) -> Self {
        Self { entry: known.entry.clone(), lives: known.lives }
    }

    /// What is remembered of the cluster.
    pub fn entry(&self) -> &Entry {
        &self.entry
    }

    /// Asks, and waits for the result. `progress` hears what is done meanwhile.
    ///
    /// # Errors
    /// It was refused or failed, or the keeper is gone or of another version.
    pub fn call(&self, ask: &Ask, progress: impl FnMut(&str)) -> Result<Value, CallError> {
        self.call_within(ask, None, progress)
    }

    /// As [`Self::call`], but no line may come later than this after the one before.
    ///
    /// # Errors
    /// As there, and where a line comes too late.
    pub fn call_within(
        &self,
        ask: &Ask,
        limit: Option<Duration>,
        mut progress: impl FnMut(&str),
    ) -> Result<Value, CallError> {
        if !self.lives {
            return Err(self.gone());
        }
        if self.entry.version != VERSION && *ask != Ask::Down {
            let mut refused = Refused::version(&self.entry.name, VERSION);
            refused.message = refused.message.replacen(VERSION, &self.entry.version, 1);
            return Err(refused.into());
        }
        match self.exchange(ask, limit, &mut progress) {
            Ok(Reply::Refused(refused)) => Err(refused.into()),
            Ok(Reply::Done(result)) => Ok(result),
            Ok(Reply::Progress(_)) => Err(self.gone()),
            Err(error) => Err(match error.kind() {
                io::ErrorKind::ConnectionRefused
                | io::ErrorKind::NotFound
                | io::ErrorKind::UnexpectedEof
                | io::ErrorKind::ConnectionReset
                | io::ErrorKind::BrokenPipe => self.gone(),
                _ => CallError::Silent { name: self.entry.name.clone(), source: error },
            }),
        }
    }

    fn exchange(&self, ask: &Ask, limit: Option<Duration>, progress: &mut impl FnMut(&str)) -> io::Result<Reply> {
        let mut stream = UnixStream::connect(&self.entry.socket)?;
        stream.set_read_timeout(limit)?;
        let mut line = serde_json::to_string(&Asked::of(ask)?)?;
        line.push('\n');
        stream.write_all(line.as_bytes())?;
        for line in BufReader::new(stream).lines() {
            match serde_json::from_str(&line?)? {
                Reply::Progress(line) => progress(&line),
                last => return Ok(last),
            }
        }
        Err(io::ErrorKind::UnexpectedEof.into())
    }

    fn gone(&self) -> CallError {
        CallError::Gone { name: self.entry.name.clone(), folder: self.entry.folder.clone() }
    }
}
