//! Commands of `curl`, as browsers copy them or people write them.

use super::request::{ImportError, Recorded, body_of, parts_by_name};
use super::shell::{Command, commands};
use crate::model::exchange::{Body, FilePart, Part};

/// Options that take a value and say nothing of what is asked.
const BESIDE: &[&str] = &[
    "-c",
    "--cookie-jar",
    "-o",
    "--output",
    "--output-dir",
    "-m",
    "--max-time",
    "--connect-timeout",
    "-x",
    "--proxy",
    "-U",
    "--proxy-user",
    "-w",
    "--write-out",
    "--resolve",
    "--retry",
    "--retry-delay",
    "--retry-max-time",
    "--max-redirs",
    "--limit-rate",
    "-D",
    "--dump-header",
    "--trace",
    "--trace-ascii",
    "--stderr",
    "--interface",
    "--cacert",
    "--capath",
    "--ciphers",
];

/// Options without a value that say nothing of what is asked.
const FLAGS: &[&str] = &[
    "-s",
    "--silent",
    "-S",
    "--show-error",
    "-v",
    "--verbose",
    "-i",
    "--include",
    "-k",
    "--insecure",
    "-f",
    "--fail",
    "--fail-with-body",
    "--compressed",
    "-#",
    "--progress-bar",
    "--no-progress-meter",
    "-N",
    "--no-buffer",
    "-g",
    "--globoff",
    "-4",
    "-6",
    "--ipv4",
    "--ipv6",
    "-0",
    "--http1.0",
    "--http1.1",
    "--http2",
    "--http2-prior-knowledge",
    "-O",
    "--remote-name",
    "-J",
    "-R",
    "--basic",
    "-q",
    "-Z",
    "--parallel",
];

/// Options that take a value and that a step does not have.
const LEFT_OUT: &[&str] = &[
    "--user-agent",
    "--referer",
    "--config",
    "--cert",
    "--key",
    "--range",
    "--time-cond",
    "--aws-sigv4",
    "--url-query",
    "--variable",
];

/// Options of one letter that take a value, and may have it glued to them.
const LETTERS_WITH_VALUE: &str = "XHdFTubcoemxUwDAKErzYyC";

pub(super) fn read(text: &str) -> Result<(Vec<Recorded>, Vec<String>), ImportError> {
    if text.contains("^\"") || text.contains(" ^\n") || text.contains(" ^\r\n") {
        return Err(ImportError::OfCmd);
    }
    let (mut all, mut notes, mut is_curl) = (vec![], vec![], false);
    for command in commands(text)? {
        let Some(at) = command.words.iter().position(|word| is_program(word)) else {
            let first = command.words.first().map(String::as_str).unwrap_or_default();
            if !first.starts_with('#') {
                notes.push(format!("left out: the command `{first}`"));
            }
            continue;
        };
        is_curl = true;
        for part in command.words[at + 1..].split(|word| word == "--next" || word == "-:") {
            match asked(part, &command)? {
                Asked::Steps(steps) => all.extend(steps),
                Asked::NoStep(note) => notes.push(note),
            }
        }
    }
    if is_curl { Ok((all, notes)) } else { Err(ImportError::Neither) }
}

fn is_program(word: &str) -> bool {
    let name = word.rsplit('/').next().unwrap_or_default();
    matches!(name, "curl" | "curl.exe")
}

/// What became of one command.
enum Asked {
    /// A request for each of its URLs.
    Steps(Vec<Recorded>),
    /// No step has its method.
    NoStep(String),
}

/// What the options of a command say.
#[derive(Default)]
struct Said {
    method: Option<String>,
    urls: Vec<String>,
    headers: Vec<(String, String)>,
    /// Pieces of the body, joined by `&`.
    data: Vec<String>,
    /// Whether any data is JSON, whose pieces are joined by nothing.
    is_json: bool,
    parts: Vec<(String, Part)>,
    get: bool,
    head: bool,
    follow: bool,
    /// Whether it sends a file of which only the name is known.
    sends_file: bool,
    notes: Vec<String>,
}

