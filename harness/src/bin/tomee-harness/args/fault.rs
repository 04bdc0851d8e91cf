//! A command for each fault that a scenario knows, by the same word and with the same keys.

use clap::{Arg, ArgMatches, Args as _, Command, FromArgMatches, Subcommand};
use serde_json::{Map, Value};
use tomee_harness::model::{ClientName, FaultKind, Millis, NodeName, Target};

use super::by_hand::NameArgs;

/// A fault, and which cluster it is for.
#[derive(Debug, Clone)]
pub(crate) struct FaultCommand {
    pub(crate) kind: FaultKind,
    /// As a scenario writes it.
    pub(crate) step: Map<String, Value>,
    /// Where sides are named instead of a node: the nodes of each.
    pub(crate) sides: Vec<Vec<NodeName>>,
    pub(crate) name: NameArgs,
}

/// A fault by its name.
pub(crate) fn parse_kind(text: &str) -> Result<FaultKind, String> {
    let all = || FaultKind::ALL.iter().map(ToString::to_string).collect::<Vec<_>>();
    let found = FaultKind::ALL.iter().copied().find(|kind| kind.to_string() == text);
    found.ok_or_else(|| format!("expected one of {}", all().join(", ")))
}

/// Other words for a fault.
fn alias(kind: FaultKind) -> Option<&'static str> {
    (kind == FaultKind::PacketLoss).then_some("loss")
}

impl Subcommand for FaultCommand {
    fn augment_subcommands(command: Command) -> Command {
        FaultKind::ALL.iter().fold(command, |command, kind| command.subcommand(subcommand(*kind)))
    }

    fn augment_subcommands_for_update(command: Command) -> Command {
        Self::augment_subcommands(command)
    }

    fn has_subcommand(name: &str) -> bool {
        parse_kind(name).is_ok()
    }
}

impl FromArgMatches for FaultCommand {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let unknown = || clap::Error::raw(clap::error::ErrorKind::InvalidSubcommand, "there is no such fault");
        let (name, matches) = matches.subcommand().ok_or_else(unknown)?;
        let kind = parse_kind(name).map_err(|_| unknown())?;
        let word = |id: &str| matches.try_get_one::<String>(id).ok().flatten().cloned();
        let mut step = Map::new();
        let words: Vec<&String> = matches.get_many("node").into_iter().flatten().collect();
        let sides = match &words[..] {
            [one] if !one.contains([',', '/']) => {
                let target: Target = one.parse().map_err(|error| invalid(&error))?;
                step.insert(kind.to_string(), target.to_string().into());
                vec![]
            }
            words => sides(words).map_err(|error| invalid(&error))?,
        };
        for parameter in kind.about().parameters {
            if let Some(text) = word(parameter.key) {
                // A number is one in a scenario, too; all else is a word.
                let value = text.parse::<u64>().map_or(Value::String(text), Value::from);
                step.insert(parameter.key.to_owned(), value);
            }
        }
        if let Some(time) = word("for") {
            step.insert("for".to_owned(), time.into());
        }
        if let Some(client) = matches.get_one::<ClientName>("client") {
            step.insert("client".to_owned(), client.to_string().into());
        }
        Ok(Self { kind, step, sides, name: NameArgs::from_arg_matches(matches)? })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

fn subcommand(kind: FaultKind) -> Command {
    let about = kind.about();
    let (first, rest) = about.does.split_at(1);
    // What a scenario writes in backquotes is no help for a terminal.
    let does = format!("{}{rest}", first.to_uppercase()).replace('`', "");
    let node = Arg::new("node").value_name("NODE").required(true);
    let node = if kind.is_partition() {
        node.num_args(1..).help(
            "The node, or its role: owner, backup, neither, oldest, watcher; or the sides, as n1,n2 / n3, of which at \
             most one has several nodes",
        )
    } else {
        node.value_parser(parse_target).help("The node, or its role: owner, backup, neither, oldest, watcher")
    };
    let client = Arg::new("client")
        .long("client")
        .value_name("CLIENT")
        .value_parser(clap::value_parser!(ClientName))
        .help("Whose session the role is about [default: alice]");
    let mut command = Command::new(kind.to_string()).arg(node).arg(client);
    if let Some(alias) = alias(kind) {
        command = command.visible_alias(alias);
    }
    for parameter in about.parameters {
        // Help has no backticks; messages have.
        let expected = parameter.expected.replace('`', "");
        let help = format!("{}{}", expected[..1].to_uppercase(), &expected[1..]);
        command = command.arg(
            Arg::new(parameter.key)
                .long(parameter.key)
                .value_name("VALUE")
                .required(true)
                .allow_hyphen_values(true)
                .help(help),
        );
    }
    if kind.is_undone_in_place() {
        let lasting = Arg::new("for").long("for").value_name("TIME").value_parser(parse_time);
        command =
            command.arg(lasting.help("Undo it after this time, for example 10s; also when the terminal is closed"));
    }
    // Behind the arguments, which bring the words of their own type.
    NameArgs::augment_args(command).about(does)
}

fn parse_target(text: &str) -> Result<String, String> {
    text.parse::<Target>().map(|_| text.to_owned()).map_err(|error| error.to_string())
}

fn invalid(error: &dyn std::fmt::Display) -> clap::Error {
    clap::Error::raw(clap::error::ErrorKind::InvalidValue, format!("invalid NODE: {error}\n"))
}

/// The sides of a partition, as `n1,n2 / n3`.
fn sides(words: &[&String]) -> Result<Vec<Vec<NodeName>>, String> {
    let text = words.iter().map(|word| word.as_str()).collect::<Vec<_>>().join(" ");
    let side = |side: &str| {
        let names = side.split([',', ' ']).filter(|name| !name.is_empty());
        names.map(|name| NodeName::new(name).map_err(|error| error.to_string())).collect::<Result<Vec<_>, _>>()
    };
    let sides = text.split('/').map(side).collect::<Result<Vec<_>, _>>()?;
    if sides.len() < 2 || sides.iter().any(Vec::is_empty) {
        return Err("expected a node, or sides as n1,n2 / n3".to_owned());
    }
    Ok(sides)
}

fn parse_time(text: &str) -> Result<String, String> {
    let parsed: Result<Millis, _> = text.parse();
    parsed.map(|_| text.to_owned()).map_err(|_| "invalid duration, expected for example 10s".to_owned())
}
