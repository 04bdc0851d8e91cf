//! A class archive: a server's classes, read and verified once, for all starts of clusters that are reused.
//!
//! A start of TomEE is mostly the loading of some 4,500 classes out of a hundred jars. A JVM from Java 13 on can keep what it
//! made of them in a file (a dynamic archive of class data sharing, JEP 350: `-XX:ArchiveClassesAtExit`,
//! `-XX:SharedArchiveFile`), those of a server's own class loaders included; a later JVM takes a class from there only where
//! name, length and checksum of its bytes are the same, and takes nothing where the class path or the Java is another. So
//! nothing but the time of a start depends on it.
//!
//! A server that is started for this alone makes the archive: TomEE's nodes run with an agent, and a JVM with an agent keeps
//! no archive. It is in the user's cache, by distribution and Java, whole or not at all.

use std::fs::TryLockError;
use std::io;
use std::net::Ipv4Addr;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use nix::sys::signal::Signal;
use tokio::process::{Child, Command};

use super::node::{fill, send};
use crate::config;
use crate::host::wait::Patience;
use crate::model::{ContextPath, Endpoints, NodeEndpoints, NodeName, RunId, Timing, Topology};
use crate::runtime::{NodeFile, NodeLaunch};
use crate::tomcat::catalina_base;
use crate::tomcat::distribution::{Caches, Distribution, Progress, remove_leftovers};
use crate::tomcat::java::{Java, last_lines};
use crate::tomcat::log_lines::STARTED;
use crate::tomcat::war::War;

/// The first Java with `-XX:ArchiveClassesAtExit`.
const FIRST_JAVA: u32 = 13;
/// How long the server may take to start, and then to end and write. Together it takes five seconds.
const LIMIT: Duration = Duration::from_mins(1);
/// What a user's own argument is about that an archive of ours would interfere with.
const OF_THE_USER: [&str; 3] = ["-Xshare", "SharedArchiveFile", "ArchiveClassesAtExit"];
/// How many lines of the server are shown.
const LINES: usize = 5;

/// The class archive for one distribution and one Java.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassArchive {
    file: Utf8PathBuf,
}

/// Why there is none.
#[derive(Debug, thiserror::Error)]
pub enum ClassArchiveError {
    /// A file cannot be read or written; the error names it.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The server for it has no configuration.
    #[error("no configuration for the server that writes it: {0}")]
    Config(String),
    /// The server did not start, or wrote nothing.
    #[error("the server that writes it {how}: {said}")]
    Failed {
        /// What went wrong.
        how: String,
        /// The last lines of its console.
        said: String,
    },
}

