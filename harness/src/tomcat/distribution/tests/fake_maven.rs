//! A program that acts as Maven: a shell script.

use std::sync::Mutex;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;

use super::super::{Caches, Distribution, DistributionError, Maven, Progress};
use super::{Folder, catalina_jar, zip};
use crate::host::error_chain::links;

/// Where the fake has its local repository, and what the harness keeps.
pub(super) struct World {
    pub(super) folder: Folder,
}

/// Copies the archive out of the local repository, as the dependency plugin does.
const COPY: &str = r#"
for argument in "$@"; do
  case "$argument" in
    -DoutputDirectory=*) target="${argument#-DoutputDirectory=}" ;;
    -Dartifact=*) artifact="${argument#-Dartifact=}" ;;
  esac
done
target="${target%\$\{settings.localRepository\}}$REPOSITORY"
mkdir -p "$target"
case "$artifact" in
  *:RELEASE:pom|*:maven-dependency-plugin:*) echo x > "$target/newest.pom" ;;
  *) version="$(echo "$artifact" | cut -d: -f3)"
     cp "$REPOSITORY/org/apache/tomcat/tomcat/$version/tomcat-$version.zip" "$target" && exit 0
     echo "[ERROR] Could not find artifact org.apache.tomcat:tomcat:zip:$version in central -> [Help 1]"; exit 1 ;;
esac
"#;

impl World {
    /// A world in which Maven has Tomcat 9.0.1.
    pub(super) fn new() -> Self {
        let world = Self { folder: Folder::new() };
        world.put_archive(&tomcat_zip());
        world
    }

    pub(super) fn archive(&self) -> Utf8PathBuf {
        self.folder.path("repository/org/apache/tomcat/tomcat/9.0.1/tomcat-9.0.1.zip")
    }

    pub(super) fn put_archive(&self, content: &[u8]) {
        fs::create_dir_all(self.archive().parent().expect("a folder")).expect("writable");
        fs::write(self.archive(), content).expect("writable");
    }

    /// What the metadata list.
    pub(super) fn put_metadata(&self, versions: &[&str]) {
        let lines: String = versions.iter().map(|version| format!("<version>{version}</version>\n")).collect();
        let text = format!("<metadata><versioning><versions>\n{lines}</versions></versioning></metadata>\n");
        let folder = self.folder.path("repository/org/apache/tomcat/tomcat");
        fs::create_dir_all(&folder).expect("writable");
        fs::write(folder.join("maven-metadata-central.xml"), text).expect("writable");
    }

    pub(super) fn caches(&self) -> Caches {
        Caches::at(self.folder.path("cache"))
    }

    pub(super) fn distributions(&self) -> Utf8PathBuf {
        self.caches().distributions()
    }

    /// A Maven that runs this script, after it noted that it was started.
    pub(super) fn maven(&self, script: &str) -> Maven {
        let program = self.folder.path("mvn");
        let repository = self.folder.path("repository");
        let starts = self.folder.path("starts");
        super::script(&program, &format!("REPOSITORY='{repository}'\necho \"$@\" >> '{starts}'\n{script}"));
        Maven { program, silence: Duration::from_mins(1), ..Maven::default() }
    }

    /// A Maven that does its work.
    pub(super) fn working_maven(&self) -> Maven {
        self.maven(COPY)
    }

    /// How often Maven was started, with its arguments.
    pub(super) fn starts(&self) -> Vec<String> {
        let starts = fs::read_to_string(self.folder.path("starts")).unwrap_or_default();
        starts.lines().map(str::to_owned).collect()
    }

    pub(super) async fn resolve(&self, maven: &Maven) -> Result<Distribution, DistributionError> {
        self.resolve_with(maven, &Heard::default()).await
    }

    pub(super) async fn resolve_with(
        &self,
        maven: &Maven,
        progress: &Heard,
    ) -> Result<Distribution, DistributionError> {
        self.server("tomcat:9.0.1", maven, progress).await
    }

    pub(super) async fn server(
        &self,
        server: &str,
        maven: &Maven,
        progress: &Heard,
    ) -> Result<Distribution, DistributionError> {
        let server = server.parse().expect("a server");
        Distribution::resolve(&server, &self.caches(), maven, progress).await
    }

    /// What a user reads: the error, its causes and the hint, without names that differ from run to run.
    pub(super) fn report(&self, error: &DistributionError) -> String {
        let mut text = links(error).map(ToString::to_string).collect::<Vec<_>>().join("\ncaused by: ");
        if let Some(hint) = error.hint() {
            text = format!("{text}\nhint: {hint}");
        }
        text.replace(self.folder.root(), "[folder]")
    }

    /// The folders and files that the cache has at its top, but for lock files.
    pub(super) fn cached(&self) -> Vec<String> {
        let entries = self.distributions().read_dir_utf8().expect("a cache");
        let names = entries.map(|entry| entry.expect("readable").file_name().to_owned());
        let mut names: Vec<String> = names.filter(|name| Utf8Path::new(name).extension() != Some("lock")).collect();
        names.sort();
        names
    }
}

/// The archive of a Tomcat 9.0.1.
pub(super) fn tomcat_zip() -> Vec<u8> {
    zip(&[
        ("apache-tomcat-9.0.1/", b""),
        ("apache-tomcat-9.0.1/bin/", b""),
        ("apache-tomcat-9.0.1/bin/bootstrap.jar", b"jar"),
        ("apache-tomcat-9.0.1/bin/catalina.sh", b"#!/bin/sh\n"),
        ("apache-tomcat-9.0.1/conf/server.xml", b"<Server/>"),
        ("apache-tomcat-9.0.1/lib/catalina.jar", &catalina_jar("9.0.1")),
        ("apache-tomcat-9.0.1/webapps/ROOT/index.jsp", b"hello"),
    ])
}

/// Keeps what progress it hears.
#[derive(Default)]
pub(super) struct Heard {
    pub(super) notes: Mutex<Vec<String>>,
    pub(super) fractions: Mutex<Vec<(u64, u64)>>,
}

impl Progress for Heard {
    fn note(&self, text: &str) {
        self.notes.lock().expect("no panic").push(text.to_owned());
    }

    fn fraction(&self, done: u64, total: u64) {
        self.fractions.lock().expect("no panic").push((done, total));
    }
}
