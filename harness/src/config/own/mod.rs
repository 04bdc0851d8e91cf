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
pub use tls::{KEY_STORE, KEY_STORE_ALIAS, KEY_STORE_PASSWORD, named_files};
pub use topology::{OwnNode, topology, without_cluster};
pub use transplant::{Seat, TransplantError, Transplanted, transplant};

use std::collections::BTreeMap;

use super::read::{Document, Properties, ReadError};

/// What stands for `CATALINA_BASE` where a value is resolved: a path that no file names by chance.
pub(crate) const BASE: &str = "/\u{2}catalina.base";

/// The system properties that the command line gives a node: `{node}` in a value is its name.
pub fn properties_of<'g>(
    node: &str,
    given: impl IntoIterator<Item = (&'g String, &'g String)>,
) -> BTreeMap<String, String> {
    given.into_iter().map(|(name, value)| (name.clone(), value.replace("{node}", node))).collect()
}

/// That nothing says what a placeholder is, and what would.
pub(crate) fn not_said(placeholder: &str) -> String {
    let would = topology::property(placeholder).map(|name| format!(" (`-D {name}={{node}}` would)"));
    format!("nothing says what {placeholder} is{}", would.unwrap_or_default())
}

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
