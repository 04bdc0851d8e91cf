//! The folder of an installed server that the user names.

use std::collections::BTreeSet;
use std::io;
use std::time::UNIX_EPOCH;

use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use sha2::{Digest, Sha256};

use super::IdentifyError;
use crate::host::hex::hex;

/// Folders that a server writes to: they say nothing about what it is.
const WRITTEN: [&str; 3] = ["logs", "temp", "work"];

/// An installed server: `CATALINA_HOME`, and the folder with its `conf/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Installed {
    pub(super) home: Utf8PathBuf,
    pub(super) base: Utf8PathBuf,
}

impl Installed {
    /// Finds home and base when the user names either.
    ///
    /// The two are apart in Debian's packages: `/usr/share/tomcat10` has `bin/` and `lib/`, `/var/lib/tomcat10` has
    /// `conf`, a link to `/etc/tomcat10`. Each is found from the other by its name.
    pub(super) fn find(named: &Utf8Path) -> Result<Self, IdentifyError> {
        let folder = match named.canonicalize_utf8() {
            Ok(folder) if folder.is_dir() => folder,
            Ok(_) => return Err(IdentifyError::NoFolder(named.to_owned())),
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Err(IdentifyError::NoFolder(named.to_owned()));
            }
            Err(error) => return Err(IdentifyError::Unreadable { path: named.to_owned(), source: error }),
        };
        let installed = match (has_program(&folder)?, has_configuration(&folder)?) {
            (true, true) => Self { home: folder.clone(), base: folder },
            (true, false) => match counterpart(&folder, "usr/share", "var/lib") {
                Some(base) if has_configuration(&base)? => Self { home: folder, base },
                _ => return Err(no_server(named, "conf/server.xml")),
            },
            (false, true) => match counterpart(&folder, "var/lib", "usr/share") {
                Some(home) if has_program(&home)? => Self { home, base: folder },
                _ => return Err(IdentifyError::BaseOnly { base: folder }),
            },
            (false, false) => return Err(no_server(named, missing_program(&folder))),
        };
        // The package lets only root and the group tomcat read it.
        let configuration = installed.base.join("conf/server.xml");
        match fs::File::open(&configuration) {
            Ok(_) => Ok(installed),
            Err(source) => Err(IdentifyError::Unreadable { path: configuration, source }),
        }
    }

    /// Names the content: paths, sizes and modification times of all files but those that a server writes.
    pub(super) fn digest(&self) -> io::Result<String> {
        let mut hash = Sha256::new();
        let mut seen = BTreeSet::new();
        let configuration = self.base.join("conf");
        digest_folder(&self.home, Utf8Path::new(""), &mut seen, &mut hash)?;
        // Seen already where home and base are one.
        digest_folder(&configuration, Utf8Path::new("conf"), &mut seen, &mut hash)?;
        Ok(hex(&hash.finalize()))
    }
}

fn no_server(home: &Utf8Path, missing: &str) -> IdentifyError {
    IdentifyError::NoServer { home: home.to_owned(), missing: missing.to_owned() }
}

fn has_program(folder: &Utf8Path) -> Result<bool, IdentifyError> {
    Ok(there(&folder.join("bin/bootstrap.jar"))? && there(&folder.join("lib/catalina.jar"))?)
}

fn missing_program(folder: &Utf8Path) -> &'static str {
    if folder.join("bin/bootstrap.jar").is_file() { "lib/catalina.jar" } else { "bin/bootstrap.jar" }
}

fn has_configuration(folder: &Utf8Path) -> Result<bool, IdentifyError> {
    there(&folder.join("conf/server.xml"))
}

/// Whether a file is there; one that may not be looked at is an error of its own.
fn there(path: &Utf8Path) -> Result<bool, IdentifyError> {
    match path.try_exists() {
        Ok(there) => Ok(there),
        Err(source) if source.kind() == io::ErrorKind::NotADirectory => Ok(false),
        Err(source) => Err(IdentifyError::Unreadable { path: path.to_owned(), source }),
    }
}

/// `/var/lib/tomcat10` of `/usr/share/tomcat10`, and the other way round.
fn counterpart(folder: &Utf8Path, from: &str, to: &str) -> Option<Utf8PathBuf> {
    let name = folder.file_name()?;
    let parent = folder.parent()?;
    if !parent.ends_with(from) {
        return None;
    }
    Some(parent.parent()?.parent()?.join(to).join(name))
}

