//! The user's own app, for `run` and `gate`.

use camino::Utf8PathBuf;
use clap::Args;
use tomee_harness::model::ContextPath;

/// Where an app of the user's is served, and what it is asked.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct OwnAppArgs {
    /// Context path of the app [default: from the file name, as in Tomcat]
    #[arg(long, value_name = "CONTEXT", requires = "war")]
    pub(crate) at: Option<ContextPath>,
    /// Path to request, from the root of the server, for example /shop/cart; may be repeated [default: the app's root]
    #[arg(long, value_name = "PATH", requires = "war")]
    pub(crate) path: Vec<String>,
    /// What each client asks first: a file with the steps of a login, as a scenario has them
    #[arg(long, value_name = "FILE", requires = "war")]
    pub(crate) login: Option<Utf8PathBuf>,
}
