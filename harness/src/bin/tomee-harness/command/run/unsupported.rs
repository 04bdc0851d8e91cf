//! Runs that the runtime cannot do: refused by name before anything starts, or left out by name.

use tomee_harness::suite::PlannedRun;

use crate::able::able;
use crate::args::{Format, RuntimeChoice};
use crate::exit::{Exit, Failure};
use crate::output::print;
use crate::settings::Settings;

/// The runs that were left out, each with why.
#[derive(Debug, Default)]
pub(super) struct Skipped(Vec<String>);

impl Skipped {
    /// Takes out of the runs those that the runtime cannot do, where `skip` allows it.
    ///
    /// # Errors
    /// They may not be left out, or nothing else is there.
    pub(super) fn take(runs: &mut Vec<PlannedRun>, choice: RuntimeChoice, skip: bool) -> Result<Self, Failure> {
        let why = |run: &PlannedRun| able(run, choice).err().map(|why| format!("{}: {why}", run.label));
        let unsupported: Vec<String> = runs.iter().filter_map(why).collect();
        let all = runs.len();
        match &unsupported[..] {
            [] => Ok(Self::default()),
            [one] if all == 1 => Err(Failure::usage(one.clone())),
            some if skip && some.len() < all => {
                runs.retain(|run| able(run, choice).is_ok());
                Ok(Self(unsupported))
            }
            some => {
                let what = format!("{} of {all} runs are not supported by the runtime", some.len());
                let hint = (some.len() < all).then(|| "--skip-unsupported runs the others, and ends with 3".to_owned());
                Err(Failure { lines: unsupported, ..Failure::usage(what) }.hint(hint))
            }
        }
    }

    /// Lists what was left out below the result of the others, and gives the code to end with.
    pub(super) fn list(&self, ended: Exit, settings: &Settings) -> Result<Exit, Failure> {
        use std::io::Write as _;
        if self.0.is_empty() {
            return Ok(ended);
        }
        let list: String = self.0.iter().map(|why| format!("{:<11} {why}\n", "skipped")).collect();
        if settings.format == Format::Json {
            // A result is one document a line; who reads them looks for no other.
            drop(std::io::stderr().lock().write_all(list.as_bytes()));
        } else {
            print(&list)?;
        }
        Ok(ended.worse(Exit::Unknown))
    }
}
