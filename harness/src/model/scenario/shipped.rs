//! The scenarios that are part of this program.

use include_dir::{Dir, include_dir};

static SHIPPED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/scenarios");

/// A scenario that is part of this program.
#[derive(Debug, Clone, Copy)]
pub struct Shipped {
    /// Its path below `scenarios/`, without the extension: `failover/kill-the-owner`.
    pub name: &'static str,
    /// Its file.
    pub content: &'static [u8],
}

/// All of them, in the order of their names.
pub fn shipped() -> Vec<Shipped> {
    let files = SHIPPED.find("**/*.toml").into_iter().flatten().filter_map(include_dir::DirEntry::as_file);
    let scenarios = files.filter_map(|file| {
        let name = file.path().to_str()?.strip_suffix(".toml")?;
        Some(Shipped { name, content: file.contents() })
    });
    let mut scenarios: Vec<Shipped> = scenarios.collect();
    scenarios.sort_by_key(|scenario| scenario.name);
    scenarios
}
