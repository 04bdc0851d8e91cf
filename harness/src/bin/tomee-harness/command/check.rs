//! `check`: judges a stored run again, offline.

use tomee_harness::report::terminal::{self, Style};

use super::report::Stored;
use crate::args::{CheckArgs, OutputArgs};
use crate::color;
use crate::color::ColorChoice;
use crate::exit::{Exit, Failure};
use crate::output::{print, print_json};
use crate::stored_runs;

pub(crate) fn check(args: &CheckArgs, output: &OutputArgs) -> Result<Exit, Failure> {
    let stored = Stored::open(&stored_runs::meant(&args.run_dir)?)?;
    let summary = stored.summary();
    if output.is_json() {
        print_json(&summary)?;
    } else {
        let color = color::on_stdout(output.color.unwrap_or(ColorChoice::Auto));
        let page = stored.run_dir.report().is_file();
        print(&terminal::render(&summary, Style { color, verbose: output.verbose, page }))?;
    }
    Ok(summary.verdict.status.into())
}
