//! The parts of a server.xml that a request and its session meet.

use super::{claims, hosts};
use crate::config::read::{Document, Element};

/// Engine, Host and Cluster of the requests that name this host.
#[derive(Debug, Clone)]
pub struct Parts<'d> {
    /// The Engine.
    pub engine: Element<'d>,
    /// The Host.
    pub host: Element<'d>,
    /// The Cluster, the Host's or the Engine's.
    pub cluster: Option<Element<'d>>,
    /// The valves of the three, in the order of the file.
    pub valves: Vec<Element<'d>>,
}

/// The parts that serve requests which name this host; `None` where no Host does.
pub fn parts<'d>(document: &'d Document, header: Option<&str>) -> Option<Parts<'d>> {
    let engine = claims::engine(document)?;
    let host = match header {
        Some(name) => hosts::named(engine, name),
        None => hosts::default(engine),
    }?;
    let cluster = claims::cluster(document, header);
    let containers = [Some(engine), Some(host), cluster];
    let valves = containers.into_iter().flatten().flat_map(|container| container.all("Valve")).collect();
    Some(Parts { engine, host, cluster, valves })
}
