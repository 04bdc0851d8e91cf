//! Compiles our own apps with the server's own compiler, against the server's own API.
//!
//! Every Tomcat has the compiler of the Eclipse project in its `lib/` (Jasper compiles JSPs with it), so a JRE will do.
//! The sources say `jakarta`; for a server of Java EE the word becomes `javax`. Classes are kept in the user's cache, by
//! sources, distribution and Java, and appear there whole or not at all.

use std::io;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use sha2::{Digest as _, Sha256};

use crate::host::hex::hex;
use crate::model::{CompiledApp, ContextPath, RunId};
use crate::tomcat::distribution::{Caches, Distribution, Namespace, Product};
use crate::tomcat::java::{Java, last_lines};
use crate::tomcat::war::{self, War, WarError};

/// The compiler's main class.
const COMPILER: &str = "org.eclipse.jdt.internal.compiler.batch.Main";
/// Language and classes of the oldest Java on which a supported server runs.
const LEVEL: &str = "1.8";
/// How long a compilation may take. It takes about two seconds.
const LIMIT: Duration = Duration::from_mins(2);
/// How many lines of the compiler are shown.
const LINES: usize = 12;

/// Compiles apps for one distribution, with one Java.
#[derive(Debug, Clone)]
pub struct Compiler {
    lib: Utf8PathBuf,
    server: String,
    product: Product,
    namespace: Namespace,
    java: Java,
    run: RunId,
    folder: Utf8PathBuf,
    /// Distribution and Java, as a part of a folder's name.
    key: String,
}

/// Why an app is not to be had.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    /// There is no Java to compile with.
    #[error("{app} must be compiled with this machine's Java, but none was found")]
    NoJava {
        /// The app.
        app: CompiledApp,
    },
    /// The server has not what the app is made for.
    #[error("{app} needs {what}, which {server} does not have")]
    Lacks {
        /// The app.
        app: CompiledApp,
        /// What it needs.
        what: &'static str,
        /// The server.
        server: String,
    },
    /// The server has no compiler.
    #[error("{lib} has no ecj jar to compile {app} with")]
    NoCompiler {
        /// The app.
        app: CompiledApp,
        /// The server's libraries.
        lib: Utf8PathBuf,
    },
    /// The compiler did not end well.
    #[error("{app} cannot be compiled for {server}: {said}")]
    Failed {
        /// The app.
        app: CompiledApp,
        /// The server.
        server: String,
        /// The last lines of the compiler.
        said: String,
    },
    /// A file cannot be read or written; the error names it.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It cannot be packed.
    #[error(transparent)]
    War(#[from] WarError),
}

impl CompileError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoJava { .. } => Some("install a JRE, or set JAVA_HOME".to_owned()),
            Self::Lacks { .. } => Some("use a TomEE server, for example --server tomee:9.0.0".to_owned()),
            Self::NoCompiler { .. } => {
                Some("use a complete server distribution: every release contains lib/ecj-….jar".to_owned())
            }
            Self::Failed { .. } | Self::Io(_) | Self::War(_) => None,
        }
    }
}

impl Compiler {
    /// A compiler of apps for this server. `run` is whose process it is while it compiles.
    pub fn new(caches: &Caches, distribution: &Distribution, java: &Java, run: &RunId) -> Self {
        let product = match distribution.product {
            Product::Tomee => "tomee",
            Product::Tomcat => "tomcat",
        };
        Self {
            lib: distribution.home.join("lib"),
            server: format!("{product}:{}", distribution.version),
            product: distribution.product,
            namespace: distribution.namespace,
            java: java.clone(),
            run: run.clone(),
            folder: caches.root().join("apps"),
            key: format!("{}-java{}", distribution.short_digest(), java.version.major),
        }
    }

    /// The app as a WAR, compiled if need be.
    ///
    /// # Errors
    /// See [`CompileError`].
    pub async fn war(&self, app: CompiledApp, context: ContextPath) -> Result<War, CompileError> {
        if let Some(what) = app.needs().filter(|_| self.product == Product::Tomcat) {
            return Err(CompileError::Lacks { app, what, server: self.server.clone() });
        }
        let sources = war::sources(app, self.namespace);
        let place = self.folder.join(format!("{}-{}", self.key, &digest(&sources)[..16]));
        if !place.is_dir() {
            self.compile(app, &sources, &place).await?;
        }
        let mut classes = vec![];
        read(&place, &place, &mut classes)?;
        Ok(War::compiled(app, context, classes)?)
    }

