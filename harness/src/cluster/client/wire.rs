//! From an exchange to what goes over the wire, and from there to what the history keeps.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use super::SetCookie;
use crate::host::hex::hex;
use crate::model::exchange::{Body, Method, Part};
use crate::model::{Exchange, Texts};

/// The request of an exchange, to be sent.
pub(super) fn request(
    http: &reqwest::Client,
    url: &str,
    exchange: &Exchange,
    host_header: Option<&str>,
) -> reqwest::RequestBuilder {
    let mut request = match exchange.method {
        Method::Get => http.get(url),
        Method::Post => http.post(url),
        Method::Put => http.put(url),
        Method::Patch => http.patch(url),
        Method::Delete => http.delete(url),
    };
    let names_a_host = exchange.headers.keys().any(|name| name.eq_ignore_ascii_case("Host"));
    if let Some(host) = host_header.filter(|_| !names_a_host) {
        request = request.header(reqwest::header::HOST, host);
    }
    for (name, value) in &exchange.headers {
        request = request.header(name, value);
    }
    let typed = exchange.headers.keys().any(|name| name.eq_ignore_ascii_case("content-type"));
    let sends = |request: reqwest::RequestBuilder, kind: &str, body: Vec<u8>| {
        let request = if typed { request } else { request.header("Content-Type", kind) };
        request.body(body)
    };
    match &exchange.body {
        Some(Body::Form(fields)) => request.form(&pairs(fields)),
        Some(Body::Json(document)) => sends(request, "application/json", document.to_string().into_bytes()),
        Some(Body::Raw(text)) => sends(request, "text/plain;charset=UTF-8", text.clone().into_bytes()),
        Some(Body::Multipart(parts)) => {
            let boundary = boundary(parts);
            let kind = format!("multipart/form-data; boundary={boundary}");
            sends(request, &kind, multipart(parts, &boundary))
        }
        None => request,
    }
}

/// Each name with each of its values.
pub(super) fn pairs(fields: &BTreeMap<String, Texts>) -> Vec<(&str, &str)> {
    fields.iter().flat_map(|(name, texts)| texts.iter().map(move |text| (name.as_str(), text))).collect()
}

/// A line that stands in none of the parts, as their own digest.
fn boundary(parts: &BTreeMap<String, Part>) -> String {
    let mut digest = Sha256::new();
    for (name, part) in parts {
        digest.update(format!("{name}{part:?}"));
    }
    format!("part-{}", &hex(&digest.finalize())[..32])
}

/// The parts as they are sent (RFC 7578).
fn multipart(parts: &BTreeMap<String, Part>, boundary: &str) -> Vec<u8> {
    let quoted = |text: &str| text.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A");
    let mut body = String::new();
    let mut part = |name: &str, more: &str, content: &str| {
        let name = quoted(name);
        body.push_str(&format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"{more}\r\n\r\n{content}\r\n"
        ));
    };
    for (name, it) in parts {
        match it {
            Part::Field(texts) => texts.iter().for_each(|text| part(name, "", text)),
            Part::File(file) => {
                let kind = file.content_type.as_deref().unwrap_or("text/plain");
                let more = format!("; filename=\"{}\"\r\nContent-Type: {kind}", quoted(&file.file_name));
                part(name, &more, &file.content);
            }
        }
    }
    body.push_str(&format!("--{boundary}--\r\n"));
    body.into_bytes()
}

/// The headers of an answer, by their names in lower case; of its cookies only the names, for their values may be secret.
pub(super) fn headers(response: &reqwest::Response) -> BTreeMap<String, String> {
    let mut all: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in response.headers() {
        let Ok(value) = value.to_str() else { continue };
        let value = match name.as_str() {
            "set-cookie" => SetCookie::of(value).map(|cookie| cookie.name().to_owned()).unwrap_or_default(),
            _ => value.to_owned(),
        };
        let known = all.entry(name.as_str().to_owned()).or_default();
        if !known.is_empty() {
            known.push_str(", ");
        }
        known.push_str(&value);
    }
    all
}

/// The `Set-Cookie` headers of an answer that are about the session, as the server wrote them. `name` is that of the app's
/// session cookie.
pub(super) fn session_cookies(response: &reqwest::Response, name: &str) -> Vec<String> {
    let values = response.headers().get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
    values
        .filter(|value| SetCookie::of(value).is_some_and(|cookie| cookie.session(name).is_some()))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::exchange::FilePart;

    #[test]
    fn parts_are_sent_each_behind_a_line_that_stands_in_none_of_them() {
        let file = FilePart { file_name: "a\"b.txt".to_owned(), content_type: None, content: "--part-\n".to_owned() };
        let parts = BTreeMap::from([
            ("file".to_owned(), Part::File(file)),
            ("tag".to_owned(), Part::Field(Texts::from(vec!["x", "y"]))),
        ]);
        let body = String::from_utf8(multipart(&parts, "B")).expect("text");
        assert_eq!(
            body,
            "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a%22b.txt\"\r\nContent-Type: text/plain\r\n\r\n\
             --part-\n\r\n--B\r\nContent-Disposition: form-data; name=\"tag\"\r\n\r\nx\r\n\
             --B\r\nContent-Disposition: form-data; name=\"tag\"\r\n\r\ny\r\n--B--\r\n"
        );
        assert!(!body.contains(&boundary(&parts)));
    }
}
