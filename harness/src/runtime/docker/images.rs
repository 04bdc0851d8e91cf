//! The images of a node and of its pause container: built from the embedded Dockerfiles, named by their content.

use std::collections::HashMap;

use camino::Utf8Path;
use sha2::{Digest, Sha256};
use testcontainers::bollard::Docker;
use testcontainers::bollard::models::ContainerCreateBody;
use testcontainers::bollard::query_parameters::CreateContainerOptionsBuilder;
use testcontainers::core::BuildImageOptions;
use testcontainers::runners::AsyncBuilder;
use testcontainers::{GenericBuildableImage, GenericImage, Image};

use super::archive;
use super::error::{DockerError, status};
use super::layout::LAYOUT;
use super::server;
use crate::host::guard::RUN_LABEL;
use crate::model::RunId;
use crate::runtime::RuntimeError;
use crate::tomcat::distribution::Distribution;

/// Where the images that this machine made for itself are found (`cargo ci provision`).
pub(super) const NODE_BASE: &str = "tomee-harness/node-base";
pub(super) const PAUSE_BASE: &str = "tomee-harness/pause-base";
/// What is taken from a registry otherwise; also the default of `ARG BASE_IMAGE`.
pub(super) const PUBLIC_NODE_BASE: &str = "eclipse-temurin:17-jre";
pub(super) const PUBLIC_PAUSE_BASE: &str = "debian:12-slim";

const DOCKERFILE: &str = include_str!("../../../../docker/Dockerfile");
const PAUSE_DOCKERFILE: &str = include_str!("../../../../docker/pause.Dockerfile");

/// Parts of a distribution that a node never reads, because it has a `CATALINA_BASE` of its own.
const LEFT_OUT: [&str; 4] = ["logs", "temp", "webapps", "work"];

/// What a user may want otherwise.
#[derive(Debug, Clone, Default)]
pub struct DockerOptions {
    /// The Java under the server; `None` takes `tomee-harness/node-base` where it exists, else `eclipse-temurin:17-jre`.
    pub node_base: Option<String>,
    /// The pause container's base; `None` takes `tomee-harness/pause-base` where it exists, else `debian:12-slim`.
    pub pause_base: Option<String>,
    /// Memory limit of a server's container in bytes; `None` sets none.
    pub memory_bytes: Option<i64>,
}

/// The image of a node with this distribution; built if the engine does not have it.
pub(super) async fn node(
    docker: &Docker,
    distribution: &Distribution,
    options: &DockerOptions,
) -> Result<GenericImage, RuntimeError> {
    let base = base(docker, options.node_base.as_deref(), NODE_BASE, PUBLIC_NODE_BASE).await?;
    let tag = tag(&[DOCKERFILE, LAYOUT.home, &base.identity, &distribution.digest]);
    let mut image = GenericBuildableImage::new("tomee-harness/node", tag).with_dockerfile_string(DOCKERFILE);
    for entry in parts(&distribution.home).map_err(|error| unreadable(distribution, error))? {
        image = image.with_file(distribution.home.join(&entry), format!("server/{entry}"));
    }
    build(image, &base, "node").await
}

/// The image of a pause container; built if the engine does not have it.
pub(super) async fn pause(docker: &Docker, options: &DockerOptions) -> Result<GenericImage, RuntimeError> {
    let base = base(docker, options.pause_base.as_deref(), PAUSE_BASE, PUBLIC_PAUSE_BASE).await?;
    let tag = tag(&[PAUSE_DOCKERFILE, &base.identity]);
    let image = GenericBuildableImage::new("tomee-harness/pause", tag).with_dockerfile_string(PAUSE_DOCKERFILE);
    build(image, &base, "pause container").await
}

/// Where the packages of Debian and Ubuntu (by processor), Fedora and Alpine have the library that fakes a clock.
const CLOCK_LIBRARIES: [&str; 4] = [
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib64/faketime/libfaketimeMT.so.1",
    "/usr/lib/faketime/libfaketimeMT.so.1",
];

