//! Configuration: server.xml rendered from a topology.
//!
//! Pure: [`server_xml`] gives text; what becomes of it is the caller's.

mod error;
mod server_xml;
mod xml;

pub use error::RenderError;
pub use server_xml::{FARM_DEPLOY_DIR, FARM_TEMP_DIR, FARM_WATCH_DIR, server_xml};

#[cfg(test)]
mod tests;
/// tmp
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Difference;
impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("")
    }
}
/// tmp
pub fn differences(_: &crate::spec::Topology) -> Vec<Difference> {
    vec![]
}
