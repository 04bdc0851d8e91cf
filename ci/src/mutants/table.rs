//! The committed table: numbers of each file, and the changes that survive, each with the reason.

use std::collections::{BTreeMap, BTreeSet};

use super::run::Outcome;
use super::write::Mutant;

/// A change and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    key: Key,
    became: Became,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Became {
    Unviable,
    Ran(Outcome),
}

impl Row {
    /// One line for a file of all outcomes.
    pub(crate) fn line(&self) -> String {
        let became = match &self.became {
            Became::Unviable => "does not compile".to_owned(),
            Became::Ran(Outcome::Killed(by)) => format!("killed by {by}"),
            Became::Ran(Outcome::Endless) => "endless".to_owned(),
            Became::Ran(Outcome::Survived(how)) => format!("SURVIVED {how}"),
        };
        let (file, function, what) = &self.key;
        format!("{file}\t{function}\t{what}\t{became}\n")
    }

    fn survived(&self) -> bool {
        matches!(self.became, Became::Ran(Outcome::Survived(_)))
    }
}

/// What the table names a change by: file, function and what is changed.
pub(crate) type Key = (String, String, String);

/// The key of each change, by its number; where two of a function read the same, the later ones are numbered.
pub(crate) fn keys<'m>(mutants: impl Iterator<Item = &'m Mutant>) -> BTreeMap<u32, Key> {
    let by_number: BTreeMap<u32, &Mutant> = mutants.map(|mutant| (mutant.number, mutant)).collect();
    let mut seen: BTreeMap<Key, usize> = BTreeMap::new();
    let key = |(number, mutant): (u32, &Mutant)| {
        let (file, function) = (mutant.file.clone(), mutant.change.function.clone());
        let what = mutant.change.what.clone();
        let times = seen.entry((file.clone(), function.clone(), what.clone())).or_default();
        *times += 1;
        let what = if *times > 1 { format!("{what} ({times})") } else { what };
        (number, (file, function, what))
    };
    by_number.into_iter().map(key).collect()
}

/// A row for each change that was tried or does not compile.
pub(crate) fn rows(keys: &BTreeMap<u32, Key>, outcomes: &BTreeMap<u32, Outcome>, unviable: &BTreeSet<u32>) -> Vec<Row> {
    let row = |(number, key): (&u32, &Key)| {
        let became =
            if unviable.contains(number) { Became::Unviable } else { Became::Ran(outcomes.get(number)?.clone()) };
        Some(Row { key: key.clone(), became })
    };
    keys.iter().filter_map(row).collect()
}

/// What became of changes before, from lines as [`Row::line`] writes them: those that a test saw, by their key.
pub(crate) fn seen_by_a_test(lines: &str) -> BTreeMap<Key, Outcome> {
    let seen = |line: &str| {
        let [file, function, what, became] = line.split('\t').collect::<Vec<_>>().try_into().ok()?;
        let outcome = match became {
            "endless" => Outcome::Endless,
            became => Outcome::Killed(became.strip_prefix("killed by ")?.to_owned()),
        };
        Some(((file.to_owned(), function.to_owned(), what.to_owned()), outcome))
    };
    lines.lines().filter_map(seen).collect()
}

/// The changes that the table names with a reason.
fn named(table: &str) -> BTreeSet<Key> {
    let mut file = String::new();
    let mut named = BTreeSet::new();
    for line in table.lines() {
        if let Some(title) = line.strip_prefix("### ") {
            title.trim().clone_into(&mut file);
        } else if let Some(cells) = line.strip_prefix("| ").and_then(|line| line.strip_suffix(" |")) {
            let cells: Vec<&str> = cells.split(" | ").collect();
            if let [function, what, _reason] = cells.as_slice()
                && !file.is_empty()
            {
                named.insert((file.clone(), (*function).to_owned(), (*what).to_owned()));
            }
        }
    }
    named
}

/// What survived and is not named, and what is named and did not survive.
pub(crate) fn differences(table: &str, rows: &[Row]) -> Vec<String> {
    let named = named(table);
    let tried: BTreeSet<&str> = rows.iter().map(|row| row.key.0.as_str()).collect();
    let survived: BTreeSet<_> = rows.iter().filter(|row| row.survived()).map(|row| row.key.clone()).collect();
    let unnamed = rows.iter().filter(|row| row.survived() && !named.contains(&row.key));
    let gone = named.iter().filter(|key| tried.contains(key.0.as_str()) && !survived.contains(*key));
    let gone = gone.map(|(file, function, what)| format!("named, but did not survive: {file} {function}: {what}"));
    unnamed.map(|row| format!("survived: {}", row.line().trim_end().replace('\t', " "))).chain(gone).collect()
}

/// The head of the numbers' table.
const HEAD: &str = "| file | changes | do not compile | killed | killed by a pinned verdict | endless | survive |";

/// The table with the numbers of these rows' files.
pub(crate) fn with_numbers(table: &str, rows: &[Row]) -> String {
    let mut files: BTreeMap<String, [usize; 6]> = BTreeMap::new();
    for row in rows {
        let place = match &row.became {
            Became::Unviable => 1,
            Became::Ran(Outcome::Killed(by)) if !by.ends_with("as pinned") => 2,
            Became::Ran(Outcome::Killed(_)) => 3,
            Became::Ran(Outcome::Endless) => 4,
            Became::Ran(Outcome::Survived(_)) => 5,
        };
        let numbers = files.entry(row.key.0.clone()).or_default();
        numbers[0] += 1;
        numbers[place] += 1;
    }
    let (mut lines, mut inside) = (Vec::new(), false);
    let mut kept = BTreeMap::new();
    for line in table.lines() {
        if line == HEAD {
            inside = true;
        } else if inside && line.starts_with("| ") {
            if let Some((file, _)) = line[2..].split_once(" | ") {
                kept.insert(file.to_owned(), line.to_owned());
            }
        } else if inside && !line.starts_with('|') {
            inside = false;
            kept.extend(files.iter().map(|(file, [all, unviable, killed, pinned, endless, survived])| {
                (
                    file.clone(),
                    format!("| {file} | {all} | {unviable} | {killed} | {pinned} | {endless} | {survived} |"),
                )
            }));
            lines.extend([HEAD.to_owned(), "|---|---|---|---|---|---|---|".to_owned()]);
            lines.extend(std::mem::take(&mut kept).into_values());
        }
        if !inside {
            lines.push(line.to_owned());
        }
    }
    lines.join("\n") + "\n"
}
