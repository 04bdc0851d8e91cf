//! A node's `CATALINA_BASE`: the distribution's own `conf/` with our server.xml, the probe and one more log handler.
//!
//! Nothing else of the server is touched, and all that is added is named by [`crate::config::differences`].

use std::io;

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};

use super::node_file::NodeFile;
use super::{logging, war};
use crate::config;
use crate::model::{NodeName, Topology};
use crate::tomcat::distribution::Distribution;
use crate::tomcat::war::PAGE_TIME;

/// The file of the harness's own log handler, below `CATALINA_BASE`.
pub const HARNESS_LOG: &str = "harness/log/harness.log";

/// The folders that belong to the server and its configuration, and not to what it has deployed: a node that is changed
/// gets them anew.
pub const REPLACED: [&str; 4] = ["conf", "lib", "work", "harness/probe"];

/// Folders of every node, beside those of the farm.
const FOLDERS: [&str; 9] = ["bin", "conf", "lib", "logs", "temp", "webapps", "work", "harness/log", "harness/probe"];

/// The folders of a node that nobody looks into when it has ended: what it served, and what it was made of. Those of the farm
/// are among them. What is left is configuration and logs.
pub fn bulky(topology: &Topology) -> Vec<Utf8PathBuf> {
    let farm = config::farm_folders(topology);
    let all = ["bin", "lib", "temp", "webapps", "work", "harness/probe", farm.temp, farm.watch, farm.deploy];
    let below = |folder: &Utf8PathBuf| folder.components().all(|part| matches!(part, Utf8Component::Normal(_)));
    all.map(Utf8PathBuf::from).into_iter().filter(below).collect()
}

/// The empty folders of a node, relative to `CATALINA_BASE`. The farm's are among them, for it makes none itself.
pub fn folders(topology: &Topology) -> Vec<Utf8PathBuf> {
    let farm = config::farm_folders(topology);
    let temp = (!topology.cluster.lacks_farm_temp).then_some(farm.temp);
    FOLDERS.into_iter().chain(temp).chain([farm.watch, farm.deploy]).map(Utf8PathBuf::from).collect()
}

/// The files of a node, relative to `CATALINA_BASE`.
///
/// # Errors
/// The distribution's `conf/` or a library cannot be read.
pub fn files(
    distribution: &Distribution,
    node: &NodeName,
    server_xml: String,
    token: &str,
    libs: &[Utf8PathBuf],
) -> io::Result<Vec<NodeFile>> {
    let mut files = vec![];
    copy_conf(&distribution.base.join("conf"), Utf8Path::new("conf"), &mut files)?;
    files.retain(|file| !matches!(file.path.as_str(), "conf/server.xml" | "conf/logging.properties"));
    let logging = fs_err::read_to_string(distribution.base.join("conf/logging.properties"))?;
    files.push(file("conf/logging.properties", logging::with_harness_handler(&logging)));
    files.push(file("conf/server.xml", server_xml));
    files.push(file("conf/Catalina/localhost/harness-probe.xml", probe_context(node, token)));
    for (path, content) in war::probe_files() {
        let path = Utf8Path::new("harness/probe").join(path);
        files.push(NodeFile { path, content, modified: Some(PAGE_TIME) });
    }
    for lib in libs {
        let name = lib.file_name().unwrap_or("library.jar");
        files.push(NodeFile { path: Utf8Path::new("lib").join(name), content: fs_err::read(lib)?, modified: None });
    }
    Ok(files)
}

fn file(path: &str, content: String) -> NodeFile {
    NodeFile { path: path.into(), content: content.into_bytes(), modified: None }
}

/// The probe's context: outside the appBase, so that no deployer of the user's ever sees it.
fn probe_context(node: &NodeName, token: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<Context docBase="${{catalina.base}}/harness/probe">
  <Parameter name="harness.token" value="{token}" override="false"/>
  <Parameter name="harness.node" value="{node}" override="false"/>
</Context>
"#
    )
}

/// All plain files of `conf/`, less the contexts that the distribution's own apps have there.
fn copy_conf(from: &Utf8Path, to: &Utf8Path, files: &mut Vec<NodeFile>) -> io::Result<()> {
    let mut entries = from.read_dir_utf8()?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by(|a, b| a.file_name().cmp(b.file_name()));
    for entry in entries {
        let (path, to) = (entry.path(), to.join(entry.file_name()));
        // Follows links: Debian's conf/ is made of them.
        let kind = fs_err::metadata(path)?;
        if kind.is_file() {
            files.push(NodeFile { path: to, content: fs_err::read(path)?, modified: None });
        } else if kind.is_dir() && entry.file_name() != "Catalina" {
            copy_conf(path, &to, files)?;
        }
    }
    Ok(())
}
