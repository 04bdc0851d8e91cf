//! No two files name each other, not even over others: whoever reads one reads down.
//!
//! A file names another where a path of it leads to what that one defines: in a `use`, or in the code. A re-export counts
//! for the file that defines, not for the `mod.rs` that hands on. What is called as a method names no file.

use std::collections::{BTreeMap, BTreeSet};

use super::{Source, sources};

/// The names of a module from the root of its crate; the binary's crate is called `bin`.
type Module = Vec<String>;

/// What a `use` brings into a file, by the name that it has there.
struct Use {
    path: Vec<String>,
    name: String,
    is_public: bool,
}

struct File {
    path: String,
    uses: Vec<Use>,
    /// The paths of the code, beside the `use` lines.
    paths: Vec<Vec<String>>,
    defines: BTreeSet<String>,
}

/// Which files each file names, with the paths.
type Arrows<'f> = BTreeMap<&'f Module, BTreeMap<&'f Module, BTreeSet<String>>>;

/// The files of a crate, by their modules.
struct Files(BTreeMap<Module, File>);

impl Files {
    fn of(sources: &[Source]) -> Self {
        Self(sources.iter().map(|source| (module(source), File::of(source))).collect())
    }

    /// From the root what a path of a module means; `None` where it leads into another crate.
    fn absolute(&self, module: &Module, path: &[String]) -> Option<Module> {
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" => Some([if module[0] == "bin" { &module[..1] } else { &[] }, rest].concat()),
            "self" => Some([&module[..], rest].concat()),
            "super" => {
                let ups = path.iter().take_while(|word| *word == "super").count();
                Some([&module[..module.len().checked_sub(ups)?], &path[ups..]].concat())
            }
            child => {
                let below = [&module[..], &[child.to_owned()]].concat();
                self.0.contains_key(&below).then(|| [&below[..], rest].concat())
            }
        }
    }

    /// The module that defines what an absolute path names.
    fn definer(&self, path: &[String], depth: usize) -> Option<&Module> {
        let (module, file) = (0..=path.len()).rev().find_map(|end| self.0.get_key_value(&path[..end]))?;
        let rest = &path[module.len()..];
        let Some(name) = rest.first().filter(|name| !file.defines.contains(*name) && depth < 8) else {
            return Some(module);
        };
        let named = file.uses.iter().find(|it| it.name == *name).map(|it| (it, &rest[1..]));
        let globs = || file.uses.iter().filter(|it| it.name == "*").map(|it| (it, rest));
        let handed_on = named.into_iter().chain(globs()).find_map(|(it, rest)| {
            let path = it.path.strip_suffix(&["*".to_owned()]).unwrap_or(&it.path);
            self.definer(&[&self.absolute(module, path)?, rest].concat(), depth + 1)
        });
        Some(handed_on.unwrap_or(module))
    }

    /// Which files each file names, with the paths.
    fn arrows(&self) -> Arrows<'_> {
        let mut arrows = Arrows::new();
        for (module, file) in &self.0 {
            let imported = file.uses.iter().filter(|it| !it.is_public).map(|it| it.path.clone());
            let in_code = file.paths.iter().map(|path| match file.uses.iter().find(|it| it.name == path[0]) {
                Some(it) => [&it.path[..], &path[1..]].concat(),
                None => path.clone(),
            });
            for path in imported.chain(in_code) {
                let Some(named) = self.absolute(module, &path) else { continue };
                // A folder's module that is imported as a whole is named by what is taken from it.
                let is_folder = self.0.keys().any(|other| other.len() > named.len() && other.starts_with(&named));
                let Some(other) = self.definer(&named, 0) else { continue };
                if other != module && !(is_folder && *other == named) {
                    arrows.entry(module).or_default().entry(other).or_default().insert(path.join("::"));
                }
            }
        }
        arrows
    }

    /// The arrows of each circle, a line each.
    fn circles(&self) -> Vec<String> {
        let arrows = self.arrows();
        let reached: BTreeMap<_, _> = self.0.keys().map(|from| (from, reached(&arrows, from))).collect();
        let mut lines = vec![];
        for (from, to) in &arrows {
            for (other, paths) in to.iter().filter(|(other, _)| reached[**other].contains(from)) {
                let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
                lines.push(format!("{} -> {}: {}", self.0[*from].path, self.0[*other].path, paths.join(", ")));
            }
        }
        lines
    }
}

