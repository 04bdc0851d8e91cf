//! Fetches an archive with the user's own Maven.

use std::io;
use std::process::Stdio;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;
use tokio::sync::mpsc;

use super::artifact::Artifact;
use super::{DistributionError, MavenProblem, MavenSaid, Progress};

/// The goal, with its version pinned: what a plugin does must not change under us. Runs on Maven 3.2.5 and newer.
const COPY: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy";
/// A small file that Maven has as soon as it has the goal.
const OF_THE_GOAL: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:pom";

/// How the user's Maven is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Maven {
    /// The program: a name to look for on the PATH, or a path.
    pub program: Utf8PathBuf,
    /// `JAVA_HOME` for Maven itself; `None` leaves the environment's.
    pub java_home: Option<Utf8PathBuf>,
    /// More environment variables, such as those by which a run finds its processes again.
    pub env: Vec<(String, String)>,
    /// How long Maven may say nothing before it is ended.
    pub silence: Duration,
}

impl Default for Maven {
    fn default() -> Self {
        Self {
            program: "mvn".into(),
            java_home: None,
            env: Vec::new(),
            // A Maven that is set to batch mode says nothing during a download, however slow.
            silence: Duration::from_mins(15),
        }
    }
}

/// An archive that Maven has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fetched {
    /// The file, in the local repository where it is found there.
    pub(super) archive: Utf8PathBuf,
    /// The release's folder in the local repository: what to delete when the archive is bad.
    pub(super) folder: Utf8PathBuf,
}

impl Maven {
    /// The first line of `mvn --version`.
    ///
    /// # Errors
    /// There is no Maven, or it does not run (it needs Java).
    pub async fn version(&self) -> io::Result<String> {
        let mut command = Command::new(&self.program);
        command.arg("--version").envs(self.java_home.iter().map(|home| ("JAVA_HOME", home)));
        let output = command.stdin(Stdio::null()).output().await?;
        let text = String::from_utf8_lossy(&output.stdout);
        let plain = text.lines().next().unwrap_or_default().replace("\u{1b}[1m", "").replace("\u{1b}[m", "");
        if output.status.success() {
            Ok(plain)
        } else {
            Err(io::Error::other(format!("{} --version: {}", self.program, output.status)))
        }
    }

    /// Makes Maven get the archive, if its local repository lacks it. `work` is a folder to run in, made here.
    pub(super) async fn fetch(
        &self,
        artifact: &Artifact,
        work: &Utf8Path,
        progress: &dyn Progress,
    ) -> Result<Fetched, DistributionError> {
        // Not in the user's working directory, whose pom.xml would be read first.
        fs::create_dir_all(work)?;
        progress.note(&format!("asking Maven for {artifact}"));
        let target = work.join("copy");
        self.copied(&artifact.to_string(), artifact, &target, work, progress).await?;
        fetched(artifact, &target)
    }

    /// Every version of which the metadata of Maven's repositories know. Maven is asked for the newest of them, which makes it
    /// read the metadata anew; what it keeps of them in its local repository is then read.
    pub(super) async fn versions(
        &self,
        artifact: &Artifact,
        work: &Utf8Path,
        progress: &dyn Progress,
    ) -> Result<Vec<String>, DistributionError> {
        fs::create_dir_all(work)?;
        let newest = artifact.newest_pom();
        progress.note(&format!("asking Maven for the releases of {}", artifact.id()));
        let (first, second) = (work.join("newest"), work.join("goal"));
        let asked = self.copied(&newest, artifact, &first, work, progress).await;
        let local = match &asked {
            Ok(()) => local_repository(&first)?,
            // The metadata may name a release that is not there; they are in the local repository all the same.
            Err(DistributionError::Maven { problem: MavenProblem::NoSuchRelease | MavenProblem::Other, .. }) => {
                self.copied(OF_THE_GOAL, artifact, &second, work, progress).await?;
                local_repository(&second)?
            }
            Err(_) => None,
        };
        let versions =
            local.map(|local| listed(&local.join(artifact.releases_path()))).transpose()?.unwrap_or_default();
        if versions.is_empty() {
            asked?;
        }
        Ok(versions)
    }

