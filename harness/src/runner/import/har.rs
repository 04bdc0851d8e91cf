//! HAR 1.2, as browsers save it.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;

use super::request::{ImportError, Recorded, RecordedAnswer, body_of};
use super::written::fields;
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

pub(super) fn read(text: &str) -> Result<Vec<Recorded>, ImportError> {
    let har: Har = serde_json::from_str(text).map_err(ImportError::Har)?;
    let of_the_web = |entry: &Entry| entry.request.url.starts_with("http") && entry.request.method != "OPTIONS";
    har.log.entries.into_iter().filter(of_the_web).map(Entry::recorded).collect()
}

impl Entry {
    fn recorded(self) -> Result<Recorded, ImportError> {
        let Self { request, response } = self;
        let mut recorded = Recorded::of(&request.method, &request.url)?;
        recorded.body =
            request.post_data.filter(|data| !data.text.is_empty() || !data.params.is_empty()).map(PostData::body);
        recorded = recorded.with_headers(request.headers.into_iter().map(|header| (header.name, header.value)));
        recorded.answer = Some(response.answer());
        Ok(recorded)
    }
}

impl PostData {
    fn body(self) -> Body {
        // Browsers write the parameters of a form as they were sent, so that the text says them better.
        if self.mime_type.contains("multipart/form-data") && !self.params.is_empty() {
            let parts = self.params.into_iter().map(|param| (param.name.clone(), param.part()));
            return Body::Multipart(parts.collect());
        }
        if self.text.is_empty() {
            return Body::Form(fields(self.params.into_iter().map(|param| (param.name, param.value)).collect()));
        }
        body_of(&self.mime_type, &self.text)
    }
}

impl Param {
    fn part(self) -> Part {
        match self.file_name {
            Some(file_name) => Part::File(FilePart { file_name, content_type: self.content_type, content: self.value }),
            None => Part::Field(self.value.into()),
        }
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
