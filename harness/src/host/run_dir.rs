//! The run directory: a folder that describes itself, private to the user.
//!
//! ```text
//! RUN_ID/plan.json  history.jsonl  verdict.json  environment.json  report.html  junit.xml  scenario.toml
//!        files/NUMBER/NAME
//!        nodes/NAME/{server.xml,console.log,catalina.log,localhost_access_log.txt,threads.txt}
//! ```
//! While the run goes on, a node of the process runtime has its `CATALINA_BASE` in `nodes/NAME/base`.

use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::sync::atomic::{AtomicU32, Ordering};

use camino::{Utf8Path, Utf8PathBuf};
use serde::Serialize;

use crate::config;
use crate::host::hex::{copied, sha256_of};
use crate::model::{NodeName, Plan, RunId};

/// The name of the scenario's file, where the run was one of a scenario.
pub const SCENARIO_FILE: &str = "scenario.toml";

/// The folder of the files that a run was given and takes along.
pub const KEPT_FOLDER: &str = "files";

/// A file of more bytes is not taken along.
const MOST_KEPT_BYTES: u64 = 20 << 20;

/// What a run keeps of a file that it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptFile {
    /// The SHA-256 of its content, in hex.
    pub sha256: String,
    /// How big it is.
    pub bytes: u64,
    /// Where it is in the run's folder, unless it is too big.
    pub kept: Option<Utf8PathBuf>,
}

/// The folder of one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunDir {
    path: Utf8PathBuf,
}

impl RunDir {
    /// Makes the folder, readable by its owner alone.
    ///
    /// # Errors
    /// It exists already, or cannot be made.
    pub fn create(path: &Utf8Path) -> io::Result<Self> {
        if let Some(parent) = path.parent().filter(|parent| !parent.as_str().is_empty()) {
            fs_err::create_dir_all(parent).map_err(|error| match error.kind() {
                // As when the folder itself is there: but here somebody's file is in the way of it.
                io::ErrorKind::AlreadyExists => {
                    io::Error::new(io::ErrorKind::NotADirectory, format!("{parent} is not a folder"))
                }
                _ => error,
            })?;
        }
        std::fs::DirBuilder::new()
            .mode(0o700)
            .create(path)
            .map_err(|error| io::Error::new(error.kind(), format!("run directory {path}: {error}")))?;
        let path =
            Utf8PathBuf::try_from(fs_err::canonicalize(path)?).map_err(|error| io::Error::other(error.to_string()))?;
        Ok(Self { path })
    }

    /// Takes a folder that was made for a run which is about to begin.
    ///
    /// # Errors
    /// It is not there.
    pub fn made(path: &Utf8Path) -> io::Result<Self> {
        let path =
            Utf8PathBuf::try_from(fs_err::canonicalize(path)?).map_err(|error| io::Error::other(error.to_string()))?;
        Ok(Self { path })
    }

    /// Takes a folder that an earlier run left.
    ///
    /// # Errors
    /// It is no folder, or has no history that may be looked at.
    pub fn open(path: &Utf8Path) -> io::Result<Self> {
        let run_dir = Self { path: path.to_owned() };
        let problem = match (fs_err::metadata(path), fs_err::metadata(run_dir.history())) {
            (_, Ok(history)) if history.is_file() => return Ok(run_dir),
            (Err(error), _) if error.kind() == io::ErrorKind::NotFound => format!("there is no folder {path}"),
            (Ok(folder), _) if !folder.is_dir() => format!("{path} is not a folder"),
            (Ok(_), Err(error)) if error.kind() == io::ErrorKind::NotFound => {
                format!("{path} is not a run directory: it has no history.jsonl")
            }
            (Ok(_), Ok(_)) => format!("{path} is not a run directory: its history.jsonl is not a file"),
            (Err(error), _) | (_, Err(error)) => format!("{path} cannot be read: {}", error.kind()),
        };
        Err(io::Error::new(io::ErrorKind::InvalidInput, problem))
    }

    /// A new run's id: the time, so that folders sort, and a few letters, so that runs of one second differ, of one
    /// process and of several.
    pub fn new_id(now: &jiff::Zoned) -> RunId {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let salt = std::process::id().wrapping_mul(31).wrapping_add(NEXT.fetch_add(7919, Ordering::Relaxed));
        let id = format!("{}-{:04x}", now.strftime("%Y%m%d-%H%M%S"), salt & 0xffff);
        RunId::new(id).unwrap_or_else(|_| unreachable!("digits, hyphens and hexadecimal letters make a name"))
    }

