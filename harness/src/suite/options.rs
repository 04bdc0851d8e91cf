//! The options of a test target: `--jobs` and `--warm` beside those of `cargo test`, or from the environment, which is
//! the way through a runner that starts the target itself.

use std::ffi::OsString;

use crate::runner::Jobs;

/// Says how many runs go on at one time.
pub const JOBS_VARIABLE: &str = "TOMEE_HARNESS_JOBS";
/// Says that clusters are handed on.
pub const WARM_VARIABLE: &str = "TOMEE_HARNESS_WARM";

/// The command line of this process.
pub(super) fn command_line() -> Vec<String> {
    std::env::args_os().map(|argument| argument.to_string_lossy().into_owned()).collect()
}

/// The options of a test target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Options {
    pub(super) jobs: Jobs,
    pub(super) warm: bool,
    /// What is left for the test harness, the program's name in front.
    pub(super) rest: Vec<OsString>,
}

impl Options {
    /// Those of this process.
    ///
    /// # Errors
    /// What cannot be understood, in words.
    pub(super) fn of_process() -> Result<Self, String> {
        let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        Self::read(std::env::args_os(), variable(JOBS_VARIABLE), variable(WARM_VARIABLE).as_deref())
    }

    fn read(
        arguments: impl IntoIterator<Item = OsString>,
        jobs: Option<String>,
        warm: Option<&str>,
    ) -> Result<Self, String> {
        let (mut jobs, mut warm) = (jobs, warm.map_or(Ok(false), truth)?);
        let (mut rest, mut arguments) = (vec![], arguments.into_iter());
        while let Some(argument) = arguments.next() {
            match argument.to_str() {
                Some("--warm") => warm = true,
                Some("--jobs") => {
                    let value = arguments.next().and_then(|value| value.into_string().ok());
                    jobs = Some(value.ok_or("--jobs takes a number, or auto")?);
                }
                Some(word) if word.starts_with("--jobs=") => jobs = word.strip_prefix("--jobs=").map(str::to_owned),
                _ => rest.push(argument),
            }
        }
        let jobs = jobs.map_or(Ok(Jobs::default()), |jobs| jobs.parse()).map_err(|error| format!("jobs: {error}"))?;
        Ok(Self { jobs, warm, rest })
    }
}

fn truth(word: &str) -> Result<bool, String> {
    match word {
        "1" | "true" => Ok(true),
        "0" | "false" => Ok(false),
        other => Err(format!("{WARM_VARIABLE} is {other:?}, neither true nor false")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(arguments: &[&str], jobs: Option<&str>, warm: Option<&str>) -> Result<(String, bool, Vec<String>), String> {
        let arguments = arguments.iter().map(|word| OsString::from(*word));
        let options = Options::read(arguments, jobs.map(str::to_owned), warm)?;
        let rest = options.rest.into_iter().map(|word| word.into_string().expect("UTF-8")).collect();
        Ok((options.jobs.to_string(), options.warm, rest))
    }

    #[test]
    fn our_options_are_taken_out_and_win_over_the_environment() {
        let plain = ["failover".to_owned(), "--exact".to_owned()];
        assert_eq!(read(&["failover", "--exact"], None, None), Ok(("1".to_owned(), false, plain.to_vec())));
        assert_eq!(
            read(&["failover", "--exact"], Some("auto"), Some("1")),
            Ok(("auto".to_owned(), true, plain.to_vec()))
        );
        let both = Ok(("3".to_owned(), true, plain.to_vec()));
        assert_eq!(read(&["failover", "--jobs", "3", "--warm", "--exact"], Some("2"), Some("0")), both);
        assert_eq!(read(&["failover", "--jobs=3", "--exact", "--warm"], Some("2"), None), both);
    }

    #[test]
    fn what_cannot_be_understood_is_refused() {
        assert!(read(&["failover", "--jobs", "many"], None, None).is_err());
        assert!(read(&["failover", "--jobs"], None, None).is_err());
        assert!(read(&["failover"], None, Some("perhaps")).is_err());
    }
}
