//! `verdict` and `recipe`: what was done by hand, judged, and as a scenario.

use std::io::Write as _;

use clap::ArgMatches;
use serde_json::{Value, json};
use tomee_harness::config::{REDACTED, redact_toml};
use tomee_harness::keeper::Ask;
use tomee_harness::report::terminal::{self, Style};

use super::ask::{call, client_of};
use super::minimal;
use crate::args::{NameArgs, OutputArgs, RecipeArgs};
use crate::color::{self, ColorChoice};
use crate::command::report::Stored;
use crate::exit::{Exit, Failure};
use crate::output::{print, print_json};

pub(crate) fn verdict(args: &NameArgs, output: &OutputArgs) -> Result<Exit, Failure> {
    let client = client_of(args)?;
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

pub(crate) fn recipe(args: &RecipeArgs, output: &OutputArgs, matches: &ArgMatches) -> Result<Exit, Failure> {
    if let Some(path) = args.output.as_ref().filter(|path| path.exists()) {
        return Err(Failure::usage(format!("{path} exists already")));
    }
    let mut recipe: String = match &args.from {
        Some(file) => fs_err::read_to_string(file).map_err(Failure::usage)?,
        None => call(&client_of(&args.name)?, &Ask::Recipe, output)?,
    };
    if args.minimal {
        recipe = minimal::minimal(&recipe, args, output, matches)?;
    }
    if args.from.is_none() {
        recipe = without_secrets(recipe);
    }
    let Some(path) = &args.output else {
        if output.is_json() {
            print_json(&json!({"format": 1, "scenario": recipe}))?;
        } else {
            print(&recipe)?;
        }
        return Ok(Exit::Holds);
    };
    let file = fs_err::File::options().write(true).create_new(true).open(path);
    file.and_then(|mut file| file.write_all(recipe.as_bytes())).map_err(Failure::usage)?;
    print(&format!("wrote {path}; `tomee-harness run ./{path}{}` repeats it\n", options(&recipe)))?;
    Ok(Exit::Holds)
}

/// The options that the notes at the head of a recipe ask for, each behind a blank.
fn options(recipe: &str) -> String {
    let notes = recipe.lines().take_while(|line| line.starts_with('#'));
    let asked = notes.filter_map(|note| note.strip_prefix("# Run it with ")?.strip_suffix('.'));
    // Of the environment a note gives the names only.
    asked.filter(|options| !options.starts_with("--env ")).map(|options| format!(" {options}")).collect()
}

/// A recipe in which a note stands for the secrets that it does not have: it is passed on.
fn without_secrets(recipe: String) -> String {
    let redacted = redact_toml(&recipe);
    if redacted.trim_end() == recipe.trim_end() {
        return recipe;
    }
    format!(
        "# What looks like a secret is left out. Write it in the place of {REDACTED}, or all is not as it was.\n{redacted}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_recipe_is_to_be_run_with_is_in_the_command() {
        let notes = "# By hand.\n# Run it with --env for A, B.\n# Run it with --runtime process --node n1=/a/b --node n2=/c.\nname = \"x\"\n# Run it with care.\n";
        assert_eq!(options(notes), " --runtime process --node n1=/a/b --node n2=/c");
        assert_eq!(options("name = \"x\"\n"), "");
    }

    #[test]
    fn a_recipe_says_that_it_lacks_secrets_and_is_as_it_was_where_it_has_none() {
        let with = "[[step]]\npost = \"/in\"\nform = { password = \"hunter2\", user = \"bob\" }\n".to_owned();
        let without = without_secrets(with.clone());
        assert!(!without.contains("hunter2") && without.contains("user = \"bob\""), "{without}");
        assert!(without.starts_with("# What looks like a secret is left out"), "{without}");
        let harmless = with.replace("password", "passage-plan").replace("pass", "mess");
        assert_eq!(without_secrets(harmless.clone()), harmless);
    }
}