    /// The folder for the runs of a test where none is named: under `target/` of the working directory, which for a test
    /// is its package.
    ///
    /// # Errors
    /// The working directory cannot be determined, or is not UTF-8.
    pub fn of_tests() -> io::Result<Utf8PathBuf> {
        let here = Utf8PathBuf::try_from(std::env::current_dir()?).map_err(io::Error::other)?;
        Ok(here.join("target/tomee-harness"))
    }

    /// The folder.
    pub fn path(&self) -> &Utf8Path {
        &self.path
    }

    /// The history's file.
    pub fn history(&self) -> Utf8PathBuf {
        self.path.join("history.jsonl")
    }

    /// The plan's file.
    pub fn plan(&self) -> Utf8PathBuf {
        self.path.join("plan.json")
    }

    /// The verdict's file.
    pub fn verdict(&self) -> Utf8PathBuf {
        self.path.join("verdict.json")
    }

    /// The file that lists versions, seed, flags and host.
    pub fn environment(&self) -> Utf8PathBuf {
        self.path.join("environment.json")
    }

    /// The page that shows the run.
    pub fn report(&self) -> Utf8PathBuf {
        self.path.join("report.html")
    }

    /// The run as test results.
    pub fn junit(&self) -> Utf8PathBuf {
        self.path.join("junit.xml")
    }

    /// The folder of a node.
    pub fn node(&self, node: &NodeName) -> Utf8PathBuf {
        self.path.join("nodes").join(node.as_str())
    }

    /// Writes the plan without its secrets: a run directory is made to be shown.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write_plan(&self, plan: &Plan) -> io::Result<()> {
        let mut value = serde_json::to_value(plan).map_err(io::Error::other)?;
        config::redact_json(&mut value);
        self.write_json(&self.plan(), &value)
    }

    /// Writes the scenario of the run without its secrets, so that the run can be done again.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write_scenario(&self, text: &str) -> io::Result<()> {
        fs_err::write(self.path.join(SCENARIO_FILE), config::redact_toml(text))
    }

    /// Takes a file along that the run was given, as `files/NUMBER/NAME`, so that the run can be done again; one of more than
    /// `MOST_KEPT_BYTES` is only named by what is in it.
    ///
    /// # Errors
    /// It cannot be read, or the folder not be written.
    pub fn keep_file(&self, path: &Utf8Path, number: usize) -> io::Result<KeptFile> {
        let file = fs_err::File::open(path)?;
        if file.metadata()?.len() > MOST_KEPT_BYTES {
            let (sha256, bytes) = sha256_of(file)?;
            return Ok(KeptFile { sha256, bytes, kept: None });
        }
        let folder = Utf8PathBuf::from(KEPT_FOLDER).join(number.to_string());
        let kept = folder.join(path.file_name().unwrap_or("file"));
        fs_err::create_dir_all(self.path.join(folder))?;
        let (sha256, bytes) = copied(file, fs_err::File::create(self.path.join(&kept))?)?;
        Ok(KeptFile { sha256, bytes, kept: Some(kept) })
    }

    /// Writes a file of the folder as JSON, whole or not at all.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write_json(&self, path: &Utf8Path, value: &impl Serialize) -> io::Result<()> {
        let mut text = serde_json::to_vec_pretty(value).map_err(io::Error::other)?;
        text.push(b'\n');
        let part = path.with_extension("part");
        fs_err::write(&part, text)?;
        fs_err::rename(part, path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_taken_along_unless_it_is_too_big() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let run_dir = RunDir::create(&folder.join("run")).expect("made");
        let small = folder.join("shop.war");
        fs_err::write(&small, "abc").expect("written");
        let kept = run_dir.keep_file(&small, 1).expect("kept");
        assert_eq!((kept.bytes, kept.kept.as_deref()), (3, Some("files/1/shop.war".into())));
        assert_eq!(kept.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(fs_err::read(run_dir.path().join("files/1/shop.war")).expect("there"), b"abc");
        let big = folder.join("big.war");
        fs_err::File::create(&big).and_then(|file| file.set_len(MOST_KEPT_BYTES + 1)).expect("written");
        let kept = run_dir.keep_file(&big, 2).expect("hashed");
        assert_eq!((kept.bytes, kept.kept), (MOST_KEPT_BYTES + 1, None));
        assert!(!run_dir.path().join("files/2").exists());
        run_dir.keep_file(&folder.join("none.war"), 3).expect_err("there is none");
    }
}
