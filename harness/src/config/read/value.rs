//! `${…}` in values, and other placeholders.

use super::Properties;

/// A value with its properties put in.
pub(super) struct Substituted {
    pub(super) value: String,
    pub(super) placeholder: Option<String>,
    pub(super) is_default: bool,
}

/// A value may grow by properties up to this many bytes.
const MOST: usize = 64 * 1024;

/// Puts properties in, as `IntrospectionUtils.replaceProperties` does: `${name}` and `${name:-default}`. What is unknown
/// stays as it is and makes the value a placeholder.
pub(super) fn substitute(written: &str, properties: &Properties) -> Substituted {
    let mut value = String::with_capacity(written.len());
    let mut placeholder = None;
    let mut is_default = false;
    let mut rest = written;
    while let Some(start) = rest.find("${") {
        value.push_str(&rest[..start]);
        let Some(end) = rest[start..].find('}').map(|end| start + end) else {
            value.push_str(&rest[start..]);
            rest = "";
            break;
        };
        let name = &rest[start + 2..end];
        let (name, default) = name.split_once(":-").map_or((name, None), |(name, default)| (name, Some(default)));
        let given = properties.get(name).map(String::as_str);
        match given.or(default) {
            Some(known) if value.len() + known.len() < MOST && !known.contains("${") => {
                is_default |= given.is_none();
                value.push_str(known);
            }
            _ => {
                value.push_str(&rest[start..=end]);
                placeholder.get_or_insert_with(|| rest[start..=end].to_owned());
            }
        }
        rest = &rest[end + 1..];
    }
    value.push_str(rest);
    let placeholder = placeholder.or_else(|| is_placeholder(&value).then(|| value.clone()));
    Substituted { value, placeholder, is_default }
}

/// Whether a value is to be replaced by a deployment tool: `@TOKEN@`, `#IP#`, `%PORT%`, `#{PORT}`, `{{ x }}`, `__X__`, `$HOST`,
/// `<ip>`, `[[x]]`, `{PORT}`.
pub fn is_placeholder(value: &str) -> bool {
    let value = value.trim();
    let word = |text: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | ' ' | ':'))
    };
    let between =
        |open: &str, close: &str| value.strip_prefix(open).and_then(|rest| rest.strip_suffix(close)).is_some_and(word);
    let inside =
        |open: &str, close: &str| value.find(open).is_some_and(|start| value[start + open.len()..].contains(close));
    let shell = value
        .strip_prefix('$')
        .is_some_and(|rest| word(rest) && rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_'));
    let ats = value.matches('@').count() == 2 && {
        let part = value.split('@').nth(1).unwrap_or_default();
        word(part) && !part.contains(' ')
    };
    // `{PORT}` and `[PORT]`; but `{1,2}` is an identity, and `[::1]` an address.
    let brackets = |open: char, close: char| {
        let inner = value.strip_prefix(open).and_then(|rest| rest.strip_suffix(close)).unwrap_or_default();
        let is_name = |c: char| c.is_ascii_uppercase() || c == '_';
        inner.starts_with(is_name) && inner.len() > 1 && inner.chars().all(|c| is_name(c) || c.is_ascii_digit())
    };
    between("@", "@")
        || brackets('{', '}')
        || brackets('[', ']')
        || between("%%", "%%")
        || between("<%", ">")
        || ats
        || between("#", "#")
        || between("%", "%")
        || between("__", "__")
        || between("<", ">")
        || between("[[", "]]")
        || inside("{{", "}}")
        || inside("<%", "%>")
        || inside("$(", ")")
        || inside("#{", "}")
        || shell
}
