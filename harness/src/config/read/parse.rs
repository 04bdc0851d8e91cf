//! From text to [`Document`].

use std::collections::HashMap;
use std::ops::Range;

use super::cursor::{Cursor, is_blank};
use super::document::Node;
use super::{Attribute, Comment, Document, Encoded, Encoding, ExternalEntity, ReadError, ReadErrorKind};

/// A file with more elements is refused.
const MOST_ELEMENTS: usize = 1_000_000;
/// Entities expand to no more than this many bytes in the whole file.
const MOST_EXPANDED: usize = 1024 * 1024;
/// Entities within entities.
const DEEPEST: usize = 16;

/// Where an entity's text is, or which file has it.
#[derive(Debug, Clone)]
enum Entity {
    Internal(Range<usize>),
    External(usize),
}

/// An entity whose text is being read: where to go on behind it.
struct Frame {
    at: usize,
    end: usize,
    open: usize,
    name: String,
}

struct Parser<'t> {
    cursor: Cursor<'t>,
    nodes: Vec<Node>,
    open: Vec<usize>,
    comments: Vec<Comment>,
    entities: HashMap<String, Entity>,
    external: Vec<ExternalEntity>,
    frames: Vec<Frame>,
    expanded: usize,
    has_parameter_entities: bool,
}

impl Document {
    /// Reads a file.
    ///
    /// # Errors
    /// It is not XML, or not in the encoding that it names.
    pub fn read(bytes: &[u8]) -> Result<Self, ReadError> {
        let Encoded { text, encoding } = Encoded::decode(bytes)?;
        parse(text, encoding)
    }
}

/// Reads a whole document.
fn parse(text: String, encoding: Encoding) -> Result<Document, ReadError> {
    let mut parser = Parser {
        cursor: Cursor { text: &text, at: 0, end: text.len(), is_newer: false },
        nodes: vec![],
        open: vec![],
        comments: vec![],
        entities: HashMap::new(),
        external: vec![],
        frames: vec![],
        expanded: 0,
        has_parameter_entities: false,
    };
    parser.document()?;
    let Parser { nodes, comments, external, .. } = parser;
    let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
    Ok(Document { text, encoding, nodes, comments, external, lines, file: 0 })
}

impl<'t> Parser<'t> {
    fn document(&mut self) -> Result<(), ReadError> {
        loop {
            if self.cursor.is_at_end() {
                let Some(frame) = self.frames.pop() else { break };
                if self.open.len() != frame.open {
                    return Err(self.cursor.error_at(ReadErrorKind::Bomb(frame.name), frame.at));
                }
                (self.cursor.at, self.cursor.end) = (frame.at, frame.end);
            } else {
                self.item()?;
            }
        }
        if let Some(open) = self.open.last() {
            let node = &self.nodes[*open];
            let kind = ReadErrorKind::Truncated(format!("<{}>", &self.cursor.text[node.name.clone()]));
            return Err(self.cursor.error_at(kind, node.tag.start));
        }
        if self.nodes.is_empty() {
            return Err(self.cursor.error_at(ReadErrorKind::Empty, 0));
        }
        Ok(())
    }

    /// One tag, comment, piece of text, or declaration.
    fn item(&mut self) -> Result<(), ReadError> {
        let start = self.cursor.at;
        if self.cursor.eat("<!--") {
            let span = self.cursor.until("-->", "a comment")?;
            if let Some(at) = self.cursor.text[span.clone()].find("--") {
                return Err(self.cursor.error_at(ReadErrorKind::Dashes, span.start + at));
            }
            if self.cursor.text[span.clone()].ends_with('-') {
                return Err(self.cursor.error_at(ReadErrorKind::Dashes, span.end - 1));
            }
            self.comments.push(Comment { span });
            Ok(())
        } else if self.cursor.eat("<![CDATA[") {
            let span = self.cursor.until("]]>", "a CDATA section")?;
            self.add_text(&self.cursor.text[span.clone()], span)
        } else if self.cursor.eat("<?") {
            self.instruction(start)
        } else if self.nodes.is_empty() && self.cursor.eat("<!DOCTYPE") {
            self.doctype()
        } else if self.cursor.eat("</") {
            self.end_tag(start)
        } else if self.cursor.eat("<") {
            self.start_tag(start)
        } else {
            self.text()
        }
    }

