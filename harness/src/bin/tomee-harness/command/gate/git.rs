//! A configuration as it was in a git revision.

use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};
use tempfile::TempDir;

use crate::exit::Failure;

/// Unpacks a path as a revision has it into a folder of its own, and gives that folder with the path in it.
pub(super) fn checked_out(path: &Utf8Path, revision: &str) -> Result<(TempDir, Utf8PathBuf), Failure> {
    let whole = path.canonicalize_utf8().map_err(Failure::usage)?;
    let folder = if whole.is_dir() { whole.clone() } else { whole.parent().unwrap_or(&whole).to_owned() };
    let top = git(&folder, &["rev-parse", "--show-toplevel"])
        .map_err(|why| Failure::usage(format!("--against {revision} is neither a path nor a revision: {why}")))?;
    let top = Utf8PathBuf::from(String::from_utf8_lossy(&top).trim_end());
    let commit = format!("{revision}^{{commit}}");
    git(&top, &["rev-parse", "--verify", "--quiet", "--end-of-options", &commit]).map_err(|_| {
        Failure::usage(format!("{top} has no git revision {revision}, and there is no such path"))
            .hint(Some("--against takes a folder, a file, or a revision, as main or HEAD~1".to_owned()))
    })?;
    let inner = whole.strip_prefix(&top).map_err(|_| Failure::usage(format!("{whole} is not in {top}")))?;
    let inner = if inner.as_str().is_empty() { Utf8Path::new(".") } else { inner };
    let archive = git(&top, &["archive", "--format=zip", revision, "--", inner.as_str()])
        .map_err(|why| Failure::usage(format!("git revision {revision} has no {inner}: {why}")))?;
    let to = tempfile::tempdir().map_err(Failure::environment)?;
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(archive)).map_err(Failure::environment)?;
    zip.extract(to.path()).map_err(Failure::environment)?;
    let root = Utf8Path::from_path(to.path()).map(|root| root.join(inner));
    let root = root.ok_or_else(|| Failure::environment("the folder for temporary files is no UTF-8"))?;
    Ok((to, root))
}

fn git(folder: &Utf8Path, arguments: &[&str]) -> Result<Vec<u8>, String> {
    let output = Command::new("git").arg("-C").arg(folder).args(arguments).output();
    let output = output.map_err(|error| format!("git cannot be run: {error}"))?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
    }
}
