//! Paths that mean the same from any folder.

use camino::{Utf8Path, Utf8PathBuf};

use crate::model::ServerSpec;

/// A path that means the same from any folder.
pub(super) fn whole(path: &Utf8Path) -> Utf8PathBuf {
    camino::absolute_utf8(path).unwrap_or_else(|_| path.to_owned())
}

/// A server that means the same from any folder.
pub(super) fn whole_server(server: &ServerSpec) -> ServerSpec {
    match server {
        ServerSpec::Home { path } => ServerSpec::Home { path: whole(path) },
        release => release.clone(),
    }
}
