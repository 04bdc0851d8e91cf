//! What the tests of this room share: folders that vanish, and servers that are none.

use std::io::Write;

use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// A folder that is removed at the end of its test.
pub(super) struct Folder {
    _guard: tempfile::TempDir,
    root: Utf8PathBuf,
}

impl Folder {
    pub(super) fn new() -> Self {
        let guard = tempfile::tempdir().expect("a temporary folder");
        let root = Utf8PathBuf::try_from(guard.path().to_owned()).expect("a Unicode name");
        Self { root: root.canonicalize_utf8().expect("it is there"), _guard: guard }
    }

    pub(super) fn root(&self) -> &str {
        self.root.as_str()
    }

    pub(super) fn path(&self, below: &str) -> Utf8PathBuf {
        self.root.join(below)
    }
}

/// An archive with these entries; a name with a slash at its end is a folder.
pub(super) fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in entries {
        if name.ends_with('/') {
            zip.add_directory(*name, SimpleFileOptions::default()).expect("a folder");
        } else {
            zip.start_file(*name, SimpleFileOptions::default()).expect("an entry");
            zip.write_all(content).expect("content");
        }
    }
    zip.finish().expect("an archive").into_inner()
}

/// Makes a shell script that can be run.
///
/// Another process writes it: a descriptor that is open for writing here could be inherited by a child that another
/// test starts at the same moment, and the script could then not be run ("text file busy").
pub(crate) fn script(path: &Utf8Path, text: &str) {
    let draft = format!("{path}.draft");
    fs::create_dir_all(path.parent().expect("a folder")).expect("writable");
    fs::write(&draft, format!("#!/bin/sh\n{text}\n")).expect("writable");
    let made = std::process::Command::new("install").args(["-m", "755", &draft, path.as_str()]).status();
    assert!(made.expect("coreutils are there").success());
}

/// A `catalina.jar` that says it is of this version.
pub(super) fn catalina_jar(version: &str) -> Vec<u8> {
    let info = format!("# licence\nserver.info=Apache Tomcat/{version}\nserver.number={version}.0\n");
    zip(&[("org/apache/catalina/util/ServerInfo.properties", info.as_bytes())])
}

/// The files by which a server is known, in `home`.
pub(super) fn fake_server(home: &Utf8Path, version: &str) {
    for folder in ["bin", "lib", "conf"] {
        fs::create_dir_all(home.join(folder)).expect("writable");
    }
    fs::write(home.join("bin/bootstrap.jar"), "").expect("writable");
    fs::write(home.join("conf/server.xml"), "<Server/>").expect("writable");
    fs::write(home.join("lib/catalina.jar"), catalina_jar(version)).expect("writable");
}

mod archives;
mod cache;
mod fake_maven;
mod lines;
mod maven_failures;