/// The words of a command as options, each with its value where it takes one: `--data=x`, `-XPOST` and `-sSL` are taken apart.
fn options(words: &[String]) -> Vec<(String, Option<String>)> {
    let mut found = vec![];
    let mut words = words.iter().cloned();
    let mut only_urls = false;
    while let Some(word) = words.next() {
        if only_urls || word == "-" || !word.starts_with('-') {
            found.push((String::new(), Some(word)));
        } else if word == "--" {
            only_urls = true;
        } else if word.starts_with("--") {
            let (option, glued) = match word.split_once('=') {
                Some((option, value)) => (option.to_owned(), Some(value.to_owned())),
                None => (word, None),
            };
            let takes = takes_value(&option);
            let value = if takes { glued.or_else(|| words.next()) } else { None };
            found.push((option, value));
        } else {
            for (at, letter) in word[1..].char_indices() {
                let option = format!("-{letter}");
                if LETTERS_WITH_VALUE.contains(letter) {
                    let rest = &word[1 + at + letter.len_utf8()..];
                    let value = if rest.is_empty() { words.next() } else { Some(rest.to_owned()) };
                    found.push((option, value));
                    break;
                }
                found.push((option, None));
            }
        }
    }
    found
}

fn takes_value(option: &str) -> bool {
    const OWN: [&str; 15] = [
        "--request",
        "--url",
        "--header",
        "--data",
        "--data-raw",
        "--data-ascii",
        "--data-binary",
        "--data-urlencode",
        "--json",
        "--form",
        "--form-string",
        "--user",
        "--cookie",
        "--upload-file",
        "--oauth2-bearer",
    ];
    OWN.contains(&option) || BESIDE.contains(&option) || LEFT_OUT.contains(&option)
}

impl Said {
    fn option(&mut self, option: &str, value: Option<String>) {
        let text = value.unwrap_or_default();
        match option {
            "" | "--url" => self.urls.push(text),
            "-X" | "--request" => self.method = Some(text),
            "-H" | "--header" => self.header(&text),
            "-d" | "--data" | "--data-ascii" | "--data-binary" => self.data(text),
            "--data-raw" => self.data.push(text),
            "--data-urlencode" => self.encoded(&text),
            "--json" => {
                self.is_json = true;
                self.data(text);
                for (name, value) in [("Content-Type", "application/json"), ("Accept", "application/json")] {
                    if !self.headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name)) {
                        self.headers.push((name.to_owned(), value.to_owned()));
                    }
                }
            }
            "-F" | "--form" => self.part(&text),
            "--form-string" => {
                let (name, value) = text.split_once('=').unwrap_or((&text, ""));
                self.parts.push((name.to_owned(), Part::Field(value.into())));
            }
            "-G" | "--get" => self.get = true,
            "-I" | "--head" => self.head = true,
            "-L" | "--location" | "--location-trusted" => self.follow = true,
            "-u" | "--user" => {
                use base64::Engine as _;
                if !text.contains(':') {
                    self.notes.push(format!("-u {text} has no password, and is sent without one"));
                }
                let encoded =
                    base64::prelude::BASE64_STANDARD.encode(if text.contains(':') { text } else { text + ":" });
                self.headers.push(("Authorization".to_owned(), format!("Basic {encoded}")));
            }
            "--oauth2-bearer" => self.headers.push(("Authorization".to_owned(), format!("Bearer {text}"))),
            "-b" | "--cookie" if text.contains('=') => self.headers.push(("Cookie".to_owned(), text)),
            // A file of cookies, as `-c` writes it: a client keeps its cookies by itself.
            "-b" | "--cookie" => {}
            "-T" | "--upload-file" => {
                self.method.get_or_insert_with(|| "PUT".to_owned());
                self.file(&text, "`body`");
            }
            known if FLAGS.contains(&known) || BESIDE.contains(&known) => {}
            other => {
                let value = if text.is_empty() { String::new() } else { format!(" {text}") };
                self.notes.push(format!("left out: the option {other}{value}"));
            }
        }
    }

    fn header(&mut self, text: &str) {
        if let Some(file) = text.strip_prefix('@') {
            self.notes.push(format!("left out: the headers of the file {file}"));
        } else if let Some((name, value)) = text.split_once(':') {
            // `Name:` takes a header away that curl sends by itself.
            if !value.trim().is_empty() {
                self.headers.push((name.trim().to_owned(), value.trim().to_owned()));
            }
        } else if let Some(name) = text.strip_suffix(';') {
            self.headers.push((name.to_owned(), String::new()));
        }
    }

    fn data(&mut self, text: String) {
        match text.strip_prefix('@') {
            Some(file) => self.file(file, "`form`, `json` or `body`"),
            None => self.data.push(text),
        }
    }

    fn file(&mut self, file: &str, key: &str) {
        self.sends_file = true;
        self.notes.push(format!("left out: what it sends, which is in the file {file}; write it as {key}"));
    }

    /// `text`, `=text`, `name=text`, `@file` or `name@file`.
    fn encoded(&mut self, text: &str) {
        let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let at = text.find(['=', '@']);
        match at.map(|at| (&text[..at], &text[at..=at], &text[at + 1..])) {
            Some((_, "@", file)) => self.file(file, "`form`"),
            Some(("", _, value)) => self.data.push(encode(value)),
            Some((name, _, value)) => self.data.push(format!("{name}={}", encode(value))),
            None => self.data.push(encode(text)),
        }
    }

    /// `name=text`, `name=@file` or `name=<file`, each with `;type=…` and `;filename=…` behind it.
    fn part(&mut self, word: &str) {
        let Some((name, value)) = word.split_once('=') else {
            self.notes.push(format!("left out: -F {word}, which has no name"));
            return;
        };
        let (value, kind, file_name) = of_part(value);
        let (file, is_upload) = match value.chars().next() {
            Some('@') => (&value[1..], true),
            Some('<') => (&value[1..], false),
            _ => {
                if let Some(kind) = kind {
                    self.notes.push(format!("left out: the type {kind} of the part {name}, which is no file"));
                }
                self.parts.push((name.to_owned(), Part::Field(value.into())));
                return;
            }
        };
        self.notes.push(format!(
            "the content of {file} is not in the recording, and is sent empty: say it as `content` of {name}"
        ));
        if !is_upload {
            self.parts.push((name.to_owned(), Part::Field("".into())));
            return;
        }
        let file_name = file_name.unwrap_or_else(|| file.rsplit('/').next().unwrap_or(file).to_owned());
        let part = FilePart { file_name, content_type: kind, content: String::new() };
        self.parts.push((name.to_owned(), Part::File(part)));
    }
}

