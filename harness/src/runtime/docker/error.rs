//! What goes wrong between us and the engine, and how it is reported.

use testcontainers::TestcontainersError;
use testcontainers::bollard::{self, Docker};
use testcontainers::core::client::docker_client_instance;

use super::host;
use crate::host::wait::TimedOut;
use crate::model::NodeName;
use crate::runtime::RuntimeError;

/// How long an engine may take to say that it is there.
const PING_LIMIT: std::time::Duration = std::time::Duration::from_secs(3);

/// A failure of one request to the engine, before it is known for which node.
#[derive(Debug, thiserror::Error)]
pub(super) enum DockerError {
    #[error(transparent)]
    Bollard(#[from] bollard::errors::Error),
    #[error(transparent)]
    Testcontainers(#[from] TestcontainersError),
    #[error(transparent)]
    TimedOut(#[from] TimedOut),
    #[error(transparent)]
    File(#[from] std::io::Error),
    #[error("`{script}` ended with {code}: {said}")]
    Script { script: String, code: i64, said: String },
    #[error("{0}")]
    Refused(String),
}

impl DockerError {
    /// Whether the engine says that there is no such thing.
    pub(super) fn is_not_found(&self) -> bool {
        matches!(self, Self::Bollard(error) if status(error) == Some(404))
    }

    /// The same, in other words than a script's where one has failed.
    pub(super) fn in_words(self, what: &str) -> Self {
        match self {
            Self::Script { said, .. } => Self::Refused(format!("{what}: {said}")),
            other => other,
        }
    }

    /// As an error of a node, or of the environment where the engine itself has gone.
    pub(super) async fn at(self, node: &NodeName, action: impl Into<String>) -> RuntimeError {
        match client().await {
            Ok(_) => RuntimeError::Node { node: node.clone(), action: action.into(), source: Box::new(self) },
            Err(gone) => gone,
        }
    }

    /// As an error of the environment.
    pub(super) fn environment(self, what: impl Into<String>, hint: Option<&str>) -> RuntimeError {
        RuntimeError::Environment { what: what.into(), hint: hint.map(str::to_owned), source: Some(Box::new(self)) }
    }
}

/// The HTTP status of the engine's refusal, where it is one.
pub(super) fn status(error: &bollard::errors::Error) -> Option<u16> {
    match error {
        bollard::errors::Error::DockerResponseServerError { status_code, .. } => Some(*status_code),
        _ => None,
    }
}

/// A client of an engine that answers, which is asked first: within seconds it is known that none is there.
///
/// # Errors
/// [`RuntimeError::Environment`], with what can be done about it.
pub(super) async fn client() -> Result<Docker, RuntimeError> {
    const HINT: &str = "start Docker, or point DOCKER_HOST at an engine; check that this user may use its socket; or run with --runtime process";
    host::refuse_remote()?;
    let none = |error: DockerError| error.environment("no container engine answers", Some(HINT));
    let docker = docker_client_instance().await.map_err(|error| none(TestcontainersError::from(error).into()))?;
    match tokio::time::timeout(PING_LIMIT, docker.ping()).await {
        Ok(Ok(_)) => Ok(docker),
        Ok(Err(error)) => Err(none(error.into())),
        Err(_) => Err(none(DockerError::Refused(format!("it took the connection and was silent for {PING_LIMIT:?}")))),
    }
}