impl ClassArchive {
    /// The archive for this server on this Java, made if need be. None where this Java can make none or failed to once, or
    /// where another run is just making it. `run` is whose process the server is that makes it.
    ///
    /// # Errors
    /// It cannot be made. Servers start without it all the same.
    pub async fn of(
        caches: &Caches,
        distribution: &Arc<Distribution>,
        java: &Java,
        run: &RunId,
        progress: &dyn Progress,
    ) -> Result<Option<Self>, ClassArchiveError> {
        if java.version.major < FIRST_JAVA {
            return Ok(None);
        }
        let folder = caches.root().join("classes");
        let name = format!("{}-java{}", distribution.short_digest(), java.version.full);
        let archive = Self { file: folder.join(format!("{name}.jsa")) };
        let refused = folder.join(format!("{name}.refused"));
        if refused.is_file() {
            return Ok(None);
        }
        if archive.is_taken(distribution, java, run).await? {
            return Ok(Some(archive));
        }
        fs::create_dir_all(&folder)?;
        let lock = folder.join(format!(".{name}.lock"));
        let lock = fs::OpenOptions::new().create(true).truncate(false).write(true).open(lock)?;
        match lock.try_lock() {
            Ok(()) if archive.is_taken(distribution, java, run).await? => return Ok(Some(archive)),
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        progress.note("making a class archive, once for this server and this Java");
        let work = format!(".{name}.making-");
        remove_leftovers(&folder, &work)?;
        let work = tempfile::TempDir::with_prefix_in(work, &folder)?;
        let work =
            Utf8Path::from_path(work.path()).ok_or_else(|| io::Error::other("the folder's name is not Unicode"))?;
        let made = archive.made(distribution, java, run, work).await;
        if let Err(error @ ClassArchiveError::Failed { .. }) = &made {
            // Whoever has such a Java would wait for it to no avail before each cluster.
            fs::write(&refused, format!("{error}\n"))?;
        }
        made.map(|()| Some(archive))
    }

    async fn made(
        &self,
        distribution: &Arc<Distribution>,
        java: &Java,
        run: &RunId,
        work: &Utf8Path,
    ) -> Result<(), ClassArchiveError> {
        let made = make(distribution, java, run, work).await?;
        // A JVM that gets a part of one dies of it.
        fs::File::open(&made)?.sync_all()?;
        fs::rename(&made, &self.file)?;
        if self.is_taken(distribution, java, run).await? {
            return Ok(());
        }
        Err(ClassArchiveError::Failed {
            how: "wrote an archive that the JVM rejects".to_owned(),
            said: self.file.to_string(),
        })
    }

    /// Whether it is there, whole, and a JVM takes it for this server: the JVM itself says so.
    async fn is_taken(&self, distribution: &Distribution, java: &Java, run: &RunId) -> io::Result<bool> {
        if !self.file.is_file() {
            return Ok(false);
        }
        let mut command = jvm(distribution, java, run);
        command
            .args(["-Xshare:on", "-XX:+VerifySharedSpaces", "-Xlog:disable"])
            .arg(format!("-XX:SharedArchiveFile={}", self.file))
            // One that dies of a broken archive would leave a report.
            .args(["-XX:-CreateCoredumpOnCrash", "-XX:ErrorFile=/dev/null", "-version"])
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        match tokio::time::timeout(LIMIT, command.status()).await {
            Ok(status) => Ok(status?.success()),
            Err(_) => Ok(false),
        }
    }

    /// The arguments for a JVM that has these others; none where one of them is about archives.
    pub fn arguments(&self, others: &[String]) -> Vec<String> {
        let is_of_the_user = |argument: &String| OF_THE_USER.iter().any(|word| argument.contains(word));
        if others.iter().any(is_of_the_user) { vec![] } else { vec![format!("-XX:SharedArchiveFile={}", self.file)] }
    }
}

/// Starts a server that serves the counter app and the probe, and ends it, upon which it writes the archive.
async fn make(
    distribution: &Arc<Distribution>,
    java: &Java,
    run: &RunId,
    work: &Utf8Path,
) -> Result<Utf8PathBuf, ClassArchiveError> {
    let (base, console, made) = (work.join("base"), work.join("console.log"), work.join("classes.jsa"));
    fill(&launch(distribution)?, &base)?;
    let mut child = server(distribution, java, run, &base, &made)
        .stdout(fs::File::create(&console)?.into_file())
        .stderr(fs::OpenOptions::new().append(true).open(&console)?.into_file())
        .spawn()?;
    let failed = |how: String| ClassArchiveError::Failed {
        how,
        said: last_lines(&fs::read(&console).unwrap_or_default(), LINES),
    };
    started(&mut child, &console).await?.map_err(failed)?;
    if let Some(pid) = child.id() {
        send(pid, Signal::SIGTERM)?;
    }
    match tokio::time::timeout(LIMIT, child.wait()).await {
        Err(_) => Err(failed(format!("did not exit within {} s", LIMIT.as_secs()))),
        Ok(status) if !made.is_file() => Err(failed(format!("wrote no archive and exited with {}", status?))),
        Ok(_) => Ok(made),
    }
}

/// Waits until the server has started; else what it did.
async fn started(child: &mut Child, console: &Utf8Path) -> io::Result<Result<(), String>> {
    let mut patience = Patience::new("the server's start", LIMIT);
    loop {
        if fs::read(console)?.windows(STARTED.len()).any(|bytes| bytes == STARTED.as_bytes()) {
            return Ok(Ok(()));
        }
        if let Some(status) = child.try_wait()? {
            return Ok(Err(format!("ended with {status}")));
        }
        if patience.another_look("it has not started").await.is_err() {
            return Ok(Err(format!("did not start within {} s", LIMIT.as_secs())));
        }
    }
}

/// A node of an ordinary cluster, alone and on free ports of loopback.
fn launch(distribution: &Arc<Distribution>) -> Result<NodeLaunch, ClassArchiveError> {
    let refused = |error: &dyn std::error::Error| ClassArchiveError::Config(error.to_string());
    let topology = Topology::of(2).map_err(|error| refused(&error))?;
    let at = |port| NodeEndpoints {
        http_address: Ipv4Addr::LOCALHOST,
        http_port: port,
        receiver_address: Ipv4Addr::LOCALHOST,
        receiver_port: port,
    };
    // 0 is any free port; nobody listens on the peer's.
    let nodes = [(NodeName::nth(0), at(0)), (NodeName::nth(1), at(1))].into();
    let kind = distribution.kind().map_err(|error| refused(&error))?;
    let endpoints = Endpoints { nodes, multicast: None, ..Endpoints::default() };
    let node = NodeName::nth(0);
    let server_xml = config::server_xml(&topology, &endpoints, &node, &kind).map_err(|error| refused(&error))?;
    let mut files = catalina_base::files(distribution, &node, server_xml, "none", &[])?;
    let context = ContextPath::new("/counter").map_err(|error| refused(&error))?;
    let counter = War::counter(context).map_err(|error| refused(&error))?;
    files.push(NodeFile { path: "webapps/counter.war".into(), content: counter.content, modified: None });
    Ok(NodeLaunch {
        node,
        distribution: distribution.clone(),
        files,
        folders: catalina_base::folders(&topology),
        java_home: None,
        jvm_args: vec![],
        env: vec![],
    })
}

/// A JVM of the node's kind. It takes an archive only with the class path that it was made with, which is `catalina.sh`'s.
fn jvm(distribution: &Distribution, java: &Java, run: &RunId) -> Command {
    let bin = distribution.home.join("bin");
    let mut command = java.command(run);
    command.args(Timing::Accelerated.jvm_flags()).arg("-cp").arg(format!(
        "{}:{}",
        bin.join("bootstrap.jar"),
        bin.join("tomcat-juli.jar")
    ));
    command
}

/// As `catalina.sh` starts a server, less the agent.
fn server(distribution: &Distribution, java: &Java, run: &RunId, base: &Utf8Path, made: &Utf8Path) -> Command {
    let mut command = jvm(distribution, java, run);
    command
        .arg("-Xlog:disable")
        .arg(format!("-XX:ArchiveClassesAtExit={made}"))
        .arg(format!("-Djava.util.logging.config.file={}", base.join("conf/logging.properties")))
        .arg("-Djava.util.logging.manager=org.apache.juli.ClassLoaderLogManager")
        .arg(format!("-Dcatalina.home={}", distribution.home))
        .arg(format!("-Dcatalina.base={base}"))
        .arg(format!("-Djava.io.tmpdir={}", base.join("temp")))
        .args(["org.apache.catalina.startup.Bootstrap", "start"])
        .current_dir(base);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_argument_about_archives_is_the_users_own_business() {
        let archive = ClassArchive { file: "/cache/classes/one.jsa".into() };
        let arguments = |others: &[&str]| {
            let others: Vec<String> = others.iter().map(|other| (*other).to_owned()).collect();
            archive.arguments(&others)
        };
        assert_eq!(arguments(&["-Xmx256m"]), ["-XX:SharedArchiveFile=/cache/classes/one.jsa"]);
        for other in ["-Xshare:off", "-XX:SharedArchiveFile=mine.jsa", "-XX:ArchiveClassesAtExit=mine.jsa"] {
            assert!(arguments(&["-Xmx256m", other]).is_empty(), "{other}");
        }
    }
}