/// A part's value, the type and the name of a file that are said of it.
fn of_part(written: &str) -> (String, Option<String>, Option<String>) {
    let (mut kind, mut file_name) = (None, None);
    let mut pieces = written.split(';');
    let mut value = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        match piece.trim_start().split_once('=') {
            Some(("type", said)) => kind = Some(said.to_owned()),
            Some(("filename", said)) => file_name = Some(said.trim_matches('"').to_owned()),
            Some(("headers" | "encoder" | "charset", _)) => {}
            _ => value = format!("{value};{piece}"),
        }
    }
    let unquoted = |text: &str| text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).map(str::to_owned);
    let file = value.strip_prefix('@').and_then(unquoted).map(|file| format!("@{file}"));
    let value = file.or_else(|| unquoted(&value)).unwrap_or(value);
    (value, kind, file_name)
}

fn asked(words: &[String], command: &Command) -> Result<Asked, ImportError> {
    let mut said = Said::default();
    for (option, value) in options(words) {
        said.option(&option, value);
    }
    if !command.variables.is_empty() {
        let names = command.variables.join(", ");
        said.notes.push(format!("the shell has not put in what {names} stands for: say it here"));
    }
    if said.head {
        let url = said.urls.first().map(String::as_str).unwrap_or_default();
        return Ok(Asked::NoStep(format!("left out: HEAD {url}, a method that no step has")));
    }
    let sends = !said.data.is_empty() || !said.parts.is_empty();
    let stock = if (sends || said.sends_file) && !said.get { "POST" } else { "GET" };
    let joined = said.data.join(if said.is_json { "" } else { "&" });
    let kind = said.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    let kind = kind.map_or("application/x-www-form-urlencoded", |(_, kind)| kind.as_str());
    let (body, mut notes) = match (sends && !said.get, said.parts.is_empty()) {
        (false, _) => (None, vec![]),
        (true, false) => {
            let (parts, notes) = parts_by_name(said.parts);
            (Some(Body::Multipart(parts)), notes)
        }
        (true, true) => (Some(body_of(kind, &joined)), vec![]),
    };
    notes.extend(said.notes);
    let of_url = |url: &String| {
        let query = if url.contains('?') { '&' } else { '?' };
        let url = if said.get && sends { format!("{url}{query}{joined}") } else { url.clone() };
        let mut recorded = Recorded::of(said.method.as_deref().unwrap_or(stock), &url)?;
        (recorded.body, recorded.follow, recorded.notes) = (body.clone(), said.follow, notes.clone());
        Ok(recorded.with_headers(said.headers.iter().cloned()))
    };
    if said.urls.is_empty() {
        return Err(ImportError::Url(String::new()));
    }
    said.urls.iter().map(of_url).collect::<Result<Vec<_>, _>>().map(Asked::Steps)
}
