//! Findings that are known, so that only new ones count.
//!
//! A finding's key is its rule, file name, element path, attribute and value; keys are counted. Lines may move, and one
//! that is fixed does not hide a new one elsewhere.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{Finding, Input};

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
    /// The file's name without folders.
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

    /// Those that are not known: of equal ones the last.
    pub(super) fn new_findings(&self, input: &Input, findings: Vec<Finding>) -> Vec<Finding> {
        let mut left: BTreeMap<Known, usize> = BTreeMap::new();
        for known in &self.findings {
            *left.entry(Known { count: 1, ..known.clone() }).or_default() += known.count;
        }
        let is_new = |finding: &Finding| match left.get_mut(&key(input, finding)) {
            Some(count) if *count > 0 => {
                *count -= 1;
                false
            }
            _ => true,
        };
        findings.into_iter().filter(is_new).collect()
    }
}

fn key(input: &Input, finding: &Finding) -> Known {
    let secret = finding.attribute.as_deref().is_some_and(crate::config::is_secret);
    let value = finding.value.as_ref().map(|value| if secret { digest(value) } else { value.clone() });
    Known {
        rule: finding.rule.code.to_owned(),
        file: input.files[finding.file].short_name().to_owned(),
        element: finding.path.clone(),
        attribute: finding.attribute.clone(),
        value,
        count: 1,
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
