//! Distributions: a server's files, resolved by Maven or named by the user.
//!
//! [`Distribution::resolve`] is the way in. A release is fetched by the user's own Maven, so that mirrors, proxies and
//! credentials are those of `settings.xml`, and is unpacked once into the user's cache folder. Once it is there, no
//! Maven is started again.

mod artifact;
mod caches;
mod error;
mod files;
mod home;
mod identify;
mod line;
mod maven;
mod maven_said;
mod progress;
mod release;
mod releases;
mod resolve;
mod store;
mod unpack;

#[cfg(test)]
pub(crate) mod tests;

pub use caches::Caches;
pub use error::DistributionError;
pub use files::{Distribution, Namespace, Product};
pub use identify::IdentifyError;
pub use maven::Maven;
pub use maven_said::{MavenProblem, MavenSaid};
pub use progress::{Progress, Quiet};
pub use releases::known_releases;
pub use resolve::own_server_xml;
pub(crate) use store::remove_leftovers;
pub use unpack::ArchiveProblem;
