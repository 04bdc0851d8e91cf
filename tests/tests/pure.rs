//! The architecture, kept by tests: which room may name which, and what is absent from where (ARCHITECTURE.md).

#[path = "pure/circles.rs"]
mod circles;

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};

/// The rooms of `harness/src` in their order: a room may name those before it, and no other. `fixtures` stands beside
/// `suite`, for the tests of users.
const ROOMS: &[&str] = &[
    "model", "config", "history", "verdict", "lint", "host", "tomcat", "runtime", "cluster", "runner", "keeper",
    "gate", "report", "suite", "fixtures", "bin",
];

/// What a room may not name although it comes before it: the pure rooms know of each other only what they need, and a
/// reporter knows no machine.
const EXCEPT: &[(&str, &[&str])] = &[
    ("history", &["config"]),
    ("verdict", &["config"]),
    ("lint", &["model", "history", "verdict"]),
    ("report", &["lint", "host", "tomcat", "runtime", "cluster", "runner", "keeper"]),
    ("suite", &["keeper"]),
    ("fixtures", &["report", "suite"]),
];

fn may_name(room: &str, other: &str) -> bool {
    let place = |name: &str| ROOMS.iter().position(|room| *room == name);
    let excepted = EXCEPT.iter().any(|(from, to)| *from == room && to.contains(&other));
    room == other || (place(other) < place(room) && !excepted)
}

/// What may be named in no other place than these.
struct Absent {
    words: &'static [&'static str],
    from: &'static [&'static str],
    but_for: &'static [&'static str],
    because: &'static str,
}

const ABSENT: &[Absent] = &[
    Absent {
        words: &[
            "tokio",
            "reqwest",
            "std::fs",
            "fs_err",
            "TcpStream",
            "TcpListener",
            "std::env",
            "std::process",
            "Instant",
            "SystemTime",
            "jiff",
            "rand::",
            "RandomState",
            "bollard",
            "testcontainers",
            "tempfile",
        ],
        from: &["model", "config", "history", "verdict", "lint"],
        but_for: &[],
        because: "these rooms are pure: callers pass readers, time and seed",
    },
    Absent {
        words: &["bollard", "testcontainers"],
        from: &[""],
        but_for: &["runtime/docker"],
        because: "only the runtime docker names Docker",
    },
    Absent {
        words: &["docker", "Docker", "container", "Container", "network", "engine", "RuntimeKind"],
        from: &["host/guard"],
        but_for: &[],
        because: "the guard knows no runtime: it keeps who provides a thing, what it is, and its id",
    },
    Absent {
        words: &["reqwest"],
        from: &[""],
        but_for: &["cluster/client"],
        because: "only the client names the HTTP library",
    },
    Absent {
        words: &["catalina.sh"],
        from: &[""],
        but_for: &["runtime/process", "runtime/docker"],
        because: "only a runtime starts a server",
    },
    Absent {
        words: &["println!", "eprintln!", "print!", "eprint!", "stdout()", "stderr()"],
        from: &[""],
        // A guard is a process of its own inside whatever program it guards, here and below.
        // A test that fails without its cluster's shutdown says why in its own output.
        but_for: &["bin", "host/guard", "suite/guarded_cluster"],
        because: "only the binary prints",
    },
    Absent {
        words: &["process::exit", "env::var", "env::var_os", "env::vars", "env::args", "env::args_os"],
        from: &[""],
        // JAVA_HOME is looked for in one place, and DOCKER_HOST, which Docker's own client reads, in another.
        // What a test target is given comes with its start, as with the binary's.
        but_for: &["bin", "host/guard", "tomcat/java", "runtime/docker/host", "suite/options"],
        because: "only the binary exits and reads the environment",
    },
];

/// A source file, without its tests and comments.
struct Source {
    /// Below `harness/src`, as in `cluster/mod.rs`; the binary's own are below `bin`.
    path: Utf8PathBuf,
    code: String,
}

impl Source {
    fn new(path: &str, text: &str) -> Self {
        Self { path: path.into(), code: code_of(text) }
    }

