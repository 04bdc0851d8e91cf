//! What `--help` shows beside each argument's own line: headings and examples.

use clap::{Arg, Command, CommandFactory as _, ValueEnum as _};
use tomee_harness::model::expect::EXPECTATIONS;
use tomee_harness::model::scenario::manual;
use tomee_harness::model::{FaultKind, Guarantee};

use crate::args::{Cli, Format};
use crate::exit::{
    Meanings, OF_A_VERDICT, OF_DIFF, OF_DOCTOR, OF_EXEC, OF_EXPLAIN, OF_GATE, OF_LINT, OF_NEW, OF_OTHERS, OF_STEPS,
};

/// The examples of each command, and what its exit codes are.
const EXAMPLES: &[(&str, &[&str], Meanings)] = &[
    (
        "run",
        &[
            "tomee-harness run",
            "tomee-harness run --server tomcat:11.0.24 --nodes 3 --manager backup",
            "tomee-harness run --war target/shop.war --path /shop/cart",
            "tomee-harness run scenarios/ --jobs auto --warm",
            "tomee-harness run failover --runtime process --skip-unsupported",
            "tomee-harness run kill-the-owner --repeat 50 --until-failure",
            "tomee-harness run kill-the-owner --hold on-failure",
        ],
        OF_A_VERDICT,
    ),
    ("list", &["tomee-harness list", "tomee-harness list farm --json"], OF_OTHERS),
    (
        "explain",
        &[
            "tomee-harness explain kill-the-owner",
            "tomee-harness explain scenarios/",
            "tomee-harness explain C029 --prove",
        ],
        OF_EXPLAIN,
    ),
    (
        "new",
        &[
            "tomee-harness new scenarios/cart.toml",
            "tomee-harness new cart.toml --war target/shop.war --path /shop/cart",
        ],
        OF_NEW,
    ),
    (
        "import",
        &[
            "tomee-harness import har shop.har --war target/shop.war --output cart.toml",
            "tomee-harness import curl - > cart.toml",
        ],
        OF_OTHERS,
    ),
    (
        "lint",
        &[
            "tomee-harness lint conf/server.xml",
            "tomee-harness lint n1=/srv/n1 n2=/srv/n2 target/shop.war --server tomcat:10.1.59",
            "tomee-harness lint /opt/tomcat --format sarif --output lint.sarif",
            "tomee-harness lint conf/ --fix",
        ],
        OF_LINT,
    ),
    (
        "gate",
        &[
            "tomee-harness gate --config conf/ --server tomcat:10.1.59",
            "tomee-harness gate --config n1/conf --node n2=n2/conf --war target/shop.war --path /shop/cart",
            "tomee-harness gate --config conf/ --against main --format markdown --output gate.md",
            "tomee-harness gate --config conf/ --server tomcat:10.1 --against-server tomcat:9.0 --rolling",
            "tomee-harness gate --config conf/ --bisect tomcat:10.1.40..10.1.59",
            "tomee-harness gate accept",
            "tomee-harness gate --config /srv/tomcat --show-transplant",
        ],
        OF_GATE,
    ),
    ("rules", &["tomee-harness rules", "tomee-harness rules --json"], OF_OTHERS),
    ("check", &["tomee-harness check .tomee-harness/runs/RUN_ID"], OF_A_VERDICT),
    (
        "report",
        &[
            "tomee-harness report .tomee-harness/runs/RUN_ID",
            "tomee-harness report .tomee-harness/runs/RUN_ID --markdown summary.md",
            "tomee-harness report latest --open",
        ],
        OF_OTHERS,
    ),
    (
        "runs",
        &["tomee-harness runs list", "tomee-harness runs show latest", "tomee-harness runs prune --keep 20"],
        OF_OTHERS,
    ),
    (
        "bundle",
        &["tomee-harness bundle latest", "tomee-harness bundle .tomee-harness/runs/RUN_ID --to bug.zip"],
        OF_OTHERS,
    ),
    ("doctor", &["tomee-harness doctor", "tomee-harness doctor --java /opt/jdk-21"], OF_DOCTOR),
    ("settings", &["tomee-harness settings", "tomee-harness settings --nodes 4 --json"], OF_OTHERS),
    ("sweep", &["tomee-harness sweep", "tomee-harness sweep --all"], OF_OTHERS),
    (
        "up",
        &[
            "tomee-harness up",
            "tomee-harness up --server tomcat:10.1.59 --nodes 3 --war target/shop.war --ports documented",
            "tomee-harness up --name lab --prepare partition",
            "tomee-harness up --front haproxy --sticky cookie",
            "tomee-harness up partition",
            "tomee-harness up --config n1/conf --node n2=n2/conf --server tomcat:10.1.59",
        ],
        OF_STEPS,
    ),
    ("down", &["tomee-harness down", "tomee-harness down --name lab", "tomee-harness down --all"], OF_STEPS),
    ("ps", &["tomee-harness ps", "tomee-harness ps --json"], OF_OTHERS),
    ("attach", &["tomee-harness attach other", "tomee-harness attach .tomee-harness/runs/RUN_ID"], OF_STEPS),
    ("status", &["tomee-harness status", "tomee-harness status --watch"], OF_STEPS),
    ("config", &["tomee-harness config n1", "tomee-harness config n1 --xml"], OF_STEPS),
    ("threads", &["tomee-harness threads n1"], OF_STEPS),
    ("heap", &["tomee-harness heap n1 --top 10", "tomee-harness heap n1 --dump n1.hprof"], OF_STEPS),
    ("exec", &["tomee-harness exec n1 -- ls logs", "tomee-harness exec n1 -- ss -tn"], OF_EXEC),
    ("jmx", &["tomee-harness jmx n1 Catalina:type=Manager,*"], OF_STEPS),
    ("start", &["tomee-harness start n1"], OF_STEPS),
    ("restart", &["tomee-harness restart n1"], OF_STEPS),
    ("resume", &["tomee-harness resume n2"], OF_STEPS),
    ("heal", &["tomee-harness heal", "tomee-harness heal n1"], OF_STEPS),
    ("deploy", &["tomee-harness deploy target/shop.war", "tomee-harness deploy counter --copy --on n1"], OF_STEPS),
    ("drop-one-way", &["tomee-harness drop-one-way n1 n2 --for 10s"], OF_STEPS),
    ("redeploy", &["tomee-harness redeploy target/shop.war"], OF_STEPS),
    ("undeploy", &["tomee-harness undeploy /shop"], OF_STEPS),
    (
        "wait",
        &["tomee-harness wait --for formed --within 30s", "tomee-harness wait --for sessions=1 --on n2"],
        OF_STEPS,
    ),
    ("drain", &["tomee-harness drain n1"], OF_STEPS),
    ("maint", &["tomee-harness maint n1"], OF_STEPS),
    ("ready", &["tomee-harness ready n1"], OF_STEPS),
    (
        "http",
        &[
            "tomee-harness http n1 /counter/",
            "tomee-harness http n2 /shop/cart --client bob --data item=book",
            "tomee-harness http sticky /shop/cart",
        ],
        OF_STEPS,
    ),
    ("sessions", &["tomee-harness sessions", "tomee-harness sessions --json"], OF_STEPS),
    ("diff", &["tomee-harness diff n1 n2"], OF_DIFF),
    (
        "logs",
        &[
            "tomee-harness logs --problems",
            "tomee-harness logs n1 n2 --follow --match Manager",
            "tomee-harness logs --mark before-the-kill",
            "tomee-harness logs --since mark",
        ],
        OF_STEPS,
    ),
    ("watch", &["tomee-harness watch", "tomee-harness watch --name lab"], OF_STEPS),
    ("serve", &["tomee-harness serve", "tomee-harness serve --port 8000"], OF_STEPS),
    ("verdict", &["tomee-harness verdict", "tomee-harness verdict -v"], OF_A_VERDICT),
    (
        "recipe",
        &["tomee-harness recipe --output bug.toml", "tomee-harness recipe --minimal --trials 5 --at-least 3"],
        OF_STEPS,
    ),
    ("init", &["tomee-harness init", "tomee-harness init shop --ci gitlab --server tomcat:10.1.59"], OF_OTHERS),
    ("man", &["tomee-harness man ~/.local/share/man/man1"], OF_OTHERS),
    (
        "completions",
        &["tomee-harness completions bash > ~/.local/share/bash-completion/completions/tomee-harness"],
        &[],
    ),
];

