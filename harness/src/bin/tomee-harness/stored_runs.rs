//! The runs that lie in a folder: which there are, which is meant, which are to go.

use std::time::{Duration, SystemTime};

use camino::{Utf8Path, Utf8PathBuf};
use serde::Serialize;
use serde_json::Value;
use tomee_harness::host::guard::Registry;
use tomee_harness::keeper::Clusters;
use tomee_harness::model::RunId;

use crate::exit::Failure;

/// A run that lies in a folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct StoredRun {
    /// Its id, which begins with its time.
    pub(crate) run: RunId,
    /// Its folder.
    pub(crate) folder: Utf8PathBuf,
    /// What was run, where that is known; of several runs in one folder how many there are.
    pub(crate) name: Option<String>,
    /// `holds`, `violated` or `unknown`; `None` of a run that was not judged.
    pub(crate) status: Option<String>,
    /// Its files.
    pub(crate) bytes: u64,
    /// Whether it goes on, or its cluster is up.
    pub(crate) is_live: bool,
    #[serde(skip)]
    changed: Option<SystemTime>,
}

/// What is kept of stored runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Retention {
    /// So many, the latest.
    pub(crate) runs: Option<usize>,
    /// Those of the last days.
    pub(crate) days: Option<u32>,
}

impl Retention {
    pub(crate) fn is_said(self) -> bool {
        self.runs.is_some() || self.days.is_some()
    }
}

/// Where runs are, where nothing is said.
pub(crate) fn default_folder() -> Result<Utf8PathBuf, Failure> {
    let here = std::env::current_dir().map_err(Failure::environment)?;
    let here = Utf8PathBuf::try_from(here).map_err(Failure::environment)?;
    Ok(here.join(".tomee-harness/runs"))
}

/// All runs in a folder, the latest first.
pub(crate) fn all(folder: &Utf8Path) -> Result<Vec<StoredRun>, Failure> {
    let entries = match folder.read_dir_utf8() {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(vec![]),
        Err(error) => return Err(Failure::environment(format!("{folder} cannot be read: {error}"))),
    };
    let is_live = live()?;
    let mut runs: Vec<StoredRun> = entries
        .flatten()
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .filter_map(|entry| Some((run_id(entry.file_name())?, entry.path().to_owned())))
        .map(|(run, folder)| stored(run, folder, &is_live))
        .collect();
    runs.sort_by(|one, other| other.run.cmp(&one.run));
    Ok(runs)
}

/// The folder of the run that is meant: a folder, the id of a run where runs are, or `latest`.
pub(crate) fn meant(word: &Utf8Path) -> Result<Utf8PathBuf, Failure> {
    if word.exists() {
        return Ok(word.to_owned());
    }
    if word == "latest" {
        let latest = all(&default_folder()?)?.into_iter().next();
        return latest.map(|run| run.folder).ok_or_else(|| Failure::usage("there is no run yet"));
    }
    let named = default_folder()?.join(word);
    // A path is what it is; who says it is told of that path.
    Ok(if run_id(word.as_str()).is_some() && named.is_dir() { named } else { word.to_owned() })
}

/// The runs that are to go: those that are neither live nor kept.
pub(crate) fn to_go(runs: &[StoredRun], retention: Retention, now: SystemTime) -> Vec<&StoredRun> {
    let is_old = |run: &StoredRun| {
        let age = run.changed.and_then(|changed| now.duration_since(changed).ok()).unwrap_or_default();
        retention.days.is_some_and(|days| Duration::from_hours(24 * u64::from(days)) < age)
    };
    let is_spare = |place: usize| retention.runs.is_some_and(|runs| runs <= place);
    let all = runs.iter().enumerate();
    all.filter(|(place, run)| !run.is_live && (is_spare(*place) || is_old(run))).map(|(_, run)| run).collect()
}

/// Removes what the settings say is not kept. That something cannot be removed is no failure of what was run.
pub(crate) fn retain(retention: Retention) {
    if !retention.is_said() {
        return;
    }
    let runs = default_folder().and_then(|folder| all(&folder)).unwrap_or_default();
    for run in to_go(&runs, retention, SystemTime::now()) {
        let _ = fs_err::remove_dir_all(&run.folder);
    }
}

/// The id that a folder's name is, if it is one that this program gave: date, time and four characters more.
fn run_id(name: &str) -> Option<RunId> {
    let parts: Vec<&str> = name.split('-').collect();
    let digits = |part: &str, count: usize| part.len() == count && part.bytes().all(|byte| byte.is_ascii_digit());
    match parts[..] {
        [date, time, _] if digits(date, 8) && digits(time, 6) => RunId::new(name).ok(),
        _ => None,
    }
}

