//! Findings that are known, so that only new ones count.
//!
//! A finding's key is its rule, file name, element path, attribute and value; keys are counted. Lines may move, and one
//! that is fixed does not hide a new one elsewhere; it is told, so that it does not hide the next one.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::rules::c127_stale_baseline;
use super::{Finding, Findings, Input, Report};

/// Known findings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// The version of this form: 1.
    pub format: u32,
    /// How often each finding is known.
    pub findings: Vec<Known>,
}

/// A known finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// The rule.
    pub rule: String,
    /// The file's name without folders; `NODE/NAME` where several nodes are linted together.
    pub file: String,
    /// The element, from the root down.
    pub element: String,
    /// The attribute, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribute: Option<String>,
    /// The attribute's value, or a digest of it where it may be a secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// How often.
    #[serde(default = "once", skip_serializing_if = "is_once")]
    pub count: usize,
}

fn once() -> usize {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_once(count: &usize) -> bool {
    *count == 1
}

impl Baseline {
    /// All these findings.
    pub fn of(input: &Input, findings: &[Finding]) -> Self {
        let mut counts: BTreeMap<Known, usize> = BTreeMap::new();
        for finding in findings {
            *counts.entry(key(input, finding)).or_default() += 1;
        }
        let findings = counts.into_iter().map(|(known, count)| Known { count, ..known }).collect();
        Self { format: 1, findings }
    }

    /// Leaves out of all reports what is known, of equal findings the first, and gives what is known and was not found,
    /// or not as often: of rules that were asked, and of files that were read.
    pub fn apply<'i>(
        &self,
        all: impl IntoIterator<Item = (&'i Input, &'i mut Report)>,
        not_asked: &BTreeSet<String>,
    ) -> Vec<Stale> {
        let mut left: BTreeMap<Known, usize> = BTreeMap::new();
        for known in &self.findings {
            *left.entry(Known { count: 1, ..known.clone() }).or_default() += known.count;
        }
        let mut read: BTreeSet<String> = BTreeSet::new();
        let mut has_apps = false;
        for (input, report) in all {
            read.extend((0..input.files.len()).map(|file| file_name(input, file)));
            has_apps |= !input.apps.is_empty();
            let before = report.findings.len();
            report.findings.retain(|finding| match left.get_mut(&key(input, finding)) {
                Some(count) if *count > 0 => {
                    *count -= 1;
                    false
                }
                _ => true,
            });
            report.known += before - report.findings.len();
        }
        let mut stale = vec![];
        // Of equal entries the last ones are those that are not needed.
        for (entry, known) in self.findings.iter().enumerate().rev() {
            // A class of which nothing is to be said is not among the files.
            let is_read = read.contains(known.file.as_str()) || has_apps && known.file.ends_with(".class");
            let unused = left.get_mut(&Known { count: 1, ..known.clone() });
            if let Some(unused) = unused.filter(|unused| **unused > 0 && is_read && !not_asked.contains(&known.rule)) {
                let here = known.count.min(*unused);
                *unused -= here;
                stale.push(Stale { entry, unused: here });
            }
        }
        stale.reverse();
        stale
    }

    /// What is stale as findings in the baseline's file.
    pub fn report(&self, name: &str, text: &str, stale: &[Stale]) -> (Input, Report) {
        let mut input = Input::new();
        input.add_other(name, text.as_bytes());
        let places = places(text);
        let mut found = Findings { input: &input, rule: &c127_stale_baseline::RULE, found: vec![] };
        for Stale { entry, unused } in stale {
            let Some(known) = self.findings.get(*entry) else { continue };
            let often = match known.count {
                1 => "is not found any more".to_owned(),
                all => format!("is found {} of {all} times", all - unused),
            };
            let message = format!("`{}` on `{}` in {} {often}", known.rule, known.element, known.file);
            let place = places.get(*entry).cloned().unwrap_or(0..0);
            found.in_file(0, place, message).help("take it out, or write the file anew with `--write-baseline`");
        }
        let findings = found.found;
        (input, Report { findings, suppressed: 0, known: 0 })
    }
}

/// A known finding that is not found any more, or not as often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stale {
    /// Which of the baseline's findings.
    pub entry: usize,
    /// How often it is not found.
    pub unused: usize,
}

/// Where the rule of each finding stands in a baseline's text: behind each key `rule`.
fn places(text: &str) -> Vec<Range<usize>> {
    const KEY: &str = "\"rule\"";
    let values = text.match_indices(KEY).filter_map(|(at, _)| {
        let rest = &text[at + KEY.len()..];
        let value = rest.trim_start().strip_prefix(':')?.trim_start();
        let start = text.len() - value.len();
        let length = value.get(1..)?.find('"')? + 2;
        Some(start..start + length)
    });
    values.collect()
}

fn key(input: &Input, finding: &Finding) -> Known {
    let secret = finding.attribute.as_deref().is_some_and(crate::config::is_secret);
    let value = finding.value.as_ref().map(|value| if secret { digest(value) } else { value.clone() });
    Known {
        rule: finding.rule.code.to_owned(),
        file: file_name(input, finding.file),
        element: finding.path.clone(),
        attribute: finding.attribute.clone(),
        value,
        count: 1,
    }
}

/// A file's name without folders; with that of its node, where several are linted together.
fn file_name(input: &Input, file: usize) -> String {
    let file = &input.files[file];
    match file.node.as_ref().filter(|_| input.nodes.len() > 1) {
        Some(node) => format!("{node}/{}", file.short_name()),
        None => file.short_name().to_owned(),
    }
}

/// A finding's fingerprint: the same wherever its lines move to.
pub fn fingerprint(input: &Input, finding: &Finding) -> String {
    let Known { rule, file, element, attribute, value, .. } = key(input, finding);
    let parts = [rule, file, element, attribute.unwrap_or_default(), value.unwrap_or_default()];
    digest(&parts.join("\u{1f}"))
}

fn digest(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
