//! The words of a body: what of a page may be held against what it said before.

use std::collections::{BTreeMap, BTreeSet};

use super::super::operations::stem;
use super::super::requests::Request;
use super::super::view::View;
use crate::history::Event;
use crate::model::SessionId;

/// How often each word stands in a body.
pub(super) type Words<'b> = BTreeMap<&'b str, usize>;

/// What differs from node to node and from client to client legitimately: names and ports of nodes, and ids of sessions.
pub(super) fn of_the_run(view: &View<'_>) -> BTreeSet<String> {
    let mut own: BTreeSet<String> = view.plan.topology.names().map(ToString::to_string).collect();
    for (_, _, event) in view.events() {
        if let Event::Addressed { endpoints } = event {
            own.extend(
                endpoints
                    .nodes
                    .values()
                    .flat_map(|node| [node.http_port, node.receiver_port].map(|port| port.to_string())),
            );
        }
    }
    let ids = view
        .requests
        .iter()
        .flat_map(|request| request.sent.map(SessionId::stem).into_iter().chain(request.received.map(stem)));
    own.extend(ids.map(str::to_owned));
    own
}

/// How the answers to one page are read: without what is of the run, and without tokens that it has anew each time.
#[derive(Debug, Clone)]
pub(super) struct Reading<'o, 'a> {
    own: &'o BTreeSet<String>,
    /// Texts that look like tokens and stood in both of two answers.
    steady: BTreeSet<&'a str>,
}

/// So many bytes at the end of what is kept of a long body may be behind the edge in the next answer.
const EDGE: usize = 512;

impl<'o, 'a> Reading<'o, 'a> {
    /// A token is told from an order number by its values, not by its form: it is another one in each answer.
    pub(super) fn of(own: &'o BTreeSet<String>, last: &Request<'a>, before: Option<&Request<'a>>) -> Self {
        let tokens = |request: &Request<'a>| texts(request).into_iter().flatten().filter(|text| is_token(text));
        let earlier: BTreeSet<&str> = before.into_iter().flat_map(tokens).collect();
        Self { own, steady: tokens(last).filter(|token| earlier.contains(token)).collect() }
    }

    /// How often each word stands in what is kept of a body; `None` where nothing is.
    pub(super) fn words(&self, request: &Request<'a>) -> Option<Words<'a>> {
        self.sequence(request).map(counted)
    }

    /// The same of what must be in what is kept of another answer that is no longer: without the end of a long one.
    pub(super) fn due(&self, request: &Request<'a>) -> Option<Words<'a>> {
        let reply = request.reply?;
        let Some(body) = reply.body.as_deref().filter(|_| reply.whole_body().is_none()) else {
            return self.words(request);
        };
        let end = body.floor_char_boundary(body.len().saturating_sub(EDGE));
        let mut texts = split(&body[..end]);
        // It may be cut off.
        texts.pop();
        Some(counted(self.read(texts)))
    }

    /// The words of what is kept of a body in their order; `None` where nothing is.
    pub(super) fn sequence(&self, request: &Request<'a>) -> Option<Vec<&'a str>> {
        Some(self.read(texts(request)?))
    }

    fn read(&self, texts: Vec<&'a str>) -> Vec<&'a str> {
        let mut words = Vec::new();
        for text in texts {
            let number = text.trim_matches(|letter: char| !letter.is_ascii_digit());
            if is_decimal(number) && text.len() <= number.len() + 2 {
                words.push(number);
                continue;
            }
            let mut parts = text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
            if !is_token(text) || parts.clone().any(|part| self.own.contains(part)) {
                words.extend(parts.filter(|word| !self.own.contains(*word)));
            } else if self.steady.contains(text) {
                // What is put together of plain words is said by each of them.
                let of_words = parts.clone().all(is_plain);
                words.extend(if of_words { parts.by_ref().collect() } else { vec![text] });
            }
        }
        words
    }
}

/// How often each of some words is there.
pub(super) fn counted(all: Vec<&str>) -> Words<'_> {
    let mut words = Words::new();
    for word in all {
        *words.entry(word).or_default() += 1;
    }
    words
}

/// The texts of a body that may be tokens, in their order; of a long one those of what is kept, without the last, which may be
/// cut off.
fn texts<'a>(request: &Request<'a>) -> Option<Vec<&'a str>> {
    let reply = request.reply?;
    match (reply.whole_body(), reply.body.as_deref()) {
        (Some(body), _) => Some(split(body)),
        (None, Some(body)) => {
            let mut texts = split(body);
            texts.pop();
            Some(texts)
        }
        (None, None) => (reply.status == 204).then(Vec::new),
    }
}

fn split(body: &str) -> Vec<&str> {
    body.split(|letter: char| !is_of_a_token(letter)).collect()
}

/// Whether two bodies can be compared by what is kept of them: of a long one that grew, words may have moved behind the edge.
pub(super) fn is_comparable(before: &Request<'_>, after: &Request<'_>) -> bool {
    let bytes = |request: &Request<'_>| {
        let reply = request.reply?;
        let kept = reply.body.as_ref().map_or(0, String::len);
        Some(kept + usize::try_from(reply.rest.as_ref().map_or(0, |rest| rest.bytes)).unwrap_or(usize::MAX / 2))
    };
    let cut =
        |request: &Request<'_>| request.reply.is_some_and(|reply| reply.body.is_some() && reply.whole_body().is_none());
    let grown = bytes(after).unwrap_or(0).saturating_sub(bytes(before).unwrap_or(0));
    !cut(after) || grown < EDGE
}

