//! A crate of somebody else, outside this workspace, that has the harness as a dev-dependency and no binary of it.

use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};

use crate::context::{profile_folder, workspace};

/// The crate in a new folder. It builds into this workspace's target folder, so that only its own few lines are new.
#[derive(Debug)]
pub struct OutsideCrate {
    folder: tempfile::TempDir,
}

impl OutsideCrate {
    /// A crate with this file of tests, `tests/outside.rs` there.
    ///
    /// # Panics
    /// Its folder cannot be written.
    pub fn with(tests: &str, more_dev_dependencies: &str) -> Self {
        Self::with_features(tests, "", more_dev_dependencies)
    }

    /// The same without the default features, but with these, as in `"guard-at-start", "rstest"`.
    ///
    /// # Panics
    /// Its folder cannot be written.
    pub fn with_only(tests: &str, features: &str, more_dev_dependencies: &str) -> Self {
        let features = format!(", default-features = false, features = [{features}]");
        Self::with_features(tests, &features, more_dev_dependencies)
    }

    fn with_features(tests: &str, features: &str, more_dev_dependencies: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        // The profile and the lock file of the workspace, else every dependency would be built once more.
        let ours = fs_err::read_to_string(workspace().join("Cargo.toml")).expect("the workspace has a manifest");
        let profile = ours.find("[profile.dev]").map(|at| &ours[at..]).expect("it has a profile");
        let manifest = format!(
            "[package]\nname = \"outside-crate\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
             [dev-dependencies]\ntomee-harness = {{ path = \"{}\"{features} }}\n{more_dev_dependencies}\n\n{profile}",
            workspace().join("harness"),
        );
        fs_err::write(folder.path().join("Cargo.toml"), manifest).expect("written");
        fs_err::copy(workspace().join("Cargo.lock"), folder.path().join("Cargo.lock")).expect("copied");
        for (path, content) in [("src/lib.rs", ""), ("tests/outside.rs", tests)] {
            let path = folder.path().join(path);
            fs_err::create_dir_all(path.parent().expect("a file is in a folder")).expect("made");
            fs_err::write(path, content).expect("written");
        }
        Self { folder }
    }

    /// Lays one more file.
    ///
    /// # Panics
    /// It cannot be written.
    pub fn file(&self, path: &str, content: &str) {
        let path = self.folder().join(path);
        fs_err::create_dir_all(path.parent().expect("a file is in a folder")).expect("made");
        fs_err::write(path, content).expect("written");
    }

    /// The command that does something with cargo there.
    pub fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.args(arguments).current_dir(self.folder.path()).env("CARGO_TARGET_DIR", target_folder());
        command
    }

    /// Its folder.
    ///
    /// # Panics
    /// It is not in UTF-8.
    pub fn folder(&self) -> &Utf8Path {
        Utf8Path::from_path(self.folder.path()).expect("a path in UTF-8")
    }

    /// The command that runs one of its tests.
    pub fn test(&self, name: &str) -> Command {
        self.cargo(&["test", "--offline", "--quiet", "--test", "outside", "--", "--exact", name])
    }
}

/// The target folder that this test was built into.
///
/// # Panics
/// A test binary is not where cargo puts it.
pub fn target_folder() -> Utf8PathBuf {
    profile_folder().parent().expect("a profile's folder is in the target folder").to_owned()
}
