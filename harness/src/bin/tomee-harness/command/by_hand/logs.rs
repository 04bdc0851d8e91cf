//! `logs`: the nodes' logs in the order of their times.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;
use tomee_harness::host::wait;
use tomee_harness::keeper::{Ask, Client, LogEntry, Mark, Tail};
use tomee_harness::model::NodeName;

use super::ask::{call, client_of};
use crate::args::{LogsArgs, OutputArgs, Since};
use crate::block_on::block_on;
use crate::color::{self, ColorChoice};
use crate::exit::{Exit, Failure};
use crate::output::{json_line, print};

/// Colours of nodes, in turn.
const COLORS: [&str; 6] = ["36", "33", "35", "32", "34", "31"];
/// Tomcat's session ids have so many letters, beside the route.
const ID_LETTERS: usize = 32;
/// So many of them are shown.
const SHOWN_LETTERS: usize = 8;

pub(crate) fn logs(args: &LogsArgs, output: &OutputArgs) -> Result<Exit, Failure> {
    let client = client_of(&args.name)?;
    let paths: BTreeMap<NodeName, Utf8PathBuf> = call(&client, &Ask::Logs, output)?;
    if let Some(unknown) = args.nodes.iter().find(|node| !paths.contains_key(*node)) {
        let all: Vec<String> = paths.keys().map(ToString::to_string).collect();
        return Err(Failure::usage(format!("no node {unknown}: the cluster has {}", all.join(", "))));
    }
    let begin = begin(args, &client, output)?;
    if args.mark.is_some() && !args.follow {
        return Ok(Exit::Holds);
    }
    let order: Vec<NodeName> = paths.keys().cloned().collect();
    let mut files = paths;
    files.retain(|node, _| args.nodes.is_empty() || args.nodes.contains(node));
    let (mut tail, mut marks_read) = (Tail::of(files), 0);
    let color = color::on_stdout(output.color.unwrap_or(ColorChoice::Auto));
    let mut show = |all: bool| -> Result<(), Failure> {
        let mut lines = vec![];
        for mark in Mark::read_on(&client.entry().folder, &mut marks_read) {
            if mark.time_ms >= begin {
                lines.push((mark.time_ms, marked(&mark, output)?));
            }
        }
        for entry in tail.read_on(all) {
            let detail = matches!(entry.level.as_str(), "FINE" | "FINER" | "FINEST") && !output.verbose;
            let asked = args.matching.as_ref().is_none_or(|text| entry.message.contains(text));
            if detail || !asked || (args.problems && !entry.is_a_problem()) || entry.time_ms < begin {
                continue;
            }
            let line = if output.is_json() { json_line(&entry)? } else { rendered(&entry, &order, color, output) };
            lines.push((entry.time_ms, line));
        }
        // What was logged in the moment of a mark stands behind it.
        lines.sort_by_key(|(time, _)| *time);
        print(&lines.into_iter().map(|(_, line)| line).collect::<String>())
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

/// The time from which on lines are shown, in milliseconds since 1970. A mark that is asked for is drawn here.
fn begin(args: &LogsArgs, client: &Client, output: &OutputArgs) -> Result<i64, Failure> {
    if let Some(text) = &args.mark {
        let drawn: Mark = call(client, &Ask::Mark(text.clone()), output)?;
        if !args.follow {
            print(&marked(&drawn, output)?)?;
        }
        return Ok(drawn.time_ms);
    }
    match args.since {
        None => Ok(i64::MIN),
        Some(Since::Ago(time)) => {
            let now = jiff::Timestamp::now().as_millisecond();
            Ok(now.saturating_sub(i64::try_from(time.0).unwrap_or(i64::MAX)))
        }
        Some(Since::Mark) => {
            let last = Mark::read_on(&client.entry().folder, &mut 0).pop();
            let hint = "`logs --mark TEXT` draws one".to_owned();
            last.map(|mark| mark.time_ms).ok_or_else(|| Failure::usage("no mark was drawn yet").hint(Some(hint)))
        }
    }
}

/// A mark as a line.
fn marked(mark: &Mark, output: &OutputArgs) -> Result<String, Failure> {
    if output.is_json() {
        return json_line(mark);
    }
    Ok(format!("{} ---- {} ----\n", time_of(mark.time_ms), mark.mark))
}

fn time_of(time_ms: i64) -> String {
    jiff::Timestamp::from_millisecond(time_ms)
        .map_or_else(|_| time_ms.to_string(), |time| time.strftime("%H:%M:%S%.3f").to_string())
}

/// A text in which what looks like a session id has its first letters, and its route.
fn shortened(text: &str) -> String {
    let is_hex = |c: char| c.is_ascii_digit() || ('A'..='F').contains(&c);
    let mut short = String::with_capacity(text.len());
    for piece in text.split_inclusive(|c: char| !is_hex(c)) {
        let id = piece.trim_end_matches(|c: char| !is_hex(c));
        if id.len() == ID_LETTERS {
            short.push_str(&format!("{}…{}", &id[..SHOWN_LETTERS], &piece[id.len()..]));
        } else {
            short.push_str(piece);
        }
    }
    short
}

fn rendered(entry: &LogEntry, order: &[NodeName], color: bool, output: &OutputArgs) -> String {
    let time = time_of(entry.time_ms);
    let place = order.iter().position(|node| *node == entry.node).unwrap_or_default();
    let (begin, problem, end) = match (color, entry.is_a_problem()) {
        (false, _) => (String::new(), "", ""),
        (true, false) => (format!("\u{1b}[{}m", COLORS[place % COLORS.len()]), "", "\u{1b}[0m"),
        (true, true) => (format!("\u{1b}[{}m", COLORS[place % COLORS.len()]), "\u{1b}[1;31m", "\u{1b}[0m"),
    };
    let logger = entry.logger.rsplit('.').next().unwrap_or_default();
    let level = &entry.level;
    let message = if output.verbose { entry.message.clone() } else { shortened(&entry.message) };
    format!("{time} {begin}{}{end} {problem}{level:<7}{end} {logger}: {message}\n", entry.node)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_shortened_and_no_other_word() {
        let id = "0123456789ABCDEF0123456789ABCDEF";
        for (text, short) in [
            (format!("session [{id}.n1] of [{id}]"), "session [01234567….n1] of [01234567…]".to_owned()),
            (format!("{id}0 is longer"), format!("{id}0 is longer")),
            (id[1..].to_owned(), id[1..].to_owned()),
            (id.to_lowercase(), id.to_lowercase()),
            ("ÄÖ FACADE ….".to_owned(), "ÄÖ FACADE ….".to_owned()),
            (String::new(), String::new()),
        ] {
            assert_eq!(shortened(&text), short);
        }
    }
}