/// Whether it says something, and is no time, number or hash.
pub(super) fn is_plain(word: &str) -> bool {
    word.chars().all(char::is_alphabetic)
}

pub(super) fn is_number(word: &str) -> bool {
    is_decimal(word) || (!word.is_empty() && word.chars().all(|letter| letter.is_ascii_digit()))
}

/// A number with a fraction, as a price is.
fn is_decimal(word: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.chars().all(|letter| letter.is_ascii_digit());
    word.split_once('.').is_some_and(|(whole, fraction)| digits(whole) && digits(fraction))
}

/// The value of one.
pub(super) fn number(word: &str) -> Option<f64> {
    word.parse().ok().filter(|_| is_number(word))
}

/// The words between which a number stands in a page, of which those that are numbers are taken as one.
pub(super) fn places<'a>(sequence: &[&'a str], number: &str) -> BTreeSet<[Option<&'a str>; 2]> {
    let word = |place: Option<usize>| {
        let word = *sequence.get(place?)?;
        Some(if is_number(word) { "0" } else { word })
    };
    let all = sequence.iter().enumerate().filter(|(_, word)| **word == number);
    all.map(|(place, _)| [word(place.checked_sub(1)), word(place.checked_add(1))]).collect()
}

/// What stands behind the number of how long something took.
pub(super) fn is_unit_of_time(word: &str) -> bool {
    matches!(word, "ms" | "s" | "us" | "ns")
}

/// What tells when something was: another word each day, or after a while.
const TIMES: &str = "just now ago moment moments second seconds minute minutes hour hours day days week weeks today tomorrow yesterday morning afternoon evening night noon midnight monday tuesday \
                     wednesday thursday friday saturday sunday mon tue wed thu fri sat sun jan feb mar apr jun jul aug sep oct nov dec";

/// Whether a word tells when something was.
pub(super) fn says_when(word: &str) -> bool {
    TIMES.split(' ').any(|time| word.eq_ignore_ascii_case(time))
}

/// Whether a word that stood in each answer is due in the next one: it is no number, which may be a time of day, and no time or
/// size with its unit, as `12ms`.
pub(super) fn is_lasting(word: &str) -> bool {
    const UNITS: [&str; 20] = [
        "T", "Z", "TZ", "s", "ms", "us", "ns", "m", "h", "d", "min", "sec", "am", "pm", "AM", "PM", "B", "KB", "MB",
        "kB",
    ];
    if says_when(word) {
        return false;
    }
    // The id of a container or the hash of a build is a node's own.
    let hash = (6..=12).contains(&word.len()) && word.chars().all(|letter| matches!(letter, '0'..='9' | 'a'..='f'));
    if hash && !is_plain(word) {
        return false;
    }
    let letters: String = word.chars().filter(|letter| letter.is_alphabetic()).collect();
    !letters.is_empty() && (is_plain(word) || !UNITS.contains(&letters.as_str()))
}

/// A text that is shorter is no token.
const TOKEN: usize = 12;

/// Whether a letter may stand in a token, as in base64 for URLs or not.
fn is_of_a_token(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '-' | '_' | '+' | '/' | '=' | '.')
}

/// Whether a text may be a token that a page has anew each time, as against forged requests, or for the state of a view.
fn is_token(text: &str) -> bool {
    let has = |fits: fn(char) -> bool| text.chars().any(fits);
    let letters = has(char::is_alphabetic);
    let mixed = has(char::is_lowercase) && text.chars().skip(1).any(char::is_uppercase);
    text.len() >= TOKEN && letters && (has(|letter| letter.is_ascii_digit()) || mixed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lasts_is_no_time_and_no_number() {
        for (word, lasting) in [
            ("book", true),
            ("12A", true),
            ("MBP16-2023-512GB", true),
            ("ORD-20261130-0001", true),
            ("m", true),
            ("gold", true),
            ("Monday", false),
            ("ago", false),
            ("4f3a9c", false),
            ("3f2a9c1b4d5e", false),
            ("facade", true),
            ("12ms", false),
            ("05Z", false),
            ("2026-11-30T09", false),
            ("512MB", false),
            ("4711", false),
            ("12.50", false),
        ] {
            assert_eq!(is_lasting(word), lasting, "{word}");
        }
    }
}
