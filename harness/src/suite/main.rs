//! The main function of a test target.

use std::process::ExitCode;

use camino::Utf8Path;
use libtest_mimic::{Arguments, Failed, Trial};

use super::files::files_below;
use super::teller::{TellError, Teller, plans};
use crate::lab::prepare::PrepareError;
use crate::spec::Plan;

/// The main function of a test target without the usual harness: a test for each scenario file below a folder and each
/// cell of its matrix. Takes the arguments of `cargo test` and nextest. Tests run one after the other, unless
/// `--test-threads` says otherwise.
pub fn test_main(folder: impl AsRef<Utf8Path>) -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(1);
    libtest_mimic::run(&arguments, trials(folder.as_ref())).exit_code()
}

/// A test for each run; a file that cannot be told is a test that fails.
fn trials(folder: &Utf8Path) -> Vec<Trial> {
    let files = match files_below(folder) {
        Ok(files) => files,
        Err(error) => {
            let why = format!("{folder} cannot be read: {error}");
            return vec![Trial::test(folder.as_str(), || Err(Failed::from(why)))];
        }
    };
    if files.is_empty() {
        // A suite that finds nothing must not be green.
        let why = format!("there is no scenario (*.toml) in {folder}");
        return vec![Trial::test(folder.as_str(), || Err(Failed::from(why)))];
    }
    files.iter().flat_map(|file| trials_of(folder, file)).collect()
}

fn trials_of(folder: &Utf8Path, file: &Utf8Path) -> Vec<Trial> {
    let name = file.strip_prefix(folder).unwrap_or(file).with_extension("");
    match plans(file) {
        Err(error) => vec![Trial::test(name.as_str(), move || Err(told_whole(&error)))],
        Ok(plans) => plans
            .into_iter()
            .map(|(cell, plan)| {
                let name =
                    if cell.is_empty() { name.to_string() } else { format!("{name}::{}", cell.replace(' ', ",")) };
                Trial::test(name, move || tell_now(&plan).map_err(|error| told_whole(&error)))
            })
            .collect(),
    }
}

/// Tells a plan on a tokio runtime of its own.
fn tell_now(plan: &Plan) -> Result<(), TellError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| TellError::Prepare(PrepareError::RunDir(error)))?;
    runtime.block_on(async { Teller::default().tell(plan).await?.holds() }).map(drop)
}

/// An error with its sources, as a test shows it.
fn told_whole(error: &TellError) -> Failed {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        text.push_str(&format!("\n  because: {inner}"));
        source = inner.source();
    }
    Failed::from(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quiet() -> Arguments {
        Arguments { quiet: true, ..Arguments::default() }
    }

    #[test]
    fn a_suite_that_finds_nothing_or_cannot_be_told_is_not_green() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let failed = |folder: &Utf8Path| {
            let conclusion = libtest_mimic::run(&quiet(), trials(folder));
            (conclusion.num_passed, conclusion.num_failed)
        };
        assert_eq!(failed(folder), (0, 1), "an empty folder");
        assert_eq!(failed(&folder.join("nowhere")), (0, 1));
        fs_err::create_dir(folder.join("deep")).expect("made");
        fs_err::write(folder.join("deep/typo.toml"), "nam = \"x\"").expect("written");
        assert_eq!(failed(folder), (0, 1), "a file that is no scenario");
    }

    #[test]
    fn each_cell_is_a_test_of_its_own() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let story = "name = \"x\"\n[matrix]\nmanager = [\"delta\", \"backup\"]\nnodes = [2, 3]\n";
        fs_err::write(folder.join("story.toml"), story).expect("written");
        let names: Vec<String> = trials(folder).iter().map(|trial| trial.name().to_owned()).collect();
        assert_eq!(names.len(), 4, "{names:?}");
        assert!(names.contains(&"story::nodes=3,manager=backup".to_owned()), "{names:?}");
    }
}
