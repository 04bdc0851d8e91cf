//! A place in a text that moves forward.

use std::ops::Range;

use super::{ReadError, ReadErrorKind};

/// Reads a part of a text from left to right.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'t> {
    pub(super) text: &'t str,
    pub(super) at: usize,
    pub(super) end: usize,
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
        self.at += self.rest().bytes().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')).count();
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

    /// A name: letters, digits, `_ : - .` and all that is not ASCII.
    pub(super) fn name(&mut self, expected: &'static str) -> Result<Range<usize>, ReadError> {
        let start = self.at;
        let part =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':' | b'-' | b'.') || !byte.is_ascii();
        let first = |byte: u8| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b':') || !byte.is_ascii();
        let quote =
            self.peek().is_some_and(|c| matches!(c, '\u{201c}' | '\u{201d}' | '\u{2018}' | '\u{2019}' | '\u{a0}'));
        if quote || !self.rest().bytes().next().is_some_and(first) {
            return Err(self.expected(expected));
        }
        self.at += self.rest().bytes().take_while(|byte| part(*byte)).count();
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
