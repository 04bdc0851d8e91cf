//! Bodies of answers: what of a long one is kept, and where in one a text is, or nearly is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How many characters of a body a message shows.
const SHOWN: usize = 80;
/// So many of them stand before the place that it is about.
const BEFORE: usize = 20;
/// A text that shares less than this with a body is nowhere near.
const LEAST: usize = 3;

/// What of a body is not kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Rest {
    /// How many bytes.
    pub bytes: u64,
    /// Their SHA-256.
    pub sha256: String,
}

/// A text that a step looks for in a body that is not kept whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct LookedFor {
    /// The text.
    pub text: String,
    /// The byte of the whole body at which it stands first; `None` where it stands nowhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<u64>,
    /// What stands there, or at the place that is nearest to it.
    pub near: String,
}

impl LookedFor {
    /// Looks for a text in a whole body.
    pub fn of(body: &str, text: &str) -> Self {
        let at = body.find(text);
        let near = at.map_or_else(|| near(body, text), |at| excerpt(body, at));
        Self { text: text.to_owned(), at: at.and_then(|at| u64::try_from(at).ok()), near }
    }
}

/// What a body has at the place where it comes nearest to a text: where the longest beginning or end of it stands; its own
/// beginning where there is none.
pub fn near(body: &str, text: &str) -> String {
    let ends: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let all = ends.len() - 1;
    // What has a longer part has a shorter one, too.
    let lengths: Vec<usize> = (0..=all).collect();
    let longest = |part: &dyn Fn(usize) -> bool| lengths.partition_point(|length| part(*length)).saturating_sub(1);
    let beginning = longest(&|length| body.contains(&text[..ends[length]]));
    let end = longest(&|length| body.contains(&text[ends[all - length]..]));
    let at = if beginning.max(end) < LEAST {
        None
    } else if beginning >= end {
        body.find(&text[..ends[beginning]])
    } else {
        body.find(&text[ends[all - end]..])
    };
    excerpt(body, at.unwrap_or(0))
}

/// The beginning of a text, with a sign where there is more.
pub fn beginning(text: &str, most: usize) -> String {
    let shown: String = text.chars().take(most).collect();
    if shown.len() < text.len() { format!("{shown}…") } else { shown }
}

/// A few words of a body around a byte of it, on one line.
pub fn excerpt(body: &str, at: usize) -> String {
    let at = body.floor_char_boundary(at);
    let from = body[..at].char_indices().rev().take(BEFORE).last().map_or(at, |(from, _)| from);
    let shown: String = body[from..].chars().take(SHOWN).collect();
    let cut = |is: bool| if is { "…" } else { "" };
    let (before, behind) = (cut(from > 0), cut(from + shown.len() < body.len()));
    let words = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    format!("{before}{words}{behind}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_that_is_nearest_is_shown() {
        let page = format!("<html>{}<p>items=11 of alice</p>{}", "<br>".repeat(50), " ".repeat(100));
        let found = LookedFor::of(&page, "items=11");
        assert_eq!((found.at, found.near.contains("<p>items=11 of alice</p>")), (Some(209), true), "{found:?}");
        for text in ["items=12", "items=1234567", "item=11 of alice", "total=11 of alice</p>"] {
            let missed = LookedFor::of(&page, text);
            assert_eq!(missed.at, None);
            assert!(missed.near.starts_with("…") && missed.near.contains("items=11 of alice"), "{text}: {missed:?}");
        }
        assert!(near(&page, "ZZ").starts_with("<html>"), "{}", near(&page, "ZZ"));
        assert_eq!(near("", "x"), "");
        assert_eq!(near("für immer", "für nimmer"), "für immer");
    }
}
