//! The scenario files of a folder.

use camino::{Utf8Path, Utf8PathBuf};

/// The scenario files in a folder and below it, in the order of their names.
///
/// # Errors
/// The folder cannot be read.
pub fn files_below(folder: &Utf8Path) -> std::io::Result<Vec<Utf8PathBuf>> {
    let mut files = vec![];
    for entry in folder.read_dir_utf8()? {
        let path = entry?.into_path();
        // A link to a folder above would lead round in a circle.
        if path.is_dir() && !path.is_symlink() {
            files.extend(files_below(&path)?);
        } else if path.extension() == Some("toml") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