/// All files that one reaches.
fn reached<'f>(arrows: &Arrows<'f>, from: &'f Module) -> BTreeSet<&'f Module> {
    let (mut found, mut next) = (BTreeSet::new(), vec![from]);
    while let Some(module) = next.pop() {
        next.extend(arrows.get(module).into_iter().flat_map(BTreeMap::keys).filter(|other| found.insert(**other)));
    }
    found
}

/// The module of a source, as `[cluster, faults, clock]`.
fn module(source: &Source) -> Module {
    let path = source.path.as_str().replace("bin/tomee-harness/", "bin/").replace("bin/main.rs", "bin/mod.rs");
    let mut module: Module = path.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if matches!(module.last().map(String::as_str), Some("mod" | "lib")) {
        module.pop();
    }
    module
}

impl File {
    fn of(source: &Source) -> Self {
        let code = with_inner_modules_flat(&source.code);
        let (mut uses, mut rest) = (vec![], String::new());
        for statement in code.split_inclusive(';') {
            let lines = statement.match_indices('\n').map(|(at, _)| at + 1).chain([0]);
            let begins = lines.filter(|at| without_visibility(&statement[*at..]).starts_with("use ")).max();
            let Some(at) = begins.filter(|_| statement.ends_with(';')) else {
                rest.push_str(statement);
                continue;
            };
            rest.push_str(&statement[..at]);
            let words: String = statement[at..]
                .trim_end_matches(';')
                .split_whitespace()
                .fold(String::new(), |text, word| text + word + " ");
            let tree = without_visibility(&words).trim_start_matches("use ");
            expand(&[], tree, words.starts_with("pub"), &mut uses);
        }
        Self { path: source.path.to_string(), uses, paths: paths(&rest), defines: definitions(&rest) }
    }
}

/// The code with `super::` of inner modules as the file's own, so that a path means the same everywhere in it.
fn with_inner_modules_flat(code: &str) -> String {
    let mut flat = String::new();
    let mut depth: Option<usize> = None;
    for line in code.lines() {
        let opens = without_visibility(line).starts_with("mod ") && line.trim_end().ends_with('{');
        if opens && depth.is_none() {
            depth = Some(line.len() - line.trim_start().len());
        } else if depth.is_some_and(|indent| line.trim_end().len() == indent + 1 && line.trim() == "}") {
            depth = None;
        }
        flat.push_str(&if depth.is_some() { line.replace("super::", "self::") } else { line.to_owned() });
        flat.push('\n');
    }
    flat
}

/// A line without its indent, `pub` and `pub(super)`.
fn without_visibility(line: &str) -> &str {
    let line = line.trim_start();
    let Some(rest) = line.strip_prefix("pub") else { return line };
    let rest = rest.strip_prefix('(').and_then(|rest| rest.split_once(')')).map_or(rest, |(_, rest)| rest);
    rest.trim_start()
}

/// The leaves of a tree of imports.
fn expand(before: &[String], tree: &str, is_public: bool, uses: &mut Vec<Use>) {
    let tree = tree.trim();
    let words = |text: &str| {
        text.split("::").map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect::<Vec<_>>()
    };
    if let Some((head, group)) = tree.split_once('{') {
        let before = [before, &words(head)].concat();
        let group = group.strip_suffix('}').unwrap_or(group);
        let (mut depth, mut begin) = (0_i32, 0);
        for (at, c) in group.char_indices().chain([(group.len(), ',')]) {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    expand(&before, &group[begin..at], is_public, uses);
                    begin = at + 1;
                }
                _ => {}
            }
        }
        return;
    }
    let (path, name) =
        tree.split_once(" as ").map_or((tree, None), |(path, name)| (path, Some(name.trim().to_owned())));
    let mut path = [before, &words(path)].concat();
    if path.last().is_some_and(|last| last == "self") && path.len() > 1 {
        path.pop();
    }
    if let Some(name) = name.or_else(|| path.last().cloned()) {
        uses.push(Use { path, name, is_public });
    }
}