/// Links are followed, as the JVM does: all jars in Debian's `lib/` are links. A folder is never visited twice.
fn digest_folder(
    folder: &Utf8Path,
    name: &Utf8Path,
    seen: &mut BTreeSet<Utf8PathBuf>,
    hash: &mut Sha256,
) -> io::Result<()> {
    if !seen.insert(folder.canonicalize_utf8()?) {
        return Ok(());
    }
    let mut names = Vec::new();
    for entry in folder.read_dir_utf8()? {
        names.push(entry?.file_name().to_owned());
    }
    names.sort();
    for child in names {
        let path = folder.join(&child);
        let below = name.join(&child);
        if name.as_str().is_empty() && WRITTEN.contains(&child.as_str()) {
            continue;
        }
        let metadata = match fs::metadata(&path) {
            Ok(metadata) => metadata,
            // A link that leads nowhere is no file for the server either.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        if metadata.is_dir() {
            digest_folder(&path, &below, seen, hash)?;
        } else {
            let modified = metadata.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
            hash.update(format!("{below}\0{}\0{modified}\n", metadata.len()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Folder, fake_server};
    use super::*;

    #[test]
    fn one_folder_is_home_and_base() {
        let folder = Folder::new();
        fake_server(&folder.path("tomcat"), "10.1.59");
        let found = Installed::find(&folder.path("tomcat")).expect("a server");
        assert_eq!((&found.home, &found.base), (&folder.path("tomcat"), &folder.path("tomcat")));
    }

    #[test]
    fn a_split_layout_is_found_from_either_folder() {
        let folder = Folder::new();
        let (home, base) = split(&folder);
        for named in [&home, &base] {
            let found = Installed::find(named).expect("both halves are there");
            assert_eq!((&found.home, &found.base), (&home, &base), "named {named}");
        }
    }

    /// Debian's layout: jars and `conf` are links.
    fn split(folder: &Folder) -> (Utf8PathBuf, Utf8PathBuf) {
        let (home, base) = (folder.path("usr/share/tomcat10"), folder.path("var/lib/tomcat10"));
        let (java, etc) = (folder.path("usr/share/java"), folder.path("etc/tomcat10"));
        fake_server(&home, "10.1.60");
        fs::create_dir_all(&java).expect("writable");
        fs::create_dir_all(&base).expect("writable");
        fs::create_dir_all(folder.path("etc")).expect("writable");
        fs::rename(home.join("lib/catalina.jar"), java.join("tomcat10-catalina.jar")).expect("writable");
        let link = |to: &str, at: Utf8PathBuf| fs_err::os::unix::fs::symlink(to, at).expect("writable");
        link("../../java/tomcat10-catalina.jar", home.join("lib/catalina.jar"));
        fs::rename(home.join("conf"), &etc).expect("writable");
        link("../../../etc/tomcat10", base.join("conf"));
        (home, base)
    }

    #[test]
    fn each_thing_that_is_missing_is_named() {
        let folder = Folder::new();
        let mut messages = Vec::new();
        let mut refuse = |named: &Utf8Path| {
            let error = Installed::find(named).expect_err("something is missing");
            messages.push(format!("{error}\nhint: {}", error.hint()).replace(folder.root(), "[folder]"));
        };
        refuse(&folder.path("nowhere"));
        fs::write(folder.path("file"), "").expect("writable");
        refuse(&folder.path("file"));
        fs::create_dir(folder.path("empty")).expect("writable");
        refuse(&folder.path("empty"));
        fake_server(&folder.path("nolib"), "9.0.1");
        fs::remove_file(folder.path("nolib/lib/catalina.jar")).expect("writable");
        fs::remove_file(folder.path("nolib/conf/server.xml")).expect("writable");
        refuse(&folder.path("nolib"));
        fake_server(&folder.path("noconf"), "9.0.1");
        fs::remove_file(folder.path("noconf/conf/server.xml")).expect("writable");
        refuse(&folder.path("noconf"));
        fake_server(&folder.path("base"), "9.0.1");
        fs::remove_dir_all(folder.path("base/lib")).expect("writable");
        refuse(&folder.path("base"));
        insta::assert_snapshot!(messages.join("\n\n"));
    }

    #[test]
    fn the_digest_changes_with_configuration_and_jars_and_not_with_logs() {
        let folder = Folder::new();
        let (home, base) = split(&folder);
        let digest = || Installed { home: home.clone(), base: base.clone() }.digest().expect("readable");
        let first = digest();
        fs::create_dir_all(home.join("logs")).expect("writable");
        fs::write(home.join("logs/catalina.out"), "INFO").expect("writable");
        assert_eq!(digest(), first);
        fs::write(folder.path("etc/tomcat10/server.xml"), "<Server port='-1'/>").expect("writable");
        let second = digest();
        assert_ne!(second, first);
        fs::write(folder.path("usr/share/java/tomcat10-catalina.jar"), "another").expect("writable");
        assert_ne!(digest(), second);
    }

    #[test]
    fn a_link_to_a_folder_above_does_not_loop_forever() {
        let folder = Folder::new();
        fake_server(&folder.path("tomcat"), "10.1.59");
        fs_err::os::unix::fs::symlink("..", folder.path("tomcat/lib/loop")).expect("writable");
        let installed = Installed::find(&folder.path("tomcat")).expect("a server");
        installed.digest().expect("it ends");
    }
}
