//! The commands of a start script.

/// A command.
#[derive(Debug)]
pub(super) struct Command {
    /// Its words, with their quotes.
    pub(super) text: String,
    /// Whether it is done whatever happens: outside of a branch, a loop and a function.
    pub(super) is_sure: bool,
    pub(super) is_windows: bool,
}

/// Words of a shell before a command.
const BEFORE: [&str; 9] = ["then", "else", "do", "{", "export", "readonly", "local", "declare", "typeset"];
/// Commands whose words are no options of Java.
const ASKING: [&str; 6] = ["echo", "printf", "[", "[[", "test", "grep"];

/// The commands of a script, in their order.
pub(super) fn commands(script: &str) -> Vec<Command> {
    let is_windows = script.lines().any(is_of_windows);
    let continued = if is_windows { ["^\r\n", "^\n"] } else { ["\\\r\n", "\\\n"] };
    let script = script.replace(continued[0], " ").replace(continued[1], " ");
    if is_windows { of_windows(&script) } else { of_unix(&script) }
}

fn is_of_windows(line: &str) -> bool {
    let line = line.trim_start().trim_start_matches('@').to_ascii_lowercase();
    let sets = line.strip_prefix("set ").map(|rest| rest.trim_start().trim_start_matches('"'));
    ["rem ", "echo off", "setlocal", "if exist ", "if not exist "].iter().any(|start| line.starts_with(start))
        || sets.and_then(|rest| rest.split_once('=')).is_some_and(|(name, _)| is_name(name.trim()))
}

fn of_windows(script: &str) -> Vec<Command> {
    let mut all = vec![];
    let (mut depth, mut jumps) = (0_usize, false);
    for line in script.lines() {
        let line = line.trim().trim_start_matches('@');
        let lower = line.to_ascii_lowercase();
        if lower.starts_with(':') || lower == "rem" || lower.starts_with("rem ") {
            continue;
        }
        depth = depth.saturating_sub(usize::from(line.starts_with(')')));
        let is_branch = lower.starts_with("if ") || lower.starts_with("for ");
        jumps |= lower.split_whitespace().any(|word| word == "goto");
        let is_sure = depth == 0 && !is_branch && !jumps;
        all.push(Command { text: line.to_owned(), is_sure, is_windows: true });
        depth += usize::from(line.ends_with('('));
    }
    all
}

fn of_unix(script: &str) -> Vec<Command> {
    let mut all = vec![];
    let (mut text, mut quote) = (String::new(), None);
    let (mut depth, mut is_conditional) = (0_usize, false);
    let mut characters = script.chars().chain(['\n']).peekable();
    while let Some(c) = characters.next() {
        match (c, quote) {
            ('\\', None | Some('"')) => {
                text.push(c);
                text.extend(characters.next());
            }
            ('"' | '\'', None) => {
                quote = Some(c);
                text.push(c);
            }
            (_, Some(open)) => {
                quote = Some(open).filter(|open| *open != c);
                text.push(c);
            }
            ('#', None) if text.is_empty() || text.ends_with(char::is_whitespace) => {
                while characters.next_if(|c| *c != '\n').is_some() {}
            }
            ('\n' | ';' | '&' | '|', None) => {
                let command = text.trim();
                let first = command.split_whitespace().next().unwrap_or_default();
                let closes = matches!(first, "fi" | "esac" | "done" | "}");
                depth = depth.saturating_sub(usize::from(closes));
                let opens = matches!(first, "if" | "case" | "for" | "while" | "until" | "select");
                let opens_body =
                    first == "{" || (first == "function" || command.contains("()")) && command.contains('{');
                depth += usize::from(opens || opens_body);
                if !command.is_empty() {
                    let is_sure = depth == 0 && !is_conditional;
                    all.push(Command { text: command.to_owned(), is_sure, is_windows: false });
                }
                text.clear();
                is_conditional = matches!(c, '&' | '|') && characters.next_if_eq(&c).is_some();
            }
            _ => text.push(c),
        }
    }
    all
}

impl Command {
    /// Whether it has another script, or a text, done in its place.
    pub(super) fn calls_another(&self) -> bool {
        let calls: &[&str] = if self.is_windows { &["call"] } else { &[".", "source", "eval"] };
        let is_call = |word: &str| calls.iter().any(|call| call.eq_ignore_ascii_case(word));
        let mut words = self.text.split_whitespace().skip_while(|word| BEFORE.contains(word) || word.ends_with(')'));
        if self.is_windows { words.any(is_call) } else { words.next().is_some_and(is_call) }
    }

    /// `-Dname=value` in it, with or without quotes; without a value where that depends on something else.
    pub(super) fn java_options(&self) -> Vec<(String, Option<String>)> {
        if self.text.split_whitespace().next().is_some_and(|word| ASKING.contains(&word)) {
            return vec![];
        }
        let options = self.text.match_indices("-D").map(|(at, _)| &self.text[at + 2..]);
        let pairs = options.filter_map(|option| {
            let (name, rest) = option.split_once('=')?;
            let value = rest.trim_start_matches(['"', '\'']);
            let value = value.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'')).next()?;
            let is_name =
                !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'));
            is_name.then(|| (name.to_owned(), plain(value)))
        });
        pairs.collect()
    }

    /// The variables that it sets; without a value where that depends on something else.
    pub(super) fn assignments(&self) -> Vec<(String, Option<String>)> {
        if self.is_windows {
            let lower = self.text.to_ascii_lowercase();
            let at = lower.match_indices("set ").find(|(at, _)| *at == 0 || lower[..*at].ends_with([' ', '(', '&']));
            let set = at.map(|(at, _)| self.text[at + 4..].trim().trim_end_matches(')').trim_matches('"'));
            return set.and_then(assignment).into_iter().collect();
        }
        let words = words(&self.text);
        let mut words = words.iter().map(String::as_str).peekable();
        if words.next_if(|word| matches!(*word, "read" | "unset")).is_some() {
            return words.filter(|word| is_name(word)).map(|word| (word.to_owned(), None)).collect();
        }
        // Of `case $X in a) NAME=VALUE` and the like only the name matters: what is in a branch is not known.
        while words.next_if(|word| BEFORE.contains(word) || !self.is_sure && !word.contains('=')).is_some() {}
        let mut all = vec![];
        for word in words {
            match assignment(word) {
                Some(set) => all.push(set),
                // `NAME=VALUE command` sets it for the command.
                None if self.is_sure && !word.starts_with(['<', '>', '-']) => return vec![],
                None => {}
            }
        }
        all
    }
}

fn assignment(word: &str) -> Option<(String, Option<String>)> {
    let (name, value) = word.split_once('=')?;
    let appends = name.ends_with('+');
    let name = name.trim_end_matches('+').trim();
    let value = plain(value.trim().trim_matches(['"', '\''])).filter(|_| !appends);
    is_name(name).then(|| (name.to_owned(), value))
}

/// A value that depends on nothing.
fn plain(value: &str) -> Option<String> {
    (!value.contains(['$', '`', '%'])).then(|| value.to_owned())
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !name.starts_with(|c: char| c.is_ascii_digit())
}

/// The words of a command, with their quotes.
fn words(command: &str) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut quote = None;
    for c in command.chars() {
        match (c, quote) {
            ('"' | '\'', None) => quote = Some(c),
            (_, Some(open)) if open == c => quote = None,
            (c, None) if c.is_whitespace() => {
                all.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(last) = all.last_mut() {
            last.push(c);
        }
    }
    all.retain(|word| !word.is_empty());
    all
}
