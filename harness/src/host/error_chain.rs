//! An error with all that lies behind it.

use std::error::Error;
use std::fmt;

/// Shows an error with its sources: `{}` on one line, `{:#}` with each cause on a line of its own.
#[derive(Debug, Clone, Copy)]
pub struct DisplayErrorChain<'a>(pub &'a (dyn Error + 'static));

impl fmt::Display for DisplayErrorChain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let between = if f.alternate() { "\n  because: " } else { ": " };
        for (place, link) in links(self.0).enumerate() {
            let before = if place == 0 { "" } else { between };
            write!(f, "{before}{link}")?;
        }
        Ok(())
    }
}

/// An error, what caused it, what caused that, and so on.
pub fn links<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn Error + 'static)| Error::source(*error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("outer")]
    struct Outer(#[source] std::io::Error);

    #[test]
    fn causes_follow_on_one_line_or_each_on_its_own() {
        let error = Outer(std::io::Error::other("inner"));
        assert_eq!(DisplayErrorChain(&error).to_string(), "outer: inner");
        assert_eq!(format!("{:#}", DisplayErrorChain(&error)), "outer\n  because: inner");
        assert_eq!(links(&error).count(), 2);
    }
}
