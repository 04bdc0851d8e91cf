//! `init`: what a project needs to have its failover tested.

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::json;
use tomee_harness::keeper::VERSION;

use super::new::write;
use crate::args::{CiChoice, InitArgs, OutputArgs};
use crate::exit::{Exit, Failure};
use crate::output::{print, print_json};

const SCENARIO: &str = include_str!("init/scenario.toml");
const GITHUB: &str = include_str!("init/github.yml");
const GITLAB: &str = include_str!("init/gitlab.yml");
const TEST: &str = "\
//! Each scenario of the folder `scenarios` is a test, on real servers.

fn main() -> std::process::ExitCode {
    tomee_harness::test_main(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/scenarios\"))
}
";
/// Where a crate says what its tests need.
const TABLE: &str = "[dev-dependencies]";
/// How a test target without the usual harness is declared.
const TARGET: &str = "\n[[test]]\nname = \"failover\"\nharness = false\n";
/// Where the runs lie.
const IGNORED: &str = "/.tomee-harness/";

/// What was done with a file.
#[derive(Debug, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
struct Done {
    file: Utf8PathBuf,
    /// `written`, `changed`, or `kept` where it was there.
    what: &'static str,
}

pub(crate) fn init(args: &InitArgs, output: &OutputArgs) -> Result<Exit, Failure> {
    let folder = args.folder.clone().unwrap_or_else(|| ".".into());
    fs_err::create_dir_all(&folder).map_err(Failure::usage)?;
    let manifest = folder.join("Cargo.toml");
    let is_crate = manifest.is_file();
    let mut done = vec![
        written(&folder, "tomee-harness.toml", &settings(args))?,
        written(&folder, "scenarios/failover.toml", &scenario(args))?,
    ];
    if is_crate {
        done.push(written(&folder, "tests/failover.rs", TEST)?);
        done.push(with_test(&manifest)?);
    }
    let run = if is_crate { "cargo test --test failover" } else { "tomee-harness run scenarios/" };
    match args.ci {
        CiChoice::Github => {
            done.push(written(&folder, ".github/workflows/failover.yml", &GITHUB.replace("RUN", run))?);
        }
        CiChoice::Gitlab => done.push(written(&folder, ".gitlab-ci.yml", &GITLAB.replace("RUN", run))?),
        CiChoice::None => {}
    }
    done.push(ignored(&folder.join(".gitignore"))?);
    if output.is_json() {
        print_json(&json!({"format": 1, "files": done, "run": run}))?;
        return Ok(Exit::Holds);
    }
    let lines = done.iter().map(|done| format!("{:<8} {}\n", done.what, done.file));
    print(&format!("{}`{run}` runs it\n", lines.collect::<String>()))?;
    Ok(Exit::Holds)
}

/// A file that is not there yet; one that is there stays.
fn written(folder: &Utf8Path, path: &str, text: &str) -> Result<Done, Failure> {
    let file = folder.join(path);
    if file.exists() {
        return Ok(Done { file, what: "kept" });
    }
    if let Some(parent) = file.parent() {
        fs_err::create_dir_all(parent).map_err(Failure::usage)?;
    }
    write(&file, text)?;
    Ok(Done { file, what: "written" })
}

fn settings(args: &InitArgs) -> String {
    let server = args.server.clone().unwrap_or_default();
    format!(
        "# Settings of tomee-harness; `tomee-harness settings` shows all, and where each comes from.\n\
         server = \"{server}\"\n# Of the runs in .tomee-harness/runs so many are kept.\nkeep-runs = 50\n"
    )
}

/// A test target reads no settings: the scenario itself says which server it is for.
fn scenario(args: &InitArgs) -> String {
    let server = args.server.clone().unwrap_or_default();
    SCENARIO.replace("nodes = 2\n", &format!("nodes = 2\nserver = \"{server}\"\n"))
}

/// The manifest of a crate with a test target and what it needs.
fn with_test(manifest: &Utf8Path) -> Result<Done, Failure> {
    let text = fs_err::read_to_string(manifest).map_err(Failure::usage)?;
    let changed = with_target(&text, &dependency());
    let what = if changed == text { "kept" } else { "changed" };
    fs_err::write(manifest, changed).map_err(Failure::usage)?;
    Ok(Done { file: manifest.to_owned(), what })
}

fn with_target(text: &str, dependency: &str) -> String {
    if text.lines().any(|line| line.trim_start().starts_with("tomee-harness")) {
        return text.to_owned();
    }
    let mut text = text.to_owned();
    if !text.ends_with('\n') {
        text.push('\n');
    }
    let at = text.lines().position(|line| line.trim() == TABLE);
    let mut changed = match at {
        None => format!("{text}\n{TABLE}\n{dependency}\n"),
        Some(at) => {
            let mut lines: Vec<&str> = text.lines().collect();
            lines.insert(at + 1, dependency);
            lines.join("\n") + "\n"
        }
    };
    changed.push_str(TARGET);
    changed
}

/// The library as this program was built from it, where its source is still there.
fn dependency() -> String {
    let source = env!("CARGO_MANIFEST_DIR");
    let place = if Utf8Path::new(source).join("Cargo.toml").is_file() {
        format!("path = \"{source}\"")
    } else {
        format!("version = \"{VERSION}\"")
    };
    format!("tomee-harness = {{ {place}, default-features = false, features = [\"guard-at-start\", \"test-main\"] }}")
}

/// The file of what git ignores, with the folder of the runs.
fn ignored(file: &Utf8Path) -> Result<Done, Failure> {
    let text = fs_err::read_to_string(file).unwrap_or_default();
    let known = |line: &str| matches!(line.trim().trim_matches('/'), ".tomee-harness");
    if text.lines().any(known) {
        return Ok(Done { file: file.to_owned(), what: "kept" });
    }
    let what = if file.exists() { "changed" } else { "written" };
    let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    fs_err::write(file, format!("{text}{end}{IGNORED}\n")).map_err(Failure::usage)?;
    Ok(Done { file: file.to_owned(), what })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_gets_its_test_once_beside_what_it_has() {
        let with = |text: &str| with_target(text, "tomee-harness = \"0\"");
        let plain = with("[package]\nname = \"x\"");
        assert!(plain.starts_with("[package]\nname = \"x\"\n\n[dev-dependencies]\ntomee-harness = \"0\"\n"), "{plain}");
        assert!(plain.ends_with(TARGET), "{plain}");
        let other = with("[dev-dependencies]\nrstest = \"0\"\n\n[lints]\n");
        assert!(other.starts_with("[dev-dependencies]\ntomee-harness = \"0\"\nrstest = \"0\"\n\n[lints]\n"), "{other}");
        assert_eq!(with(&plain), plain);
        for text in [plain, other] {
            toml::from_str::<toml::Table>(&text).expect("TOML");
        }
    }

    #[test]
    fn the_first_scenario_is_one() {
        let args = InitArgs { folder: None, ci: CiChoice::None, server: None };
        tomee_harness::model::Scenario::parse(scenario(&args).as_bytes()).expect("it can be read");
        toml::from_str::<toml::Table>(&settings(&args)).expect("TOML");
    }
}
