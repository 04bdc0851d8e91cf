//! A request as it was recorded, and its answer.

use std::collections::BTreeMap;

use crate::cluster::client::Url;
use crate::model::Texts;
use crate::model::exchange::{Body, Method, Part};

/// A request that was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Host and port.
    pub host: String,
    /// How it asked.
    pub method: Method,
    /// Path and query.
    pub path: String,
    /// Headers that no browser sends by itself.
    pub headers: BTreeMap<String, String>,
    /// What it sent.
    pub body: Option<Body>,
    /// The cookies that it sent.
    pub cookies: Vec<(String, String)>,
    /// Whether redirects are to be followed.
    pub follow: bool,
    /// What came back, where that was recorded.
    pub answer: Option<RecordedAnswer>,
    /// What of it a step does not have, each in words.
    pub notes: Vec<String>,
}

/// The requests of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recording {
    /// Those that become steps.
    pub requests: Vec<Recorded>,
    /// What else was in it and is left out, each in words.
    pub notes: Vec<String>,
}

/// An answer that was recorded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordedAnswer {
    /// Its status.
    pub status: u16,
    /// Its headers, by their names in lower case.
    pub headers: BTreeMap<String, String>,
    /// Its body, where it is text.
    pub body: String,
}

/// What cannot be imported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// Neither JSON of a HAR nor `curl`.
    #[error("neither a HAR (JSON with `log.entries`) nor lines that begin with `curl`")]
    Neither,
    /// JSON that is no HAR.
    #[error("invalid HAR: {0}")]
    Har(#[source] serde_json::Error),
    /// A URL that cannot be read.
    #[error("invalid URL `{0}`")]
    Url(String),
    /// Copied for the shell of Windows.
    #[error("a command for cmd.exe, whose quoting is not known here; copy it for bash (POSIX)")]
    OfCmd,
    /// A quote that is not closed.
    #[error("line {0}: a quote is not closed")]
    Quote(usize),
    /// A method that no step has.
    #[error("a request with the method {0} cannot be a step; expected GET, POST, PUT, PATCH or DELETE")]
    Method(String),
    /// Nothing to import.
    #[error("no request to an app in it")]
    Empty,
}

/// Endings of paths that decorate a page: they never touch a session.
const DECORATION: [&str; 16] = [
    ".css",
    ".js",
    ".mjs",
    ".map",
    ".png",
    ".jpg",
    ".jpeg",
    ".gif",
    ".svg",
    ".ico",
    ".webp",
    ".woff",
    ".woff2",
    ".ttf",
    ".mp4",
    ".webmanifest",
];
/// The kinds of what decorates a page.
const DECORATING: [&str; 6] = ["image/", "font/", "text/css", "javascript", "video/", "audio/"];
/// Headers that a browser sends by itself, or that the harness does.
const BY_ITSELF: [&str; 17] = [
    "accept-encoding",
    "accept-language",
    "cache-control",
    "connection",
    "content-length",
    "cookie",
    "dnt",
    "host",
    "if-modified-since",
    "if-none-match",
    "keep-alive",
    "origin",
    "pragma",
    "priority",
    "referer",
    "upgrade-insecure-requests",
    "user-agent",
];

impl Recorded {
    /// A request to a URL.
    pub(super) fn of(method: &str, url: &str) -> Result<Self, ImportError> {
        let method = match method.to_ascii_uppercase().as_str() {
            "GET" => Method::Get,
            "POST" => Method::Post,
            "PUT" => Method::Put,
            "PATCH" => Method::Patch,
            "DELETE" => Method::Delete,
            other => return Err(ImportError::Method(other.to_owned())),
        };
        let absolute = if url.contains("://") { url.to_owned() } else { format!("http://{url}") };
        let url = Url::parse(&absolute).map_err(|_| ImportError::Url(url.to_owned()))?;
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        let host = format!("{}{port}", url.host_str().unwrap_or_default());
        let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
        let path = format!("{}{query}", url.path());
        let (headers, cookies, notes) = (BTreeMap::new(), vec![], vec![]);
        Ok(Self { host, method, path, headers, body: None, cookies, follow: false, answer: None, notes })
    }

