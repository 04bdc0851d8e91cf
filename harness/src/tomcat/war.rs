//! Web archives: the counter app and the probe, which are part of this program, and the user's own.

mod compiled;
mod served;
mod written_for;

use std::io::{self, Cursor, Read, Seek, Write};

use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use sha2::{Digest, Sha256};
use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use crate::host::hex::hex;
use crate::model::ContextPath;

pub(crate) use compiled::sources;
pub use written_for::WrittenFor;

/// Embeds files by their path below a folder of this package.
macro_rules! embed {
    ($folder:literal: $($path:literal),+ $(,)?) => {
        &[$(($path, include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/", $folder, "/", $path)))),+]
    };
}

/// Files by their path.
type Embedded = &'static [(&'static str, &'static [u8])];

const COUNTER: Embedded = embed!["app":
    "WEB-INF/counter.jspf",
    "WEB-INF/web.xml",
    "change-id.jsp",
    "count.jsp",
    "invalidate.jsp",
    "mutate.jsp",
    "read.jsp",
    "short-live.jsp",
];

const PROBE: Embedded = embed!["probe":
    "WEB-INF/apps.jspf",
    "WEB-INF/running.jspf",
    "WEB-INF/stream.jspf",
    "WEB-INF/values.jspf",
    "WEB-INF/web.xml",
    "WEB-INF/written.jspf",
    "inside.jsp",
    "state.jsp",
];

/// The page whose answer shows that the counter app is served.
const FIRST_PAGE: &str = "count.jsp";

/// How much heavier the heavy counter app is: some 6500 messages of the farm, 10 KiB each.
const BALLAST_BYTES: usize = 64 << 20;

/// The time of every page of ours, in seconds since 1970: 2020-02-01 00:00:00 UTC.
pub const PAGE_TIME: i64 = 1_580_515_200;

/// A web archive that is to be deployed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct War {
    /// The archive.
    pub content: Vec<u8>,
    /// Its SHA-256, in hex.
    pub sha256: String,
    /// SHA-256 over what a node serves that has unpacked it, in hex, as the probe reports it
    /// ([`ContextState::served_sha256`](crate::history::ContextState)); `None` where it is no zip.
    pub served_sha256: Option<String>,
    /// Where it is deployed.
    pub context: ContextPath,
    /// JSPs that must compile before the app counts as served. None of a user's app: asking might change it.
    pub pages: Vec<String>,
    /// Whether its descriptors say `<distributable/>`, without which sessions are not replicated.
    pub distributable: Distributable,
    /// The servlet API that it is written for; `None` of an app of ours, and of one that shows none or both.
    pub written_for: Option<WrittenFor>,
}

/// Whether an app asks for replicated sessions.
///
/// This is what the descriptors say; the Manager that a context truly runs is read from the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Distributable {
    /// It does.
    Yes,
    /// It has no `WEB-INF/web.xml`, and so nothing that says it.
    NoDescriptor,
    /// Its `WEB-INF/web.xml` has no `<distributable/>`.
    NotSaid,
    /// A library's `web-fragment.xml` has none, which takes it from the whole app (`WebXml.merge`).
    Fragment(String),
}

impl Distributable {
    /// Whether it is.
    pub fn is_yes(&self) -> bool {
        *self == Self::Yes
    }
}

/// Why a file cannot be deployed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WarError {
    /// There is none.
    #[error("there is no file {0}")]
    Missing(Utf8PathBuf),
    /// It is a folder or something else that is no file.
    #[error("{0} is not a file: an app is deployed as a single .war file")]
    NoFile(Utf8PathBuf),
    /// It cannot be read; the error names it.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It has no bytes.
    #[error("{0} is empty")]
    Empty(Utf8PathBuf),
    /// It is no zip, or a damaged one.
    #[error("{path} is not a WAR: {problem}")]
    NoZip {
        /// The file.
        path: Utf8PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// An entry leads out of the folder into which a server unpacks it.
    #[error("{path} has the entry {entry:?}, which points outside the app")]
    Escapes {
        /// The file.
        path: Utf8PathBuf,
        /// The entry.
        entry: String,
    },
    /// A descriptor is no XML; a server would not deploy it.
    #[error("{path} has a {entry} that is not valid XML: {problem}")]
    Descriptor {
        /// The file.
        path: Utf8PathBuf,
        /// The descriptor.
        entry: String,
        /// What is wrong with it, and where.
        problem: String,
    },
    /// The counter app cannot be packed.
    #[error("the counter app cannot be packed")]
    Counter(#[source] ZipError),
}

impl WarError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Missing(_) => {
                Some("specify the file that your build creates, for example target/shop.war".to_owned())
            }
            Self::NoFile(path) => Some(format!("pack it: jar --create --file app.war -C {path} .")),
            Self::Empty(_) | Self::NoZip { .. } => {
                Some("build or copy it again; `unzip -t` checks an archive".to_owned())
            }
            Self::Escapes { .. } => Some("rebuild it: no build tool creates such an entry".to_owned()),
            Self::Descriptor { entry, .. } => Some(format!("fix {entry}: no server deploys the app as it is")),
            Self::Io(_) | Self::Counter(_) => None,
        }
    }
}

