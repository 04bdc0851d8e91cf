//! What is wrong with a scenario, and where.

use std::ops::Range;

/// What is wrong with a scenario.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ScenarioError {
    /// One sentence.
    pub message: String,
    /// The bytes of the file that it is about, where it is about some.
    pub span: Option<Range<usize>>,
    /// What to do about it, as the nearest right word.
    pub help: Option<String>,
}

impl ScenarioError {
    pub(super) fn at(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { message: message.into(), span: Some(span), help: None }
    }

    pub(crate) fn nowhere(message: impl Into<String>) -> Self {
        Self { message: message.into(), span: None, help: None }
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// The word of `known` that is nearest to `word`, where one is near.
pub(super) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let distances = known.into_iter().map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate));
    // A third of the word may be wrong: more is another word.
    let near = distances.filter(|(distance, candidate)| *distance <= 1.max(word.len().max(candidate.len()) / 3));
    near.min_by_key(|(distance, _)| *distance).map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_told_where_one_is_near() {
        let known = ["client", "clients", "kill", "on"];
        assert_eq!(nearest("clint", known), Some("client"));
        assert_eq!(nearest("kil", known), Some("kill"));
        assert_eq!(nearest("partition", known), None);
    }
}
