//! `logs`: the nodes' logs in the order of their times.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;
use tomee_harness::host::wait;
use tomee_harness::keeper::{Ask, LogEntry, Tail};
use tomee_harness::model::NodeName;

use super::ask::{call, client_of};
use crate::args::{LogsArgs, OutputArgs};
use crate::block_on::block_on;
use crate::color::{self, ColorChoice};
use crate::exit::{Exit, Failure};
use crate::output::{json_line, print};

/// Colours of nodes, in turn.
const COLORS: [&str; 6] = ["36", "33", "35", "32", "34", "31"];

pub(crate) fn logs(args: &LogsArgs, output: &OutputArgs) -> Result<Exit, Failure> {
    let client = client_of(&args.name)?;
    let paths: BTreeMap<NodeName, Utf8PathBuf> = call(&client, &Ask::Logs, output)?;
    if let Some(unknown) = args.nodes.iter().find(|node| !paths.contains_key(*node)) {
        let all: Vec<String> = paths.keys().map(ToString::to_string).collect();
        return Err(Failure::usage(format!("no node {unknown}: the cluster has {}", all.join(", "))));
    }
    let order: Vec<NodeName> = paths.keys().cloned().collect();
    let mut files = paths;
    files.retain(|node, _| args.nodes.is_empty() || args.nodes.contains(node));
    let mut tail = Tail::of(files);
    let color = color::on_stdout(output.color.unwrap_or(ColorChoice::Auto));
    let mut show = |all: bool| -> Result<(), Failure> {
        let mut text = String::new();
        for entry in tail.read_on(all) {
            let detail = matches!(entry.level.as_str(), "FINE" | "FINER" | "FINEST") && !output.verbose;
            let asked = args.matching.as_ref().is_none_or(|text| entry.message.contains(text));
            if detail || !asked || (args.problems && !entry.is_a_problem()) {
                continue;
            }
            text.push_str(&if output.is_json() { json_line(&entry)? } else { rendered(&entry, &order, color) });
        }
        print(&text)
    };
    show(!args.follow)?;
    if !args.follow {
        return Ok(Exit::Holds);
    }
    block_on(async {
        let mut watch = wait::Patience::new("the end of the cluster", std::time::Duration::MAX);
        loop {
            show(false)?;
            if !std::path::Path::new(client.entry().socket.as_str()).exists() {
                return Ok(Exit::Holds);
            }
            watch.another_look("it is up").await.map_err(Failure::environment)?;
        }
    })
}

fn rendered(entry: &LogEntry, order: &[NodeName], color: bool) -> String {
    let time = jiff::Timestamp::from_millisecond(entry.time_ms)
        .map_or_else(|_| entry.time_ms.to_string(), |time| time.strftime("%H:%M:%S%.3f").to_string());
    let place = order.iter().position(|node| *node == entry.node).unwrap_or_default();
    let (begin, problem, end) = match (color, entry.is_a_problem()) {
        (false, _) => (String::new(), "", ""),
        (true, false) => (format!("\u{1b}[{}m", COLORS[place % COLORS.len()]), "", "\u{1b}[0m"),
        (true, true) => (format!("\u{1b}[{}m", COLORS[place % COLORS.len()]), "\u{1b}[1;31m", "\u{1b}[0m"),
    };
    let logger = entry.logger.rsplit('.').next().unwrap_or_default();
    let level = &entry.level;
    format!("{time} {begin}{}{end} {problem}{level:<7}{end} {logger}: {}\n", entry.node, entry.message)
}
