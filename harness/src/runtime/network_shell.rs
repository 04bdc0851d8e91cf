//! Where scripts are run that change a network.

use crate::host::wait::TimedOut;

/// Runs shell scripts where a node's network is.
pub(super) trait NetworkShell: Sync {
    /// What can go wrong.
    type Error: From<TimedOut> + Send;

    /// Runs a script with arguments `$1`, `$2`, …; what it printed.
    fn run(&self, script: &str, arguments: &[&str]) -> impl Future<Output = Result<String, Self::Error>> + Send;

    /// A folder for files that a script leaves for a later one of the same node.
    fn folder(&self) -> &str;

    /// An error in words of its own.
    fn refused(what: String) -> Self::Error;

    /// The same error, in other words than a script's where one has failed.
    fn in_words(error: Self::Error, what: &str) -> Self::Error;
}
