//! The tree of a file, with positions.

use std::ops::Range;

use super::value::{Substituted, substitute};
use super::{Encoding, Properties};

/// A file that was read.
#[derive(Debug, Clone)]
pub struct Document {
    pub(super) text: String,
    pub(super) encoding: Encoding,
    pub(super) nodes: Vec<Node>,
    pub(super) comments: Vec<Comment>,
    pub(super) external: Vec<ExternalEntity>,
    pub(super) lines: Vec<usize>,
    pub(super) file: usize,
}

/// What is known of an element.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) parent: Option<usize>,
    pub(super) name: Range<usize>,
    pub(super) tag: Range<usize>,
    pub(super) whole: Range<usize>,
    pub(super) attributes: Vec<Attribute>,
    pub(super) children: Vec<usize>,
    pub(super) text: String,
    pub(super) text_span: Range<usize>,
}

/// An attribute of an element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Its name as it is written.
    pub name: String,
    /// Where the name is.
    pub name_span: Range<usize>,
    /// The value as written, with entities and line breaks replaced as XML says.
    pub written: String,
    /// The value with each `${…}` that is known put in.
    pub value: String,
    /// Where the value is, without its quotes.
    pub span: Range<usize>,
    /// What in the value is still a placeholder.
    pub placeholder: Option<String>,
    /// Whether a part of the value is the default of a property that nothing sets here: the start command may set it.
    pub is_default: bool,
}

impl Attribute {
    /// The value, unless a part of it is still a placeholder.
    pub fn known(&self) -> Option<&str> {
        self.placeholder.is_none().then_some(self.value.as_str())
    }
}

/// A comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// Where the text between `<!--` and `-->` is.
    pub span: Range<usize>,
}

/// An entity whose text stands in another file, which is not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalEntity {
    /// The entity's name.
    pub name: String,
    /// The file or address that it names.
    pub system: String,
    /// Where it is used, or else declared.
    pub span: Range<usize>,
    /// Whether the document uses it.
    pub is_used: bool,
}

impl Document {
    /// Puts the values of properties into every attribute: `${catalina.base}`.
    pub fn substitute(&mut self, properties: &Properties) {
        for attribute in self.nodes.iter_mut().flat_map(|node| &mut node.attributes) {
            let Substituted { value, placeholder, is_default } = substitute(&attribute.written, properties);
            (attribute.value, attribute.placeholder, attribute.is_default) = (value, placeholder, is_default);
        }
    }

    /// Notes which of several files it is.
    #[must_use]
    pub fn of_file(mut self, file: usize) -> Self {
        self.file = file;
        self
    }

    /// Which of several files it is.
    pub fn file(&self) -> usize {
        self.file
    }

    /// Whether a part of it stands in a file that was not read.
    pub fn is_partial(&self) -> bool {
        self.external.iter().any(|entity| entity.is_used)
    }

    /// The decoded text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The encoding that the text came in.
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// The root element.
    pub fn root(&self) -> Element<'_> {
        Element { document: self, index: 0 }
    }

    /// An element by its place in the order of the file.
    pub(crate) fn element(&self, index: usize) -> Element<'_> {
        Element { document: self, index }
    }

    /// Every element, in the order of the file.
    pub fn elements(&self) -> impl Iterator<Item = Element<'_>> {
        (0..self.nodes.len()).map(|index| Element { document: self, index })
    }

    /// The comments, in the order of the file.
    pub fn comments(&self) -> &[Comment] {
        &self.comments
    }

    /// The entities whose text is in other files.
    pub fn external(&self) -> &[ExternalEntity] {
        &self.external
    }

    /// Line and column of a place, both from 1, the column in characters.
    pub fn position(&self, offset: usize) -> (usize, usize) {
        let line = self.lines.partition_point(|start| *start <= offset).max(1);
        let start = self.lines.get(line - 1).copied().unwrap_or_default();
        let column = self.text.get(start..offset).map_or(1, |before| before.chars().count() + 1);
        (line, column)
    }
}

/// An element of a [`Document`].
#[derive(Debug, Clone, Copy)]
pub struct Element<'d> {
    document: &'d Document,
    index: usize,
}

impl PartialEq for Element<'_> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.document, other.document) && self.index == other.index
    }
}

