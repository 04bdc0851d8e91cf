//! Logs out of a container, as files that grow on this machine while the container runs.
//!
//! A follower counts how far it has read the log *in the container*, so that it can go on after a restart, and takes
//! what is missing when the container has ended: the engine cuts a followed stream at a kill, with lines still in it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use futures_util::{Stream, TryStreamExt};
use testcontainers::bollard::container::LogOutput;
use testcontainers::bollard::exec::{StartExecOptions, StartExecResults};
use testcontainers::bollard::models::ExecConfig;
use testcontainers::bollard::query_parameters::LogsOptionsBuilder;
use testcontainers::bollard::{self, Docker};
use tokio::io::AsyncWriteExt;
use tokio::task::JoinHandle;

use super::archive;
use super::error::DockerError;
use super::server;
use crate::host::wait;

/// How long a follower waits before it follows a still running container again.
const AGAIN: Duration = Duration::from_millis(200);

/// What is followed.
#[derive(Debug, Clone)]
pub(super) enum Source {
    /// Standard output and error of the container.
    Console,
    /// A file in the container, by its absolute path.
    File(String),
}

/// A log on its way to a file on this machine.
#[derive(Debug)]
pub(super) struct Follower {
    read: Arc<AtomicU64>,
    task: JoinHandle<()>,
}

impl Follower {
    /// Follows a log from byte `from` on and appends it to `to`, until the container has ended.
    pub(super) fn start(docker: Docker, container: String, source: Source, from: u64, to: Utf8PathBuf) -> Self {
        let read = Arc::new(AtomicU64::new(from));
        let work = Work { docker, container, source, read: Arc::clone(&read) };
        let task = tokio::spawn(async move {
            if let Err(error) = work.run(&to).await {
                tracing::warn!(container = work.container, log = %to, %error, "a log could not be followed to its end");
            }
        });
        Self { read, task }
    }

    /// Waits until the log of an ended container is whole, at most for `limit`; returns how far it was read.
    pub(super) async fn settle(mut self, limit: Duration) -> u64 {
        if tokio::time::timeout(limit, &mut self.task).await.is_err() {
            self.task.abort();
        }
        self.read.load(Ordering::Acquire)
    }
}

struct Work {
    docker: Docker,
    container: String,
    source: Source,
    read: Arc<AtomicU64>,
}

impl Work {
    async fn run(&self, to: &Utf8Path) -> Result<(), DockerError> {
        let mut file = fs_err::tokio::OpenOptions::new().create(true).append(true).open(to).await?;
        loop {
            let followed = self.follow(&mut file).await;
            let running = server::state(&self.docker, &self.container).await.is_ok_and(|state| state.running);
            if !running {
                return self.complete(&mut file).await;
            }
            if let Err(error) = followed {
                tracing::debug!(container = self.container, %error, "follows again");
            }
            wait::pause(AGAIN).await;
        }
    }

    async fn follow(&self, file: &mut fs_err::tokio::File) -> Result<(), DockerError> {
        match &self.source {
            Source::Console => self.console(true, file).await,
            Source::File(path) => {
                let from = self.read.load(Ordering::Acquire) + 1;
                let config = ExecConfig {
                    cmd: Some(["tail", "-c", &format!("+{from}"), "-F", path].map(str::to_owned).to_vec()),
                    attach_stdout: Some(true),
                    ..ExecConfig::default()
                };
                let exec = self.docker.create_exec(&self.container, config).await?;
                match self.docker.start_exec(&exec.id, None::<StartExecOptions>).await? {
                    StartExecResults::Attached { output, .. } => self.append(output, 0, file).await,
                    StartExecResults::Detached => Ok(()),
                }
            }
        }
    }

    /// Takes what a followed stream has not brought.
    async fn complete(&self, file: &mut fs_err::tokio::File) -> Result<(), DockerError> {
        match &self.source {
            Source::Console => self.console(false, file).await,
            Source::File(path) => {
                let content = archive::file(&self.docker, &self.container, path).await?.unwrap_or_default();
                let read = usize::try_from(self.read.load(Ordering::Acquire)).unwrap_or(usize::MAX);
                self.write(content.get(read..).unwrap_or_default(), file).await
            }
        }
    }

    /// The engine gives a console from its start only; what was read before is skipped.
    async fn console(&self, follow: bool, file: &mut fs_err::tokio::File) -> Result<(), DockerError> {
        let options = LogsOptionsBuilder::new().follow(follow).stdout(true).stderr(true).tail("all").build();
        let stream = self.docker.logs(&self.container, Some(options));
        self.append(stream, self.read.load(Ordering::Acquire), file).await
    }

    async fn append(
        &self,
        stream: impl Stream<Item = Result<LogOutput, bollard::errors::Error>>,
        mut skip: u64,
        file: &mut fs_err::tokio::File,
    ) -> Result<(), DockerError> {
        let mut stream = std::pin::pin!(stream);
        while let Some(chunk) = stream.try_next().await? {
            let bytes = chunk.as_ref();
            let skipped = usize::try_from(skip).unwrap_or(usize::MAX).min(bytes.len());
            skip -= skipped as u64;
            self.write(&bytes[skipped..], file).await?;
        }
        Ok(())
    }

    async fn write(&self, bytes: &[u8], file: &mut fs_err::tokio::File) -> Result<(), DockerError> {
        if !bytes.is_empty() {
            file.write_all(bytes).await?;
            file.flush().await?;
            self.read.fetch_add(bytes.len() as u64, Ordering::Release);
        }
        Ok(())
    }
}
