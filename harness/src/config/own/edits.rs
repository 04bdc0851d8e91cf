//! Changes of a document's text, each at its place.

use std::ops::Range;

use crate::config::read::{Document, Element};

/// The changes so far.
#[derive(Debug, Default)]
pub struct Edits(Vec<(Range<usize>, String)>);

impl Edits {
    /// Gives an attribute a value: in the place of the old one, or behind the element's name.
    pub fn set(&mut self, element: Element<'_>, name: &str, value: &str) {
        let value = escaped(value);
        if let Some(attribute) = element.attribute(name) {
            let quoted = element.document().text().get(attribute.span.clone());
            if quoted != Some(value.as_str()) {
                self.0.push((attribute.span.clone(), value));
            }
        } else {
            let at = element.name_span().end;
            self.0.push((at..at, format!(" {name}=\"{value}\"")));
        }
    }

    /// Puts XML into an element, before all that is in it.
    pub fn insert_into(&mut self, element: Element<'_>, xml: &str) {
        let tag = element.tag_span();
        let is_empty = element.document().text().get(tag.clone()).is_some_and(|tag| tag.ends_with("/>"));
        if is_empty {
            self.0.push((tag.end - 2..tag.end, format!(">{xml}</{}>", element.name())));
        } else {
            self.0.push((tag.end..tag.end, xml.to_owned()));
        }
    }

    /// Puts XML in the place of an element.
    pub fn replace(&mut self, element: Element<'_>, xml: &str) {
        // What was to change in it goes with it.
        let span = element.span();
        self.0.retain(|(at, _)| at.start < span.start || span.end < at.end);
        self.0.push((span, xml.to_owned()));
    }

    /// The document's text with the changes.
    pub fn apply(mut self, document: &Document) -> String {
        // Insertions at one place keep their order.
        self.0.sort_by_key(|(span, _)| (span.start, span.end));
        let mut text = String::with_capacity(document.text().len() + 256);
        let mut at = 0;
        for (span, new) in self.0 {
            let Some(before) = document.text().get(at..span.start) else { continue };
            text.push_str(before);
            text.push_str(&new);
            at = span.end;
        }
        text.push_str(document.text().get(at..).unwrap_or_default());
        text
    }
}

/// A value as an attribute has it, whichever quotes are around it.
pub(super) fn escaped(value: &str) -> String {
    value.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;").replace('\'', "&apos;")
}