impl War {
    /// The counter app. The same bytes each time.
    ///
    /// # Errors
    /// [`WarError::Counter`], never seen: it is packed in memory.
    pub fn counter(context: ContextPath) -> Result<Self, WarError> {
        Self::of_pages(&counter_files(), context, Distributable::Yes)
    }

    /// The counter app without `<distributable/>`, whose sessions no server replicates. The same bytes each time.
    ///
    /// # Errors
    /// [`WarError::Counter`], never seen: it is packed in memory.
    pub fn local_counter(context: ContextPath) -> Result<Self, WarError> {
        let mut files = counter_files();
        for (_, content) in files.iter_mut().filter(|(path, _)| path == "WEB-INF/web.xml") {
            *content = String::from_utf8_lossy(content).replace("<distributable/>", "").into_bytes();
        }
        Self::of_pages(&files, context, Distributable::NotSaid)
    }

    /// The counter app with a file of `BALLAST_BYTES`, so that it takes a while on its way. The same bytes each time.
    ///
    /// # Errors
    /// [`WarError::Counter`], never seen: it is packed in memory.
    pub fn heavy_counter(context: ContextPath) -> Result<Self, WarError> {
        let mut files = counter_files();
        files.push((Utf8PathBuf::from("WEB-INF/ballast"), vec![0; BALLAST_BYTES]));
        Self::of_pages(&files, context, Distributable::Yes)
    }

    fn of_pages(
        files: &[(Utf8PathBuf, Vec<u8>)],
        context: ContextPath,
        distributable: Distributable,
    ) -> Result<Self, WarError> {
        let archive = pack(files).map_err(WarError::Counter)?;
        let pages = vec![FIRST_PAGE.to_owned()];
        Ok(Self::of_archive(archive, context, pages, distributable))
    }

    /// A user's app, to be deployed at `context`.
    ///
    /// # Errors
    /// What no server could deploy. An app that is not distributable is no error.
    pub fn read(path: &Utf8Path, context: ContextPath) -> Result<Self, WarError> {
        let (archive, Inspected { distributable, written_for }) = readable(path)?;
        Ok(Self { written_for, ..Self::of_archive(archive, context, vec![], distributable) })
    }

    /// Whether a user's app could be deployed.
    ///
    /// # Errors
    /// As [`War::read`].
    pub fn check(path: &Utf8Path) -> Result<(), WarError> {
        readable(path).map(drop)
    }

    fn of_archive(content: Vec<u8>, context: ContextPath, pages: Vec<String>, distributable: Distributable) -> Self {
        let served_sha256 = served::digest(&content).ok();
        let sha256 = hex(&Sha256::digest(&content));
        Self { sha256, served_sha256, content, context, pages, distributable, written_for: None }
    }
}

/// The files of the counter app, by their path in it.
pub(super) fn counter_files() -> Vec<(Utf8PathBuf, Vec<u8>)> {
    COUNTER.iter().map(|(path, content)| (Utf8PathBuf::from(path), content.to_vec())).collect()
}

/// The files of the probe, by their path in its folder.
pub fn probe_files() -> Vec<(Utf8PathBuf, Vec<u8>)> {
    PROBE.iter().map(|(path, content)| (Utf8PathBuf::from(path), content.to_vec())).collect()
}

/// Packs files, uncompressed and all of the same time, so that the archive depends on nothing but them.
///
/// The time is [`PAGE_TIME`], by the extra field that knows UTC: Jasper compiles a page again when its time differs
/// than that of its class, so it must be the same in every run and time zone.
fn pack(files: &[(Utf8PathBuf, Vec<u8>)]) -> zip::result::ZipResult<Vec<u8>> {
    let time = DateTime::from_date_and_time(2020, 2, 1, 0, 0, 0).unwrap_or_default();
    let page_time = u32::try_from(PAGE_TIME).ok();
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(time)
        .unix_permissions(0o644)
        .with_extended_timestamp(page_time, None, None)?;
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, content) in files {
        zip.start_file(path.as_str(), options.clone())?;
        zip.write_all(content)?;
    }
    Ok(zip.finish()?.into_inner())
}

/// A file's content, where a server could deploy it.
fn readable(path: &Utf8Path) -> Result<(Vec<u8>, Inspected), WarError> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => {}
        Ok(_) => return Err(WarError::NoFile(path.to_owned())),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Err(WarError::Missing(path.to_owned()));
        }
        Err(error) => return Err(error.into()),
    }
    let archive = fs::read(path)?;
    if archive.is_empty() {
        return Err(WarError::Empty(path.to_owned()));
    }
    let inspected = inspect(path, &archive)?;
    Ok((archive, inspected))
}

