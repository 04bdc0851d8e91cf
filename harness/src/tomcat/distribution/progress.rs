//! How a caller hears that long work goes on.

/// Hears how far long work is. Called often, so it must return at once.
pub trait Progress: Sync {
    /// What is being done now, as in `unpacking apache-tomee-9.0.0-webprofile.zip`.
    fn note(&self, text: &str);

    /// How much of what was last noted is done, in whatever unit: entries of an archive, bytes of a download.
    fn fraction(&self, done: u64, total: u64);
}

/// Hears nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Quiet;

impl Progress for Quiet {
    fn note(&self, _text: &str) {}

    fn fraction(&self, _done: u64, _total: u64) {}
}
