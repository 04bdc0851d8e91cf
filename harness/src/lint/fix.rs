//! Applies fixes to text; the caller writes it.

use std::collections::BTreeMap;

use super::{Applicability, Edit, Finding, Input};

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
        if fix.edits.iter().all(free) {
            for edit in &fix.edits {
                taken.entry(edit.file).or_default().push(edit.clone());
                *counts.entry(edit.file).or_default() += 1;
            }
        }
    }
    let fixed = taken.into_iter().filter_map(|(file, mut edits)| {
        let document = input.document(file)?;
        let before = document.text().to_owned();
        edits.sort_by_key(|edit| std::cmp::Reverse(edit.span.start));
        let mut after = before.clone();
        for edit in edits {
            after.replace_range(edit.span, &edit.text);
        }
        let bytes = document.encoding().encode(&after)?;
        let count = counts.get(&file).copied().unwrap_or_default();
        Some(Fixed { file, name: input.files[file].name.clone(), before, after, bytes, count })
    });
    fixed.collect()
}

/// What a fix changes, as a unified diff.
pub fn diff(fixed: &Fixed) -> String {
    let diff = similar::TextDiff::from_lines(&fixed.before, &fixed.after);
    diff.unified_diff().context_radius(2).header(&fixed.name, &fixed.name).to_string()
}
