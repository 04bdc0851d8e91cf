//! Why a server's files cannot be had.

use std::io;

use camino::Utf8PathBuf;

use super::{ArchiveProblem, IdentifyError, MavenProblem, MavenSaid};
use crate::host::wait::TimedOut;

/// Why a server's files cannot be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DistributionError {
    /// The user has no home folder to keep a cache in.
    #[error("no cache folder: the user has no home folder, or its name is not Unicode")]
    NoCacheFolder,
    /// Maven cannot be started at all.
    #[error("{artifact} is not in the cache, and Maven cannot be started as {program}")]
    NoMaven {
        /// The Maven coordinates.
        artifact: String,
        /// What was tried to start.
        program: Utf8PathBuf,
        /// Why it did not start.
        #[source]
        source: io::Error,
    },
    /// Maven ran, and failed.
    #[error("{artifact} is not in the cache, and Maven cannot resolve it: {problem}")]
    Maven {
        /// The Maven coordinates.
        artifact: String,
        /// What kind of failure it is.
        problem: MavenProblem,
        /// Maven's own words.
        #[source]
        source: MavenSaid,
    },
    /// Maven's metadata list no release of the line.
    #[error("no release of {server} in Maven's metadata, which list {listed}")]
    NoneOfLine {
        /// The line, as it was named.
        server: String,
        /// The newest of what is listed.
        listed: String,
    },
    /// None of the releases that are listed can be had.
    #[error("{tried} of {server} are listed, and none of them can be had")]
    NoneToBeHad {
        /// The line, as it was named.
        server: String,
        /// Which were asked for.
        tried: String,
        /// Why the newest could not.
        #[source]
        source: Box<DistributionError>,
    },
    /// Maven says that it succeeded, and the archive is not there.
    #[error("Maven reported success for {artifact}, but {file} does not exist")]
    NothingCopied {
        /// The Maven coordinates.
        artifact: String,
        /// The name of the archive.
        file: String,
    },
    /// The archive that Maven has is not whole.
    #[error("the archive {path} is damaged")]
    Archive {
        /// The file, in the user's Maven repository.
        path: Utf8PathBuf,
        /// The release's folder there.
        folder: Utf8PathBuf,
        /// What is wrong with it.
        #[source]
        source: ArchiveProblem,
    },
    /// Another run fetches the same release and does not come to an end.
    #[error("another run is still fetching {name}")]
    Busy {
        /// The release.
        name: String,
        /// How long it was waited.
        #[source]
        source: TimedOut,
    },
    /// The folder is not that of a Tomcat or TomEE.
    #[error(transparent)]
    Identify(#[from] IdentifyError),
    /// A file cannot be read or written; the error names it.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl DistributionError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoCacheFolder => Some("set HOME or XDG_CACHE_HOME".to_owned()),
            Self::NoMaven { .. } => Some(
                "install Maven (3.2.5 or newer) and put mvn on the PATH, or specify the folder of an unpacked server"
                    .to_owned(),
            ),
            Self::Maven { problem, .. } => Some(problem.hint()),
            Self::NoneOfLine { .. } => {
                Some("name a line or a release that is listed, or the folder of an unpacked server".to_owned())
            }
            Self::NoneToBeHad { source, .. } => source.hint(),
            Self::NothingCopied { .. } => {
                Some("check settings.xml and MAVEN_ARGS for options that redirect copied artifacts".to_owned())
            }
            Self::Archive { folder, .. } => {
                Some(format!("delete the folder {folder} and run again; Maven then downloads it again"))
            }
            Self::Busy { .. } => Some("end the other run, or wait for it".to_owned()),
            Self::Identify(error) => Some(error.hint()),
            Self::Io(_) => None,
        }
    }
}
