//! `verdict` and `recipe`: what was done by hand, judged, and as a scenario.

use camino::Utf8PathBuf;
use clap::Args;
use serde_json::{Value, json};
use tomee_harness::keeper::Ask;
use tomee_harness::report::terminal::{self, Style};

use super::super::report::Stored;
use super::{NameArgs, call, print, print_json};
use crate::args::{ColorChoice, OutputArgs};
use crate::color;
use crate::exit::{Exit, Failure};

/// Where the scenario goes.
#[derive(Debug, Clone, Args)]
pub(crate) struct RecipeArgs {
    /// The file to write; it must not exist yet [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    output: Option<Utf8PathBuf>,
    #[command(flatten)]
    name: NameArgs,
}

pub(crate) fn verdict(args: &NameArgs, output: &OutputArgs) -> Result<Exit, Failure> {
    let client = args.client()?;
    let _: Value = call(&client, &Ask::Judge, output)?;
    // The folder is judged as `check` judges it.
    let summary = Stored::open(&client.entry().folder)?.summary();
    if output.is_json() {
        print_json(&summary)?;
    } else {
        let color = color::on_stdout(output.color.unwrap_or(ColorChoice::Auto));
        print(&terminal::render(&summary, Style { color, verbose: output.verbose, page: false }))?;
    }
    Ok(summary.verdict.status.into())
}

pub(crate) fn recipe(args: &RecipeArgs, output: &OutputArgs) -> Result<Exit, Failure> {
    let recipe: String = call(&args.name.client()?, &Ask::Recipe, output)?;
    let Some(path) = &args.output else {
        if output.is_json() {
            print_json(&json!({"format": 1, "scenario": recipe}))?;
        } else {
            print(&recipe)?;
        }
        return Ok(Exit::Holds);
    };
    use std::io::Write as _;
    let file = fs_err::File::options().write(true).create_new(true).open(path);
    file.and_then(|mut file| file.write_all(recipe.as_bytes())).map_err(Failure::usage)?;
    print(&format!("wrote {path}; `tomee-harness run ./{path}` repeats it\n"))?;
    Ok(Exit::Holds)
}
