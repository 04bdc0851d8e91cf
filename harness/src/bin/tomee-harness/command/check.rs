//! `check`: judges a stored run again, offline.

use tomee_harness::report::terminal::{self, Style};

use super::report::Stored;
use super::{colored, print, print_json};
use crate::args::{CheckArgs, ColorChoice, OutputArgs};
use crate::exit::{Exit, Failure};

pub(crate) fn check(args: &CheckArgs, output: &OutputArgs) -> Result<Exit, Failure> {
    let summary = Stored::open(&args.run_dir)?.summary();
    if output.is_json() {
        print_json(&summary)?;
    } else {
        let style = if colored(output.color.unwrap_or(ColorChoice::Auto)) { Style::Color } else { Style::Plain };
        print(&terminal::render(&summary, style))?;
    }
    Ok(summary.verdict.status.into())
}
