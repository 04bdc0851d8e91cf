//! Whether the lab's server has what a configuration and an app need: looked at before the first step.

use std::collections::BTreeSet;
use std::io::{Read as _, Seek};

use camino::{Utf8Path, Utf8PathBuf};
use zip::ZipArchive;

use crate::config::own::Claims;
use crate::model::{NodeName, Plan};
use crate::runner::{Ended, OtherError, Outputs, RunFacts};
use crate::tomcat::distribution::{Distribution, Namespace};

/// Something that the server does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FitsError {
    /// A class of server.xml.
    #[error("the server has no class {class}, which the server.xml of {node} names")]
    NoClass {
        /// The class.
        class: String,
        /// Whose server.xml names it.
        node: NodeName,
    },
    /// An app of the other namespace.
    #[error("{war} is made for {app} ({class} uses it), the server is one of {server}")]
    Namespace {
        /// The app.
        war: Utf8PathBuf,
        /// Its namespace.
        app: &'static str,
        /// A class that shows it.
        class: String,
        /// The server's.
        server: &'static str,
    },
}

impl FitsError {
    /// What the user can do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::NoClass { .. } => "--lib JAR adds the jar that has it; a CATALINA_BASE brings its lib/".to_owned(),
            Self::Namespace { .. } => {
                "choose a server of the app's namespace by --server, or migrate the app".to_owned()
            }
        }
    }
}

/// Looks whether a run's server fits, and then does what other outputs do.
#[derive(Debug)]
pub struct Fitting<O> {
    /// What is done besides.
    pub outputs: O,
    /// What the nodes claim.
    pub claims: Vec<(NodeName, Claims)>,
    /// The user's own app.
    pub war: Option<Utf8PathBuf>,
}

impl<O: Outputs> Outputs for Fitting<O> {
    type Report = O::Report;

    fn begin(&mut self, run: RunFacts<'_>) -> Result<(), OtherError> {
        self.outputs.begin(run)?;
        let distribution = &run.cluster.machines().distribution;
        fits(distribution, &run.request.plan, &self.claims)?;
        if let Some(war) = &self.war {
            of_one_namespace(war, distribution)?;
        }
        Ok(())
    }

    fn end(&mut self, run: RunFacts<'_>, ended: &Ended) -> Result<Self::Report, OtherError> {
        self.outputs.end(run, ended)
    }
}

/// Whether every class that a server.xml names is there.
fn fits(distribution: &Distribution, plan: &Plan, claims: &[(NodeName, Claims)]) -> Result<(), FitsError> {
    let own = plan.topology.own.as_ref();
    for (node, claims) in claims {
        let mut missing: BTreeSet<String> =
            claims.classes.iter().filter(|class| !class.starts_with("java.")).cloned().collect();
        let base = own.and_then(|own| own.nodes.get(node)).and_then(|files| files.base.as_ref());
        let folders = [
            Some(distribution.home.join("lib")),
            Some(distribution.home.join("bin")),
            base.map(|base| base.join("lib")),
        ];
        for folder in folders.into_iter().flatten() {
            missing.retain(|class| {
                !folder.join("classes").join(entry(class)).is_file() && !folder.join(entry(class)).is_file()
            });
            for jar in jars(&folder) {
                without_those_of(&jar, &mut missing);
            }
        }
        for jar in &plan.topology.jvm.libs {
            without_those_of(jar, &mut missing);
        }
        if let Some(class) = missing.into_iter().next() {
            return Err(FitsError::NoClass { class, node: node.clone() });
        }
    }
    Ok(())
}

fn entry(class: &str) -> String {
    format!("{}.class", class.replace('.', "/"))
}

fn jars(folder: &Utf8Path) -> Vec<Utf8PathBuf> {
    let entries = folder.read_dir_utf8().into_iter().flatten().flatten();
    entries.map(|entry| entry.path().to_owned()).filter(|path| path.extension() == Some("jar")).collect()
}

/// A jar that cannot be read has no class: the server says so itself.
fn without_those_of(jar: &Utf8Path, missing: &mut BTreeSet<String>) {
    if missing.is_empty() {
        return;
    }
    let Some(archive) =
        fs_err::File::open(jar).ok().and_then(|file| ZipArchive::new(std::io::BufReader::new(file)).ok())
    else {
        return;
    };
    missing.retain(|class| archive.index_for_name(&entry(class)).is_none());
}

/// Refuses an app whose own classes use the servlet API of the other namespace only.
fn of_one_namespace(war: &Utf8Path, distribution: &Distribution) -> Result<(), OtherError> {
    let (server, other) = match distribution.namespace {
        Namespace::Jakarta => ("jakarta.servlet", "javax.servlet"),
        Namespace::Javax => ("javax.servlet", "jakarta.servlet"),
    };
    let mut archive = ZipArchive::new(std::io::BufReader::new(fs_err::File::open(war)?))?;
    let [own, foreign] = [server, other].map(|name| name.replace('.', "/"));
    let mut found = None;
    for index in 0..archive.len() {
        let Some(class) = class_using(&mut archive, index, [own.as_bytes(), foreign.as_bytes()])? else { continue };
        match class {
            (_, true) => return Ok(()),
            (name, false) => found = found.or(Some(name)),
        }
    }
    match found {
        Some(class) => Err(FitsError::Namespace { war: war.to_owned(), app: other, class, server }.into()),
        None => Ok(()),
    }
}

/// A class of the app's own that uses one of the two, and whether it is the first.
fn class_using<R: std::io::Read + Seek>(
    archive: &mut ZipArchive<R>,
    index: usize,
    [own, foreign]: [&[u8]; 2],
) -> Result<Option<(String, bool)>, OtherError> {
    let mut entry = archive.by_index(index)?;
    let name = entry.name()?.into_owned();
    let Some(class) = name.strip_prefix("WEB-INF/classes/").and_then(|name| name.strip_suffix(".class")) else {
        return Ok(None);
    };
    let mut bytes = vec![];
    entry.read_to_end(&mut bytes)?;
    let uses = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
    Ok(if uses(own) {
        Some((class.replace('/', "."), true))
    } else {
        uses(foreign).then(|| (class.replace('/', "."), false))
    })
}
