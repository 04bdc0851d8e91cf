//! What a shell offers at its cursor beside the words of the command line: nodes, clusters, scenarios, runs.

use std::collections::BTreeSet;

use clap::{Arg, Command};
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};
use tomee_harness::keeper::Clusters;
use tomee_harness::model::scenario::shipped;
use tomee_harness::model::{Role, ServerSpec};

use crate::stored_runs;

/// The command line, of which each argument knows what it can be.
pub(crate) fn with_candidates(command: Command) -> Command {
    let command = command.mut_args(known);
    let names: Vec<String> = command.get_subcommands().map(|command| command.get_name().to_owned()).collect();
    names.iter().fold(command, |command, name| command.mut_subcommand(name, with_candidates))
}

/// An argument with its candidates, by the name of its value.
fn known(arg: Arg) -> Arg {
    let value = arg.get_value_names().and_then(|names| names.first()).map(ToString::to_string).unwrap_or_default();
    let candidates: fn() -> Vec<String> = match (arg.get_id().as_str(), value.as_str()) {
        ("name", "NAME") => clusters,
        (_, "NODE" | "FROM" | "TO") => nodes,
        (_, "SCENARIO" | "PATH|TAG") => scenarios,
        (_, "RUN_DIR" | "RUN") => runs,
        (_, "SERVER") => servers,
        _ => return arg,
    };
    arg.add(ArgValueCandidates::new(move || candidates().into_iter().map(CompletionCandidate::new).collect()))
}

fn clusters() -> Vec<String> {
    let all = Clusters::of_user().and_then(|clusters| clusters.all()).unwrap_or_default();
    all.into_iter().map(|known| known.entry.name.to_string()).collect()
}

/// The nodes of all clusters that are up, from their folders: nobody waits for a keeper at a prompt.
fn nodes() -> Vec<String> {
    let all = Clusters::of_user().and_then(|clusters| clusters.all()).unwrap_or_default();
    let folders = all.iter().filter_map(|known| known.entry.folder.join("nodes").read_dir_utf8().ok());
    let mut names: BTreeSet<String> = folders.flatten().flatten().map(|entry| entry.file_name().to_owned()).collect();
    names.extend(Role::ALL.iter().map(|(_, name)| (*name).to_owned()));
    names.into_iter().collect()
}

fn scenarios() -> Vec<String> {
    let last = |name: &str| name.rsplit('/').next().unwrap_or_default().to_owned();
    shipped().iter().map(|scenario| last(scenario.name)).collect()
}

fn runs() -> Vec<String> {
    let all = stored_runs::default_folder().and_then(|folder| stored_runs::all(&folder)).unwrap_or_default();
    std::iter::once("latest".to_owned()).chain(all.into_iter().map(|run| run.run.to_string())).collect()
}

fn servers() -> Vec<String> {
    vec![ServerSpec::default().to_string(), "tomcat:".to_owned()]
}