    /// `<?target …?>`; the XML declaration may only be the very first thing.
    fn instruction(&mut self, start: usize) -> Result<(), ReadError> {
        let target = self.cursor.name("a processing instruction's name")?;
        if !self.cursor.blank() && !self.cursor.rest().starts_with("?>") {
            return Err(self.cursor.expected("white space or `?>`"));
        }
        let content = self.cursor.until("?>", "a processing instruction")?;
        if !self.cursor.text[target].eq_ignore_ascii_case("xml") {
            return Ok(());
        }
        let blank = |text: &'t str| text.trim_start_matches([' ', '\t', '\r', '\n']);
        let value = self.cursor.text[content].strip_prefix("version").and_then(|rest| blank(rest).strip_prefix('='));
        let version = value.map(blank).and_then(|value| {
            let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
            value[1..].split(quote).next()
        });
        match version.filter(|_| start == 0) {
            Some(version @ ("1.0" | "1.1")) => {
                self.cursor.is_newer = version == "1.1";
                Ok(())
            }
            Some(other) => Err(self.cursor.error_at(ReadErrorKind::Version(other.to_owned()), start)),
            None => Err(self.cursor.error_at(ReadErrorKind::Declaration, start)),
        }
    }

    fn start_tag(&mut self, start: usize) -> Result<(), ReadError> {
        let name = self.cursor.name("an element name")?;
        if self.open.is_empty() && !self.nodes.is_empty() {
            let second = self.cursor.text[name].to_owned();
            return Err(self.cursor.error_at(ReadErrorKind::Roots(second), start));
        }
        if self.nodes.len() >= MOST_ELEMENTS {
            return Err(self.cursor.error_at(ReadErrorKind::TooMany(MOST_ELEMENTS), start));
        }
        let mut attributes: Vec<Attribute> = vec![];
        let is_empty = loop {
            let blank = self.cursor.blank();
            if self.cursor.eat("/>") {
                break true;
            }
            if self.cursor.eat(">") {
                break false;
            }
            if self.cursor.rest().starts_with("<!--") {
                return Err(self.cursor.error_at(ReadErrorKind::CommentInTag, self.cursor.at));
            }
            if !blank {
                return Err(self.cursor.expected("white space, `>` or `/>`"));
            }
            let attribute = self.attribute()?;
            if attributes.iter().any(|earlier| earlier.name == attribute.name) {
                return Err(self.cursor.error_at(ReadErrorKind::Twice(attribute.name), attribute.name_span.start));
            }
            attributes.push(attribute);
        };
        let index = self.nodes.len();
        let parent = self.open.last().copied();
        let tag = start..self.cursor.at;
        let node = Node {
            parent,
            name,
            whole: tag.clone(),
            text_span: tag.end..tag.end,
            tag,
            attributes,
            children: vec![],
            text: String::new(),
        };
        self.nodes.push(node);
        if let Some(parent) = parent {
            self.nodes[parent].children.push(index);
        }
        if !is_empty {
            self.open.push(index);
        }
        Ok(())
    }

    fn end_tag(&mut self, start: usize) -> Result<(), ReadError> {
        let name = self.cursor.name("an element name")?;
        let found = &self.cursor.text[name];
        self.cursor.blank();
        if !self.cursor.eat(">") {
            return Err(self.cursor.expected("`>`"));
        }
        let Some(index) = self.open.pop() else {
            return Err(self.cursor.error_at(ReadErrorKind::Unopened(found.to_owned()), start));
        };
        let node = &mut self.nodes[index];
        let expected = &self.cursor.text[node.name.clone()];
        if expected != found {
            let kind = ReadErrorKind::Mismatch { expected: expected.to_owned(), found: found.to_owned() };
            return Err(self.cursor.error_at(kind, start));
        }
        node.whole.end = self.cursor.at.max(node.whole.start);
        Ok(())
    }

