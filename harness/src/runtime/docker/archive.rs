//! Files into and out of containers, as the archives in which the engine carries them.

use std::path::Component;

use camino::{Utf8Path, Utf8PathBuf};
use futures_util::{Stream, StreamExt, TryStreamExt};
use testcontainers::bollard::query_parameters::{DownloadFromContainerOptionsBuilder, UploadToContainerOptionsBuilder};
use testcontainers::bollard::{self, Docker, body_full};
use tokio::io::AsyncReadExt;
use tokio_tar::{Archive, Builder, Header};

use super::error::DockerError;
use crate::runtime::NodeFile;

/// Puts one file below a folder of a container, which may be stopped.
///
/// An archive knows whole seconds only. The time given to a file without one is the *next* full second: farm watchers
/// compare it with the time of their last look, and a time rounded down is then taken for an old file.
pub(super) async fn upload(docker: &Docker, container: &str, folder: &str, file: &NodeFile) -> Result<(), DockerError> {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let modified = file.modified.and_then(|seconds| u64::try_from(seconds).ok());
    let mut header = Header::new_gnu();
    header.set_size(file.content.len() as u64);
    header.set_mode(0o644);
    header.set_mtime(modified.unwrap_or(now + 1));
    let mut archive = Builder::new(Vec::new());
    archive.append_data(&mut header, &file.path, file.content.as_slice()).await?;
    let options = UploadToContainerOptionsBuilder::new().path(folder).build();
    let body = body_full(archive.into_inner().await?.into());
    Ok(docker.upload_to_container(container, Some(options), body).await?)
}

/// The content of one file of a container, running or not; `None` where there is no such file.
pub(super) async fn file(docker: &Docker, container: &str, path: &str) -> Result<Option<Vec<u8>>, DockerError> {
    let found = download(docker, container, path).await?;
    Ok(found.and_then(|files| files.into_iter().next()).map(|file| file.content))
}

/// Copies the files of a container's folder into a folder on this machine; says how many.
pub(super) async fn folder(
    docker: &Docker,
    container: &str,
    path: &str,
    into: &Utf8Path,
) -> Result<usize, DockerError> {
    let files = below(docker, container, path).await?;
    for file in &files {
        let target = into.join(&file.path);
        if let Some(parent) = target.parent() {
            fs_err::tokio::create_dir_all(parent).await?;
        }
        fs_err::tokio::write(&target, &file.content).await?;
    }
    Ok(files.len())
}

/// The files below a container's folder, by their path in it; none where there is no such folder.
pub(super) async fn below(docker: &Docker, container: &str, path: &str) -> Result<Vec<NodeFile>, DockerError> {
    let files = download(docker, container, path).await?.unwrap_or_default();
    // The archive's own top folder is left out.
    let inside = |file: NodeFile| NodeFile { path: file.path.components().skip(1).collect(), ..file };
    Ok(files.into_iter().map(inside).collect())
}

async fn download(docker: &Docker, container: &str, path: &str) -> Result<Option<Vec<NodeFile>>, DockerError> {
    let options = DownloadFromContainerOptionsBuilder::new().path(path).build();
    match whole(docker.download_from_container(container, Some(options))).await {
        Ok(archive) => Ok(Some(files(&archive).await?)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

async fn whole<B: AsRef<[u8]>>(
    stream: impl Stream<Item = Result<B, bollard::errors::Error>>,
) -> Result<Vec<u8>, DockerError> {
    let mut bytes = Vec::new();
    let mut stream = std::pin::pin!(stream);
    while let Some(chunk) = stream.try_next().await? {
        bytes.extend_from_slice(chunk.as_ref());
    }
    Ok(bytes)
}

/// The regular files of an archive. Names that lead out of the folder are left out.
async fn files(bytes: &[u8]) -> Result<Vec<NodeFile>, DockerError> {
    let mut files = Vec::new();
    let mut archive = Archive::new(bytes);
    let mut entries = archive.entries()?;
    while let Some(entry) = entries.next().await {
        let mut entry = entry?;
        let path = entry.path()?.into_owned();
        let inside = path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        let Some(path) = Utf8PathBuf::from_path_buf(path).ok().filter(|_| inside) else { continue };
        if entry.header().entry_type().is_file() {
            let mut content = Vec::new();
            entry.read_to_end(&mut content).await?;
            let modified = i64::try_from(entry.header().mtime()?).ok();
            files.push(NodeFile { path, content, modified });
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn archive(names: &[&str]) -> Vec<u8> {
        let mut builder = Builder::new(Vec::new());
        for name in names {
            let mut header = Header::new_gnu();
            header.set_size(name.len() as u64);
            header.set_mode(0o644);
            // Written past the builder's own check, as a hostile archive would be.
            header.as_gnu_mut().expect("a GNU header").name[..name.len()].copy_from_slice(name.as_bytes());
            header.set_cksum();
            builder.append(&header, name.as_bytes()).await.expect("memory takes it");
        }
        builder.into_inner().await.expect("memory takes it")
    }

    #[tokio::test]
    async fn an_archive_gives_its_files_and_nothing_outside_its_folder() {
        let bytes = archive(&["logs/catalina.log", "../etc/passwd", "/etc/shadow", "logs/deep/a.txt"]).await;
        let names: Vec<_> = files(&bytes).await.expect("well formed").into_iter().map(|file| file.path).collect();
        assert_eq!(names, ["logs/catalina.log", "logs/deep/a.txt"]);
    }
}