    /// Makes Maven copy something, named by its coordinates, into a folder.
    async fn copied(
        &self,
        coordinates: &str,
        artifact: &Artifact,
        target: &Utf8Path,
        work: &Utf8Path,
        progress: &dyn Progress,
    ) -> Result<(), DistributionError> {
        let arguments = arguments(coordinates, target);
        let mut lines = Vec::new();
        let ended = self.run(&arguments, work, artifact, &mut lines, progress).await?;
        let Some(problem) = ended else { return Ok(()) };
        let source = MavenSaid::of(&lines, repeatable(&self.program, coordinates));
        Err(DistributionError::Maven { artifact: coordinates.to_owned(), problem, source })
    }

    /// Runs Maven to its end and keeps its lines. Gives the problem, where it did not succeed.
    async fn run(
        &self,
        arguments: &[String],
        work: &Utf8Path,
        artifact: &Artifact,
        lines: &mut Vec<String>,
        progress: &dyn Progress,
    ) -> Result<Option<MavenProblem>, DistributionError> {
        let mut command = Command::new(&self.program);
        command.args(arguments).current_dir(work).envs(self.env.iter().map(|(key, value)| (key, value)));
        // `mvn` puts MAVEN_ARGS (3.9 and newer) before ours; a language of the user's would hide what the lines say.
        command
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        if let Some(home) = &self.java_home {
            command.env("JAVA_HOME", home);
        }
        let mut child = command.spawn().map_err(|source| DistributionError::NoMaven {
            artifact: artifact.to_string(),
            program: self.program.clone(),
            source,
        })?;
        let (sender, mut said) = mpsc::unbounded_channel();
        let mut readers = tokio::task::JoinSet::new();
        if let Some(out) = child.stdout.take() {
            readers.spawn(read_lines(out, sender.clone()));
        }
        if let Some(err) = child.stderr.take() {
            readers.spawn(read_lines(err, sender));
        }
        loop {
            match tokio::time::timeout(self.silence, said.recv()).await {
                Ok(Some(line)) => heed(line, lines, progress),
                Ok(None) => break,
                Err(_) => {
                    child.kill().await?;
                    return Ok(Some(MavenProblem::Silent));
                }
            }
        }
        let status = child.wait().await?;
        Ok((!status.success()).then(|| MavenProblem::of(lines, artifact)))
    }
}

/// The local repository's path is learned in the same run: Maven expands `${settings.localRepository}` in what it is
/// given on the command line, so the folder into which it copies spells the path.
fn arguments(artifact: &str, target: &Utf8Path) -> Vec<String> {
    vec![
        // Not -B: it silences the progress of downloads. There is no terminal, so nothing is asked either.
        "-Dstyle.color=never".to_owned(),
        "--strict-checksums".to_owned(),
        // Ask again for what an earlier attempt did not find.
        "--update-snapshots".to_owned(),
        COPY.to_owned(),
        format!("-Dartifact={artifact}"),
        format!("-DoutputDirectory={target}${{settings.localRepository}}"),
    ]
}

/// What a user can run to see the same.
fn repeatable(program: &Utf8Path, artifact: &str) -> String {
    format!("{program} --strict-checksums -U {COPY} -Dartifact={artifact} -DoutputDirectory=.")
}

/// Finds what Maven has copied, and with it the local repository.
fn fetched(artifact: &Artifact, target: &Utf8Path) -> Result<Fetched, DistributionError> {
    let copy = find(target, |name| name == artifact.file_name())?.ok_or_else(|| DistributionError::NothingCopied {
        artifact: artifact.to_string(),
        file: artifact.file_name(),
    })?;
    let below = copy.parent().and_then(|folder| folder.strip_prefix(target).ok()).unwrap_or(Utf8Path::new(""));
    let local = Utf8Path::new("/").join(below).join(artifact.repository_path());
    let folder = local.parent().unwrap_or(&local).to_owned();
    Ok(Fetched { archive: if local.is_file() { local } else { copy }, folder })
}

/// The local repository, which the place of a copied file spells.
fn local_repository(target: &Utf8Path) -> std::io::Result<Option<Utf8PathBuf>> {
    let Some(copy) = find(target, |name| name.ends_with(".pom"))? else { return Ok(None) };
    let below = copy.parent().and_then(|folder| folder.strip_prefix(target).ok());
    Ok(below.map(|below| Utf8Path::new("/").join(below)))
}

