//! Values of arguments that no type of the library reads by itself.

use tomee_harness::model::millis::{Millis, MillisError};
use tomee_harness::model::{ManagerKind, Membership, Ports, Timing};

pub(super) fn parse_manager(text: &str) -> Result<ManagerKind, String> {
    one_of(text, &[ManagerKind::Delta, ManagerKind::Backup])
}

pub(super) fn parse_membership(text: &str) -> Result<Membership, String> {
    one_of(text, &[Membership::Static, Membership::Multicast, Membership::Dns, Membership::Kubernetes])
}

pub(super) fn parse_timing(text: &str) -> Result<Timing, String> {
    one_of(text, &[Timing::Accelerated, Timing::Documented])
}

pub(super) fn parse_ports(text: &str) -> Result<Ports, String> {
    one_of(text, &[Ports::Free, Ports::Documented])
}

/// The value of this name, by the one spelling that TOML, JSON and flags share.
fn one_of<T: Copy + std::fmt::Display>(text: &str, all: &[T]) -> Result<T, String> {
    let names: Vec<String> = all.iter().map(ToString::to_string).collect();
    let found = names.iter().position(|name| name == text);
    found.map(|index| all[index]).ok_or_else(|| format!("must be {}", or_list(&names)))
}

/// `a or b`, `a, b or c`.
fn or_list(names: &[String]) -> String {
    match names {
        [first @ .., last] if !first.is_empty() => format!("{} or {last}", first.join(", ")),
        _ => names.concat(),
    }
}

pub(crate) fn parse_variable(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("must be NAME=VALUE".to_owned()),
    }
}

/// `500ms`, `90s`, `5m`.
pub(crate) fn parse_time(text: &str) -> Result<std::time::Duration, String> {
    parse_millis(text).map(Millis::duration)
}

/// The same, and not zero.
pub(super) fn parse_limit(text: &str) -> Result<Millis, String> {
    let limit = parse_millis(text)?;
    if limit.0 == 0 { Err("must be greater than zero".to_owned()) } else { Ok(limit) }
}

fn parse_millis(text: &str) -> Result<Millis, String> {
    text.parse::<Millis>().map_err(|error| match error {
        MillisError::NoTime(_) => "invalid duration, expected for example 500ms, 90s or 5m".to_owned(),
        MillisError::TooLong(_) => "is too long".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_a_unit() {
        assert_eq!(parse_time("500ms"), Ok(std::time::Duration::from_millis(500)));
        assert_eq!(parse_time("5m"), Ok(std::time::Duration::from_mins(5)));
        for bad in ["", "5", "s", "5h", "-1s", "1.5s", "99999999999999999999s", "18446744073709551615m"] {
            assert!(parse_time(bad).is_err(), "{bad:?} was taken");
        }
        assert_eq!((parse_limit("2m"), parse_limit("0s").is_err()), (Ok(Millis(120_000)), true));
    }
}
