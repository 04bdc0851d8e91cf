//! `<!-- tomee-harness: ignore C029 reason -->`: the rule says nothing about the next element, and what is in it.

use std::collections::BTreeSet;
use std::ops::Range;

use super::rules::{self, c110_unused_ignore, c111_ignore_without_reason};
use super::{Finding, Findings, Input};
use crate::config::read::Document;

const MARK: &str = "tomee-harness:";

/// A comment that suppresses.
struct Ignore<'i> {
    file: usize,
    comment: Range<usize>,
    codes: Vec<&'i str>,
    reason: &'i str,
    scope: Range<usize>,
    used: Vec<bool>,
}

/// Whether a finding is about suppression itself.
pub(super) fn is_own(finding: &Finding) -> bool {
    [c110_unused_ignore::RULE.code, c111_ignore_without_reason::RULE.code].contains(&finding.rule.code)
}

/// Leaves out what is suppressed, and adds what is wrong with the comments.
pub(super) fn apply(input: &Input, findings: Vec<Finding>, not_asked: &BTreeSet<String>) -> Vec<Finding> {
    let documents = input.files.iter().filter_map(|file| file.document.as_ref());
    let mut ignores: Vec<Ignore<'_>> = documents.flat_map(ignores).collect();
    let strange: Vec<(usize, Range<usize>)> =
        input.files.iter().filter_map(|file| file.document.as_ref()).flat_map(not_understood).collect();
    if ignores.is_empty() && strange.is_empty() {
        return findings;
    }
    let mut kept = Vec::with_capacity(findings.len());
    for finding in findings {
        let mut is_ignored = false;
        // What is between two files is suppressed in either.
        let others = finding.labels.iter().filter(|label| label.file != finding.file);
        let places: Vec<(usize, usize)> =
            others.map(|label| (label.file, label.span.start)).chain([(finding.file, finding.span.start)]).collect();
        for ignore in &mut ignores {
            let within = places.iter().any(|(file, start)| *file == ignore.file && ignore.scope.contains(start));
            for (code, used) in ignore.codes.iter().zip(&mut ignore.used) {
                if within && *code == finding.rule.code {
                    (*used, is_ignored) = (true, true);
                }
            }
        }
        if !is_ignored {
            kept.push(finding);
        }
    }
    for ignore in &ignores {
        let unused = ignore.codes.iter().zip(&ignore.used).filter(|(_, used)| !**used);
        for (code, _) in unused.filter(|(code, _)| !not_asked.contains(**code)) {
            let mut found = Findings { input, rule: &c110_unused_ignore::RULE, found: vec![] };
            let known = rules::find(code).is_some();
            let why = if known { "suppresses nothing" } else { "names no rule" };
            found.in_file(ignore.file, ignore.comment.clone(), format!("the comment that ignores `{code}` {why}"));
            kept.append(&mut found.found);
        }
        if ignore.reason.is_empty() {
            let mut found = Findings { input, rule: &c111_ignore_without_reason::RULE, found: vec![] };
            let message = format!("the comment that ignores {} gives no reason", ignore.codes.join(", "));
            found.in_file(ignore.file, ignore.comment.clone(), message);
            kept.append(&mut found.found);
        }
    }
    for (file, comment) in strange {
        let mut found = Findings { input, rule: &c110_unused_ignore::RULE, found: vec![] };
        let message = "this comment suppresses nothing: it names no rule by its code";
        found.in_file(file, comment, message).help("write `tomee-harness: ignore C006 reason`");
        kept.append(&mut found.found);
    }
    kept.sort_by_key(|finding| (finding.file, finding.span.start));
    kept
}

/// Comments that are meant to suppress, and name no rule.
fn not_understood(document: &Document) -> Vec<(usize, Range<usize>)> {
    let is_strange = |span: &Range<usize>| {
        let text = document.text()[span.clone()].trim();
        let rest = text.strip_prefix(MARK.trim_end_matches(':'));
        let rest = rest.map(|rest| rest.trim_start_matches(|c: char| c == ':' || c.is_whitespace()));
        rest.is_some_and(|rest| rest.starts_with("ignor")) && !words(text).is_some_and(starts_with_code)
    };
    let spans = document.comments().iter().map(|comment| comment.span.clone());
    spans.filter(is_strange).map(|span| (document.file(), span)).collect()
}

/// What stands behind `ignore`.
fn words(comment: &str) -> Option<&str> {
    comment.strip_prefix(MARK)?.trim_start().strip_prefix("ignore").map(str::trim_start)
}

/// Whether a text begins with the code of a rule.
fn starts_with_code(text: &str) -> bool {
    let word = text.split(|c: char| c.is_whitespace() || c == ',').next().unwrap_or_default();
    word.starts_with('C') && word.len() > 1 && word[1..].bytes().all(|byte| byte.is_ascii_digit())
}

fn ignores(document: &Document) -> Vec<Ignore<'_>> {
    let found = document.comments().iter().filter_map(|comment| {
        let mut rest = words(document.text()[comment.span.clone()].trim())?;
        let mut codes = vec![];
        while starts_with_code(rest) {
            let word = rest.split(|c: char| c.is_whitespace() || c == ',').next().unwrap_or_default();
            codes.push(word);
            rest = rest[word.len()..].trim_start_matches(|c: char| c.is_whitespace() || c == ',');
        }
        let next = document.elements().find(|element| element.span().start >= comment.span.end);
        // A comment before everything is about the whole file, one behind the last element about nothing.
        let scope = next.map_or(0..0, crate::config::read::Element::span);
        let used = vec![false; codes.len()];
        let reason = rest.trim_start_matches([':', '-', ' ']).trim();
        (!codes.is_empty()).then(|| Ignore {
            file: document.file(),
            comment: comment.span.clone(),
            codes,
            reason,
            scope,
            used,
        })
    });
    found.collect()
}
