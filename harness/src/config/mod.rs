//! Configuration: server.xml rendered from a topology.
//!
//! Pure: [`server_xml`] gives text; what becomes of it is the caller's. [`differences`] says in words what such a file
//! has that a stock server has not.

mod availability;
mod cluster;
mod differences;
mod error;
pub mod haproxy;
pub mod own;
mod own_file;
pub mod read;
mod redact;
mod server_xml;
mod xml;

#[cfg(test)]
mod tests;

pub use cluster::{
    FARM_DEPLOY_DIR, FARM_TEMP_DIR, FARM_WATCH_DIR, FarmFolders, farm_folders, farm_scan, refuse_unused,
};
pub use differences::{Difference, differences};
pub use error::RenderError;
pub use own_file::not_stock;
pub use redact::{REDACTED, is_secret, redact_argument, redact_json, redact_query, redact_toml, redact_xml};
pub use server_xml::server_xml;
