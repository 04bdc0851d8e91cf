//! What a fix does.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// Whether a fix may be applied without a look at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Applicability {
    /// It does what the configuration wanted.
    Safe,
    /// It changes what the server does in a way that somebody may not want.
    Unsafe,
}

/// One replacement in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// Which file of the input.
    pub file: usize,
    /// What is replaced, in bytes of the decoded text.
    pub span: Range<usize>,
    /// By what.
    pub text: String,
}

/// A mechanical remedy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// Whether it is safe.
    pub applicability: Applicability,
    /// What it does to the files.
    pub edits: Vec<Edit>,
}
