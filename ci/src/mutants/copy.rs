//! A copy of the pure rooms and of the tests that judge without a server, with all changes written into `verdict`.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash as _, Hasher as _};

use camino::{Utf8Path, Utf8PathBuf};
use miette::{IntoDiagnostic as _, Result, bail};

use super::find::{Site, find};
use super::write::{Mutant, write};
use crate::command::cargo;

/// The rooms that `verdict` needs, and itself.
const ROOMS: [&str; 4] = ["model", "config", "history", "verdict"];

/// The copy, a workspace of its own.
#[derive(Debug)]
pub(crate) struct Copy {
    folder: Utf8PathBuf,
    /// Each file of `verdict` with its text, what can be changed, and the number of its first change.
    files: Vec<(String, String, Vec<Site>, u32)>,
    pub(crate) unviable: BTreeSet<u32>,
}

impl Copy {
    /// Copies what is needed.
    pub(crate) fn make(repository: &Utf8Path, folder: &Utf8Path) -> Result<Self> {
        let (harness, tests) = (folder.join("harness"), folder.join("tests"));
        for room in ROOMS {
            let changed = |name: &str| room == "verdict" && !is_test(name);
            copy_all(&repository.join("harness/src").join(room), &harness.join("src").join(room), changed)?;
        }
        copy_all(&repository.join("harness/scenarios"), &harness.join("scenarios"), |_| false)?;
        copy_all(&repository.join("tests/src/sim"), &tests.join("src/sim"), |_| false)?;
        copy_all(&repository.join("tests/histories"), &tests.join("histories"), |_| false)?;
        for test in ["histories.rs", "simulated.rs"] {
            put(&tests.join("tests").join(test), &read(&repository.join("tests/tests").join(test))?)?;
        }
        put(&tests.join("src/lib.rs"), "pub mod sim;\n")?;
        put(&tests.join("src/bin/judge.rs"), include_str!("../../mutants/judge.rs"))?;
        put(&harness.join("src/mutant.rs"), include_str!("../../mutants/mutant.rs"))?;
        let rooms: String = ROOMS.iter().map(|room| format!("pub mod {room};\n")).collect();
        put(&harness.join("src/lib.rs"), &format!("#![allow(warnings)]\n{rooms}pub mod mutant;\n"))?;
        for package in ["harness", "tests"] {
            manifest(&repository.join(package).join("Cargo.toml"), &folder.join(package))?;
        }
        put(&folder.join("Cargo.toml"), WORKSPACE)?;
        put(&folder.join("Cargo.lock"), &read(&repository.join("Cargo.lock"))?)?;
        let (mut files, mut first) = (Vec::new(), 1);
        for (name, text) in sources(&repository.join("harness/src/verdict"))? {
            if is_test(&name) {
                continue;
            }
            let sites = find(&text)?;
            let changes: usize = sites.iter().map(|site| site.changes.len()).sum();
            files.push((name, text, sites, first));
            first += u32::try_from(changes).into_diagnostic()?;
        }
        put(&harness.join("src/how_many.rs"), &format!("const HOW_MANY: usize = {first};\n"))?;
        Ok(Self { folder: folder.to_owned(), files, unviable: BTreeSet::new() })
    }

    /// Writes the changes, and leaves out those that do not compile until the others do.
    pub(crate) fn write(&mut self) -> Result<Vec<Mutant>> {
        let known = self.folder.join("unviable.json");
        let all: String =
            self.files.iter().map(|(name, text, sites, first)| format!("{name}{text}{sites:?}{first}")).collect();
        let mut hasher = std::hash::DefaultHasher::new();
        all.hash(&mut hasher);
        let of = hasher.finish();
        if let Some((_, numbers)) = fs_err::read_to_string(&known)
            .ok()
            .and_then(|text| serde_json::from_str::<(u64, BTreeSet<u32>)>(&text).ok())
            .filter(|(was, _)| *was == of)
        {
            self.unviable = numbers;
        }
        loop {
            let mut mutants = Vec::new();
            for (name, text, sites, first) in &self.files {
                let (text, of_file) = write(name, text, sites, *first, &self.unviable);
                put(&self.folder.join("harness/src/verdict").join(name), &text)?;
                mutants.extend(of_file);
            }
            let wrong = self.wrong(&mutants)?;
            if wrong.is_empty() {
                put(&known, &serde_json::to_string(&(of, &self.unviable)).into_diagnostic()?)?;
                return Ok(mutants);
            }
            println!("{} changes do not compile", self.unviable.len() + wrong.len());
            self.unviable.extend(wrong);
        }
    }

