//! A rule and what is said about it.

use super::{Confidence, Findings, Input, Severity};

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
