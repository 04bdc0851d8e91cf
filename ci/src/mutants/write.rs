//! Writes all changes of a file into it at once; which one takes effect is chosen when the program runs.

use std::collections::BTreeSet;
use std::ops::Range;

use super::find::{Change, Form, Site};

/// A change with its number, and where it stands in the text that was written.
#[derive(Debug, Clone)]
pub(crate) struct Mutant {
    pub(crate) number: u32,
    pub(crate) file: String,
    pub(crate) change: Change,
    /// Bytes of the written file.
    pub(crate) at: Range<usize>,
    /// Bytes of the written file: all of the place.
    pub(crate) around: Range<usize>,
}

/// The text of a file with all its changes but those that do not compile, by their number.
pub(crate) fn write(
    file: &str,
    source: &str,
    sites: &[Site],
    first: u32,
    unviable: &BTreeSet<u32>,
) -> (String, Vec<Mutant>) {
    let mut writer = Writer { file, source, unviable, next: first, text: String::new(), mutants: Vec::new() };
    writer.between(0..source.len(), &mut sites.iter().peekable());
    (writer.text, writer.mutants)
}

struct Writer<'a> {
    file: &'a str,
    source: &'a str,
    unviable: &'a BTreeSet<u32>,
    next: u32,
    text: String,
    mutants: Vec<Mutant>,
}

type Sites<'a, 'b> = std::iter::Peekable<std::slice::Iter<'b, Site>>;

impl Writer<'_> {
    /// Writes these bytes, with the places among them.
    fn between(&mut self, range: Range<usize>, sites: &mut Sites<'_, '_>) {
        let mut written = range.start;
        while let Some(site) = sites.next_if(|site| site.range.start >= range.start && site.range.end <= range.end) {
            self.text.push_str(&self.source[written..site.range.start]);
            written = site.range.end;
            self.site(site, sites);
        }
        self.text.push_str(&self.source[written..range.end]);
    }

    fn site(&mut self, site: &Site, sites: &mut Sites<'_, '_>) {
        let begin = self.text.len();
        let numbered: Vec<(u32, &Change)> = (self.next..).zip(&site.changes).collect();
        self.next += u32::try_from(site.changes.len()).expect("few changes");
        let viable: Vec<_> = numbered.into_iter().filter(|(number, _)| !self.unviable.contains(number)).collect();
        let before = self.mutants.len();
        match site.form {
            Form::Expression if !viable.is_empty() => {
                self.text.push('(');
                for (number, change) in &viable {
                    self.change(*number, change, &format!("if crate::mutant::is({number}) {{ "), " } else ");
                }
                self.text.push_str("{ ");
                self.between(site.range.clone(), sites);
                self.text.push_str(" })");
            }
            Form::Body => {
                self.text.push('{');
                for (number, change) in &viable {
                    self.change(*number, change, &format!(" if crate::mutant::is({number}) {{ return "), "; }");
                }
                self.between(site.range.start + 1..site.range.end, sites);
            }
            Form::Iterator if !viable.is_empty() => {
                for (number, change) in &viable {
                    self.change(*number, change, &format!("{{ crate::mutant::nothing_of({number}, "), "");
                }
                self.between(site.range.clone(), sites);
                self.text.push_str(") }");
            }
            Form::Arm if !viable.is_empty() => {
                self.between(site.range.clone(), sites);
                for (number, change) in &viable {
                    self.change(*number, change, &format!(" if !crate::mutant::is({number})"), "");
                }
            }
            _ => self.between(site.range.clone(), sites),
        }
        let end = self.text.len();
        for mutant in &mut self.mutants[before..] {
            // Those of places inside of this one have theirs already.
            if mutant.around.is_empty() {
                mutant.around = begin..end;
            }
        }
    }

    fn change(&mut self, number: u32, change: &Change, before: &str, after: &str) {
        let begin = self.text.len();
        self.text.push_str(before);
        self.text.push_str(&change.text);
        let at = begin..self.text.len();
        self.text.push_str(after);
        let (file, change) = (self.file.to_owned(), change.clone());
        self.mutants.push(Mutant { number, file, change, at, around: 0..0 });
    }
}