/// The arguments of a run under a heading of their own. All others are under "Options".
const HEADINGS: &[(&str, &[&str])] = &[
    (
        "Cluster",
        &[
            "server",
            "runtime",
            "nodes",
            "manager",
            "membership",
            "send_options",
            "timing",
            "java",
            "jvm_arg",
            "env",
            "lib",
            "set",
            "config",
            "node",
            "define",
            "ports",
            "prepare",
        ],
    ),
    ("Your own app", &["war", "at", "path", "login", "bare", "within"]),
    ("Many runs", &["hold", "repeat", "until_failure", "jobs", "warm", "skip_unsupported"]),
    ("Output", &["format", "json", "quiet", "color", "verbose"]),
];

/// The command line with its headings, examples and tables.
pub(crate) fn command() -> Command {
    let command = Cli::command().mut_args(with_heading).after_help(exit_codes(OF_A_VERDICT));
    let command = EXAMPLES.iter().fold(command, |command, (name, examples, meanings)| {
        command.mut_subcommand(name, |subcommand| {
            let many = matches!(*name, "run" | "settings" | "up");
            let subcommand = if many { subcommand.mut_args(with_heading) } else { subcommand };
            let examples: Vec<String> = examples.iter().map(|example| (*example).to_owned()).collect();
            subcommand.after_help(after_help(name, &examples, meanings))
        })
    });
    FaultKind::ALL.iter().fold(command, |command, kind| {
        let name = kind.to_string();
        command.mut_subcommand(&name, |subcommand| {
            subcommand.after_help(after_help(&name, &fault_examples(*kind), OF_STEPS))
        })
    })
}

