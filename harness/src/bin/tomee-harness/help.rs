//! What `--help` shows beside each argument's own line: headings and examples.

use clap::{Arg, Command, CommandFactory as _};

use crate::args::{Cli, EXIT_CODES, LINT_AFTER_HELP};

/// Of commands that end with no verdict.
const PLAIN_EXIT_CODES: &str = "\
Exit codes:
  0    Done
  2    Bad usage or bad input";

const DOCTOR_EXIT_CODES: &str = "\
Exit codes:
  0    A run is possible
  2    Bad usage
  4    Something is missing without which no run is possible";

/// The examples of each command, and what its exit codes are.
const EXAMPLES: &[(&str, &[&str], &str)] = &[
    (
        "run",
        &[
            "tomee-harness run",
            "tomee-harness run --server tomcat:11.0.24 --nodes 3 --manager backup",
            "tomee-harness run --war target/shop.war --path /shop/cart",
            "tomee-harness run scenarios/ --jobs auto --warm",
            "tomee-harness run failover --runtime process --skip-unsupported",
            "tomee-harness run kill-the-owner --repeat 50 --until-failure",
        ],
        EXIT_CODES,
    ),
    ("list", &["tomee-harness list", "tomee-harness list farm --json"], PLAIN_EXIT_CODES),
    ("explain", &["tomee-harness explain kill-the-owner", "tomee-harness explain scenarios/"], PLAIN_EXIT_CODES),
    ("new", &["tomee-harness new scenarios/cart.toml"], PLAIN_EXIT_CODES),
    (
        "lint",
        &[
            "tomee-harness lint conf/server.xml",
            "tomee-harness lint n1=/srv/n1 n2=/srv/n2 target/shop.war --server tomcat:10.1.59",
            "tomee-harness lint /opt/tomcat --format sarif --output lint.sarif",
            "tomee-harness lint conf/ --fix",
        ],
        LINT_AFTER_HELP,
    ),
    ("rules", &["tomee-harness rules", "tomee-harness rules --json"], PLAIN_EXIT_CODES),
    ("check", &["tomee-harness check .tomee-harness/runs/RUN_ID"], EXIT_CODES),
    (
        "report",
        &[
            "tomee-harness report .tomee-harness/runs/RUN_ID",
            "tomee-harness report .tomee-harness/runs/RUN_ID --markdown summary.md",
        ],
        PLAIN_EXIT_CODES,
    ),
    ("bundle", &["tomee-harness bundle .tomee-harness/runs/RUN_ID --to bug.zip"], PLAIN_EXIT_CODES),
    ("doctor", &["tomee-harness doctor", "tomee-harness doctor --java /opt/jdk-21"], DOCTOR_EXIT_CODES),
    ("settings", &["tomee-harness settings", "tomee-harness settings --nodes 4 --json"], PLAIN_EXIT_CODES),
    ("sweep", &["tomee-harness sweep", "tomee-harness sweep --all"], PLAIN_EXIT_CODES),
    ("completions", &["tomee-harness completions bash > ~/.local/share/bash-completion/completions/tomee-harness"], ""),
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
        ],
    ),
    ("Your own app", &["war", "at", "path"]),
    ("Many runs", &["repeat", "until_failure", "jobs", "warm", "skip_unsupported"]),
    ("Output", &["format", "json", "quiet", "color", "verbose"]),
];

/// The command line with its headings and examples.
pub(crate) fn command() -> Command {
    let command = Cli::command().mut_args(with_heading);
    EXAMPLES.iter().fold(command, |command, (name, examples, exit_codes)| {
        command.mut_subcommand(name, |subcommand| {
            let examples: String = examples.iter().map(|example| format!("\n  {example}")).collect();
            let help = format!("Examples:{examples}\n\n{exit_codes}");
            let many = matches!(*name, "run" | "settings");
            let subcommand = if many { subcommand.mut_args(with_heading) } else { subcommand };
            subcommand.after_help(help.trim_end().to_owned())
        })
    })
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
        let all: Vec<String> = command().get_subcommands().map(|command| command.get_name().to_owned()).collect();
        let shown: Vec<&str> = EXAMPLES.iter().map(|(name, ..)| *name).collect();
        assert_eq!(all.iter().filter(|name| !shown.contains(&name.as_str())).count(), 0, "{all:?}");
    }

    #[test]
    fn the_arguments_are_consistent() {
        command().debug_assert();
    }
}