    fn room(&self) -> Option<&str> {
        let first = self.path.components().next()?.as_str();
        let room = first.strip_suffix(".rs").unwrap_or(first);
        ROOMS.contains(&room).then_some(room)
    }

    /// The module path of the file: `cluster/mod.rs` is `[lab, cluster]`.
    fn depth(&self) -> usize {
        let own = usize::from(!matches!(self.path.file_name(), Some("mod.rs" | "lib.rs")));
        self.path.components().count() - 1 + own
    }

    /// The rooms that the file names: by `crate::`, from the binary by `tomee_harness::`, or by so many `super::` that
    /// they lead out of the room.
    fn names(&self) -> BTreeSet<String> {
        let out = "super::".repeat(self.depth());
        let is_bin = self.room() == Some("bin");
        let roots = if is_bin { vec!["tomee_harness::"] } else { vec!["crate::", &out] };
        let mut named = BTreeSet::new();
        for root in roots.into_iter().filter(|root| !root.is_empty()) {
            for (start, _) in self.code.match_indices(root) {
                let continues = self.code[..start].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':');
                if !continues {
                    named.extend(first_segments(&self.code[start + root.len()..]));
                }
            }
        }
        named.retain(|name| ROOMS.contains(&name.as_str()));
        named
    }
}

/// `x` of `x::y`, and `x`, `y` of `{x::a, y::{b, c}}`.
fn first_segments(rest: &str) -> Vec<String> {
    let word = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let Some(group) = rest.strip_prefix('{') else { return vec![word(rest)] };
    let (mut depth, mut item, mut items) = (0, String::new(), vec![]);
    for c in group.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => items.push(std::mem::take(&mut item)),
            _ => item.push(c),
        }
    }
    items.push(item);
    items.iter().map(|item| word(item.trim())).collect()
}

/// The code that is compiled into the library: without line comments, and without the tests at the end of the file.
fn code_of(text: &str) -> String {
    // Tests in a file of their own are named at the top of the file, and end nothing.
    let tests = text
        .match_indices("#[cfg(test)]\nmod ")
        .find(|(at, _)| text[*at..].lines().nth(1).is_some_and(|line| line.contains('{')));
    let text = tests.map_or(text, |(at, _)| &text[..at]);
    let without = |line: &str| line.split_once("//").map_or(line, |(code, _)| code).to_owned() + "\n";
    // A URL in a string is cut as well, which takes nothing away that these tests look for.
    text.lines().map(without).collect()
}

fn wrong_arrows(source: &Source) -> Vec<String> {
    let Some(room) = source.room() else { return vec![] };
    let named = source.names();
    let wrong = named.iter().filter(|name| !may_name(room, name));
    wrong.map(|name| format!("{}: {room} may not name {name}", source.path)).collect()
}

fn present(source: &Source) -> Vec<String> {
    let below = |folders: &[&str]| {
        folders.iter().any(|folder| {
            let file = format!("{folder}.rs");
            folder.is_empty() || source.path.starts_with(folder) || source.path.as_str() == file
        })
    };
    let rules = ABSENT.iter().filter(|rule| below(rule.from) && !below(rule.but_for));
    let found = rules.flat_map(|rule| {
        let words = rule.words.iter().filter(|word| has_word(&source.code, word));
        words.map(|word| format!("{}: {word} is named, but {}", source.path, rule.because))
    });
    found.collect()
}

/// Whether a text has a word as a whole: `print!` is not in `println!`, nor `rand::` in `operand::`.
fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(start, _)| {
        let in_word = |c: char| c.is_alphanumeric() || c == '_';
        let goes_on = word.ends_with(in_word) && text[start + word.len()..].starts_with(in_word);
        !goes_on && !text[..start].ends_with(in_word)
    })
}

fn sources() -> Vec<Source> {
    let root = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("../harness/src");
    let mut found = vec![];
    read(&root, Utf8Path::new(""), &mut found);
    assert!(found.len() > 50, "only {} sources were found below {root}", found.len());
    found
}

