//! `ps`: the clusters of this user.

use serde_json::{Value, json};
use tomee_harness::keeper::{Clusters, VERSION};

use super::ask::{registry, tell_unreadable};
use crate::args::OutputArgs;
use crate::exit::{Exit, Failure};
use crate::output::{print, print_json};

pub(crate) fn ps(output: &OutputArgs) -> Result<Exit, Failure> {
    let clusters = Clusters::of_user().map_err(registry)?;
    let all = clusters.all().map_err(registry)?;
    tell_unreadable(&clusters, output)?;
    if output.is_json() {
        let all: Vec<Value> = all
            .iter()
            .map(|known| {
                let entry = &known.entry;
                json!({
                    "name": entry.name, "run": entry.run, "folder": entry.folder, "keeper": entry.pid,
                    "lives": known.lives, "version": entry.version, "started": entry.started.to_string(),
                })
            })
            .collect();
        print_json(&json!({"format": 1, "clusters": all}))?;
        return Ok(Exit::Holds);
    }
    if all.is_empty() {
        print("no cluster is up\n")?;
        return Ok(Exit::Holds);
    }
    let width = all.iter().map(|known| known.entry.name.as_str().len()).max().unwrap_or(0).max(7);
    let mut text = format!("{:<width$}  {:<15}  {:<20}  {}\n", "CLUSTER", "KEEPER", "SINCE", "RUN DIRECTORY");
    for known in &all {
        let entry = &known.entry;
        let keeper = match (known.lives, entry.version == VERSION) {
            (true, true) => format!("process {}", entry.pid),
            (true, false) => format!("version {}", entry.version),
            (false, _) => "gone".to_owned(),
        };
        let since = entry.started.strftime("%Y-%m-%d %H:%M:%SZ").to_string();
        text.push_str(&format!("{:<width$}  {keeper:<15}  {since:<20}  {}\n", entry.name.as_str(), entry.folder));
    }
    print(&text)?;
    Ok(Exit::Holds)
}
