//! The files of one release.

use super::artifact::Artifact;
use super::caches::Caches;
use super::identify::Identity;
use super::{Distribution, DistributionError, Maven, Progress, store};

/// Finds the files of one release, fetching them with Maven unless they are in the cache already.
pub(super) async fn release(
    artifact: &Artifact,
    caches: &Caches,
    maven: &Maven,
    progress: &dyn Progress,
) -> Result<Distribution, DistributionError> {
    let stored = store::obtain(artifact, &caches.distributions(), maven, progress).await?;
    let identity = Identity::of(&stored.home)?;
    Ok(identity.with(stored.home.clone(), stored.home, stored.sha256))
}
