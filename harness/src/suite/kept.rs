//! The files that a run was given and its folder takes along, so that it can be done again from anywhere.

use std::io;

use super::planned_run::PlannedRun;
use super::whole_path::whole;
use crate::host::run_dir::{KeptFile, RunDir};
use crate::model::scenario::{NamedPath, PathKind};
use crate::report::environment::GivenFile;
use camino::{Utf8Path, Utf8PathBuf};

/// What a run's folder has of the files that the run was given.
#[derive(Debug)]
pub(super) struct Kept {
    folder: Utf8PathBuf,
    /// Each by the path under which the run knows it.
    files: Vec<(Utf8PathBuf, GivenFile)>,
}

impl Kept {
    /// Takes along what a run names: the apps and jars of its scenario and of the command line.
    pub(super) fn of(run: &PlannedRun, libs: &[Utf8PathBuf], run_dir: &RunDir) -> io::Result<Self> {
        let mut kept = Self { folder: run_dir.path().to_owned(), files: vec![] };
        for (path, kind) in named(run) {
            if matches!(kind, PathKind::App | PathKind::Lib) {
                kept.add(&path, run_dir)?;
            }
        }
        run.app.iter().map(|app| &app.war).chain(libs).try_for_each(|path| kept.add(path, run_dir))?;
        Ok(kept)
    }

    fn add(&mut self, path: &Utf8Path, run_dir: &RunDir) -> io::Result<()> {
        if self.files.iter().any(|(known, _)| known == path) {
            return Ok(());
        }
        let file = run_dir.keep_file(path, self.files.len() + 1)?;
        let KeptFile { sha256, bytes, kept } = file;
        self.files.push((path.to_owned(), GivenFile { path: whole(path), sha256, bytes, kept }));
        Ok(())
    }

    /// The run's folder.
    pub(super) fn folder(&self) -> &Utf8Path {
        &self.folder
    }

    /// What is stored of the files.
    pub(super) fn files(&self) -> Vec<GivenFile> {
        self.files.iter().map(|(_, file)| file.clone()).collect()
    }

    /// Where a file of the run is found later: its copy, or where it was.
    pub(super) fn place(&self, path: &Utf8Path) -> Utf8PathBuf {
        match self.copy(path) {
            Some(copy) => self.folder.join(copy),
            None => whole(path),
        }
    }

    fn copy(&self, path: &Utf8Path) -> Option<&Utf8Path> {
        self.files.iter().find(|(known, _)| known == path).and_then(|(_, file)| file.kept.as_deref())
    }

    /// The run's scenario as it goes into the run's folder: it names the copies there, and all else by its whole path.
    pub(super) fn scenario(&self, run: &PlannedRun) -> Option<String> {
        let source = run.source.as_ref()?;
        let renamed = NamedPath::renamed(&source.text, |named| {
            let path = source.folder.join(&named.path);
            Some(self.copy(&path).map_or_else(|| whole(&path), Utf8Path::to_owned))
        });
        Some(renamed)
    }
}

/// The paths that a run's scenario names, as the run knows them.
fn named(run: &PlannedRun) -> Vec<(Utf8PathBuf, PathKind)> {
    let Some(source) = &run.source else { return vec![] };
    let all = NamedPath::all(&source.text).into_iter();
    all.map(|named| (source.folder.join(&named.path), named.kind)).collect()
}