fn after_help(name: &str, examples: &[String], meanings: Meanings) -> String {
    let examples: String = examples.iter().map(|example| format!("\n  {example}")).collect();
    let parts = [format!("Examples:{examples}"), notes(name), exit_codes(meanings)];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join("\n\n")
}

/// How a fault is done, plainly and for a while.
fn fault_examples(kind: FaultKind) -> Vec<String> {
    let value = |key: &str| match key {
        "delay" => "200ms",
        "status" => "503",
        "by" => "+1h",
        _ => "30",
    };
    let parameters: String = kind
        .about()
        .parameters
        .iter()
        .map(|parameter| format!(" --{} {}", parameter.key, value(parameter.key)))
        .collect();
    let plain = format!("tomee-harness {kind} n1{parameters}");
    let lasting = kind.is_undone_in_place().then(|| format!("{plain} --for 10s"));
    std::iter::once(plain).chain(lasting).collect()
}

/// The table of a command's codes; empty where it has none of its own.
fn exit_codes(meanings: Meanings) -> String {
    let line = |(exit, meaning): &(crate::exit::Exit, &str)| {
        format!("\n  {:<5}{}", exit.code(), meaning.replace('\n', &format!("\n{:7}", "")))
    };
    let lines: String = meanings.iter().map(line).collect();
    if lines.is_empty() { lines } else { format!("Exit codes:{lines}") }
}

/// What else a command's help says: the words that a scenario knows, and the forms of a report.
fn notes(command: &str) -> String {
    match command {
        "new" => words(),
        "lint" => {
            let formats: Vec<String> = Format::value_variants()
                .iter()
                .filter(|format| **format != Format::Html)
                .filter_map(|format| Some(format.to_possible_value()?.get_name().to_owned()))
                .collect();
            format!("Formats: {}. {LINT}", formats.join(", "))
        }
        "gate" => GATE.to_owned(),
        _ => String::new(),
    }
}

const GATE: &str = "\
Formats: text, json, markdown, junit, html. Each --output takes the --format before it:
  --format markdown --output gate.md --format junit --output gate.xml";

const LINT: &str = "\
Each --output takes the --format before it:
  --format sarif --output lint.sarif --format junit --output lint.xml

