//! Reads server.xml, context.xml and web.xml as they are found in the wild, with the position of everything.
//!
//! [`Document::read`] takes bytes of any encoding that XML names, and gives a tree of elements whose names, attributes
//! and comments know their place in the text. It reads what Catalina's parser reads: prefixes need no declaration, and
//! entities of the file itself are expanded within a bound. External entities are never fetched; they are listed in
//! [`Document::external`].

mod cursor;
mod decode;
mod document;
mod error;
mod parse;
mod position;
mod properties;
mod template;
mod value;

#[cfg(test)]
mod tests;

pub use decode::{Encoded, Encoding};
pub use document::{Attribute, Comment, Document, Element, ExternalEntity};
pub use error::{ReadError, ReadErrorKind};
pub use properties::{Properties, read_properties};
pub use value::is_placeholder;
