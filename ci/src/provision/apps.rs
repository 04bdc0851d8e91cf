//! The applications of the full tier, each a folder of `tests/apps/` that Maven builds.

use std::time::SystemTime;

use camino::{Utf8Path, Utf8PathBuf};
use miette::{IntoDiagnostic as _, Result};

use crate::command::{command, read};

const FOLDER: &str = "tests/apps";

/// Builds each app whose archive is not there or older than its sources. Says whether there was anything to do.
///
/// # Errors
/// Maven fails: its last words are in the error.
pub(crate) fn build(say: &mut dyn FnMut(&str)) -> Result<bool> {
    let mut built = false;
    for app in Utf8Path::new(FOLDER).read_dir_utf8().into_diagnostic()? {
        let app = app.into_diagnostic()?.into_path();
        let pom = app.join("pom.xml");
        if !pom.is_file() || is_new(&app)? {
            continue;
        }
        say(&format!("builds {app} with Maven"));
        read(&mut command(&["mvn", "--batch-mode", "--quiet", "--file", pom.as_str(), "package"]))?;
        built = true;
    }
    Ok(built)
}

/// Whether an app's archive is newer than all that it is made of.
fn is_new(app: &Utf8Path) -> Result<bool> {
    let target = app.join("target");
    let archives = target.read_dir_utf8().into_iter().flatten().flatten();
    let archives: Vec<Utf8PathBuf> =
        archives.map(|entry| entry.path().to_owned()).filter(|path| path.extension() == Some("war")).collect();
    let Some(made) = archives.iter().map(|path| changed(path)).collect::<Result<Vec<_>>>()?.into_iter().min() else {
        return Ok(false);
    };
    let mut open = vec![app.join("src")];
    let mut newest = changed(&app.join("pom.xml"))?;
    while let Some(folder) = open.pop() {
        for entry in folder.read_dir_utf8().into_diagnostic()? {
            let path = entry.into_diagnostic()?.into_path();
            if path.is_dir() {
                open.push(path);
            } else {
                newest = newest.max(changed(&path)?);
            }
        }
    }
    Ok(newest < made)
}

fn changed(path: &Utf8Path) -> Result<SystemTime> {
    path.metadata().and_then(|file| file.modified()).into_diagnostic()
}