Suppress a rule for an element and what is in it by a comment before it:
  <!-- tomee-harness: ignore C029 reason -->";

/// The words of a scenario, from the rows of which its schema and its manual are made.
fn words() -> String {
    let (verbs, faults) = manual();
    let first = |written: &str| written.replace('`', "").split(" = ").next().unwrap_or_default().to_owned();
    let mut steps: Vec<String> = verbs.iter().map(|row| first(&row.written)).collect();
    steps.dedup();
    let rows = [
        ("Steps", steps),
        ("Faults", faults.into_iter().map(|row| row.written).collect()),
        ("Expectations", EXPECTATIONS.iter().map(|row| row.key.to_owned()).collect()),
        ("Guarantees", Guarantee::ALL.iter().map(ToString::to_string).collect()),
    ];
    let rows = rows.map(|(what, words)| format!("{what}: {}.", words.join(", ")));
    format!("{}\n\nThe manual of scenarios says what each does and takes.", rows.join("\n"))
}

fn with_heading(arg: Arg) -> Arg {
    let known = HEADINGS.iter().find(|(_, ids)| ids.contains(&arg.get_id().as_str()));
    match known {
        Some((heading, _)) => arg.help_heading(*heading),
        None => arg,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_is_a_command_line_and_every_command_has_one() {
        for (name, examples, _) in EXAMPLES {
            for example in *examples {
                let words = example.split(" > ").next().unwrap_or_default().split(' ');
                let read = command().try_get_matches_from(words);
                assert_eq!(read.expect(example).subcommand_name(), Some(*name), "{example}");
            }
        }
        for kind in FaultKind::ALL {
            for example in fault_examples(*kind) {
                let read = command().try_get_matches_from(example.split(' '));
                assert_eq!(read.expect(&example).subcommand_name(), Some(kind.to_string().as_str()), "{example}");
            }
        }
        let all = command();
        let seen = all.get_subcommands().filter(|command| !command.is_hide_set());
        let without: Vec<&str> = seen
            .map(clap::Command::get_name)
            .filter(|name| !EXAMPLES.iter().any(|(shown, ..)| shown == name))
            .filter(|name| !FaultKind::ALL.iter().any(|kind| kind.to_string() == **name))
            .collect();
        assert!(without.is_empty(), "{without:?} have no example");
    }

    #[test]
    fn the_tables_of_the_help_are_those_of_the_manual_and_of_the_readme() {
        let help = |name: &str| {
            let mut command = command();
            let command = command.find_subcommand_mut(name).expect("a command");
            command.render_long_help().to_string().split_whitespace().collect::<Vec<_>>().join(" ")
        };
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
        let read = |file: &str| fs_err::read_to_string(format!("{folder}/{file}")).expect("it is there");
        let (new, readme, manual) = (help("new"), read("README.md"), read("scenarios/README.md"));
        for word in tomee_harness::model::FaultKind::ALL.iter().map(ToString::to_string) {
            assert!(new.contains(&format!("{word},")) || new.contains(&format!("{word}.")), "{word}");
            assert!(manual.contains(&format!("| `{word}` |")), "{word}");
        }
        for word in Guarantee::ALL.iter().map(ToString::to_string) {
            assert!(new.contains(&format!("{word},")) || new.contains(&format!("{word}.")), "{word}");
            assert!(manual.contains(&format!("| `{word}` |")), "{word}");
        }
        let run = help("run");
        for (exit, meaning) in OF_A_VERDICT {
            let meaning = meaning.replace('\n', " ");
            assert!(run.contains(&format!("{} {meaning}", exit.code())), "{meaning}");
            let row = readme.lines().find(|line| line.starts_with(&format!("| {} |", exit.code())));
            let row = row.unwrap_or_else(|| panic!("README.md has no row for {}", exit.code())).to_lowercase();
            assert!(row.contains(&meaning.to_lowercase()), "{row} of README.md, but in the help: {meaning}");
        }
        for format in tomee_harness::report::FORMATS {
            assert!(help("report").contains(&format!("--{} <FILE>", format.name())), "{}", format.name());
        }
    }

    #[test]
    fn the_arguments_are_consistent() {
        command().debug_assert();
    }
}
