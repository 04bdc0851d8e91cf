//! Attributes by version.