impl<'d> Element<'d> {
    fn node(self) -> &'d Node {
        &self.document.nodes[self.index]
    }

    /// Its place in the order of the file.
    pub(crate) fn index(self) -> usize {
        self.index
    }

    /// Its document.
    pub fn document(self) -> &'d Document {
        self.document
    }

    /// Its name as written.
    pub fn name(self) -> &'d str {
        &self.document.text[self.node().name.clone()]
    }

    /// Its name without a prefix: web.xml is sometimes written as `<j:web-app>`.
    pub fn local_name(self) -> &'d str {
        self.name().rsplit(':').next().unwrap_or_default()
    }

    /// Where its name is.
    pub fn name_span(self) -> Range<usize> {
        self.node().name.clone()
    }

    /// Where its start tag is, from `<` to behind `>`.
    pub fn tag_span(self) -> Range<usize> {
        self.node().tag.clone()
    }

    /// Where it is, from `<` of the start tag to behind `>` of the end tag.
    pub fn span(self) -> Range<usize> {
        self.node().whole.clone()
    }

    /// Its text, without the text of elements in it, trimmed.
    pub fn text(self) -> &'d str {
        self.node().text.trim()
    }

    /// Where its text is.
    pub fn text_span(self) -> Range<usize> {
        self.node().text_span.clone()
    }

    /// The element that it stands in.
    pub fn parent(self) -> Option<Self> {
        self.node().parent.map(|index| Self { document: self.document, index })
    }

    /// The elements in it.
    pub fn children(self) -> impl Iterator<Item = Self> + 'd {
        let document = self.document;
        self.node().children.iter().map(move |index| Self { document, index: *index })
    }

    /// The elements in it with this name. Names are case-sensitive in Catalina.
    pub fn all(self, name: &'static str) -> impl Iterator<Item = Self> + 'd {
        self.children().filter(move |child| child.name() == name)
    }

    /// The last element in it with this name: of two, Catalina keeps the last.
    pub fn child(self, name: &'static str) -> Option<Self> {
        self.all(name).last()
    }

    /// Its attributes.
    pub fn attributes(self) -> &'d [Attribute] {
        &self.node().attributes
    }

    /// An attribute. `IntrospectionUtils.setProperty` capitalizes the first letter, so `Port` is `port` as well;
    /// `className` is looked up as it is.
    pub fn attribute(self, name: &str) -> Option<&'d Attribute> {
        let same = |attribute: &&Attribute| {
            let (own, wanted) = (attribute.name.as_bytes(), name.as_bytes());
            let is_capitalized = || match (own, wanted) {
                ([first, rest @ ..], [other, others @ ..]) => first.eq_ignore_ascii_case(other) && rest == others,
                _ => false,
            };
            attribute.name == name || name != "className" && is_capitalized()
        };
        self.attributes().iter().find(same)
    }

    /// Whether it has an attribute, whatever its value.
    pub fn has(self, name: &str) -> bool {
        self.attribute(name).is_some()
    }

    /// An attribute's value, if it is there and no placeholder.
    pub fn value(self, name: &str) -> Option<&'d str> {
        self.attribute(name).and_then(Attribute::known)
    }

    /// An attribute's value, or what the server takes where it is absent; `None` for a placeholder.
    pub fn value_or(self, name: &str, default: &'d str) -> Option<&'d str> {
        self.attribute(name).map_or(Some(default), Attribute::known)
    }

    /// A number, with the server's default; `None` where it is unknown or no number.
    pub fn number(self, name: &str, default: i64) -> Option<i64> {
        self.attribute(name).map_or(Some(default), |attribute| attribute.known()?.trim().parse().ok())
    }

    /// A boolean, with the server's default; `None` for a placeholder. As in Java, all but `true` is false.
    pub fn flag(self, name: &str, default: bool) -> Option<bool> {
        self.attribute(name).map_or(Some(default), |attribute| Some(attribute.known()?.eq_ignore_ascii_case("true")))
    }

    /// Its class, as far as it is known.
    pub fn class(self) -> Option<&'d str> {
        self.value("className")
    }

    /// The class without its package.
    pub fn short_class(self) -> Option<&'d str> {
        self.class().map(|class| class.trim().rsplit('.').next().unwrap_or_default())
    }

    /// Names from the root down, as in `Server/Service/Engine`, each with what distinguishes it from its siblings.
    pub fn path(self) -> String {
        let mut steps = vec![];
        let mut at = Some(self);
        while let Some(element) = at {
            let key = element.value("name").or_else(|| element.short_class()).or_else(|| element.value("path"));
            steps.push(key.map_or_else(|| element.name().to_owned(), |key| format!("{}[{key}]", element.name())));
            at = element.parent();
        }
        steps.reverse();
        steps.join("/")
    }
}
