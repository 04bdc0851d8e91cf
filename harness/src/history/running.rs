//! What a running server has in effect of its configuration.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An element of a configuration as the server runs it: the object that was made of it, or that the server made by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct RunningElement {
    /// Its name in a server.xml, as `Receiver`. Elements that come more than once are in the server's order.
    pub element: String,
    /// Its class.
    pub class: String,
    /// The values of its properties, by the names of attributes. There are no keys and passwords among them.
    pub attributes: BTreeMap<String, String>,
}
