//! HAR 1.2, as browsers save it.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;

use super::multipart;
use super::request::{ImportError, Recorded, RecordedAnswer, body_of, parts_by_name};
use super::written::fields;
use crate::history::body::beginning;
use crate::model::exchange::{Body, FilePart, Part};

#[derive(Deserialize)]
struct Har {
    log: Log,
}

#[derive(Deserialize)]
struct Log {
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    request: Request,
    #[serde(default)]
    response: Response,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    method: String,
    url: String,
    #[serde(default)]
    headers: Vec<Named>,
    post_data: Option<PostData>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
    #[serde(default)]
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PostData {
    #[serde(default)]
    mime_type: String,
    #[serde(default)]
    params: Vec<Param>,
    #[serde(default)]
    text: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Param {
    name: String,
    #[serde(default)]
    value: String,
    file_name: Option<String>,
    content_type: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Response {
    status: i64,
    headers: Vec<Named>,
    content: Content,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Content {
    text: String,
    encoding: String,
}

pub(super) fn read(text: &str) -> Result<(Vec<Recorded>, Vec<String>), ImportError> {
    let har: Har = serde_json::from_str(text).map_err(ImportError::Har)?;
    let (mut all, mut notes) = (vec![], vec![]);
    for entry in har.log.entries {
        let (method, url) = (entry.request.method.clone(), entry.request.url.clone());
        if !url.starts_with("http") {
            notes.push(format!("left out: {}, which is not asked by HTTP", beginning(&url, SHOWN)));
            continue;
        }
        match entry.recorded() {
            Ok(recorded) => all.push(recorded),
            Err(ImportError::Method(_)) => notes.push(format!("left out: {method} {url}, a method that no step has")),
            Err(error) => return Err(error),
        }
    }
    let silent = |one: &Recorded| one.answer.as_ref().is_none_or(|answer| answer.body.is_empty());
    if !all.is_empty() && all.iter().all(silent) {
        let how = "save it with content, so that tokens which come back are found";
        notes.push(format!("no answer has its content: {how}"));
    }
    Ok((all, notes))
}

/// As much of a URL as is worth showing: one of data may be long.
const SHOWN: usize = 60;

impl Entry {
    fn recorded(self) -> Result<Recorded, ImportError> {
        let Self { request, response } = self;
        let mut recorded = Recorded::of(&request.method, &request.url)?;
        let sent = request.headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-length"));
        let sent = sent.and_then(|header| header.value.trim().parse::<u64>().ok()).unwrap_or_default();
        match request.post_data.filter(|data| !data.text.is_empty() || !data.params.is_empty()) {
            Some(data) => (recorded.body, recorded.notes) = data.body(),
            None if sent > 0 => {
                recorded.notes.push(format!("left out: what it sent, {sent} bytes that the recording does not have"));
            }
            None => {}
        }
        recorded = recorded.with_headers(request.headers.into_iter().map(|header| (header.name, header.value)));
        recorded.answer = Some(response.answer());
        Ok(recorded)
    }
}

impl PostData {
    /// What was sent, and what of it a step does not have.
    fn body(self) -> (Option<Body>, Vec<String>) {
        // Browsers write the parameters of a form as they were sent, so that the text says them better.
        if self.mime_type.to_ascii_lowercase().contains("multipart/form-data") {
            return self.parts();
        }
        if self.text.is_empty() {
            let pairs = self.params.into_iter().map(|param| (param.name, param.value)).collect();
            return (Some(Body::Form(fields(pairs))), vec![]);
        }
        (Some(body_of(&self.mime_type, &self.text)), not_text(&self.text))
    }

    fn parts(self) -> (Option<Body>, Vec<String>) {
        let written = multipart::parts(&self.mime_type, &self.text).filter(|parts| !parts.is_empty());
        let parts = written.unwrap_or_else(|| self.params.into_iter().map(Param::part).collect());
        if parts.is_empty() {
            return (None, vec!["left out: what it sent, a form of several parts that cannot be read".to_owned()]);
        }
        let mut lacks = vec![];
        for (name, part) in &parts {
            if let Part::File(file) = part {
                if file.content.is_empty() {
                    let of = &file.file_name;
                    lacks.push(format!(
                        "the content of {of} is not in the recording, and is sent empty: say it as `content` of {name}"
                    ));
                }
                lacks.extend(not_text(&file.content));
            }
        }
        let (parts, notes) = parts_by_name(parts);
        (Some(Body::Multipart(parts)), notes.into_iter().chain(lacks).collect())
    }
}

/// That a body was not text, and is no more what was sent.
fn not_text(text: &str) -> Vec<String> {
    let is_text = !text.contains(['\u{fffd}', '\0']);
    let note = || "what it sends was not text, and is not what the recording has: a step sends text alone".to_owned();
    if is_text { vec![] } else { vec![note()] }
}

impl Param {
    fn part(self) -> (String, Part) {
        let part = match self.file_name {
            Some(file_name) => Part::File(FilePart { file_name, content_type: self.content_type, content: self.value }),
            None => Part::Field(self.value.into()),
        };
        (self.name, part)
    }
}

impl Response {
    fn answer(self) -> RecordedAnswer {
        let mut headers: BTreeMap<String, String> = BTreeMap::new();
        for Named { name, value } in self.headers {
            let known = headers.entry(name.to_ascii_lowercase()).or_default();
            if !known.is_empty() {
                known.push('\n');
            }
            known.push_str(&value);
        }
        let body = if self.content.encoding == "base64" {
            let bytes = BASE64_STANDARD.decode(self.content.text).unwrap_or_default();
            String::from_utf8(bytes).unwrap_or_default()
        } else {
            self.content.text
        };
        RecordedAnswer { status: u16::try_from(self.status).unwrap_or_default(), headers, body }
    }
}
