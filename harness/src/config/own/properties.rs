//! The system properties by which a node's files are resolved.

use std::collections::BTreeMap;

/// The system properties that the command line gives a node: `{node}` in a value is its name.
pub fn properties_of<'g>(
    node: &str,
    given: impl IntoIterator<Item = (&'g String, &'g String)>,
) -> BTreeMap<String, String> {
    given.into_iter().map(|(name, value)| (name.clone(), value.replace("{node}", node))).collect()
}

/// That nothing says what a placeholder is, and what would.
pub(crate) fn not_said(placeholder: &str) -> String {
    let would = property(placeholder).map(|name| format!(" (`-D {name}={{node}}` would)"));
    format!("nothing says what {placeholder} is{}", would.unwrap_or_default())
}

/// The property of `${name}`.
pub(super) fn property(placeholder: &str) -> Option<&str> {
    placeholder.strip_prefix("${")?.strip_suffix('}').filter(|name| !name.contains(['$', ':', '{']))
}
