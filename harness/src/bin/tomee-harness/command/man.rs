//! `man`: a page for each command.

use serde_json::json;

use crate::args::{ManArgs, OutputArgs};
use crate::exit::{Exit, Failure};
use crate::help;
use crate::output::{print, print_json};

pub(crate) fn man(args: &ManArgs, output: &OutputArgs) -> Result<Exit, Failure> {
    let command = help::command().disable_help_subcommand(true);
    let Some(folder) = &args.folder else {
        let mut page = vec![];
        clap_mangen::Man::new(command).render(&mut page).map_err(Failure::environment)?;
        print(&String::from_utf8_lossy(&page))?;
        return Ok(Exit::Holds);
    };
    fs_err::create_dir_all(folder).map_err(Failure::usage)?;
    clap_mangen::generate_to(command, folder).map_err(Failure::environment)?;
    let mut pages: Vec<String> = folder
        .read_dir_utf8()
        .map_err(Failure::environment)?
        .flatten()
        .map(|entry| entry.file_name().to_owned())
        .filter(|name| name.starts_with("tomee-harness") && name.ends_with(".1"))
        .collect();
    pages.sort();
    if output.is_json() {
        print_json(&json!({"format": 1, "folder": folder, "pages": pages}))?;
    } else {
        print(&format!(
            "wrote {} pages to {folder}; `man -l {folder}/tomee-harness.1` shows the first\n",
            pages.len()
        ))?;
    }
    Ok(Exit::Holds)
}
