//! Small apps of a test's own: pages, and classes that the machine's `javac` compiles.

use std::io::Write as _;
use std::process::Command;

use camino::Utf8Path;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::context::Ran;

/// A descriptor with `<distributable/>` that servers of both namespaces take.
pub const DISTRIBUTABLE: &str = r#"<web-app version="3.1" metadata-complete="true" xmlns="http://xmlns.jcp.org/xml/ns/javaee"><distributable/></web-app>"#;

/// An app in the making.
#[derive(Debug, Default, Clone)]
pub struct App {
    files: Vec<(String, Vec<u8>)>,
}

impl App {
    /// One that is distributable.
    pub fn distributable() -> Self {
        Self::default().file("WEB-INF/web.xml", DISTRIBUTABLE)
    }

    /// With a file.
    #[must_use]
    pub fn file(mut self, path: &str, content: impl AsRef<[u8]>) -> Self {
        self.files.push((path.to_owned(), content.as_ref().to_vec()));
        self
    }

    /// With a page that answers text, and begins no session by itself.
    #[must_use]
    pub fn page(self, path: &str, code: &str) -> Self {
        let directive = r#"<%@ page session="false" contentType="text/plain" trimDirectiveWhitespaces="true" import="java.util.*" %>"#;
        self.file(path, format!("{directive}<% {code} %>"))
    }

    /// With the classes that these sources (path and text) have, for this release of Java.
    ///
    /// # Panics
    /// They do not compile.
    #[must_use]
    pub fn classes(self, release: &str, sources: &[(&str, &str)]) -> Self {
        self.classes_against("", release, sources)
    }

    /// With the classes that these sources have against this class path.
    ///
    /// # Panics
    /// They do not compile.
    #[must_use]
    pub fn classes_against(self, class_path: &str, release: &str, sources: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let root = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let (from, to) = (root.join("sources"), root.join("classes"));
        let mut command = Command::new("javac");
        command.args(["--release", release, "-nowarn", "-Xlint:-options", "-cp", class_path, "-d", to.as_str()]);
        for (path, text) in sources {
            let path = from.join(path);
            fs_err::create_dir_all(path.parent().expect("it is below")).expect("a folder");
            fs_err::write(&path, text).expect("written");
            command.arg(&path);
        }
        let ran = Ran::of(&mut command);
        assert_eq!(ran.code, Some(0), "{ran}");
        let mut app = self;
        let mut open = vec![to.clone()];
        while let Some(folder) = open.pop() {
            for entry in folder.read_dir_utf8().expect("a folder").flatten() {
                let path = entry.path();
                if path.is_dir() {
                    open.push(path.to_owned());
                } else {
                    let name = path.strip_prefix(&to).expect("it is below");
                    app.files.push((format!("WEB-INF/classes/{name}"), fs_err::read(path).expect("read")));
                }
            }
        }
        app
    }

    /// Without what has this in the begin of its path: what was only compiled against.
    #[must_use]
    pub fn without(mut self, begin: &str) -> Self {
        self.files.retain(|(path, _)| !path.starts_with(begin));
        self
    }

    /// As an archive.
    ///
    /// # Panics
    /// It cannot be packed.
    pub fn pack(&self) -> Vec<u8> {
        let mut zip = ZipWriter::new(std::io::Cursor::new(vec![]));
        for (path, content) in &self.files {
            zip.start_file(path.as_str(), SimpleFileOptions::default()).expect("an entry");
            zip.write_all(content).expect("written");
        }
        zip.finish().expect("packed").into_inner()
    }

    /// As a file.
    ///
    /// # Panics
    /// It cannot be written.
    pub fn write(&self, path: &Utf8Path) {
        fs_err::create_dir_all(path.parent().expect("it is in a folder")).expect("a folder");
        fs_err::write(path, self.pack()).expect("written");
    }
}
