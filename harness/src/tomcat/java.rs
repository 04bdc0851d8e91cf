//! Which Java runs the servers.

use std::ffi::OsString;
use std::fmt;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;

use crate::host::guard::RUN_VARIABLE;
use crate::model::RunId;
use crate::tomcat::distribution::{Distribution, Product};

/// How long Java may take to say its version. It takes a tenth of a second.
const ANSWER_LIMIT: Duration = Duration::from_secs(20);

/// Lines of logs are recognised by their words.
pub(crate) const ENGLISH: [&str; 2] = ["-Duser.language=en", "-Duser.country=US"];

/// A Java that is there and can be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Java {
    /// `JAVA_HOME`: the folder with `bin/java`.
    pub home: Utf8PathBuf,
    /// Its version.
    pub version: JavaVersion,
    /// Who made it, as in `Eclipse Adoptium`, where it says so.
    pub vendor: Option<String>,
}

/// A version of Java.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JavaVersion {
    /// The feature release: 17; 8 for `1.8.0_402`.
    pub major: u32,
    /// As Java says it: `17.0.15`, `1.8.0_402`.
    pub full: String,
}

impl JavaVersion {
    /// Reads `17.0.15`, `21-ea`, `1.8.0_402`.
    fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.split(['.', '-', '+', '_']).map(str::parse::<u32>);
        let major = match numbers.next()?.ok()? {
            1 => numbers.next()?.ok()?,
            major => major,
        };
        Some(Self { major, full: text.to_owned() })
    }
}

impl fmt::Display for JavaVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.full)
    }
}

/// What the environment says about Java.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JavaEnvironment {
    /// `JAVA_HOME`.
    pub java_home: Option<OsString>,
    /// `PATH`.
    pub path: Option<OsString>,
}

impl JavaEnvironment {
    /// That of this process.
    pub fn of_process() -> Self {
        Self { java_home: std::env::var_os("JAVA_HOME"), path: std::env::var_os("PATH") }
    }
}

/// Who named a `JAVA_HOME`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NamedBy {
    /// The user: `--java`, or the topology's `jvm.home`.
    User,
    /// The environment variable.
    Environment,
}

impl fmt::Display for NamedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::User => "the configured Java home",
            Self::Environment => "JAVA_HOME",
        })
    }
}

/// Why there is no Java to run a server with.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JavaError {
    /// None is named, and none is on the path.
    #[error("no Java found: JAVA_HOME is not set, and there is no java on the PATH")]
    None,
    /// A folder is named, and Java is not in it.
    #[error("{by} is {home}, which contains no bin/java")]
    Broken {
        /// Who named it.
        by: NamedBy,
        /// The folder.
        home: Utf8PathBuf,
    },
    /// It is there, and cannot be run.
    #[error("{program} cannot be run")]
    NotRunnable {
        /// The program.
        program: Utf8PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// It runs, and does not answer as a Java does.
    #[error("{program} did not report its Java version; it ended with {status} and printed {said:?}")]
    Strange {
        /// The program.
        program: Utf8PathBuf,
        /// How it ended.
        status: String,
        /// Its first line.
        said: String,
    },
    /// It is too old for the server.
    #[error("{server} needs Java {needed} or newer, and {home} is Java {found}")]
    TooOld {
        /// The server, as in `TomEE 10.1.0`.
        server: String,
        /// The oldest Java that it runs on.
        needed: u32,
        /// The Java that was found.
        found: JavaVersion,
        /// Where.
        home: Utf8PathBuf,
    },
}

impl JavaError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::None => Some("install a JDK or JRE, set JAVA_HOME, or specify one with --java".to_owned()),
            Self::Broken { by: NamedBy::User, .. } => {
                Some("specify the folder that contains bin/java, not the program".to_owned())
            }
            Self::Broken { by: NamedBy::Environment, .. } => {
                Some("set JAVA_HOME to the folder that contains bin/java, or unset it to use java from the PATH".into())
            }
            Self::NotRunnable { .. } | Self::Strange { .. } => {
                Some("specify a Java that runs on this machine with --java or JAVA_HOME".to_owned())
            }
            Self::TooOld { needed, .. } => Some(format!("specify Java {needed} or newer with --java or JAVA_HOME")),
        }
    }
}

