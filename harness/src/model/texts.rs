//! One text, or several: how both are written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One text, or a list of them, as `"a"` or `["a", "b"]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "OneOrMore", into = "OneOrMore")]
#[schemars(with = "OneOrMore")]
pub struct Texts(pub Vec<String>);

/// How [`Texts`] are written.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "a text, or a list of texts")]
enum OneOrMore {
    /// One text.
    One(String),
    /// Several, or none.
    More(Vec<String>),
}

impl From<OneOrMore> for Texts {
    fn from(written: OneOrMore) -> Self {
        match written {
            OneOrMore::One(text) => Self(vec![text]),
            OneOrMore::More(texts) => Self(texts),
        }
    }
}

impl From<Texts> for OneOrMore {
    fn from(Texts(mut texts): Texts) -> Self {
        match (texts.len(), texts.pop()) {
            (1, Some(text)) => Self::One(text),
            (_, last) => Self::More(texts.into_iter().chain(last).collect()),
        }
    }
}

impl From<&str> for Texts {
    fn from(text: &str) -> Self {
        Self(vec![text.to_owned()])
    }
}

impl From<String> for Texts {
    fn from(text: String) -> Self {
        Self(vec![text])
    }
}

impl<T: Into<String>> From<Vec<T>> for Texts {
    fn from(texts: Vec<T>) -> Self {
        Self(texts.into_iter().map(Into::into).collect())
    }
}

impl Texts {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_text_is_written_plainly_and_several_as_a_list() {
        for (written, texts) in [("\"a\"", vec!["a"]), ("[\"a\",\"b\"]", vec!["a", "b"]), ("[]", vec![])] {
            let read: Texts = serde_json::from_str(written).expect("texts");
            assert_eq!(read, Texts::from(texts));
            assert_eq!(serde_json::to_string(&read).expect("JSON"), written);
        }
        let error = serde_json::from_str::<Texts>("7").expect_err("a number");
        assert_eq!(error.to_string(), "a text, or a list of texts");
    }
}