/// Every `a::b` of the code that may begin at a module.
fn paths(code: &str) -> Vec<Vec<String>> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let words = code.split(|c: char| !is_part(c)).map(|word| word.trim_end_matches(':'));
    let paths = words.filter(|word| word.contains("::") && word.starts_with(|c: char| c.is_ascii_lowercase()));
    paths.map(|path| path.split("::").map(str::to_owned).collect()).collect()
}

/// The names that the code defines at its top.
fn definitions(code: &str) -> BTreeSet<String> {
    const KINDS: [&str; 9] =
        ["struct ", "enum ", "trait ", "fn ", "const ", "static ", "type ", "union ", "macro_rules! "];
    let mut names = BTreeSet::new();
    for line in code.lines().filter(|line| !line.starts_with(' ')) {
        let mut line = without_visibility(line);
        for word in ["async ", "unsafe ", "const fn "] {
            line = line
                .strip_prefix(word)
                .map_or(line, |rest| if word == "const fn " { &line["const ".len()..] } else { rest });
        }
        if let Some(rest) = KINDS.iter().find_map(|kind| line.strip_prefix(kind)) {
            names.insert(rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
        }
    }
    names
}

#[test]
fn no_two_files_name_each_other() {
    let sources = sources();
    let files = Files::of(&sources);
    let arrows: usize = files.arrows().values().map(BTreeMap::len).sum();
    assert!(arrows > 1000, "only {arrows} arrows were found between {} files", sources.len());
    let circles = files.circles();
    assert!(circles.is_empty(), "move what both need into a file of its own:\n{}", circles.join("\n"));
}

fn circles(files: &[(&str, &str)]) -> Vec<String> {
    let sources: Vec<Source> = files.iter().map(|(path, text)| Source::new(path, text)).collect();
    Files::of(&sources).circles()
}

#[test]
fn a_planted_circle_is_found_in_every_form_of_naming() {
    let table = ("model/table.rs", "use super::row::Row;\npub struct Table(Row);\n");
    for (path, text) in [
        ("model/row.rs", "use super::table::Table;\npub struct Row;\n"),
        ("model/row.rs", "pub struct Row;\nfn f() -> super::table::Table { panic!() }\n"),
        ("model/row.rs", "use crate::model::{name::Name, table};\npub struct Row;\nfn f(t: table::Table) {}\n"),
        // Over the folder, which hands it on.
        ("model/row.rs", "use crate::model::Table;\npub struct Row;\n"),
        ("model/row.rs", "#[cfg(test)]\nmod tests;\n\nuse super::{Table as It};\npub struct Row;\n"),
    ] {
        let folder = ("model/mod.rs", "mod row;\nmod table;\npub use table::Table;\n");
        assert_ne!(circles(&[folder, table, (path, text)]), Vec::<String>::new(), "{text}");
    }
    // The folder's own type, and over a third file.
    let folder = ("model/mod.rs", "mod row;\nuse row::Row;\npub struct Table(Row);\n");
    assert_ne!(
        circles(&[folder, ("model/row.rs", "pub struct Row;\nfn f(t: &super::Table) {}\n")]),
        Vec::<String>::new()
    );
    let cell = ("model/cell.rs", "pub struct Cell(crate::model::table::Table);\n");
    let row = ("model/row.rs", "use super::cell::Cell;\npub struct Row(Cell);\n");
    assert_eq!(circles(&[table, row, cell]).len(), 3);
}

#[test]
fn what_only_looks_like_a_circle_is_none() {
    let table = ("model/table.rs", "use super::Row;\npub struct Table(Row);\n");
    let folder = ("model/mod.rs", "mod row;\nmod table;\npub use row::Row;\npub use table::Table;\n");
    for text in [
        "pub struct Row;\n",
        "// use super::table::Table;\npub struct Row;\n",
        "pub struct Row;\n#[cfg(test)]\nmod tests {\n    use super::super::table::Table;\n}\n",
        // A table of another module, and one of another crate.
        "use crate::report::table::Table;\npub struct Row;\n",
        "use table::Table;\npub struct Row;\n",
        "pub struct Row;\npub mod inner {\n    use super::Row;\n}\n",
    ] {
        assert_eq!(circles(&[folder, table, ("model/row.rs", text)]), Vec::<String>::new(), "{text}");
    }
}