/// Whether a run goes on, or its cluster is up.
fn live() -> Result<impl Fn(&RunId, &Utf8Path) -> bool, Failure> {
    let registry = Registry::of_user().map_err(Failure::environment)?;
    let up = Clusters::of_user().and_then(|clusters| clusters.all()).map_err(Failure::environment)?;
    Ok(move |run: &RunId, folder: &Utf8Path| {
        registry.knows(run) || up.iter().any(|known| known.entry.run == *run || known.entry.folder == folder)
    })
}

fn stored(run: RunId, folder: Utf8PathBuf, is_live: &impl Fn(&RunId, &Utf8Path) -> bool) -> StoredRun {
    let read = |folder: &Utf8Path, file: &str, key: &str| -> Option<String> {
        let text = fs_err::read(folder.join(file)).ok()?;
        let value: Value = serde_json::from_slice(&text).ok()?;
        Some(value.get(key)?.as_str()?.to_owned())
    };
    let (mut name, mut status) = (read(&folder, "plan.json", "name"), read(&folder, "verdict.json", "status"));
    let mut is_live_one = is_live(&run, &folder);
    if name.is_none() {
        let children: Vec<Utf8PathBuf> = folder
            .read_dir_utf8()
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path().to_owned())
            .filter(|child| child.join("plan.json").is_file())
            .collect();
        if !children.is_empty() {
            name = Some(format!("{} runs", children.len()));
            let all: Vec<Option<String>> = children.iter().map(|child| read(child, "verdict.json", "status")).collect();
            let worst = ["violated", "unknown", "holds"];
            status = worst.iter().find(|worst| all.iter().flatten().any(|one| one == *worst)).map(ToString::to_string);
            is_live_one |= all.iter().any(Option::is_none) && is_recent(&folder);
        }
    }
    let bytes = size(&folder);
    let changed = fs_err::metadata(&folder).and_then(|folder| folder.modified()).ok();
    StoredRun { run, folder, name, status, bytes, is_live: is_live_one, changed }
}

/// Whether a folder was changed within a day: runs in it may go on.
fn is_recent(folder: &Utf8Path) -> bool {
    let changed = fs_err::metadata(folder).and_then(|folder| folder.modified());
    changed.is_ok_and(|changed| changed.elapsed().is_ok_and(|age| age < Duration::from_hours(24)))
}

/// The bytes of all files below a folder; links are not followed.
fn size(folder: &Utf8Path) -> u64 {
    let entries = folder.read_dir_utf8().into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(meta) if meta.is_dir() => size(entry.path()),
            Ok(meta) => meta.len(),
            Err(_) => 0,
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(day: u32, is_live: bool) -> StoredRun {
        let changed = SystemTime::UNIX_EPOCH + Duration::from_hours(24 * u64::from(day));
        StoredRun {
            run: RunId::new(format!("202611{day:02}-120000-abcd")).expect("an id"),
            folder: format!("/runs/{day}").into(),
            name: None,
            status: None,
            bytes: 0,
            is_live,
            changed: Some(changed),
        }
    }

    #[test]
    fn what_is_live_never_goes_and_the_latest_stay() {
        let runs = [run(9, false), run(8, true), run(7, false), run(2, true), run(1, false)];
        let now = SystemTime::UNIX_EPOCH + Duration::from_hours(24 * 9 + 1);
        let gone = |runs_kept, days| {
            let retention = Retention { runs: runs_kept, days };
            to_go(&runs, retention, now).iter().map(|run| run.folder.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(gone(None, None), Vec::<String>::new());
        assert_eq!(gone(Some(2), None), ["/runs/7", "/runs/1"]);
        assert_eq!(gone(Some(0), None), ["/runs/9", "/runs/7", "/runs/1"]);
        assert_eq!(gone(None, Some(5)), ["/runs/1"]);
        assert_eq!(gone(Some(3), Some(1)), ["/runs/7", "/runs/1"]);
    }

    #[test]
    fn only_a_folder_of_a_run_is_a_run() {
        assert!(run_id("20261129-215258-2c10").is_some());
        for name in ["cluster-20261129-215258-2c10", "notes", "20261129", "2026112-215258-2c10", ".."] {
            assert!(run_id(name).is_none(), "{name}");
        }
    }
}
