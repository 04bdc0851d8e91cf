//! What a test needs: a folder of its own, the binary, and texts without what changes from run to run.

use std::process::{Command, Stdio};
use std::sync::OnceLock;

use camino::{Utf8Path, Utf8PathBuf};
use regex::Regex;
use serde_json::Value;
use tempfile::TempDir;

/// What changes from run to run, and what stands for it in a snapshot. The route of a session id stays: it is evidence.
const FILTERS: &[(&str, &str)] = &[
    (r"\b\d{8}-\d{6}-[0-9a-f]{4}\b", "[RUN]"),
    (r"\b[0-9A-F]{32}\b", "[SESSION]"),
    (r"\b127\.0\.0\.1:\d+", "127.0.0.1:[PORT]"),
    (r"\bprocess \d+", "process [PID]"),
    // Where the JSON of a record breaks depends on the length of the times and ports in it.
    (r"\bcolumn \d+", "column [N]"),
    // How many fields a file has today.
    (r"\bwith \d+ elements", "with [N] elements"),
    (r"\b\d+(\.\d+)? ?(ns|µs|ms|s)\b", "[TIME]"),
    (r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "[INSTANT]"),
];

/// A folder of a test's own, and the binary run in it.
#[derive(Debug)]
pub struct TestContext {
    _folder: TempDir,
    path: Utf8PathBuf,
}

/// How a run of the binary ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// The exit code; `None` where a signal ended it.
    pub code: Option<i32>,
    /// Standard output as it was.
    pub stdout: String,
    /// Standard error as it was.
    pub stderr: String,
}

impl TestContext {
    /// A context with an empty folder.
    ///
    /// # Panics
    /// The folder cannot be made.
    #[expect(clippy::new_without_default, reason = "it makes a folder, which a default should not")]
    pub fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("tomee-harness-").tempdir().expect("a temporary folder");
        let path = fs_err::canonicalize(folder.path()).expect("the folder is there");
        let path = Utf8PathBuf::try_from(path).expect("a path in UTF-8");
        for home in ["home", "work"] {
            fs_err::create_dir(path.join(home)).expect("a folder in it");
        }
        Self { _folder: folder, path }
    }

    /// The folder in which the binary runs.
    pub fn folder(&self) -> Utf8PathBuf {
        self.path.join("work")
    }

    /// The binary, in this context's folder and home, with nothing of the user's environment but the path. Nothing is
    /// fetched, found in a cache or remembered over the context's end.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.users(arguments);
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", self.path.join("home")).env("TERM", "dumb").env("COLUMNS", "100");
        command
    }

    /// The binary as the user runs it: with the user's caches, Maven and Java, in this context's folder.
    pub fn users(&self, arguments: &[&str]) -> Command {
        self.users_program(binary(), arguments)
    }

    /// Another program than the binary of this workspace, as the user runs it.
    pub fn users_program(&self, program: &Utf8Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.folder()).stdin(Stdio::null());
        // What the tests were started with must not change what they test.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("TOMEE_HARNESS_") {
                command.env_remove(name);
            }
        }
        command
    }

    /// Runs the binary in a context of its own.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(&mut self.command(arguments))
    }

    /// Runs the binary and says how it ended, fit for a snapshot.
    pub fn printed(&self, arguments: &[&str]) -> String {
        self.filtered(&self.run(arguments).to_string())
    }

    /// A text without what changes from run to run.
    ///
    /// # Panics
    /// Never: the filters are regular expressions.
    pub fn filtered(&self, text: &str) -> String {
        let text = text.replace(self.folder().as_str(), "[FOLDER]").replace(self.path.as_str(), "[CONTEXT]");
        let filters = FILTERS.iter().map(|(pattern, instead)| (Regex::new(pattern).expect("a good pattern"), *instead));
        filters.fold(text, |text, (pattern, instead)| pattern.replace_all(&text, instead).into_owned())
    }
}

impl Ran {
    /// Runs a command to its end.
    ///
    /// # Panics
    /// It cannot be started, or does not speak UTF-8.
    pub fn of(command: &mut Command) -> Self {
        let output = command.output().unwrap_or_else(|error| panic!("{command:?} cannot be run: {error}"));
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the binary speaks UTF-8");
        Self { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// Standard output as one JSON document.
    ///
    /// # Panics
    /// It is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("standard output is no JSON: {error}\n{self}"))
    }
}

impl std::fmt::Display for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let code = self.code.map_or_else(|| "none".to_owned(), |code| code.to_string());
        // No empty lines at the ends, and no blanks at the ends of lines: a snapshot keeps neither.
        let part = |text: &str| text.lines().map(|line| line.trim_end().to_owned() + "\n").collect::<String>();
        write!(f, "exit code {code}\n--- stdout\n{}--- stderr\n{}", part(&self.stdout), part(&self.stderr))
    }
}

/// The binary of this workspace, built now unless it is there: a test of this package depends on the library only, and
/// cargo builds no other package's binary for it.
///
/// # Panics
/// It cannot be built.
pub fn binary() -> &'static Utf8Path {
    static BINARY: OnceLock<Utf8PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        // Under nextest each test is a process; one of a run builds, the others find what it wrote down.
        let note = std::env::var("NEXTEST_RUN_ID").ok().map(|run| profile_folder().join(format!("binary-of-{run}")));
        let known = note.as_ref().and_then(|note| fs_err::read_to_string(note).ok()).map(Utf8PathBuf::from);
        known.filter(|path| path.is_file()).unwrap_or_else(|| {
            let built = build();
            if let Some(note) = note {
                fs_err::write(note, built.as_str()).expect("the target folder can be written");
            }
            built
        })
    })
}

/// This workspace.
///
/// # Panics
/// Never: this package is in it.
pub fn workspace() -> &'static Utf8Path {
    Utf8Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this package is in the workspace")
}

/// The folder of this profile in the target folder, where the test binaries' folder `deps` is.
///
/// # Panics
/// A test binary is not where cargo puts it.
pub fn profile_folder() -> Utf8PathBuf {
    let program = std::env::current_exe().expect("a test knows its program");
    let program = Utf8PathBuf::try_from(program).expect("a path in UTF-8");
    program.ancestors().nth(2).expect("a test binary is in PROFILE/deps").to_owned()
}

/// Builds with the features that `cargo test --workspace` chooses (hence the whole workspace and one of its tests, which
/// brings in what only tests need), so that no dependency is built twice.
fn build() -> Utf8PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let profile = match profile_folder().file_name() {
        None | Some("debug") => "dev".to_owned(),
        Some(name) => name.to_owned(),
    };
    let mut command = Command::new(cargo);
    command.args(["build", "--workspace", "--bin", "tomee-harness", "--test", "pure", "--profile", &profile]);
    command.args(["--message-format", "json-render-diagnostics"]);
    command.arg("--manifest-path").arg(workspace().join("Cargo.toml"));
    let built = Ran::of(&mut command);
    // An old binary of an earlier build would be tested in the place of this one.
    assert_eq!(built.code, Some(0), "cargo cannot build tomee-harness:\n{}", built.stderr);
    let artifacts = built.stdout.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut programs = artifacts.filter_map(|artifact| {
        let is_it = artifact["target"]["name"] == "tomee-harness" && artifact["profile"]["test"] == false;
        artifact["executable"].as_str().filter(|_| is_it).map(Utf8PathBuf::from)
    });
    programs.next().unwrap_or_else(|| panic!("cargo built no tomee-harness: {built}"))
}
