//! Applies fixes to text; the caller writes it.

use std::collections::BTreeMap;

use super::{Applicability, Edit, Finding, Input};
use crate::config::read::{Document, Encoding};

/// A file with its fixes applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fixed {
    /// Which file of the input.
    pub file: usize,
    /// Its name.
    pub name: String,
    /// The text before.
    pub before: String,
    /// The text after.
    pub after: String,
    /// The bytes after, in the encoding of those before.
    pub bytes: Vec<u8>,
    /// The encoding of both.
    pub encoding: Encoding,
    /// How many findings were fixed.
    pub count: usize,
}

/// Applies the fixes of findings. Of two that touch each other the first is applied; the other comes with the next run.
pub fn apply(input: &Input, findings: &[Finding], with_unsafe: bool) -> Vec<Fixed> {
    let mut taken: BTreeMap<usize, Vec<Edit>> = BTreeMap::new();
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    for fix in findings.iter().filter_map(|finding| finding.fix.as_ref()) {
        if fix.applicability == Applicability::Unsafe && !with_unsafe {
            continue;
        }
        let free = |edit: &Edit| {
            let others = taken.get(&edit.file).map(Vec::as_slice).unwrap_or_default();
            others.iter().all(|other| edit.span.end < other.span.start || other.span.end < edit.span.start)
        };
        // Two fixes may each be right and together set an attribute twice: the second then waits for the next run.
        if fix.edits.iter().all(free) && fix.edits.iter().all(|edit| stays_xml(input, edit, taken.get(&edit.file))) {
            for edit in &fix.edits {
                taken.entry(edit.file).or_default().push(edit.clone());
                *counts.entry(edit.file).or_default() += 1;
            }
        }
    }
    let fixed = taken.into_iter().filter_map(|(file, mut edits)| {
        let document = input.document(file)?;
        let before = document.text().to_owned();
        let after = edited(&before, &mut edits);
        let encoding = document.encoding();
        let bytes = encoding.encode(&after)?;
        let count = counts.get(&file).copied().unwrap_or_default();
        Some(Fixed { file, name: input.files[file].name.clone(), before, after, bytes, encoding, count })
    });
    fixed.collect()
}

/// A text with its edits made, the last one first.
fn edited(text: &str, edits: &mut [Edit]) -> String {
    edits.sort_by_key(|edit| std::cmp::Reverse(edit.span.start));
    let mut text = text.to_owned();
    for edit in edits {
        text.replace_range(edit.span.clone(), &edit.text);
    }
    text
}

/// Whether the file is still XML with one more edit.
fn stays_xml(input: &Input, edit: &Edit, earlier: Option<&Vec<Edit>>) -> bool {
    let Some(document) = input.document(edit.file) else { return false };
    let mut edits: Vec<Edit> = earlier.into_iter().flatten().chain([edit]).cloned().collect();
    let bytes = document.encoding().encode(&edited(document.text(), &mut edits));
    bytes.is_some_and(|bytes| Document::read(&bytes).is_ok())
}

/// What a fix changes, as a unified diff, in the bytes of the file.
pub fn diff(fixed: &Fixed) -> Vec<u8> {
    let mark = if fixed.encoding.has_mark() { "\u{feff}" } else { "" };
    let (before, after) = (format!("{mark}{}", fixed.before), format!("{mark}{}", fixed.after));
    let diff = similar::TextDiff::from_lines(&before, &after);
    let hunks = diff.unified_diff().context_radius(2).to_string();
    let head = if hunks.is_empty() { String::new() } else { format!("--- {0}\n+++ {0}\n", fixed.name) };
    [head.into_bytes(), fixed.encoding.part(&hunks).unwrap_or_else(|| hunks.clone().into_bytes())].concat()
}

/// The encoding of a file whose changes are no patch, as the lines of one are ASCII.
pub fn is_for_reading_only(fixed: &Fixed) -> Option<&'static str> {
    fixed.encoding.is_wide().then_some("UTF-16")
}

/// Whether an edit would replace a reference to an entity: its text is written once for several places.
pub(super) fn has_reference(input: &Input, edit: &Edit) -> bool {
    let replaced = input.document(edit.file).and_then(|document| document.text().get(edit.span.clone()));
    let mut references = replaced.unwrap_or_default().split('&').skip(1).filter_map(|rest| rest.split(';').next());
    references.any(|name| !name.starts_with('#') && !matches!(name, "lt" | "gt" | "amp" | "quot" | "apos"))
}