/// The library in a server image by which the clock of a JVM is set. An image is looked into by a container of it that is
/// never started.
pub(super) async fn clock(docker: &Docker, run: &RunId, image: &GenericImage) -> Result<&'static str, RuntimeError> {
    const HINT: &str = "build one that has it, as from `FROM eclipse-temurin:17-jre` and `RUN apt-get update && apt-get install -y libfaketime`, and tag it tomee-harness/node-base; without a registry, `cargo ci provision` makes one";
    let name = format!("tomee-harness-{run}-look");
    let looked = async {
        let body = ContainerCreateBody {
            image: Some(format!("{}:{}", image.name(), image.tag())),
            labels: Some(HashMap::from([(RUN_LABEL.to_owned(), run.to_string())])),
            ..ContainerCreateBody::default()
        };
        let options = CreateContainerOptionsBuilder::new().name(&name).build();
        docker.create_container(Some(options), body).await?;
        let mut found = None;
        for library in CLOCK_LIBRARIES {
            if archive::file(docker, &name, library).await?.is_some() {
                found = Some(library);
                break;
            }
        }
        server::remove(docker, &name).await?;
        Ok::<_, DockerError>(found)
    };
    match looked.await {
        Ok(Some(library)) => Ok(library),
        Ok(None) => {
            let none = DockerError::Refused(format!("none of the images {} exists", CLOCK_LIBRARIES.join(", ")));
            Err(none.environment("the image of a node has no libfaketime, which skew-clock needs", Some(HINT)))
        }
        Err(error) => Err(error.environment("the image of a node cannot be inspected", None)),
    }
}

struct Base {
    name: String,
    /// The id where the engine has the image, which changes with its content; else the name.
    identity: String,
}

async fn base(docker: &Docker, wanted: Option<&str>, local: &str, public: &str) -> Result<Base, RuntimeError> {
    let candidates = wanted.map_or_else(|| vec![local, public], |wanted| vec![wanted]);
    for name in &candidates {
        if let Some(identity) = image_id(docker, name).await? {
            return Ok(Base { name: (*name).to_owned(), identity });
        }
    }
    let name = wanted.unwrap_or(public).to_owned();
    Ok(Base { identity: name.clone(), name })
}

/// The id of an image that the engine has.
pub(super) async fn image_id(docker: &Docker, name: &str) -> Result<Option<String>, RuntimeError> {
    match docker.inspect_image(name).await {
        Ok(image) => Ok(Some(image.id.unwrap_or_else(|| name.to_owned()))),
        Err(error) if status(&error) == Some(404) => Ok(None),
        Err(error) => Err(DockerError::from(error).environment(format!("the engine cannot show image {name}"), None)),
    }
}

fn tag(parts: &[&str]) -> String {
    let digest = parts.iter().fold(Sha256::new(), |hash, part| hash.chain_update(part).chain_update([0])).finalize();
    let start = digest.first_chunk().copied().unwrap_or_default();
    format!("{:016x}", u64::from_be_bytes(start))
}

/// The entries of a distribution that go into the image.
fn parts(home: &Utf8Path) -> std::io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs_err::read_dir(home)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if !LEFT_OUT.contains(&name.as_str()) {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

fn unreadable(distribution: &Distribution, error: std::io::Error) -> RuntimeError {
    DockerError::from(error).environment(format!("the distribution in {} cannot be read", distribution.home), None)
}

async fn build(image: GenericBuildableImage, base: &Base, role: &str) -> Result<GenericImage, RuntimeError> {
    const HINT: &str = "without a registry, `cargo ci provision` in a checkout of tomee-harness builds base images; or configure one that the engine has";
    let options = BuildImageOptions::new().with_skip_if_exists(true).with_build_arg("BASE_IMAGE", base.name.clone());
    image.build_image_with(options).await.map_err(|error| {
        DockerError::from(error)
            .environment(format!("the image of a {role} cannot be built on {}", base.name), Some(HINT))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_changes_with_every_part_and_with_where_they_are_cut() {
        let tags = [tag(&["a", "b"]), tag(&["a", "c"]), tag(&["ab", ""]), tag(&["ab"])];
        let distinct: std::collections::BTreeSet<_> = tags.iter().collect();
        assert_eq!(distinct.len(), tags.len());
        assert_eq!(tags[0], tag(&["a", "b"]));
    }

    #[test]
    fn a_node_has_no_sample_apps_and_no_traces_of_earlier_runs() {
        let home = temporary_folder();
        for name in ["bin", "lib", "webapps", "logs", "work", "temp", "LICENSE"] {
            fs_err::create_dir_all(home.path().join(name)).expect("a folder in a fresh one");
        }
        let path = Utf8Path::from_path(home.path()).expect("a temporary path is text");
        assert_eq!(parts(path).expect("readable"), ["LICENSE", "bin", "lib"]);
    }

    fn temporary_folder() -> tempfile::TempDir {
        tempfile::tempdir().expect("a temporary folder")
    }

    #[test]
    fn the_dockerfiles_default_to_the_public_images_and_agree_with_the_layout() {
        assert!(DOCKERFILE.contains(&format!("ARG BASE_IMAGE={PUBLIC_NODE_BASE}\n")));
        assert!(PAUSE_DOCKERFILE.contains(&format!("ARG BASE_IMAGE={PUBLIC_PAUSE_BASE}\n")));
        assert!(DOCKERFILE.contains(&format!("ENV CATALINA_HOME={}\n", LAYOUT.home)));
    }
}
