//! Regular expressions as Java reads them.

/// An expression that a whole text has to match, as with `java.util.regex.Matcher.matches`.
#[derive(Debug)]
pub(super) struct Pattern(fancy_regex::Regex);

impl Pattern {
    /// `None` where it is none, or uses what only Java knows.
    pub(super) fn new(expression: &str) -> Option<Self> {
        fancy_regex::Regex::new(&format!(r"\A(?:{expression})\z")).ok().map(Self)
    }

    /// Whether the whole text matches; `false` as well where that takes too long to say.
    pub(super) fn matches(&self, text: &str) -> bool {
        self.0.is_match(text).unwrap_or(false)
    }

    /// Whether it is sure that the text does not match.
    pub(super) fn refuses(&self, text: &str) -> bool {
        self.0.is_match(text).is_ok_and(|is_match| !is_match)
    }
}