    /// How many changes there are.
    pub(crate) fn changes(&self) -> usize {
        self.files.iter().flat_map(|(_, _, sites, _)| sites).map(|site| site.changes.len()).sum()
    }

    /// How many files have one.
    pub(crate) fn files(&self) -> usize {
        self.files.iter().filter(|(_, _, sites, _)| !sites.is_empty()).count()
    }

    /// The changes of some files that do not compile.
    pub(crate) fn unviable_of(&self, wanted: impl Fn(&str) -> bool) -> Vec<Mutant> {
        let files = self.files.iter().filter(|(name, ..)| wanted(name));
        let all = files.flat_map(|(name, text, sites, first)| write(name, text, sites, *first, &BTreeSet::new()).1);
        all.filter(|mutant| self.unviable.contains(&mutant.number)).collect()
    }

    /// The changes that the compiler names.
    fn wrong(&self, mutants: &[Mutant]) -> Result<BTreeSet<u32>> {
        let mut wrong = BTreeSet::new();
        let mut unclear = Vec::new();
        for message in self.cargo(&["check", "--package", "tomee-harness"])? {
            let message = &message["message"];
            if message["level"] != "error" {
                continue;
            }
            let spans: Vec<(bool, Utf8PathBuf, usize, usize)> = spans(message);
            if spans.is_empty() {
                continue;
            }
            let overlapping = |main: bool, around: bool| -> BTreeSet<u32> {
                let spans = spans.iter().filter(|(primary, ..)| *primary || !main);
                let of_span = |(_, file, begin, end): &(bool, Utf8PathBuf, usize, usize)| {
                    let file = file.as_str().trim_start_matches("harness/src/verdict/").to_owned();
                    let (begin, end) = (*begin, *end);
                    mutants
                        .iter()
                        .filter(move |mutant| {
                            let place = if around { &mutant.around } else { &mutant.at };
                            mutant.file == file && place.start <= begin && end <= place.end
                        })
                        .map(|mutant| (mutant.around.len(), mutant.number))
                        .collect::<Vec<_>>()
                };
                let mut found: Vec<(usize, u32)> = spans.flat_map(of_span).collect();
                found.sort_unstable();
                let least = found.first().map(|(length, _)| *length);
                found.into_iter().filter(|(length, _)| !around || Some(*length) == least).map(|(_, it)| it).collect()
            };
            let found = [(true, false), (false, false), (true, true), (false, true)]
                .into_iter()
                .map(|(main, around)| overlapping(main, around))
                .find(|found| !found.is_empty());
            match found {
                Some(found) => wrong.extend(found),
                None => unclear.push(message["rendered"].as_str().unwrap_or_default().to_owned()),
            }
        }
        if wrong.is_empty() && !unclear.is_empty() {
            bail!("the copy does not compile:\n{}", unclear.join("\n"));
        }
        Ok(wrong)
    }

    /// Builds the tests and the program that judges; each with its path.
    pub(crate) fn build(&self) -> Result<BTreeMap<String, Utf8PathBuf>> {
        let mut built = BTreeMap::new();
        let messages = [self.cargo(&["test", "--no-run"])?, self.cargo(&["build", "--bin", "judge"])?].concat();
        for message in messages {
            if message["message"]["level"] == "error" {
                bail!("{}", message["message"]["rendered"].as_str().unwrap_or_default());
            }
            if let (Some(path), Some(name)) = (message["executable"].as_str(), message["target"]["name"].as_str()) {
                let test = message["profile"]["test"] == true;
                if test || name == "judge" {
                    built.insert(name.to_owned(), path.into());
                }
            }
        }
        Ok(built)
    }