    fn attribute(&mut self) -> Result<Attribute, ReadError> {
        let name_span = self.cursor.name("an attribute name, `>` or `/>`")?;
        self.cursor.blank();
        if !self.cursor.eat("=") {
            return Err(self.cursor.expected("`=`"));
        }
        self.cursor.blank();
        let quote = match self.cursor.peek() {
            Some(quote @ ('"' | '\'')) => quote,
            Some(other) => return Err(self.cursor.error_at(ReadErrorKind::Quote(other), self.cursor.at)),
            None => return Err(self.cursor.error_at(ReadErrorKind::Truncated("a tag".to_owned()), self.cursor.at)),
        };
        self.cursor.at += 1;
        let span = self.cursor.until(if quote == '"' { "\"" } else { "'" }, "an attribute value")?;
        let raw = &self.cursor.text[span.clone()];
        if let Some(at) = raw.find('<') {
            let kind = ReadErrorKind::Expected { expected: "`&lt;` in an attribute value", found: "<".to_owned() };
            return Err(self.cursor.error_at(kind, span.start + at));
        }
        let written = self.expand(span.clone(), true, 0)?;
        let name = self.cursor.text[name_span.clone()].to_owned();
        Ok(Attribute { name, name_span, value: written.clone(), written, span, placeholder: None, is_default: false })
    }

    /// Text up to the next tag or entity of elements.
    fn text(&mut self) -> Result<(), ReadError> {
        let start = self.cursor.at;
        let length = self.cursor.rest().find(['<', '&']).unwrap_or(self.cursor.rest().len());
        if length > 0 {
            self.cursor.at += length;
            let span = start..self.cursor.at;
            self.allowed(&span)?;
            if let Some(at) = self.cursor.text[span.clone()].find("]]>") {
                return Err(self.cursor.error_at(ReadErrorKind::SectionEnd, start + at));
            }
            return self.add_text(&self.cursor.text[span.clone()], span);
        }
        self.cursor.at += 1;
        let name_start = self.cursor.at;
        let name = self.reference(name_start)?;
        if let Some(character) = self.character(&name, start)? {
            return self.add_text(character.encode_utf8(&mut [0; 4]), start..self.cursor.at);
        }
        match self.entities.get(&name).cloned() {
            Some(Entity::Internal(span)) => self.enter(name, &span),
            Some(Entity::External(index)) => {
                let entity = &mut self.external[index];
                entity.is_used = true;
                entity.span = start..self.cursor.at;
                Ok(())
            }
            None if self.has_parameter_entities => Ok(()),
            None => Err(self.cursor.error_at(ReadErrorKind::Entity(name), start)),
        }
    }

    /// Reads on in an entity's text, and comes back at its end.
    fn enter(&mut self, name: String, span: &Range<usize>) -> Result<(), ReadError> {
        self.expanded += span.len();
        let loops = self.frames.iter().any(|frame| frame.name == name);
        if loops || self.frames.len() >= DEEPEST || self.expanded > MOST_EXPANDED {
            return Err(self.cursor.error_at(ReadErrorKind::Bomb(name), self.cursor.at));
        }
        self.frames.push(Frame { at: self.cursor.at, end: self.cursor.end, open: self.open.len(), name });
        (self.cursor.at, self.cursor.end) = (span.start, span.end);
        Ok(())
    }

