//! Paths of a configuration: where below `CATALINA_BASE` each is in the lab.

use super::BASE;

/// The folder below `CATALINA_BASE` that stands for the root of the file system.
const OUTSIDE: &str = "outside";

/// Where below `CATALINA_BASE` a path of a configuration is in the lab. `base` is the user's own `CATALINA_BASE`. Two
/// paths that are the same, or of which one is in the other, stay so.
pub fn below_base(path: &str, base: Option<&str>) -> String {
    let path = path.trim().replace('\\', "/");
    let inner = inside(&path, BASE).or_else(|| base.and_then(|base| inside(&path, base)));
    let (mut parts, rest): (Vec<&str>, &str) = match inner {
        Some(rest) => (vec![], rest),
        None if path.starts_with('/') => (vec![OUTSIDE], &path),
        None => (vec![], &path),
    };
    let mut root = parts.len();
    for part in rest.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.len() > root => drop(parts.pop()),
            // Above the base is outside of it.
            ".." => (parts, root) = (vec![OUTSIDE], 1),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// The rest of a path that is in a folder.
fn inside<'p>(path: &'p str, folder: &str) -> Option<&'p str> {
    let rest = path.strip_prefix(folder.trim_end_matches('/'))?;
    (rest.is_empty() || rest.starts_with('/')).then_some(rest)
}

/// What a path is to be written as; `None` where it may stay: it is relative, or begins with `${catalina.base}`.
pub(super) fn moved(written: &str, value: &str, base: Option<&str>) -> Option<String> {
    let below = below_base(value, base);
    let is_relative = !value.trim().starts_with('/');
    let stays = if is_relative {
        !below.starts_with(OUTSIDE) || value.trim().starts_with(OUTSIDE)
    } else {
        written.trim().starts_with("${catalina.base}") && !below.starts_with(OUTSIDE)
    };
    // A trailing slash is kept: whoever compares paths as text sees the same difference.
    let end = if value.trim().ends_with('/') { "/" } else { "" };
    (!stays).then(|| format!("${{catalina.base}}/{below}{end}"))
}
