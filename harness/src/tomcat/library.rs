//! A jar that the lab adds to a server, got with the user's own Maven and kept in the cache.

use std::process::{Command, Stdio};

use camino::{Utf8Path, Utf8PathBuf};

use crate::tomcat::distribution::Caches;

/// The database in memory. It runs on Java 8, as every server here does.
const H2: &str = "com.h2database:h2:2.1.214";
const COPY: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy";

/// A jar that Maven did not give.
#[derive(Debug, thiserror::Error)]
pub enum LibraryError {
    /// The cache cannot be written, or there is no Maven.
    #[error("{artifact} cannot be fetched")]
    Io {
        /// The jar.
        artifact: &'static str,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Maven ended without it.
    #[error("Maven did not give {artifact}: {said}")]
    Maven {
        /// The jar.
        artifact: &'static str,
        /// The first line that tells why.
        said: String,
    },
}

/// The jar of the database in memory, out of the cache or fetched.
///
/// # Errors
/// See [`LibraryError`].
pub fn h2(caches: &Caches) -> Result<Utf8PathBuf, LibraryError> {
    let io = |source| LibraryError::Io { artifact: H2, source };
    let (_, version) = H2.rsplit_once(':').unwrap_or_default();
    let folder = caches.root().join("libraries");
    let jar = folder.join(format!("h2-{version}.jar"));
    if jar.is_file() {
        return Ok(jar);
    }
    fs_err::create_dir_all(&folder).map_err(io)?;
    let work = tempfile::tempdir_in(&folder).map_err(io)?;
    let output = Command::new("mvn")
        .args(["-Dstyle.color=never", "-q", "--strict-checksums", COPY])
        .args([format!("-Dartifact={H2}"), "-DoutputDirectory=.".to_owned()])
        .current_dir(work.path())
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .output()
        .map_err(io)?;
    let fetched = Utf8Path::from_path(work.path()).map(|work| work.join(format!("h2-{version}.jar")));
    let fetched = fetched.filter(|fetched| output.status.success() && fetched.is_file());
    let Some(fetched) = fetched else {
        let said = String::from_utf8_lossy(&output.stdout);
        let said = said.lines().find(|line| line.contains("ERROR")).unwrap_or("it says nothing").trim().to_owned();
        return Err(LibraryError::Maven { artifact: H2, said });
    };
    // Another run may have put the same there.
    fs_err::rename(&fetched, &jar).map_err(io)?;
    Ok(jar)
}
