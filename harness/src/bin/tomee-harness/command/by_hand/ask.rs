//! What the commands by hand have in common: who is asked, and how it is shown.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use tomee_harness::host::error_chain::DisplayErrorChain;
use tomee_harness::keeper::{Ask, CallError, Client, Clusters, ClustersError, Mistake, NoCluster};
use tomee_harness::runner::StepDone;

use crate::args::{NameArgs, OutputArgs};
use crate::exit::{Exit, Failure};
use crate::output::{print, print_json};

/// Who asks the keeper of the cluster that is meant.
pub(super) fn client_of(args: &NameArgs) -> Result<Client, Failure> {
    let clusters = Clusters::of_user().map_err(registry)?;
    let known = clusters.meant(args.name.as_ref()).map_err(no_cluster)?;
    Ok(Client::of(&known))
}

pub(super) fn registry(error: ClustersError) -> Failure {
    let hint = error.hint();
    Failure::environment(error).hint(hint)
}

/// Says of each entry of the registry that cannot be read how it is removed.
pub(super) fn tell_unreadable(clusters: &Clusters, output: &OutputArgs) -> Result<(), Failure> {
    for name in clusters.unreadable().map_err(registry)? {
        tell(
            output,
            &format!(
                "warning: what is remembered of cluster {name} cannot be read; `tomee-harness down --name {name}` removes it"
            ),
        );
    }
    Ok(())
}

pub(super) fn no_cluster(error: NoCluster) -> Failure {
    let hint = error.hint();
    Failure::usage(error).hint(hint)
}

/// Asks a keeper, and shows on standard error what it does meanwhile.
pub(super) fn call<T: DeserializeOwned>(client: &Client, ask: &Ask, output: &OutputArgs) -> Result<T, Failure> {
    let result = client.call(ask, |line| tell(output, line)).map_err(call_failure)?;
    serde_json::from_value(result).map_err(Failure::environment)
}

#[expect(clippy::print_stderr, reason = "progress belongs there")]
pub(super) fn tell(output: &OutputArgs, line: &str) {
    if !output.quiet {
        eprintln!("{line}");
    }
}

pub(super) fn call_failure(error: CallError) -> Failure {
    let exit = match &error {
        CallError::Refused(refused) => match refused.mistake {
            Mistake::Usage => Exit::Usage,
            Mistake::Wait => Exit::Unknown,
            Mistake::Environment => Exit::Environment,
        },
        CallError::Gone { .. } | CallError::Silent { .. } => Exit::Environment,
    };
    let (hint, lines) = (error.hint(), error.lines().to_vec());
    Failure { lines, ..Failure::new(exit, error).hint(hint) }
}

/// A step as a scenario writes it.
pub(super) fn table<const N: usize>(keys: [(&str, Option<Value>); N]) -> Map<String, Value> {
    keys.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect()
}

/// Does a step and says how it is known that it was done.
pub(super) fn do_step(client: &Client, table: Map<String, Value>, output: &OutputArgs) -> Result<Exit, Failure> {
    let done: StepDone = call(client, &Ask::Step(table), output)?;
    show_step(&done, output)?;
    Ok(Exit::Holds)
}

pub(super) fn show_step(done: &StepDone, output: &OutputArgs) -> Result<(), Failure> {
    if output.is_json() {
        return print_json(&serde_json::json!({"format": 1, "done": done}));
    }
    let mut text = format!("{} ({})\n", done.title, seconds(done.took_ms));
    text.extend(done.proof.iter().map(|line| format!("  {line}\n")));
    print(&text)
}

pub(super) fn seconds(took_ms: u64) -> String {
    if took_ms < 1000 { format!("{took_ms} ms") } else { format!("{}.{} s", took_ms / 1000, took_ms % 1000 / 100) }
}

/// Says that nothing is to be done.
pub(super) fn nothing_to_do(text: &str, output: &OutputArgs) -> Result<Exit, Failure> {
    if output.is_json() {
        print_json(&serde_json::json!({"format": 1, "nothing-to-do": text}))?;
    } else {
        print(&format!("{text}\n"))?;
    }
    Ok(Exit::Holds)
}

/// An error of a call with its causes and what helps, on a line.
pub(super) fn told(error: &CallError) -> String {
    let hint = error.hint().map(|hint| format!("; {hint}")).unwrap_or_default();
    format!("{}{hint}", chain(error))
}

/// An error with its causes on a line.
pub(super) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    DisplayErrorChain(error).to_string()
}
