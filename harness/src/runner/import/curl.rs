//! Commands of `curl`, as browsers copy them.

use super::request::{ImportError, Recorded, body_of};
use crate::cluster::client::Url;
use crate::model::exchange::{Body, FilePart, Part};

/// Options that take a value and say nothing of the request.
const BESIDE: [&str; 14] = [
    "-b",
    "--cookie",
    "-c",
    "--cookie-jar",
    "-o",
    "--output",
    "-m",
    "--max-time",
    "--connect-timeout",
    "-x",
    "--proxy",
    "-w",
    "--write-out",
    "--resolve",
];

pub(super) fn read(text: &str) -> Result<Vec<Recorded>, ImportError> {
    let commands = commands(text)?;
    let curls: Vec<_> = commands.into_iter().filter(|words| words.first().is_some_and(|word| word == "curl")).collect();
    if curls.is_empty() { Err(ImportError::Neither) } else { curls.iter().map(|words| recorded(&words[1..])).collect() }
}

fn recorded(words: &[String]) -> Result<Recorded, ImportError> {
    let (mut method, mut url, mut headers, mut data, mut get) = (None, None, vec![], vec![], false);
    let mut parts = vec![];
    let mut words = words.iter();
    while let Some(word) = words.next() {
        // As `--request=POST` and `-XPOST`.
        let (option, mut glued) = match word.split_once('=') {
            Some((option, value)) if option.starts_with("--") => (option, Some(value.to_owned())),
            _ if word.starts_with('-') && !word.starts_with("--") && word.len() > 2 && word.is_char_boundary(2) => {
                (&word[..2], Some(word[2..].to_owned()))
            }
            _ => (word.as_str(), None),
        };
        let mut value = || glued.take().or_else(|| words.next().cloned()).unwrap_or_default();
        match option {
            "-X" | "--request" => method = Some(value()),
            "--url" => url = Some(value()),
            "-H" | "--header" => {
                let header = value();
                headers.extend(header.split_once(':').map(|(name, value)| (name.to_owned(), value.trim().to_owned())));
            }
            "-d" | "--data" | "--data-raw" | "--data-ascii" | "--data-binary" => data.push(value()),
            "--data-urlencode" => {
                let value = value();
                let (name, text) = value.split_once('=').unwrap_or((&value, ""));
                let encoded = Url::parse_with_params("http://none.invalid/", [(name, text)]);
                data.push(encoded.ok().and_then(|url| url.query().map(str::to_owned)).unwrap_or_default());
            }
            "--json" => {
                data.push(value());
                headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
            }
            "-F" | "--form" | "--form-string" => parts.extend(part(&value())),
            "-G" | "--get" => get = true,
            "-u" | "--user" => {
                use base64::Engine as _;
                let encoded = base64::prelude::BASE64_STANDARD.encode(value());
                headers.push(("Authorization".to_owned(), format!("Basic {encoded}")));
            }
            other if BESIDE.contains(&other) => drop(value()),
            other if other.starts_with('-') => {}
            _ => url = Some(word.clone()),
        }
    }
    let sends = !data.is_empty() || !parts.is_empty();
    let stock = if sends && !get { "POST" } else { "GET" };
    let mut url = url.unwrap_or_default();
    if get && sends {
        url = format!("{url}{}{}", if url.contains('?') { '&' } else { '?' }, data.join("&"));
    }
    let mut recorded = Recorded::of(method.as_deref().unwrap_or(stock), &url)?;
    let kind =
        headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type")).map(|(_, kind)| kind.as_str());
    recorded.body = match (sends && !get, parts.is_empty()) {
        (false, _) => None,
        (true, false) => Some(Body::Multipart(parts.into_iter().collect())),
        (true, true) => Some(body_of(kind.unwrap_or("application/x-www-form-urlencoded"), &data.join("&"))),
    };
    Ok(recorded.with_headers(headers))
}

/// The part of `name=text` or `name=@file;type=…`, of which what is in the file is not known.
fn part(word: &str) -> Option<(String, Part)> {
    let (name, value) = word.split_once('=')?;
    let Some(file) = value.strip_prefix(['@', '<']) else { return Some((name.to_owned(), Part::Field(value.into()))) };
    let (file, kind) = file.split_once(";type=").map_or((file, None), |(file, kind)| (file, Some(kind.to_owned())));
    let file_name = file.rsplit('/').next().unwrap_or(file).to_owned();
    Some((name.to_owned(), Part::File(FilePart { file_name, content_type: kind, content: String::new() })))
}

/// The commands of a shell, each as its words: quotes, `$'…'`, and lines that go on behind a backslash.
fn commands(text: &str) -> Result<Vec<Vec<String>>, ImportError> {
    let (mut commands, mut words, mut word) = (vec![], vec![], None::<String>);
    let (mut letters, mut line) = (text.chars().peekable(), 1);
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some('\r') => drop(letters.next_if_eq(&'\n')),
                Some('\n') | None => line += 1,
                Some(other) => word.get_or_insert_default().push(other),
            },
            '\'' | '"' => quoted(letter, &mut letters, word.get_or_insert_default()).ok_or(ImportError::Quote(line))?,
            '$' if letters.next_if_eq(&'\'').is_some() => {
                quoted('$', &mut letters, word.get_or_insert_default()).ok_or(ImportError::Quote(line))?;
            }
            '\n' | ';' | '&' | '|' if letter == '\n' || word.is_none() => {
                line += usize::from(letter == '\n');
                words.extend(word.take());
                commands.push(std::mem::take(&mut words));
            }
            ' ' | '\t' | '\r' => words.extend(word.take()),
            other => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    commands.push(words);
    Ok(commands.into_iter().filter(|words| !words.is_empty()).collect())
}

/// What is between quotes, behind the first; `$` stands for `$'`. `None` where there is no last.
fn quoted(quote: char, letters: &mut impl Iterator<Item = char>, word: &mut String) -> Option<()> {
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
                'u' => {
                    let digits: String = (0..4).map_while(|_| letters.next()).collect();
                    word.extend(u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32));
                }
                other => word.push(other),
            },
            other => word.push(other),
        }
    }
}
