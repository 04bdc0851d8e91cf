//! A tree of XML elements, and how it is written.

use std::io;

use quick_xml::events::{BytesDecl, Event};
use quick_xml::writer::Writer;

use super::RenderError;

/// Where a start tag is broken into one line an attribute.
const WIDTH: usize = 110;

/// An element with attributes and elements in it. server.xml has no text that matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Element {
    name: &'static str,
    attributes: Vec<(String, String)>,
    children: Vec<Element>,
}

impl Element {
    pub(super) fn new(name: &'static str) -> Self {
        Self { name, attributes: Vec::new(), children: Vec::new() }
    }

    /// An element whose first attribute is its class.
    pub(super) fn of_class(name: &'static str, class: &str) -> Self {
        Self::new(name).with("className", class)
    }

    pub(super) fn with(mut self, attribute: &str, value: impl Into<String>) -> Self {
        self.attributes.push((attribute.to_owned(), value.into()));
        self
    }

    pub(super) fn with_all<'a>(mut self, attributes: impl IntoIterator<Item = (&'a str, String)>) -> Self {
        self.attributes.extend(attributes.into_iter().map(|(name, value)| (name.to_owned(), value)));
        self
    }

    pub(super) fn holding(mut self, children: impl IntoIterator<Item = Self>) -> Self {
        self.children.extend(children);
        self
    }

    fn check(&self) -> Result<(), RenderError> {
        for (index, (name, value)) in self.attributes.iter().enumerate() {
            let place = || (self.name, name.clone());
            if !is_name(name) {
                let (element, attribute) = place();
                return Err(RenderError::AttributeName { element, attribute });
            }
            if self.attributes[..index].iter().any(|(earlier, _)| earlier == name) {
                let (element, attribute) = place();
                return Err(RenderError::AttributeTwice { element, attribute });
            }
            if let Some(character) = value.chars().find(|character| !is_xml(*character)) {
                let (element, attribute) = place();
                return Err(RenderError::Character { element, attribute, character });
            }
        }
        self.children.iter().try_for_each(Self::check)
    }

    fn write(&self, writer: &mut Writer<Vec<u8>>) -> io::Result<()> {
        let length: usize = self.attributes.iter().map(|(name, value)| name.len() + value.len() + 4).sum();
        let broken = self.name.len() + length > WIDTH;
        let mut start = writer.create_element(self.name);
        for (name, value) in &self.attributes {
            if broken {
                start = start.new_line();
            }
            start = start.with_attribute((name.as_str(), value.as_str()));
        }
        if self.children.is_empty() {
            start.write_empty()?;
        } else {
            start.write_inner_content(|inner| self.children.iter().try_for_each(|child| child.write(inner)))?;
        }
        Ok(())
    }
}

/// The whole document with this root.
///
/// # Errors
/// An attribute's name is no XML name or there twice, or a value has a character that XML cannot carry.
pub(super) fn document(root: &Element) -> Result<String, RenderError> {
    root.check()?;
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    writer
        .write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))
        .and_then(|()| root.write(&mut writer))
        .map_err(RenderError::Write)?;
    let mut text = String::from_utf8_lossy(&writer.into_inner()).into_owned();
    text.push('\n');
    Ok(text)
}

/// A name without a prefix, from the ASCII part of what XML allows: Tomcat maps it to a Java property.
fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b))
}

/// Whether XML 1.0 can carry a character at all, even as a reference.
fn is_xml(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_comes_back_as_it_was_written() {
        for value in
            ["a<b>&\"'c", "line\nbreak\ttab\rreturn", " two  blanks ", "]]>", "&amp;", "é 日 🦀", "${catalina.base}"]
        {
            let text = document(&Element::new("A").with("v", value)).expect("a value that XML can carry");
            let read = roxmltree::Document::parse(&text).expect("well-formed");
            assert_eq!(read.root_element().attribute("v"), Some(value), "in {text}");
        }
    }

    #[test]
    fn what_xml_cannot_carry_is_refused_with_its_place() {
        let error = document(&Element::new("A").holding([Element::new("B").with("v", "a\u{1}b")])).expect_err("no XML");
        assert_eq!(error.to_string(), "attribute v of <B> contains the character '\\u{1}', which is not valid in XML");
        for bad in ["", "1a", "a b", "a=\"\"", "x:y"] {
            let error = document(&Element::new("A").with(bad, "")).expect_err("no name");
            assert!(matches!(error, RenderError::AttributeName { .. }), "{bad:?}: {error}");
        }
        let twice = Element::new("A").with("a", "1").with("a", "2");
        assert!(matches!(document(&twice), Err(RenderError::AttributeTwice { .. })));
    }
}
