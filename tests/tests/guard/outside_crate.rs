//! A crate of somebody else, outside this workspace, that has the harness as a dev-dependency and no binary of it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::owner::Place;

const TESTS: &str = include_str!("outside_crate/guarded.rs");

/// The crate in a new folder. It builds into this workspace's target folder, so that only its own few lines are new.
struct OutsideCrate {
    folder: tempfile::TempDir,
}

impl OutsideCrate {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let harness = workspace().join("harness");
        // The profile and the lock file of the workspace, else every dependency would be built once more.
        let manifest = format!(
            "[package]\nname = \"outside-crate\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
             [dev-dependencies]\ntomee-harness = {{ path = \"{}\" }}\n\n\
             [profile.dev]\ndebug = \"line-tables-only\"\n\n[profile.dev.package.\"*\"]\ndebug = false\n",
            harness.display(),
        );
        fs_err::write(folder.path().join("Cargo.toml"), manifest).expect("written");
        fs_err::copy(workspace().join("Cargo.lock"), folder.path().join("Cargo.lock")).expect("copied");
        fs_err::create_dir_all(folder.path().join("src")).expect("made");
        fs_err::write(folder.path().join("src/lib.rs"), "").expect("written");
        fs_err::create_dir_all(folder.path().join("tests")).expect("made");
        fs_err::write(folder.path().join("tests/guarded.rs"), TESTS).expect("written");
        Self { folder }
    }

    /// Runs one of its tests on the run of `place`.
    fn test(&self, name: &str, place: &Place) -> Output {
        Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .args(["test", "--offline", "--quiet", "--test", "guarded", "--", "--exact", name])
            .current_dir(self.folder.path())
            .env("CARGO_TARGET_DIR", target())
            .env("OUTSIDE_FOLDER", place.path.as_str())
            .env("OUTSIDE_RUN", place.run.as_str())
            .output()
            .expect("cargo runs")
    }
}

#[tokio::test]
async fn outside_crate_is_guarded_when_its_test_ends_well_and_when_it_crashes() {
    let outside = OutsideCrate::new();

    let well = Place::new();
    let output = outside.test("forgets_a_process", &well);
    let out = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && out.contains("1 passed"), "{out}{}", String::from_utf8_lossy(&output.stderr));
    well.cleared(&[]).await;

    let crash = Place::new();
    let output = outside.test("crashes", &crash);
    assert!(!output.status.success());
    let log = fs_err::read_to_string(crash.path.join("guard.log")).expect("it was guarded");
    crash.cleared(&[]).await;
    assert!(log.contains("guarding run"), "{log}");
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests is in the workspace").to_owned()
}

/// This test runs as `TARGET/PROFILE/deps/guard-…`.
fn target() -> PathBuf {
    let program = std::env::current_exe().expect("a path");
    program.ancestors().nth(3).expect("it is in the target folder").to_owned()
}
