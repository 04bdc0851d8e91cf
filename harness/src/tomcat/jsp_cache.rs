//! Compiled pages: the classes of the probe's and the counter app's JSPs, kept from one run for the next.
//!
//! A server's first JSP costs about a second, on each node. The pages are always the same, so their classes are kept in
//! the user's cache, by distribution, Java and content, and laid into `work/` of a new node. Jasper takes a class whose
//! modification time equals its page's (`org.apache.jasper.compiler.Compiler.isOutDated`) and gives a class that time
//! only when it is whole; so the time distinguishes a complete class from one that was cut off by a kill.

use std::io;
use std::time::{Duration, SystemTime};

use camino::{Utf8Path, Utf8PathBuf};
use sha2::{Digest as _, Sha256};

use super::node_file::NodeFile;
use crate::host::hex::hex;
use crate::tomcat::distribution::{Caches, Distribution};
use crate::tomcat::java::Java;
use crate::tomcat::war::{self, PAGE_TIME};

/// Where Tomcat keeps compiled pages: below `work/ENGINE/HOST/`, as our server.xml names them.
pub const WORK_DIR: &str = "work/Catalina/localhost";
/// The contexts whose pages are ours.
const CONTEXTS: [&str; 2] = ["counter", "harness-probe"];
const PACKAGE: &str = "org/apache/jsp";
/// With this a class file begins.
const MAGIC: [u8; 4] = [0xCA, 0xFE, 0xBA, 0xBE];

/// The cache of compiled JSPs for one distribution and one Java.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JspCache {
    folder: Utf8PathBuf,
}

impl JspCache {
    /// The pages for this server on this Java. The folder need not be there yet.
    pub fn of(caches: &Caches, distribution: &Distribution, java: &Java) -> Self {
        let digest = distribution.short_digest();
        let name = format!("{digest}-java{}-{}", java.version.major, &content_digest()[..16]);
        Self { folder: caches.root().join("pages").join(name) }
    }

    /// The files that spare a node the compilation. None where none were kept yet.
    pub fn files(&self) -> Vec<NodeFile> {
        let mut files = vec![];
        for context in CONTEXTS {
            let package = Utf8Path::new(context).join(PACKAGE);
            // No folder, no classes: the node compiles them itself.
            let Ok(classes) = read_classes(&self.folder.join(&package), false) else { continue };
            files.extend(classes.into_iter().map(|(name, content)| NodeFile {
                path: Utf8Path::new(WORK_DIR).join(&package).join(name),
                content,
                modified: Some(PAGE_TIME),
            }));
        }
        files
    }

    /// Lays them into a node that was made without them, or whose app was undeployed since, which takes its classes along.
    /// `base` is the node's `CATALINA_BASE`.
    ///
    /// # Errors
    /// The node's folder cannot be written.
    pub fn lay(&self, base: &Utf8Path) -> io::Result<()> {
        let page_time = SystemTime::UNIX_EPOCH + Duration::from_secs(PAGE_TIME.unsigned_abs());
        for file in self.files() {
            let path = base.join(&file.path);
            // What is there already may be in use.
            if path.exists() {
                continue;
            }
            if let Some(folder) = path.parent() {
                fs_err::create_dir_all(folder)?;
            }
            fs_err::write(&path, &file.content)?;
            fs_err::OpenOptions::new().write(true).open(&path)?.into_file().set_modified(page_time)?;
        }
        Ok(())
    }

    /// Keeps what a node has compiled; `work` is its folder [`WORK_DIR`]. Each class appears whole or not at all.
    ///
    /// # Errors
    /// The cache cannot be written.
    pub fn keep(&self, work: &Utf8Path) -> io::Result<()> {
        for context in CONTEXTS {
            let package = Utf8Path::new(context).join(PACKAGE);
            // A context that was not deployed has no folder.
            let Ok(classes) = read_classes(&work.join(&package), true) else { continue };
            let folder = self.folder.join(&package);
            for (name, content) in classes {
                let target = folder.join(&name);
                if target.exists() {
                    continue;
                }
                fs_err::create_dir_all(&folder)?;
                let mut part = tempfile::NamedTempFile::new_in(&folder)?;
                io::Write::write_all(&mut part, &content)?;
                part.persist(&target).map_err(|error| error.error)?;
            }
        }
        Ok(())
    }
}

/// The class files of a folder; with `whole`, only those that Jasper has given their page's time, and the classes inside
/// of them, which it wrote before that and gives no time.
fn read_classes(folder: &Utf8Path, whole: bool) -> io::Result<Vec<(String, Vec<u8>)>> {
    let page_time = SystemTime::UNIX_EPOCH + Duration::from_secs(PAGE_TIME.unsigned_abs());
    let mut classes = vec![];
    for entry in folder.read_dir_utf8()? {
        let entry = entry?;
        let Some((name, "class")) = entry.file_name().rsplit_once('.') else { continue };
        let page = folder.join(format!("{}.class", name.split('$').next().unwrap_or(name)));
        if whole && fs_err::metadata(&page).and_then(|page| page.modified()).ok() != Some(page_time) {
            continue;
        }
        let content = fs_err::read(entry.path())?;
        if content.starts_with(&MAGIC) {
            classes.push((entry.file_name().to_owned(), content));
        }
    }
    Ok(classes)
}

/// Names the pages' content: another page, another folder.
fn content_digest() -> String {
    let mut digest = Sha256::new();
    for (path, content) in war::counter_files().into_iter().chain(war::probe_files()) {
        digest.update(path.as_str());
        digest.update((content.len() as u64).to_le_bytes());
        digest.update(content);
    }
    hex(&digest.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(folder: &Utf8Path, name: &str, content: &[u8], time: i64) {
        fs_err::create_dir_all(folder).expect("made");
        fs_err::write(folder.join(name), content).expect("written");
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(time.unsigned_abs());
        let file = fs_err::OpenOptions::new().write(true).open(folder.join(name)).expect("opened");
        file.into_file().set_modified(time).expect("set");
    }

    #[test]
    fn only_whole_classes_of_our_pages_are_kept_and_come_back_with_their_time() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let jsp_cache = JspCache { folder: folder.join("cache") };
        assert_eq!(jsp_cache.files(), vec![]);
        let work = folder.join("work");
        let good = [&MAGIC[..], b"rest"].concat();
        class(&work.join("counter/org/apache/jsp"), "count_jsp.class", &good, PAGE_TIME);
        class(&work.join("counter/org/apache/jsp"), "read_jsp.class", &good, PAGE_TIME + 1);
        class(&work.join("counter/org/apache/jsp"), "mutate_jsp.class", b"cut", PAGE_TIME);
        class(&work.join("counter/org/apache/jsp"), "count_jsp$Inner.class", &good, PAGE_TIME + 2);
        class(&work.join("counter/org/apache/jsp"), "read_jsp$Inner.class", &good, PAGE_TIME + 2);
        class(&work.join("shop/org/apache/jsp"), "index_jsp.class", &good, PAGE_TIME);
        jsp_cache.keep(&work).expect("kept");
        let kept = |name: &str| NodeFile {
            path: Utf8Path::new("work/Catalina/localhost/counter/org/apache/jsp").join(name),
            content: good.clone(),
            modified: Some(PAGE_TIME),
        };
        let mut files = jsp_cache.files();
        files.sort_by(|one, other| one.path.cmp(&other.path));
        assert_eq!(files, vec![kept("count_jsp$Inner.class"), kept("count_jsp.class")]);
    }
}