    fn cargo(&self, arguments: &[&str]) -> Result<Vec<serde_json::Value>> {
        let mut command = cargo();
        command.args(arguments).args(["--message-format=json", "--quiet"]).current_dir(&self.folder);
        command.env("CARGO_TARGET_DIR", self.folder.join("target"));
        let output = command.output().into_diagnostic()?;
        let messages: Vec<serde_json::Value> = String::from_utf8_lossy(&output.stdout)
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect();
        if !output.status.success() && !messages.iter().any(|message| message["message"]["level"] == "error") {
            bail!("{}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(messages)
    }
}

/// Whether each place of an error is the main one, its file, and its bytes there.
fn spans(message: &serde_json::Value) -> Vec<(bool, Utf8PathBuf, usize, usize)> {
    let children = message["children"].as_array().into_iter().flatten();
    let all = std::iter::once(message).chain(children).flat_map(|it| it["spans"].as_array().into_iter().flatten());
    let number = |value: &serde_json::Value| value.as_u64().and_then(|it| usize::try_from(it).ok()).unwrap_or_default();
    all.map(|span| {
        let file = span["file_name"].as_str().unwrap_or_default().into();
        (span["is_primary"] == true, file, number(&span["byte_start"]), number(&span["byte_end"]))
    })
    .collect()
}

const WORKSPACE: &str = r#"[workspace]
resolver = "3"
members = ["harness", "tests"]

[profile.dev]
debug = false
opt-level = 1
"#;

/// A package's manifest with those dependencies that its copied sources name.
fn manifest(from: &Utf8Path, package: &Utf8Path) -> Result<()> {
    let sources: String = sources(package)?.into_values().collect();
    let mut text = String::new();
    let mut section = String::new();
    for line in read(from)?.lines() {
        if line.starts_with('[') {
            line.clone_into(&mut section);
            if section.ends_with("dependencies]") {
                text.push_str(&format!("\n{section}\n"));
            }
        } else if section == "[package]" && line.starts_with("name") {
            text.push_str(&format!("[package]\n{line}\nedition = \"2024\"\nversion = \"0.1.0\"\npublish = false\n"));
        } else if section.ends_with("dependencies]")
            && let Some((name, rest)) = line.split_once(" = ")
        {
            let used = format!("{}::", name.replace('-', "_"));
            let names_it = |(at, _): (usize, &str)| !sources[..at].ends_with(|letter: char| letter.is_alphanumeric());
            if sources.match_indices(&used).any(names_it) {
                // The copy has no features of its own.
                let rest = rest.replace(", optional = true", "").replace(", features = [\"unstable\"]", "");
                text.push_str(&format!("{name} = {rest}\n"));
            }
        }
    }
    put(&package.join("Cargo.toml"), &text)
}

fn is_test(name: &str) -> bool {
    name.split('/').any(|part| part == "tests" || part == "tests.rs")
}

/// Rust files of a folder and of those in it, by their path in it.
fn sources(folder: &Utf8Path) -> Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    for path in walk(folder)?.into_iter().filter(|path| path.extension() == Some("rs")) {
        let name = path.strip_prefix(folder).into_diagnostic()?.to_string();
        files.insert(name, read(&path)?);
    }
    files.retain(|name, _| !name.starts_with("target/"));
    Ok(files)
}

fn walk(folder: &Utf8Path) -> Result<Vec<Utf8PathBuf>> {
    let mut files = Vec::new();
    for entry in folder.read_dir_utf8().into_diagnostic()? {
        let entry = entry.into_diagnostic()?;
        if entry.file_type().into_diagnostic()?.is_dir() {
            files.extend(walk(entry.path())?);
        } else {
            files.push(entry.path().to_owned());
        }
    }
    Ok(files)
}

/// Makes a folder the same as another, but for files that are written elsewhere; what is the same already stays.
fn copy_all(from: &Utf8Path, to: &Utf8Path, elsewhere: impl Fn(&str) -> bool) -> Result<()> {
    let names = |folder: &Utf8Path| -> Result<BTreeSet<Utf8PathBuf>> {
        let files = walk(folder)?.into_iter();
        Ok(files.filter_map(|path| Some(path.strip_prefix(folder).ok()?.to_owned())).collect())
    };
    let copied = names(from)?;
    fs_err::create_dir_all(to).into_diagnostic()?;
    for gone in names(to)?.difference(&copied) {
        fs_err::remove_file(to.join(gone)).into_diagnostic()?;
    }
    copied
        .iter()
        .filter(|name| !elsewhere(name.as_str()))
        .try_for_each(|name| put(&to.join(name), &read(&from.join(name))?))
}

fn read(path: &Utf8Path) -> Result<String> {
    fs_err::read_to_string(path).into_diagnostic()
}

/// Writes a file, unless it is there already: its time would have it compiled again.
fn put(path: &Utf8Path, text: &str) -> Result<()> {
    if fs_err::read_to_string(path).is_ok_and(|there| there == text) {
        return Ok(());
    }
    fs_err::create_dir_all(path.parent().unwrap_or(path)).into_diagnostic()?;
    fs_err::write(path, text).into_diagnostic()
}