impl Java {
    /// Its JVM as a process of a run, ended with its handle; it speaks English.
    pub(crate) fn command(&self, run: &RunId) -> tokio::process::Command {
        let mut command = tokio::process::Command::new(self.home.join("bin/java"));
        command.args(ENGLISH).env(RUN_VARIABLE, run.as_str()).stdin(Stdio::null()).kill_on_drop(true);
        command
    }

    /// The Java to use: the one that is named, else `JAVA_HOME`'s, else `java` on the `PATH`, in this environment.
    ///
    /// One that is named and broken is an error: another Java than the one that was meant is no help.
    ///
    /// # Errors
    /// See [`JavaError`]; never [`JavaError::TooOld`].
    pub fn find(named: Option<&Utf8Path>) -> Result<Self, JavaError> {
        Self::find_in(named, &JavaEnvironment::of_process())
    }

    /// The same in an environment of the caller's.
    ///
    /// # Errors
    /// As [`Java::find`].
    pub fn find_in(named: Option<&Utf8Path>, environment: &JavaEnvironment) -> Result<Self, JavaError> {
        if let Some(home) = named {
            return Self::in_home(home, NamedBy::User);
        }
        if let Some(home) = environment.java_home.as_ref().filter(|home| !home.is_empty()) {
            let home = home.to_string_lossy();
            return Self::in_home(Utf8Path::new(home.as_ref()), NamedBy::Environment);
        }
        let program = environment.path.as_ref().and_then(on_path).ok_or(JavaError::None)?;
        // Where a JDK is found by links (Debian's alternatives), the links' end is in its home.
        let end = program.canonicalize_utf8().unwrap_or_else(|_| program.clone());
        let home = end.parent().filter(|bin| bin.file_name() == Some("bin")).and_then(Utf8Path::parent);
        match home.and_then(Self::from_release) {
            Some(java) if end.file_name() == Some("java") => Ok(java),
            // A shim of a version manager is in no home: it is asked.
            _ => Self::ask(&program, None),
        }
    }

    /// Whether the server runs on this Java (facts: table of TomEE releases; "Which version" of Tomcat).
    ///
    /// # Errors
    /// [`JavaError::TooOld`].
    pub fn check_for(&self, distribution: &Distribution) -> Result<(), JavaError> {
        let needed = oldest_java(distribution);
        if self.version.major >= needed {
            return Ok(());
        }
        let server = format!("{} {}", distribution.product.name(), distribution.version);
        Err(JavaError::TooOld { server, needed, found: self.version.clone(), home: self.home.clone() })
    }

    fn in_home(named: &Utf8Path, by: NamedBy) -> Result<Self, JavaError> {
        // Absolute: a server runs in a folder of its own.
        let home = named.canonicalize_utf8().unwrap_or_else(|_| named.to_owned());
        let program = home.join("bin/java");
        if !program.is_file() {
            return Err(JavaError::Broken { by, home: named.to_owned() });
        }
        if !is_executable(&program) {
            let source = io::ErrorKind::PermissionDenied.into();
            return Err(JavaError::NotRunnable { program, source });
        }
        Self::from_release(&home).map_or_else(|| Self::ask(&program, Some(&home)), Ok)
    }

    /// Reads the file `release`, which every JDK since 7 has: starting a JVM takes a hundred times as long.
    fn from_release(home: &Utf8Path) -> Option<Self> {
        let text = fs::read_to_string(home.join("release")).ok()?;
        let value = |wanted: &str| {
            let (_, value) = text.lines().filter_map(|line| line.split_once('=')).find(|(key, _)| *key == wanted)?;
            Some(value.trim().trim_matches('"'))
        };
        let version = JavaVersion::parse(value("JAVA_VERSION")?)?;
        Some(Self { home: home.to_owned(), version, vendor: value("IMPLEMENTOR").map(str::to_owned) })
    }