    /// With its headers, as far as a step needs them.
    pub(super) fn with_headers(mut self, headers: impl IntoIterator<Item = (String, String)>) -> Self {
        for (name, value) in headers {
            let known = name.to_ascii_lowercase();
            if known == "cookie" {
                let pairs = value.split(';').filter_map(|pair| pair.trim().split_once('='));
                self.cookies.extend(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())));
                continue;
            }
            let by_itself = BY_ITSELF.contains(&known.as_str()) || known.starts_with("sec-") || known.starts_with(':');
            // A page, or anything, as a browser asks for it.
            let any = known == "accept" && (value.trim() == "*/*" || value.starts_with("text/html"));
            if !by_itself && !any && (known != "content-type" || self.is_of_own_type(&value)) {
                self.headers.insert(name, value);
            }
        }
        self
    }

    /// Whether what it sends has another type than a step gives it by itself.
    fn is_of_own_type(&self, value: &str) -> bool {
        let kind = value.split(';').next().unwrap_or_default().trim();
        match &self.body {
            Some(Body::Raw(_)) => true,
            Some(Body::Json(_)) => !kind.eq_ignore_ascii_case("application/json"),
            Some(Body::Form(_) | Body::Multipart(_)) | None => false,
        }
    }

    /// Whether it got what only decorates a page.
    pub(super) fn is_decoration(&self) -> bool {
        let path = self.path.split(['?', '#', ';']).next().unwrap_or_default().to_ascii_lowercase();
        let kind = self.answer.as_ref().and_then(|answer| answer.headers.get("content-type"));
        let decorates = |kind: &String| DECORATING.iter().any(|part| kind.contains(part));
        self.method == Method::Get && (DECORATION.iter().any(|end| path.ends_with(end)) || kind.is_some_and(decorates))
    }
}

/// The host that most requests ask.
pub(super) fn main_host(all: &[Recorded]) -> Option<String> {
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    for one in all.iter().filter(|one| !one.is_decoration()) {
        *times.entry(&one.host).or_default() += 1;
    }
    times.into_iter().max_by_key(|(_, times)| *times).map(|(host, _)| host.to_owned())
}

/// A text that was sent, by what it is said to be.
pub(super) fn body_of(content_type: &str, text: &str) -> Body {
    if content_type.contains("json")
        && let Ok(document) = serde_json::from_str::<serde_json::Value>(text)
        && super::written::can_be_toml(&document)
    {
        return Body::Json(document);
    }
    if content_type.contains("x-www-form-urlencoded") {
        return Body::Form(super::written::fields(form_pairs(text)));
    }
    Body::Raw(text.to_owned())
}

/// Parts by their names; what does not fit beside another one of its name, in words.
pub(super) fn parts_by_name(parts: Vec<(String, Part)>) -> (BTreeMap<String, Part>, Vec<String>) {
    let (mut all, mut notes) = (BTreeMap::new(), vec![]);
    for (name, part) in parts {
        match (all.get_mut(&name), part) {
            (None, part) => drop(all.insert(name, part)),
            (Some(Part::Field(Texts(known))), Part::Field(Texts(more))) => known.extend(more),
            (Some(_), _) => {
                notes.push(format!("left out: a second part named {name} beside a file; a step has one of a name"));
            }
        }
    }
    (all, notes)
}

/// The fields of `a=1&b=2`.
fn form_pairs(text: &str) -> Vec<(String, String)> {
    let url = Url::parse(&format!("http://none.invalid/?{}", text.replace('#', "%23")));
    let pairs = url.map(|url| url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect());
    pairs.unwrap_or_default()
}