    async fn compile(
        &self,
        app: CompiledApp,
        sources: &[(Utf8PathBuf, Vec<u8>)],
        place: &Utf8Path,
    ) -> Result<(), CompileError> {
        fs::create_dir_all(&self.folder)?;
        let work = tempfile::TempDir::new_in(&self.folder)?;
        let work =
            Utf8Path::from_path(work.path()).ok_or_else(|| io::Error::other("the folder's name is not Unicode"))?;
        let (from, to) = (work.join("sources"), work.join("classes"));
        fs::create_dir_all(&to)?;
        for (path, content) in sources {
            let path = from.join(path);
            fs::create_dir_all(path.parent().unwrap_or(&from))?;
            fs::write(path, content)?;
        }
        let (compiler, libraries) = self.libraries(app)?;
        let mut command = self.java.command(&self.run);
        command
            .args(["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp"])
            .arg(compiler)
            .args([COMPILER, "-source", LEVEL, "-target", LEVEL, "-encoding", "UTF-8", "-proc:none", "-nowarn", "-g"])
            .args(["-cp", &libraries, "-d", to.as_str(), from.as_str()]);
        let failed = |said: String| CompileError::Failed { app, server: self.server.clone(), said };
        let output = match tokio::time::timeout(LIMIT, command.output()).await {
            Ok(output) => output?,
            Err(_) => return Err(failed(format!("the compiler did not finish within {} s", LIMIT.as_secs()))),
        };
        if !output.status.success() {
            let said = [output.stdout, output.stderr].concat();
            return Err(failed(last_lines(&said, LINES)));
        }
        match fs::rename(&to, place) {
            // Another run was faster, with the same classes.
            Err(_) if place.is_dir() => Ok(()),
            renamed => Ok(renamed?),
        }
    }

    /// The compiler's jar, and all jars as a class path.
    fn libraries(&self, app: CompiledApp) -> Result<(Utf8PathBuf, String), CompileError> {
        let mut jars = vec![];
        for entry in self.lib.read_dir_utf8()? {
            let path = entry?.into_path();
            if path.extension() == Some("jar") {
                jars.push(path);
            }
        }
        jars.sort();
        let is_compiler = |jar: &&Utf8PathBuf| {
            jar.file_name().is_some_and(|name| name.starts_with("ecj") || name.starts_with("eclipse-jdt-core"))
        };
        match jars.iter().find(is_compiler) {
            Some(compiler) => {
                let all: Vec<&str> = jars.iter().map(|jar| jar.as_str()).collect();
                Ok((compiler.clone(), all.join(":")))
            }
            None => Err(CompileError::NoCompiler { app, lib: self.lib.clone() }),
        }
    }
}

/// Names the sources' content.
fn digest(sources: &[(Utf8PathBuf, Vec<u8>)]) -> String {
    let mut digest = Sha256::new();
    for (path, content) in sources {
        digest.update(path.as_str());
        digest.update((content.len() as u64).to_le_bytes());
        digest.update(content);
    }
    hex(&digest.finalize())
}

/// All files below a folder, by their path in it, sorted.
fn read(root: &Utf8Path, folder: &Utf8Path, into: &mut Vec<(Utf8PathBuf, Vec<u8>)>) -> io::Result<()> {
    let mut entries = folder.read_dir_utf8()?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by(|one, other| one.file_name().cmp(other.file_name()));
    for entry in entries {
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            read(root, path, into)?;
        } else {
            into.push((path.strip_prefix(root).unwrap_or(path).to_owned(), fs::read(path)?));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tomcat::java::JavaVersion;

    fn compiler(root: &Utf8Path, product: Product) -> Compiler {
        let distribution = Distribution {
            home: root.join("home"),
            base: root.join("home"),
            product,
            version: "1.2.3".to_owned(),
            tomcat_version: "10.0.27".to_owned(),
            namespace: Namespace::Jakarta,
            digest: "0123456789abcdef0123".to_owned(),
            chosen: None,
        };
        let version = JavaVersion { major: 17, full: "17".to_owned() };
        let java = Java { home: root.join("no-java"), version, vendor: None };
        let run = RunId::new("run-of-a-test").expect("a good id");
        Compiler::new(&Caches::at(root.join("cache")), &distribution, &java, &run)
    }

    fn at() -> ContextPath {
        "/cdi".parse().expect("a context")
    }

    #[tokio::test]
    async fn what_a_server_lacks_is_reported_by_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let refused = compiler(root, Product::Tomcat).war(CompiledApp::Cdi, at()).await.expect_err("it has no CDI");
        assert_eq!(refused.to_string(), "cdi needs CDI, which tomcat:1.2.3 does not have");
        fs::create_dir_all(root.join("home/lib")).expect("made");
        fs::write(root.join("home/lib/servlet-api.jar"), "x").expect("written");
        let refused = compiler(root, Product::Tomee).war(CompiledApp::Cdi, at()).await.expect_err("no compiler");
        assert!(refused.to_string().ends_with("home/lib has no ecj jar to compile cdi with"), "{refused}");
    }

    #[tokio::test]
    async fn classes_of_the_same_sources_are_compiled_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let compiler = compiler(root, Product::Tomee);
        let sources = war::sources(CompiledApp::Cdi, Namespace::Jakarta);
        let place = root.join("cache/apps").join(format!("0123456789abcdef-java17-{}", &digest(&sources)[..16]));
        fs::create_dir_all(place.join("harness/app")).expect("made");
        fs::write(place.join("harness/app/CdiCounter.class"), "a class").expect("written");
        // There is neither a Java nor a compiler: only what is kept can be taken.
        let war = compiler.war(CompiledApp::Cdi, at()).await.expect("it is kept");
        let name = b"WEB-INF/classes/harness/app/CdiCounter.class";
        assert!(war.content.windows(name.len()).any(|bytes| bytes == name));
        let other = war::sources(CompiledApp::Cdi, Namespace::Javax);
        assert_ne!(digest(&sources), digest(&other));
    }
}