    fn add_text(&mut self, text: &str, span: Range<usize>) -> Result<(), ReadError> {
        let Some(open) = self.open.last() else {
            return match text.char_indices().find(|(_, c)| !is_blank(*c, self.cursor.is_newer)) {
                None => Ok(()),
                Some((at, c)) if c.is_whitespace() || c == '\u{feff}' => {
                    Err(self.cursor.error_at(ReadErrorKind::BlankOutside(c), span.start + at))
                }
                Some(_) => Err(self.cursor.error_at(ReadErrorKind::TextOutside, span.start)),
            };
        };
        let node = &mut self.nodes[*open];
        if text.trim().is_empty() && node.text.is_empty() {
            return Ok(());
        }
        if node.text.is_empty() {
            node.text_span = span;
        } else {
            node.text_span.end = span.end.max(node.text_span.start);
        }
        node.text.push_str(text);
        Ok(())
    }

    /// The name of `&name;`, whose `&` was read.
    fn reference(&mut self, start: usize) -> Result<String, ReadError> {
        let rest = self.cursor.rest();
        let length = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '#' | '_' | '-' | '.' | ':')));
        match length {
            Some(length) if length > 0 && rest[length..].starts_with(';') => {
                self.cursor.at = start + length + 1;
                Ok(rest[..length].to_owned())
            }
            _ => Err(self.cursor.error_at(ReadErrorKind::Ampersand, start - 1)),
        }
    }

    /// A character reference or one of XML's own five entities.
    fn character(&self, name: &str, at: usize) -> Result<Option<char>, ReadError> {
        let number = match name.strip_prefix('#') {
            None => {
                let known = [("lt", '<'), ("gt", '>'), ("amp", '&'), ("quot", '"'), ("apos", '\'')];
                return Ok(known.iter().find(|(known, _)| *known == name).map(|(_, character)| *character));
            }
            Some(digits) => match digits.strip_prefix('x') {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => digits.parse(),
            },
        };
        let character = number.ok().and_then(char::from_u32).filter(|character| is_xml(*character));
        character.map(Some).ok_or_else(|| self.cursor.error_at(ReadErrorKind::Entity(name.to_owned()), at))
    }

    /// A value with its references put in, and white space as XML normalizes it.
    fn expand(&mut self, span: Range<usize>, is_attribute: bool, depth: usize) -> Result<String, ReadError> {
        self.allowed(&span)?;
        let text: &'t str = &self.cursor.text[span.clone()];
        if !text.contains(['&', '\n', '\t', '\r']) {
            return Ok(text.to_owned());
        }
        let kept = (self.cursor.at, self.cursor.end);
        let mut value = String::with_capacity(text.len());
        let mut at = span.start;
        while at < span.end {
            let rest = &self.cursor.text[at..span.end];
            let plain = rest.find('&').unwrap_or(rest.len());
            let blank = |c: char| if is_attribute && matches!(c, '\n' | '\t' | '\r') { ' ' } else { c };
            value.extend(rest[..plain].replace("\r\n", "\n").chars().map(blank));
            at += plain;
            if at >= span.end {
                break;
            }
            (self.cursor.at, self.cursor.end) = (at + 1, span.end);
            let name = self.reference(at + 1)?;
            let after = self.cursor.at;
            if let Some(character) = self.character(&name, at)? {
                value.push(character);
            } else {
                value.push_str(&self.expand_entity(name, at, depth)?);
            }
            at = after;
        }
        (self.cursor.at, self.cursor.end) = kept;
        Ok(value)
    }

    fn expand_entity(&mut self, name: String, at: usize, depth: usize) -> Result<String, ReadError> {
        match self.entities.get(&name).cloned() {
            Some(Entity::Internal(inner)) => {
                self.expanded += inner.len();
                if depth >= DEEPEST || self.expanded > MOST_EXPANDED {
                    return Err(self.cursor.error_at(ReadErrorKind::Bomb(name), at));
                }
                self.expand(inner, true, depth + 1)
            }
            Some(Entity::External(index)) => {
                self.external[index].is_used = true;
                Ok(format!("${{{name}}}"))
            }
            None if self.has_parameter_entities => Ok(format!("${{{name}}}")),
            None => Err(self.cursor.error_at(ReadErrorKind::Entity(name), at)),
        }
    }

    fn allowed(&self, span: &Range<usize>) -> Result<(), ReadError> {
        let text = &self.cursor.text[span.clone()];
        // White space apart, a control character is the only one that text often has and XML has not.
        match text.char_indices().find(|(_, character)| !is_xml(*character)) {
            Some((at, character)) => Err(self.cursor.error_at(ReadErrorKind::Character(character), span.start + at)),
            None => Ok(()),
        }
    }

    /// `<!DOCTYPE name … [ … ]>`; nothing that it names is fetched.
    fn doctype(&mut self) -> Result<(), ReadError> {
        let inside = || "<!DOCTYPE".to_owned();
        loop {
            let rest = self.cursor.rest();
            let Some(next) = rest.find(['[', '>', '"', '\'']) else {
                return Err(self.cursor.error_at(ReadErrorKind::Truncated(inside()), self.cursor.at));
            };
            let found = rest.as_bytes()[next];
            self.cursor.at += next + 1;
            match found {
                b'>' => return Ok(()),
                b'"' => {
                    self.cursor.until("\"", "<!DOCTYPE")?;
                }
                b'\'' => {
                    self.cursor.until("'", "<!DOCTYPE")?;
                }
                _ => self.subset()?,
            }
        }
    }

    /// What stands between `[` and `]` of a document type.
    fn subset(&mut self) -> Result<(), ReadError> {
        loop {
            self.cursor.blank();
            if self.cursor.eat("]") {
                return Ok(());
            } else if self.cursor.eat("<!--") {
                self.cursor.until("-->", "a comment")?;
            } else if self.cursor.eat("<!ENTITY") {
                self.entity()?;
            } else if self.cursor.eat("%") {
                self.has_parameter_entities = true;
                self.cursor.until(";", "<!DOCTYPE")?;
            } else if self.cursor.eat("<?") {
                self.cursor.until("?>", "a processing instruction")?;
            } else if self.cursor.eat("<!") {
                self.cursor.until(">", "<!DOCTYPE")?;
            } else {
                return Err(self.cursor.expected("a declaration or `]`"));
            }
        }
    }

    /// `<!ENTITY name "text">`, or `SYSTEM "file"` in the place of the text.
    fn entity(&mut self) -> Result<(), ReadError> {
        let start = self.cursor.at - "<!ENTITY".len();
        self.cursor.blank();
        let is_parameter = self.cursor.eat("%") && self.cursor.blank();
        let name = self.cursor.name("an entity name")?;
        let name = self.cursor.text[name].to_owned();
        self.cursor.blank();
        let is_public = self.cursor.eat("PUBLIC");
        let is_external = is_public || self.cursor.eat("SYSTEM");
        self.cursor.blank();
        let mut span = self.literal()?;
        if is_public {
            self.cursor.blank();
            span = self.literal()?;
        }
        self.cursor.until(">", "<!ENTITY")?;
        let entity = if is_external {
            let system = self.cursor.text[span].to_owned();
            let place = start..self.cursor.at;
            self.external.push(ExternalEntity { name: name.clone(), system, span: place, is_used: is_parameter });
            self.has_parameter_entities |= is_parameter;
            Entity::External(self.external.len() - 1)
        } else {
            Entity::Internal(span)
        };
        if !is_parameter {
            self.entities.entry(name).or_insert(entity);
        }
        Ok(())
    }

    fn literal(&mut self) -> Result<Range<usize>, ReadError> {
        if self.cursor.eat("\"") {
            self.cursor.until("\"", "<!ENTITY")
        } else if self.cursor.eat("'") {
            self.cursor.until("'", "<!ENTITY")
        } else {
            Err(self.cursor.expected("a quote"))
        }
    }
}

/// Whether XML 1.0 can carry a character.
fn is_xml(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}
