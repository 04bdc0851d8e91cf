//! From a line of releases, as `tomcat:10.1`, to the newest that can be had.

use super::artifact::Artifact;
use super::caches::Caches;
use super::release::release;
use super::releases::Releases;
use super::{Distribution, DistributionError, Maven, MavenProblem, Progress, store};
use crate::model::ServerSpec;
use crate::model::server_line::{LATEST, newest_of_line};

/// How many releases are tried that are listed and cannot be had: each takes Maven some seconds.
const TRIES: usize = 10;

/// The newest release of a line.
pub(super) async fn newest(
    server: &ServerSpec,
    (line, artifact): (&str, &Artifact),
    caches: &Caches,
    maven: &Maven,
    progress: &dyn Progress,
) -> Result<Distribution, DistributionError> {
    let found = match listed(server, (line, artifact), caches, maven, progress).await {
        Err(error) if cannot_be_asked(&error) => match cached(artifact, line, caches) {
            Some(version) => {
                let found = release(&artifact.at_version(&version), caches, maven, progress).await?;
                let chosen = format!("newest of {server} in the cache, as Maven cannot be asked: {error}");
                Distribution { chosen: Some(chosen), ..found }
            }
            None => return Err(error),
        },
        other => other?,
    };
    let chosen = found.chosen.as_deref().unwrap_or_default();
    progress.note(&format!("{server} is {}, {chosen}", found.exactly(server)));
    Ok(found)
}

/// The newest that the metadata list and that can be had.
async fn listed(
    server: &ServerSpec,
    (line, artifact): (&str, &Artifact),
    caches: &Caches,
    maven: &Maven,
    progress: &dyn Progress,
) -> Result<Distribution, DistributionError> {
    let mut releases = Releases::of(artifact, caches, maven, progress).await?;
    let all = releases.versions.clone();
    let newest = newest_of_line(line, all.iter().map(String::as_str));
    if newest.is_empty() {
        let mut listed = newest_of_line(LATEST, all.iter().map(String::as_str));
        listed.truncate(3);
        let listed = if listed.is_empty() { "none".to_owned() } else { format!("{} as the newest", listed.join(", ")) };
        return Err(DistributionError::NoneOfLine { server: server.to_string(), listed });
    }
    let mut lacking: Vec<&str> = vec![];
    let mut why = None;
    for version in newest.iter().take(TRIES) {
        let wanted = artifact.at_version(version);
        let is_known_to_be_missing = releases.is_missing(&wanted) && lacking.len() + 1 < newest.len().min(TRIES);
        if is_known_to_be_missing {
            lacking.push(version);
            continue;
        }
        match release(&wanted, caches, maven, progress).await {
            Ok(found) => {
                let but = if lacking.is_empty() {
                    String::new()
                } else {
                    format!(" that can be had ({} cannot)", lacking.join(", "))
                };
                return Ok(Distribution { chosen: Some(format!("newest of {server}{but}")), ..found });
            }
            Err(error @ DistributionError::Maven { problem: MavenProblem::NoSuchRelease, .. }) => {
                progress.note(&format!("{wanted} is listed and cannot be had"));
                releases.note_missing(&wanted)?;
                lacking.push(version);
                why.get_or_insert(error);
            }
            Err(error) => return Err(error),
        }
    }
    let source = why.unwrap_or(DistributionError::NoCacheFolder);
    Err(DistributionError::NoneToBeHad {
        server: server.to_string(),
        tried: lacking.join(", "),
        source: Box::new(source),
    })
}

/// The newest of a line that is whole in the cache.
fn cached(artifact: &Artifact, line: &str, caches: &Caches) -> Option<String> {
    let root = caches.distributions();
    let entries = root.read_dir_utf8().ok()?.flatten();
    let names: Vec<String> = entries.map(|entry| entry.file_name().to_owned()).collect();
    let versions = names.iter().filter_map(|name| artifact.version_of(name));
    let whole = versions.filter(|version| store::stored(&root.join(artifact.at_version(version).name())).is_some());
    newest_of_line(line, whole).first().map(|version| (*version).to_owned())
}

/// Whether Maven has no way to say what there is.
fn cannot_be_asked(error: &DistributionError) -> bool {
    match error {
        DistributionError::NoMaven { .. } => true,
        DistributionError::Maven { problem, .. } => matches!(
            problem,
            MavenProblem::Offline
                | MavenProblem::Unreachable
                | MavenProblem::Silent
                | MavenProblem::NoPlugin
                | MavenProblem::NoJava
        ),
        _ => false,
    }
}