/// What an archive says of its app.
#[derive(Debug)]
struct Inspected {
    distributable: Distributable,
    written_for: Option<WrittenFor>,
}

/// Looks through an archive: names that lead out, damaged entries, and what the descriptors say.
fn inspect(path: &Utf8Path, content: &[u8]) -> Result<Inspected, WarError> {
    let no_zip = |problem: String| WarError::NoZip { path: path.to_owned(), problem };
    let mut archive = ZipArchive::new(Cursor::new(content)).map_err(|error| {
        no_zip(match error {
            ZipError::InvalidArchive(_) => "it is not a zip archive, or is truncated".to_owned(),
            error => error.to_string(),
        })
    })?;
    let mut descriptor = None;
    let mut fragments = Vec::new();
    let mut servlets = written_for::Seen::default();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(|error| no_zip(error.to_string()))?;
        let name = entry.name().map_err(|error| no_zip(error.to_string()))?.into_owned();
        if leads_out(&name) {
            return Err(WarError::Escapes { path: path.to_owned(), entry: name });
        }
        // All is read, so that the checksum of each entry is compared.
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).map_err(|error| no_zip(format!("{name}: {error}")))?;
        if name == "WEB-INF/web.xml" {
            descriptor = Some(bytes);
        } else if is_library(&name) {
            // A library that is no archive is for the server to judge.
            if let Ok(mut library) = ZipArchive::new(Cursor::new(bytes)) {
                servlets.library(&name, &mut library);
                fragments.extend(fragment(&mut library).map(|fragment| (name, fragment)));
            }
        } else if name.starts_with("WEB-INF/classes/") && Utf8Path::new(&name).extension() == Some("class") {
            servlets.class(&name, &bytes);
        }
    }
    if archive.is_empty() {
        return Err(no_zip("the archive is empty".to_owned()));
    }
    let distributable = distributable(path, descriptor, fragments)?;
    Ok(Inspected { distributable, written_for: servlets.written_for() })
}

/// What the descriptor of an app says, and what takes it back of the fragments of its libraries.
fn distributable(
    path: &Utf8Path,
    descriptor: Option<Vec<u8>>,
    fragments: Vec<(String, Vec<u8>)>,
) -> Result<Distributable, WarError> {
    let Some(descriptor) = descriptor else { return Ok(Distributable::NoDescriptor) };
    let said = Descriptor::read(&descriptor).map_err(|problem| WarError::Descriptor {
        path: path.to_owned(),
        entry: "WEB-INF/web.xml".to_owned(),
        problem,
    })?;
    if !said.distributable {
        return Ok(Distributable::NotSaid);
    }
    if said.complete {
        return Ok(Distributable::Yes);
    }
    // A fragment that cannot be read is for the server to judge.
    let silent = |fragment: &[u8]| Descriptor::read(fragment).is_ok_and(|fragment| !fragment.distributable);
    let against = fragments.into_iter().find(|(_, fragment)| silent(fragment));
    Ok(against.map_or(Distributable::Yes, |(name, _)| Distributable::Fragment(name)))
}

fn leads_out(name: &str) -> bool {
    name.starts_with('/') || name.contains('\0') || name.split(['/', '\\']).any(|part| part == "..")
}

fn is_library(name: &str) -> bool {
    name.strip_prefix("WEB-INF/lib/")
        .is_some_and(|file| !file.contains('/') && Utf8Path::new(file).extension() == Some("jar"))
}

fn fragment(library: &mut ZipArchive<impl Read + Seek>) -> Option<Vec<u8>> {
    let mut entry = library.by_name("META-INF/web-fragment.xml").ok()?;
    let mut bytes = Vec::new();
    entry.read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// What matters of a `web.xml` or `web-fragment.xml`.
struct Descriptor {
    distributable: bool,
    /// `metadata-complete`: fragments are then left out.
    complete: bool,
}

impl Descriptor {
    fn read(bytes: &[u8]) -> Result<Self, String> {
        // Before Servlet 2.4 a descriptor begins with a DOCTYPE.
        let options = roxmltree::ParsingOptions { allow_dtd: true, ..roxmltree::ParsingOptions::default() };
        let text = String::from_utf8_lossy(bytes);
        let text = text.trim_start_matches('\u{feff}');
        let document = roxmltree::Document::parse_with_options(text, options).map_err(|error| error.to_string())?;
        let root = document.root_element();
        Ok(Self {
            distributable: root.children().any(|child| child.tag_name().name() == "distributable"),
            complete: root.attribute("metadata-complete") == Some("true"),
        })
    }
}

#[cfg(test)]
mod tests;
