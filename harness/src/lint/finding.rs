//! A rule, and what it has found.

use std::ops::Range;

use super::{Applicability, Confidence, Edit, Fix, Input, Severity};
use crate::config::read::Element;

/// A rule. Help, `explain` and RULES.md are made of its words.
#[derive(Debug)]
pub struct Rule {
    /// `C029`. Never used again for another rule.
    pub code: &'static str,
    /// A name in kebab-case, as in `farm-deploy-dir`.
    pub name: &'static str,
    /// How bad it is as a rule; a finding may be milder where the files alone cannot decide.
    pub severity: Severity,
    /// How sure a finding is as a rule.
    pub confidence: Confidence,
    /// What it finds, in one sentence.
    pub finds: &'static str,
    /// What happens if nothing is done.
    pub why: &'static str,
    /// An example that it reports.
    pub bad: &'static str,
    /// The same, corrected.
    pub good: &'static str,
    /// The source: class of Tomcat, page of its documentation, bug, or a run on real servers.
    pub evidence: &'static str,
    /// Versions of Tomcat that it is about.
    pub versions: &'static str,
    /// Looks for it.
    pub check: fn(&Input, &mut Findings<'_>),
}

/// A second place that belongs to a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Which file of the input.
    pub file: usize,
    /// Where.
    pub span: Range<usize>,
    /// What is there.
    pub text: String,
}

/// Something that a rule has found.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The rule.
    pub rule: &'static Rule,
    /// How bad it is here.
    pub severity: Severity,
    /// How sure it is here.
    pub confidence: Confidence,
    /// What is wrong, with names and values.
    pub message: String,
    /// Which file of the input.
    pub file: usize,
    /// Where in it.
    pub span: Range<usize>,
    /// The element, from the root down.
    pub path: String,
    /// The attribute, where it is about one.
    pub attribute: Option<String>,
    /// Its value as written.
    pub value: Option<String>,
    /// Other places.
    pub labels: Vec<Label>,
    /// What to do.
    pub help: Option<String>,
    /// The same, mechanically.
    pub fix: Option<Fix>,
}

impl Finding {
    /// Makes it as bad as this, if it was worse.
    pub fn at_most(&mut self, severity: Severity) -> &mut Self {
        self.severity = self.severity.min(severity);
        self
    }

    /// Sets how sure it is.
    pub fn sure(&mut self, confidence: Confidence) -> &mut Self {
        self.confidence = confidence;
        self
    }

    /// Says what to do.
    pub fn help(&mut self, help: impl Into<String>) -> &mut Self {
        self.help = Some(help.into());
        self
    }

    /// Names a second place.
    pub fn label(&mut self, element: Element<'_>, attribute: &str, text: impl Into<String>) -> &mut Self {
        let span = element.attribute(attribute).map_or_else(|| element.name_span(), |found| found.span.clone());
        self.labels.push(Label { file: element.document().file(), span, text: text.into() });
        self
    }

    /// The fix that sets an attribute.
    pub fn set(&mut self, how: Applicability, element: Element<'_>, name: &str, value: &str) -> &mut Self {
        let file = element.document().file();
        let escaped = value.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
        // A value that another file gives is changed there.
        if element.attribute(name).is_some_and(|attribute| attribute.written.contains("${")) {
            return self;
        }
        let edit = if let Some(attribute) = element.attribute(name) {
            Edit { file, span: attribute.span.clone(), text: escaped }
        } else {
            // Behind the last attribute, so that the layout of the others stays.
            let last = element.attributes().last().map_or(element.name_span().end, |last| last.span.end + 1);
            Edit { file, span: last..last, text: format!(" {name}=\"{escaped}\"") }
        };
        self.edit(how, edit)
    }

    /// The fix that gives an attribute its right name.
    pub fn rename(&mut self, how: Applicability, element: Element<'_>, from: &str, to: &str) -> &mut Self {
        match element.attributes().iter().find(|attribute| attribute.name == from) {
            Some(attribute) => {
                let file = element.document().file();
                self.edit(how, Edit { file, span: attribute.name_span.clone(), text: to.to_owned() })
            }
            None => self,
        }
    }

