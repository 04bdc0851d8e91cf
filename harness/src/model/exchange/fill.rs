//! `${name}` in texts: which names they need, and the texts with the values in their places.

use std::collections::BTreeMap;

/// Values by their names.
pub type Values = BTreeMap<String, String>;

/// A name that has no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`${{{0}}}` has no value")]
pub struct Missing(pub String);

/// A part of a text.
enum Part<'t> {
    Plain(&'t str),
    Name(&'t str),
}

/// The parts of a text. `$${` is a plain `${`.
fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = vec![];
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        if rest[..at].ends_with('$') {
            parts.extend([Part::Plain(&rest[..at - 1]), Part::Plain("${")]);
            rest = &rest[at + 2..];
            continue;
        }
        let Some(end) = rest[at..].find('}') else { break };
        parts.extend([Part::Plain(&rest[..at]), Part::Name(&rest[at + 2..at + end])]);
        rest = &rest[at + end + 1..];
    }
    parts.push(Part::Plain(rest));
    parts
}

/// The names in `${name}`.
pub fn names(text: &str) -> impl Iterator<Item = &str> {
    parts(text).into_iter().filter_map(|part| match part {
        Part::Name(name) => Some(name),
        Part::Plain(_) => None,
    })
}

/// The text with the values in the places of their names.
///
/// # Errors
/// One has no value.
pub fn filled(text: &str, values: &Values) -> Result<String, Missing> {
    let whole = parts(text).into_iter().map(|part| match part {
        Part::Plain(text) => Ok(text),
        Part::Name(name) => values.get(name).map(String::as_str).ok_or_else(|| Missing(name.to_owned())),
    });
    whole.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_without_a_value_is_no_text_and_a_doubled_sign_is_no_name() {
        let values = Values::from([("a".to_owned(), "1".to_owned())]);
        assert_eq!(filled("x${a}y${a}", &values).as_deref(), Ok("x1y1"));
        assert_eq!(filled("${a}${b}", &values), Err(Missing("b".to_owned())));
        assert_eq!(filled("$${a} ${ $a }", &values).as_deref(), Err(&Missing(" $a ".to_owned())));
        assert_eq!(filled("$${a} ${", &values).as_deref(), Ok("${a} ${"));
        assert_eq!(names("$${a}${b}").collect::<Vec<_>>(), ["b"]);
    }
}