/// The versions in all metadata of a folder of the local repository: one file for each repository that Maven asked.
fn listed(folder: &Utf8Path) -> std::io::Result<Vec<String>> {
    let mut versions: Vec<String> = vec![];
    if !folder.is_dir() {
        return Ok(versions);
    }
    for entry in folder.read_dir_utf8()? {
        let path = entry?.into_path();
        let is_metadata = path.file_name().is_some_and(|name| name.starts_with("maven-metadata"));
        if !is_metadata || path.extension() != Some("xml") {
            continue;
        }
        let text = fs::read_to_string(&path)?;
        for part in text.split("<version>").skip(1) {
            let version = part.split("</version>").next().unwrap_or_default().trim();
            // A file that is cut off has no end there.
            if !version.is_empty() && !version.contains(['<', '/']) && !versions.iter().any(|known| known == version) {
                versions.push(version.to_owned());
            }
        }
    }
    Ok(versions)
}

fn find(folder: &Utf8Path, wanted: impl Fn(&str) -> bool + Copy) -> std::io::Result<Option<Utf8PathBuf>> {
    if !folder.is_dir() {
        return Ok(None);
    }
    for entry in folder.read_dir_utf8()? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            if let Some(found) = find(entry.path(), wanted)? {
                return Ok(Some(found));
            }
        } else if wanted(entry.file_name()) {
            return Ok(Some(entry.into_path()));
        }
    }
    Ok(None)
}

/// Sends each line, also those that end with a carriage return: so Maven draws its progress.
async fn read_lines(mut from: impl AsyncRead + Unpin, to: mpsc::UnboundedSender<String>) {
    let mut buffer = vec![0; 1 << 13];
    let mut line = Vec::new();
    // An error here is the end of the pipe; its exit status says how Maven ended.
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        for &byte in &buffer[..read] {
            if byte == b'\n' || byte == b'\r' {
                let text = String::from_utf8_lossy(&line).trim().to_owned();
                line.clear();
                if !text.is_empty() && to.send(text).is_err() {
                    return;
                }
            } else {
                line.push(byte);
            }
        }
    }
    let rest = String::from_utf8_lossy(&line).trim().to_owned();
    if !rest.is_empty() {
        // Nobody listens any more: then nobody misses it.
        to.send(rest).ok();
    }
}

/// Hands a line of Maven's on: progress to the caller, anything else also to the record.
fn heed(line: String, lines: &mut Vec<String>, progress: &dyn Progress) {
    if let Some(transfers) = line.strip_prefix("Progress (") {
        if let Some((done, total)) = transferred(transfers) {
            progress.fraction(done, total);
        }
        return;
    }
    let bare = line.strip_prefix("[INFO] ").unwrap_or(&line);
    if bare.starts_with("Downloading ") || bare.starts_with("Downloaded ") {
        progress.note(bare);
    }
    lines.push(line);
}

/// Reads the sum of `1): 4.1/56 MB` or `2): 0.5/1.2 kB | 12/56 MB`, in bytes.
fn transferred(text: &str) -> Option<(u64, u64)> {
    let (_, transfers) = text.split_once("): ")?;
    let mut sum = (0.0, 0.0);
    for transfer in transfers.split(" | ") {
        let (done, total) = transfer.rsplit_once('/')?;
        let (total, unit) = total.trim().split_once(' ')?;
        let scale = scale(unit)?;
        // `900 kB/1.2 MB`: where the units differ, both are written.
        let done = match done.rsplit_once(' ') {
            Some((done, unit)) => number(done)? * self::scale(unit)?,
            None => number(done)? * scale,
        };
        sum = (sum.0 + done, sum.1 + number(total)? * scale);
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "sizes of files, never negative")]
    Some((sum.0 as u64, sum.1 as u64))
}

fn scale(unit: &str) -> Option<f64> {
    match unit {
        "B" => Some(1.0),
        "kB" | "KB" => Some(1e3),
        "MB" => Some(1e6),
        "GB" => Some(1e9),
        _ => None,
    }
}

fn number(text: &str) -> Option<f64> {
    let text = text.trim().rsplit(' ').next()?;
    text.parse().ok().filter(|number: &f64| number.is_finite() && *number >= 0.0)
}
