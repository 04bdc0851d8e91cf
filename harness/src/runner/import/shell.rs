//! The words of a shell.

use super::request::ImportError;

/// A command, as its words.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Command {
    pub(super) words: Vec<String>,
    /// What a shell would have put something in the place of, as `$TOKEN`, outside of single quotes.
    pub(super) variables: Vec<String>,
}

/// The commands of a shell: quotes, `$'…'`, comments, and lines that go on behind a backslash.
pub(super) fn commands(text: &str) -> Result<Vec<Command>, ImportError> {
    let (mut commands, mut command, mut word) = (vec![], Command::default(), None::<String>);
    let (mut letters, mut line) = (text.chars().peekable(), 1);
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some('\r') => {
                    letters.next_if_eq(&'\n');
                    line += 1;
                }
                Some('\n') | None => line += 1,
                Some(other) => word.get_or_insert_default().push(other),
            },
            '\'' | '"' => {
                quoted(letter, &mut letters, (word.get_or_insert_default(), &mut command.variables))
                    .ok_or(ImportError::Quote(line))?;
            }
            '$' if letters.next_if_eq(&'\'').is_some() => {
                quoted('$', &mut letters, (word.get_or_insert_default(), &mut command.variables))
                    .ok_or(ImportError::Quote(line))?;
            }
            '#' if word.is_none() => while letters.next_if(|letter| *letter != '\n').is_some() {},
            '\n' | ';' | '&' | '|' if letter == '\n' || word.is_none() => {
                line += usize::from(letter == '\n');
                command.words.extend(word.take());
                commands.push(std::mem::take(&mut command));
            }
            ' ' | '\t' | '\r' => command.words.extend(word.take()),
            other => {
                if matches!(other, '$' | '`') {
                    command.variables.extend(variable(other, &mut letters.clone()));
                }
                word.get_or_insert_default().push(other);
            }
        }
    }
    command.words.extend(word);
    commands.push(command);
    Ok(commands.into_iter().filter(|command| !command.words.is_empty()).collect())
}

/// What a shell would replace, behind its first letter.
fn variable(first: char, behind: &mut impl Iterator<Item = char>) -> Option<String> {
    if first == '`' {
        return Some("`…`".to_owned());
    }
    match behind.next()? {
        '(' => Some("$(…)".to_owned()),
        '{' => Some(format!("${{{}}}", behind.take_while(|letter| *letter != '}').collect::<String>())),
        letter if letter.is_ascii_alphabetic() || letter == '_' => {
            let rest: String = behind.take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '_').collect();
            Some(format!("${letter}{rest}"))
        }
        _ => None,
    }
}

/// What is between quotes, behind the first; `$` stands for `$'`. `None` where there is no last.
fn quoted(
    quote: char,
    letters: &mut (impl Iterator<Item = char> + Clone),
    (word, variables): (&mut String, &mut Vec<String>),
) -> Option<()> {
    let end = if quote == '"' { '"' } else { '\'' };
    loop {
        let letter = letters.next()?;
        match letter {
            letter if letter == end => return Some(()),
            '\\' if quote == '"' => match letters.next()? {
                '\n' => {}
                escaped @ ('"' | '\\' | '$' | '`') => word.push(escaped),
                other => word.extend(['\\', other]),
            },
            '\\' if quote == '$' => match letters.next()? {
                'n' => word.push('\n'),
                'r' => word.push('\r'),
                't' => word.push('\t'),
                'u' => word.extend(number(letters, 4)),
                'x' => word.extend(number(letters, 2)),
                other => word.push(other),
            },
            other => {
                if quote == '"' && matches!(other, '$' | '`') {
                    variables.extend(variable(other, &mut letters.clone()));
                }
                word.push(other);
            }
        }
    }
}

/// The letter of a number in hexadecimal.
fn number(letters: &mut impl Iterator<Item = char>, digits: usize) -> Option<char> {
    let digits: String = (0..digits).map_while(|_| letters.next()).collect();
    u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32)
}
