//! Where things are in a container.

/// Where things are in a server image. The official images of TomEE and Tomcat differ in `home` alone.
#[derive(Debug)]
pub(super) struct Layout {
    /// `CATALINA_HOME`.
    pub(super) home: &'static str,
    /// The node's `CATALINA_BASE`, which is ours and empty in the image.
    pub(super) base: &'static str,
}

pub(super) const LAYOUT: Layout = Layout { home: "/usr/local/tomee", base: "/var/lib/tomee-harness/base" };

/// Where the pause container of a node that has a disk of its own sees it.
pub(super) const DISK: &str = "/var/lib/tomee-harness/disk";
