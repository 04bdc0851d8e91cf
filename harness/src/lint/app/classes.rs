//! What an app's class files say about sessions.

use super::super::Input;

/// What an app's class files say about sessions.
#[derive(Debug, Default)]
pub struct ClassFacts {}

impl ClassFacts {
    pub(super) fn read(_input: &mut Input, _classes: Vec<(String, Vec<u8>)>) -> Self {
        Self::default()
    }

    /// The names of attributes that are set in sessions.
    pub fn attribute_names(&self) -> impl Iterator<Item = &str> {
        std::iter::empty()
    }
}
