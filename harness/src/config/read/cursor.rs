//! A place in a text that moves forward.

use std::ops::Range;

use super::{ReadError, ReadErrorKind};

/// Reads a part of a text from left to right.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'t> {
    pub(super) text: &'t str,
    pub(super) at: usize,
    pub(super) end: usize,
    /// Whether it is XML 1.1.
    pub(super) is_newer: bool,
}

impl<'t> Cursor<'t> {
    pub(super) fn rest(&self) -> &'t str {
        &self.text[self.at..self.end]
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.at >= self.end
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Goes behind `what`, if it comes next.
    pub(super) fn eat(&mut self, what: &str) -> bool {
        let is_next = self.rest().starts_with(what);
        if is_next {
            self.at += what.len();
        }
        is_next
    }

    /// Goes behind white space; whether there was any.
    pub(super) fn blank(&mut self) -> bool {
        let before = self.at;
        self.at += self.rest().find(|c| !is_blank(c, self.is_newer)).unwrap_or(self.rest().len());
        self.at > before
    }

    /// Goes behind the next `what`, and gives what stands before it.
    pub(super) fn until(&mut self, what: &str, inside: &str) -> Result<Range<usize>, ReadError> {
        let start = self.at;
        let Some(found) = self.rest().find(what) else {
            return Err(self.error_at(ReadErrorKind::Truncated(inside.to_owned()), start));
        };
        self.at = start + found + what.len();
        Ok(start..start + found)
    }

    /// A name, as XML 1.0 (fifth edition) has it.
    pub(super) fn name(&mut self, expected: &'static str) -> Result<Range<usize>, ReadError> {
        let start = self.at;
        if !self.peek().is_some_and(starts_name) {
            return Err(self.expected(expected));
        }
        self.at += self.rest().find(|c| !is_of_name(c)).unwrap_or(self.rest().len());
        Ok(start..self.at)
    }

    pub(super) fn expected(&self, expected: &'static str) -> ReadError {
        match self.peek() {
            Some(found) => {
                let kind = ReadErrorKind::Expected { expected, found: found.escape_debug().to_string() };
                self.error_at(kind, self.at)
            }
            None => self.error_at(ReadErrorKind::Truncated("a tag".to_owned()), self.at),
        }
    }

    pub(super) fn error_at(&self, kind: ReadErrorKind, offset: usize) -> ReadError {
        ReadError::new(kind, self.text, offset)
    }
}

/// White space of XML 1.0, and the two line ends that 1.1 has more.
pub(super) fn is_blank(character: char, is_newer: bool) -> bool {
    matches!(character, ' ' | '\t' | '\r' | '\n') || is_newer && matches!(character, '\u{85}' | '\u{2028}')
}

fn starts_name(character: char) -> bool {
    matches!(character,
        ':' | '_' | 'A'..='Z' | 'a'..='z' | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{2ff}'
        | '\u{370}'..='\u{37d}' | '\u{37f}'..='\u{1fff}' | '\u{200c}' | '\u{200d}' | '\u{2070}'..='\u{218f}'
        | '\u{2c00}'..='\u{2fef}' | '\u{3001}'..='\u{d7ff}' | '\u{f900}'..='\u{fdcf}' | '\u{fdf0}'..='\u{fffd}'
        | '\u{10000}'..='\u{effff}')
}

fn is_of_name(character: char) -> bool {
    starts_name(character)
        || matches!(character, '-' | '.' | '0'..='9' | '\u{b7}' | '\u{300}'..='\u{36f}' | '\u{203f}' | '\u{2040}')
}
