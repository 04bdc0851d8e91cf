//! Why a file cannot be read.

use super::template;

/// A file that is not XML, with the place where that shows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not well-formed XML: {kind}")]
pub struct ReadError {
    /// What is wrong.
    pub kind: ReadErrorKind,
    /// Where, in bytes of the decoded text.
    pub offset: usize,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The template language that the text looks like.
    pub template: Option<&'static str>,
}

impl ReadError {
    pub(super) fn new(kind: ReadErrorKind, text: &str, offset: usize) -> Self {
        let (line, column) = super::position::line_and_column(text, offset);
        Self { kind, offset, line, column, template: template::language(text) }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        if let Some(language) = self.template {
            return Some(format!("this looks like a {language} template; lint the rendered file"));
        }
        match self.kind {
            ReadErrorKind::Quote('\u{201c}' | '\u{201d}' | '\u{2018}' | '\u{2019}') => {
                Some("typographic quotes come from word processors and web pages; write \" instead".to_owned())
            }
            ReadErrorKind::Encoding(_) | ReadErrorKind::EncodingDiffers { .. } | ReadErrorKind::Utf16Undeclared => {
                Some("save the file in the encoding that its first line declares".to_owned())
            }
            ReadErrorKind::BlankOutside(_) => Some(
                "it looks like white space, but is none in XML; it comes from web pages and word processors".to_owned(),
            ),
            _ => None,
        }
    }
}

/// What is wrong with a file that is not XML.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadErrorKind {
    /// Nothing in it.
    #[error("the file has no element")]
    Empty,
    /// Bytes that the encoding does not have.
    #[error("the bytes are not valid {0}")]
    Encoding(String),
    /// An encoding that is not known.
    #[error("unknown encoding `{0}`")]
    UnknownEncoding(String),
    /// A declaration that the bytes contradict.
    #[error("the declaration says encoding `{declared}`, the bytes are {found}")]
    EncodingDiffers {
        /// The name in the declaration.
        declared: String,
        /// What the bytes are.
        found: &'static str,
    },
    /// UTF-16 without a byte order mark and without a declaration.
    #[error("the bytes are UTF-16, but neither a byte order mark nor the XML declaration says so")]
    Utf16Undeclared,
    /// A version that Java's parser does not read.
    #[error("XML version `{0}` is not supported, only 1.0 and 1.1 are")]
    Version(String),
    /// The text ends inside something.
    #[error("the file ends inside {0}")]
    Truncated(String),
    /// Something else stands where this was expected.
    #[error("expected {expected}, found `{found}`")]
    Expected {
        /// What would be right.
        expected: &'static str,
        /// What is there.
        found: String,
    },
    /// An attribute's value without a straight quote.
    #[error("expected a quote before the attribute value, found `{0}`")]
    Quote(char),
    /// `</a>` closes `<b>`.
    #[error("`</{found}>` closes `<{expected}>`")]
    Mismatch {
        /// The open element.
        expected: String,
        /// The end tag.
        found: String,
    },
    /// `</a>` without an open element.
    #[error("`</{0}>` closes nothing")]
    Unopened(String),
    /// A second root.
    #[error("more than one root element, `<{0}>` is the second")]
    Roots(String),
    /// Text beside the root.
    #[error("text outside of the root element")]
    TextOutside,
    /// A blank that is none of XML's beside the root.
    #[error("character {0:?} outside of the root element, where only space, tab and line breaks are allowed")]
    BlankOutside(char),
    /// An attribute twice in one tag.
    #[error("attribute `{0}` is set twice")]
    Twice(String),
    /// The XML declaration is wrong or not the first thing of the file.
    #[error("the XML declaration `<?xml version=\"1.0\"?>` must be the first thing in the file")]
    Declaration,
    /// `]]>` in text.
    #[error("`]]>` outside of a CDATA section")]
    SectionEnd,
    /// `--` in a comment.
    #[error("`--` inside a comment")]
    Dashes,
    /// A comment inside a tag.
    #[error("a comment inside a tag")]
    CommentInTag,
    /// A character that XML does not allow.
    #[error("character {0:?} is not allowed in XML")]
    Character(char),
    /// `&` without a name and `;`.
    #[error("`&` must be written as `&amp;`")]
    Ampersand,
    /// An entity that nobody declared.
    #[error("entity `&{0};` is not declared")]
    Entity(String),
    /// Entities that expand without end, or to more than the bound.
    #[error("entity `&{0};` expands to too much or to itself")]
    Bomb(String),
    /// More elements than the bound.
    #[error("more than {0} elements")]
    TooMany(usize),
}
