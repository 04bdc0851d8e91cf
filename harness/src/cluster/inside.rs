//! What a node has inside, for somebody who looks by hand: nothing of it is recorded, and no session is touched.

use camino::Utf8Path;
use serde_json::Value;

use super::{Cluster, ClusterError};
use crate::model::NodeName;
use crate::runtime::CommandOutput;

impl Cluster {
    /// The configuration that is in effect on a node, as its probe reports it: server, engine, cluster, channel, members, and
    /// of each context the Manager with its attributes.
    ///
    /// # Errors
    /// There is no such node, or its probe does not answer.
    pub async fn effective(&self, node: &NodeName) -> Result<Value, ClusterError> {
        let said = self.probe.effective(self.address(node).await?).await;
        said.map_err(|why| ClusterError::ProbeDead { node: node.clone(), why })
    }

    /// The MBeans of a node whose names fit a pattern, as `Catalina:type=Manager,*`: name, class, attributes, and why some
    /// cannot be read.
    ///
    /// # Errors
    /// There is no such node, its probe does not answer, or the pattern is none.
    pub async fn beans(&self, node: &NodeName, pattern: &str) -> Result<Value, ClusterError> {
        self.inside(node, "beans", pattern).await
    }

    /// The classes of the objects on a node's heap, after a collection, as the JVM counts them: a line each.
    ///
    /// # Errors
    /// There is no such node, or its probe does not answer.
    pub async fn heap_histogram(&self, node: &NodeName) -> Result<String, ClusterError> {
        let text = self.inside(node, "histogram", "live").await?;
        Ok(text.as_str().unwrap_or_default().to_owned())
    }

    /// Writes the objects of a node's heap to a file of this machine, which must not exist yet; says how many bytes.
    ///
    /// # Errors
    /// There is no such node, its probe does not answer, or the file cannot be written.
    pub async fn dump_heap(&self, node: &NodeName, to: &Utf8Path) -> Result<u64, ClusterError> {
        let failed = |source| ClusterError::Files { node: node.clone(), source };
        let mut target =
            fs_err::tokio::OpenOptions::new().write(true).create_new(true).open(to).await.map_err(failed)?;
        let name = format!("heap-{}.hprof", self.recorder().clock().now().0);
        let dumped = async {
            self.inside(node, "dump", &name).await?;
            let path = Utf8Path::new("temp").join(&name);
            let written = self.copy_out(node, &path, &mut target).await;
            let _ = self.machines.runtime.remove(node, &path).await;
            written
        };
        let written = dumped.await;
        if written.is_err() {
            let _ = fs_err::remove_file(to);
        }
        written
    }

    async fn copy_out(
        &self,
        node: &NodeName,
        path: &Utf8Path,
        target: &mut fs_err::tokio::File,
    ) -> Result<u64, ClusterError> {
        use tokio::io::AsyncWriteExt as _;
        let failed = |source| ClusterError::Files { node: node.clone(), source };
        let Some(here) = self.machines.runtime.folder(node, path) else {
            let content = self.machines.runtime.fetch(node, path).await?;
            target.write_all(&content).await.map_err(failed)?;
            target.flush().await.map_err(failed)?;
            return Ok(content.len() as u64);
        };
        let mut source = fs_err::tokio::File::open(here).await.map_err(failed)?;
        let copied = tokio::io::copy(&mut source, target).await.map_err(failed)?;
        target.flush().await.map_err(failed)?;
        Ok(copied)
    }

    /// A thread dump of a node.
    ///
    /// # Errors
    /// There is no such node, or it says nothing: it does not run, or stands still.
    pub async fn threads(&self, node: &NodeName) -> Result<String, ClusterError> {
        let dump = self.machines.runtime.threads(node).await?;
        dump.ok_or_else(|| ClusterError::NotRunning(node.clone()))
    }

    /// Runs a command where a node runs, without a shell in between.
    ///
    /// # Errors
    /// There is no such node, or the command cannot be started.
    pub async fn exec(&self, node: &NodeName, command: &[String]) -> Result<CommandOutput, ClusterError> {
        Ok(self.machines.runtime.exec(node, command).await?)
    }

    async fn inside(&self, node: &NodeName, key: &str, value: &str) -> Result<Value, ClusterError> {
        let said = self.probe.inside(self.address(node).await?, key, value).await;
        said.map_err(|why| ClusterError::ProbeDead { node: node.clone(), why })
    }
}