fn read(root: &Utf8Path, folder: &Utf8Path, found: &mut Vec<Source>) {
    for entry in root.join(folder).read_dir_utf8().expect("the sources can be read") {
        let entry = entry.expect("the sources can be read");
        let path = folder.join(entry.file_name());
        let kind = entry.file_type().expect("the sources can be read");
        if kind.is_dir() && entry.file_name() != "tests" {
            read(root, &path, found);
        } else if path.extension() == Some("rs") && path.file_name() != Some("tests.rs") {
            let text = fs_err::read_to_string(entry.path()).expect("the sources can be read");
            found.push(Source::new(path.as_str(), &text));
        }
    }
}

#[test]
fn every_arrow_between_rooms_is_an_allowed_one() {
    let wrong: Vec<String> = sources().iter().flat_map(wrong_arrows).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_a_room_must_not_name_is_absent() {
    let wrong: Vec<String> = sources().iter().flat_map(present).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_module_of_the_library_is_a_room() {
    let lib = sources().into_iter().find(|source| source.path == "lib.rs").expect("lib.rs is there");
    let modules = lib.code.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    let strange: Vec<&str> = modules.filter(|module| !ROOMS.contains(module)).collect();
    assert!(strange.is_empty(), "{strange:?} have no arrows");
}

#[test]
fn a_planted_arrow_is_found_in_every_form_of_import() {
    for (path, text) in [
        ("model/plan.rs", "use crate::cluster::client::Client;\n"),
        ("model/plan.rs", "use crate::{history::Nanos, cluster::{client, probe}};\n"),
        ("verdict/mod.rs", "fn f() -> super::cluster::Cluster {}\n"),
        ("verdict/view.rs", "use super::super::cluster::Cluster;\n"),
        ("history/record.rs", "let x = crate::verdict::judge(plan, history);\n"),
        ("cluster/mod.rs", "use crate::runner;\n"),
        ("report/summary.rs", "use crate::host::run_dir::RunDir;\n"),
        ("config/mod.rs", "#[cfg(test)]\nmod tests;\n\nuse crate::cluster::Cluster;\n"),
    ] {
        assert_ne!(wrong_arrows(&Source::new(path, text)), Vec::<String>::new(), "{path}: {text}");
    }
    for (path, text) in [
        ("verdict/mod.rs", "use super::finding::Finding;\n"),
        ("verdict/view.rs", "use crate::history::Nanos;\n"),
        ("model/plan.rs", "// use crate::cluster;\n#[cfg(test)]\nmod tests { use crate::cluster; }\n"),
        ("bin/tomee-harness/main.rs", "use crate::report;\nuse tomee_harness::runner;\n"),
    ] {
        assert_eq!(wrong_arrows(&Source::new(path, text)), Vec::<String>::new(), "{path}: {text}");
    }
}

#[test]
fn a_planted_word_is_found_and_a_part_of_a_word_is_not() {
    for (path, text) in [
        ("verdict/judge.rs", "tokio::spawn(async {});\n"),
        ("history/jsonl.rs", "use fs_err as fs;\n"),
        ("model/plan.rs", "let now = Instant::now();\n"),
        ("config/seed.rs", "std::env::var_os(\"HOME\");\n"),
        ("cluster/mod.rs", "use testcontainers::bollard;\n"),
        ("cluster/probe.rs", "let http = reqwest::Client::new();\n"),
        ("tomcat/catalina_base.rs", "Command::new(\"bin/catalina.sh\");\n"),
        ("runner/execution.rs", "println!(\"done\");\n"),
        ("report/terminal.rs", "print!(\"done\");\n"),
        ("cluster/start.rs", "std::process::exit(1);\n"),
    ] {
        assert_ne!(present(&Source::new(path, text)), Vec::<String>::new(), "{path}: {text}");
    }
    for (path, text) in [
        ("verdict/judge.rs", "let operand::Instants = instantly();\n"),
        ("cluster/client.rs", "use reqwest::Client;\n"),
        ("runtime/docker/pod.rs", "use testcontainers::bollard;\n"),
        ("bin/tomee-harness/main.rs", "println!(\"done\"); std::process::exit(1);\n"),
        ("host/guard/entry.rs", "std::process::exit(code);\n"),
    ] {
        assert_eq!(present(&Source::new(path, text)), Vec::<String>::new(), "{path}: {text}");
    }
}