    /// Starts Java and reads its properties.
    fn ask(program: &Utf8Path, home: Option<&Utf8Path>) -> Result<Self, JavaError> {
        let (status, said) =
            answer(program).map_err(|source| JavaError::NotRunnable { program: program.to_owned(), source })?;
        let value = |wanted: &str| {
            let (_, value) =
                said.lines().filter_map(|line| line.split_once(" = ")).find(|(k, _)| k.trim() == wanted)?;
            Some(value.trim())
        };
        let version = value("java.version").and_then(JavaVersion::parse);
        let home = home.or_else(|| value("java.home").map(Utf8Path::new));
        match (version, home) {
            (Some(version), Some(home)) if status.success() => {
                Ok(Self { home: home.to_owned(), version, vendor: value("java.vendor").map(str::to_owned) })
            }
            _ => Err(JavaError::Strange {
                program: program.to_owned(),
                status: status.to_string(),
                said: said.lines().next().unwrap_or_default().to_owned(),
            }),
        }
    }
}

/// How Java ends and what it says on standard error, to which it writes settings and version.
fn answer(program: &Utf8Path) -> io::Result<(ExitStatus, String)> {
    let mut child = Command::new(program)
        .args(["-XshowSettings:properties", "-version"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    let (sender, said) = mpsc::channel();
    if let Some(mut stderr) = child.stderr.take() {
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            let read = stderr.read_to_end(&mut bytes);
            // Nobody listens any more when Java took too long.
            sender.send(read.map(|_| String::from_utf8_lossy(&bytes).into_owned())).ok();
        });
    }
    if let Ok(said) = said.recv_timeout(ANSWER_LIMIT) {
        return Ok((child.wait()?, said?));
    }
    child.kill()?;
    child.wait()?;
    Err(io::Error::new(io::ErrorKind::TimedOut, format!("it did not answer within {ANSWER_LIMIT:?}")))
}

/// The first `java` on a `PATH` that can be run.
fn on_path(path: &OsString) -> Option<Utf8PathBuf> {
    std::env::split_paths(path)
        .filter_map(|folder| Utf8PathBuf::try_from(folder.join("java")).ok())
        .find(|program| program.is_file() && is_executable(program))
}

fn is_executable(program: &Utf8Path) -> bool {
    fs::metadata(program).is_ok_and(|metadata| metadata.permissions().mode() & 0o111 != 0)
}

/// The oldest Java that a server runs on: of a TomEE by its own version, of a Tomcat by its branch.
fn oldest_java(distribution: &Distribution) -> u32 {
    let numbers: Vec<u32> = distribution.version.split(['.', '-']).map_while(|part| part.parse().ok()).collect();
    let branch = (numbers.first().copied().unwrap_or_default(), numbers.get(1).copied().unwrap_or_default());
    match (distribution.product, branch) {
        (Product::Tomee, (..=1, _) | (7, 0)) | (Product::Tomcat, (8, _)) => 7,
        (Product::Tomee, (..=8, _)) | (Product::Tomcat, (9, _) | (10, 0)) => 8,
        (Product::Tomee, (9, _)) | (Product::Tomcat, (10, _)) => 11,
        (Product::Tomee, _) | (Product::Tomcat, (11, _)) => 17,
        (Product::Tomcat, (..=7, _)) => 6,
        (Product::Tomcat, _) => 21,
    }
}

/// The last lines of what a program said, as one.
pub(crate) fn last_lines(said: &[u8], count: usize) -> String {
    let said = String::from_utf8_lossy(said);
    let lines: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines[lines.len().saturating_sub(count)..].join("; ")
}

#[cfg(test)]
mod tests;
