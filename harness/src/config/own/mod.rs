//! A configuration of the user's own: what it claims, and how it is made to fit on one machine.
//!
//! [`Claims`] reads what one node's server.xml says. [`transplant`] gives the same file with the few values changed that
//! would collide with another node of this machine: ports, addresses, paths outside of `CATALINA_BASE`, the multicast
//! group. Everything else, comments and formatting too, stays as it is, byte by byte.

mod claims;
mod data_sources;
mod edits;
mod error;
mod hosts;
mod members;
mod parts;
mod paths;
mod properties;
mod tls;
mod topology;
mod transplant;

#[cfg(test)]
mod tests;

pub use claims::{Claims, ClaimsError, Farm, MembershipClaim, OtherCluster, SignOn};
pub use data_sources::{DRIVER, DataSource, data_sources, without_data_sources};
pub use edits::Edits;
pub use error::OwnError;
pub use members::member_notes;
pub use parts::{Parts, parts};
pub use paths::below_base;
pub(crate) use properties::not_said;
pub use properties::properties_of;
pub use tls::{KEY_STORE, KEY_STORE_ALIAS, KEY_STORE_PASSWORD, named_files};
pub use topology::{OwnNode, topology, without_cluster};
pub use transplant::{Seat, TransplantError, Transplanted, transplant};

use super::read::{Document, Properties, ReadError};

/// What stands for `CATALINA_BASE` where a value is resolved: a path that no file names by chance.
pub(crate) const BASE: &str = "/\u{2}catalina.base";

/// Reads a server.xml with its `${…}` resolved, but for `catalina.base` and `catalina.home`.
///
/// # Errors
/// It is not XML.
pub fn read(bytes: &[u8], properties: &Properties) -> Result<Document, ReadError> {
    let mut document = Document::read(bytes)?;
    let mut properties = properties.clone();
    for name in ["catalina.base", "catalina.home"] {
        properties.insert(name.to_owned(), BASE.to_owned());
    }
    document.substitute(&properties);
    Ok(document)
}
