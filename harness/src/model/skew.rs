//! How wrong a clock is: `+1h`, `-30s`.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How far a clock is ahead (`+`) or behind (`-`), in whole seconds. As text with a sign and a unit: `+1h`, `-90s`, `+2m`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Skew {
    seconds: i64,
}

/// A text that is no such thing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "invalid clock skew `{0}`, expected a sign, a number and a unit from 5 seconds to 10000 hours, for example `+1h`"
)]
pub struct SkewError(String);

impl Skew {
    /// None at all, which no text says.
    pub(super) const NONE: Self = Self { seconds: 0 };
    /// Less could be taken for the time that a look takes.
    const LEAST: u64 = 5;
    const MOST: u64 = 10_000 * 3600;

    /// Whole seconds, negative where the clock is behind.
    pub fn seconds(self) -> i64 {
        self.seconds
    }
}

impl FromStr for Skew {
    type Err = SkewError;

    fn from_str(text: &str) -> Result<Self, SkewError> {
        let refuse = || SkewError(text.to_owned());
        let (sign, rest) = match text.split_at_checked(1) {
            Some(("+", rest)) => (1, rest),
            Some(("-", rest)) => (-1, rest),
            _ => return Err(refuse()),
        };
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let number: u64 = rest[..end].parse().map_err(|_| refuse())?;
        let unit = match &rest[end..] {
            "s" => 1,
            "m" => 60,
            "h" => 3600,
            _ => return Err(refuse()),
        };
        let seconds = number.checked_mul(unit).filter(|seconds| (Self::LEAST..=Self::MOST).contains(seconds));
        let seconds = seconds.and_then(|seconds| i64::try_from(seconds).ok()).ok_or_else(refuse)?;
        Ok(Self { seconds: sign * seconds })
    }
}

impl fmt::Display for Skew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.seconds {
            seconds if seconds % 3600 == 0 => write!(f, "{:+}h", seconds / 3600),
            seconds if seconds % 60 == 0 => write!(f, "{:+}m", seconds / 60),
            seconds => write!(f, "{seconds:+}s"),
        }
    }
}

impl TryFrom<String> for Skew {
    type Error = SkewError;

    fn try_from(text: String) -> Result<Self, SkewError> {
        text.parse()
    }
}

impl From<Skew> for String {
    fn from(skew: Skew) -> Self {
        skew.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_skew_has_a_sign_and_a_unit() {
        for (text, seconds) in [("+1h", 3600), ("-90s", -90), ("+2m", 120), ("-10000h", -36_000_000)] {
            let skew: Skew = text.parse().expect(text);
            assert_eq!((skew.seconds(), skew.to_string()), (seconds, text.to_owned()));
        }
        for bad in [
            "",
            "+",
            "1h",
            "+h",
            "+1",
            "+1d",
            "+0s",
            "-4s",
            "+10001h",
            "++1h",
            "+1.5h",
            "é1h",
            "+99999999999999999999h",
        ] {
            assert!(bad.parse::<Skew>().is_err(), "{bad:?} was taken");
        }
    }
}