    /// The fix that removes an attribute, with the white space before it.
    pub fn unset(&mut self, how: Applicability, element: Element<'_>, name: &str) -> &mut Self {
        match element.attribute(name) {
            Some(attribute) => {
                let text = element.document().text();
                let start = text[..attribute.name_span.start].trim_end().len();
                let file = element.document().file();
                self.edit(how, Edit { file, span: start..attribute.span.end + 1, text: String::new() })
            }
            None => self,
        }
    }

    /// The fix that puts an element before another one, on a line of its own with the same indentation.
    pub fn insert_before(&mut self, how: Applicability, element: Element<'_>, xml: &str) -> &mut Self {
        let text = element.document().text();
        let at = element.span().start;
        let line = text[..at].rfind('\n').map_or(0, |at| at + 1);
        let indent = &text[line..at];
        let indent = if indent.trim().is_empty() { indent } else { "" };
        let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
        self.edit(how, Edit { file: element.document().file(), span: at..at, text: format!("{xml}{newline}{indent}") })
    }

    /// Adds an edit to the fix.
    pub fn edit(&mut self, how: Applicability, edit: Edit) -> &mut Self {
        let fix = self.fix.get_or_insert_with(|| Fix { applicability: how, edits: vec![] });
        if how == Applicability::Unsafe {
            fix.applicability = how;
        }
        fix.edits.push(edit);
        self
    }
}

/// Where a rule puts what it finds.
#[derive(Debug)]
pub struct Findings<'i> {
    pub(super) input: &'i Input,
    pub(super) rule: &'static Rule,
    pub(super) found: Vec<Finding>,
}

impl Findings<'_> {
    /// Something about an element.
    pub fn on(&mut self, element: Element<'_>, message: impl Into<String>) -> &mut Finding {
        self.add(element, None, element.name_span(), message.into())
    }

    /// Something about an attribute of an element, which need not be there.
    pub fn on_value(&mut self, element: Element<'_>, name: &str, message: impl Into<String>) -> &mut Finding {
        match element.attribute(name) {
            Some(attribute) => {
                let value = (attribute.name.clone(), attribute.written.clone());
                self.add(element, Some(value), attribute.span.clone(), message.into())
            }
            None => self.add(element, None, element.name_span(), message.into()),
        }
    }

    /// Something about the name of an attribute.
    pub fn on_name(&mut self, element: Element<'_>, name: &str, message: impl Into<String>) -> &mut Finding {
        match element.attributes().iter().find(|attribute| attribute.name == name) {
            Some(attribute) => {
                let value = (attribute.name.clone(), attribute.written.clone());
                self.add(element, Some(value), attribute.name_span.clone(), message.into())
            }
            None => self.add(element, None, element.name_span(), message.into()),
        }
    }

    /// Something about a place in a file that is no XML element.
    pub fn in_file(&mut self, file: usize, span: Range<usize>, message: impl Into<String>) -> &mut Finding {
        let path = self.input.files[file].short_name().to_owned();
        self.push(file, span, path, None, message.into())
    }

    fn add(
        &mut self,
        element: Element<'_>,
        value: Option<(String, String)>,
        span: Range<usize>,
        message: String,
    ) -> &mut Finding {
        self.push(element.document().file(), span, element.path(), value, message)
    }

    fn push(
        &mut self,
        file: usize,
        span: Range<usize>,
        path: String,
        value: Option<(String, String)>,
        message: String,
    ) -> &mut Finding {
        let (attribute, value) = value.unzip();
        let (rule, severity, confidence) = (self.rule, self.rule.severity, self.rule.confidence);
        let (labels, help, fix) = (vec![], None, None);
        let index = self.found.len();
        let finding =
            Finding { rule, severity, confidence, message, file, span, path, attribute, value, labels, help, fix };
        self.found.push(finding);
        &mut self.found[index]
    }
}
