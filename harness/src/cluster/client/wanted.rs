//! What is wanted of an answer: the texts that the step looks for in it, and the values that the client keeps.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use super::forms::{decoded, forms};
use crate::history::body::near;
use crate::history::{LookedFor, Reply, Rest};
use crate::host::hex::hex;
use crate::model::Expect;
use crate::model::exchange::{Capture, Decode, Values, filled};

/// What is wanted of an answer to a request of any app.
#[derive(Debug, Clone, Default)]
pub(super) struct Wanted<'a> {
    /// The texts that are looked for in the body.
    texts: Vec<String>,
    /// The captured values that the step's expectation needs.
    pub(super) values: Values,
    /// What is captured.
    captures: Option<&'a BTreeMap<String, Capture>>,
    /// Whether an answer that leads elsewhere is not the last one.
    redirects: bool,
}

impl<'a> Wanted<'a> {
    /// What a step wants, when the client has captured these values.
    pub(super) fn of(expect: Option<&Expect>, captures: &'a BTreeMap<String, Capture>, values: &Values) -> Self {
        let texts = expect.into_iter().flat_map(Expect::body_texts).filter_map(|text| filled(text, values).ok());
        let needs = expect.into_iter().flat_map(Expect::needs);
        let known = needs.filter_map(|name| Some((name.to_owned(), values.get(name)?.clone())));
        Self { texts: texts.collect(), values: known.collect(), captures: Some(captures), redirects: false }
    }

    /// The same of answers that may lead elsewhere, which is then where the captures are looked for.
    pub(super) fn redirecting(self, redirects: bool) -> Self {
        Self { redirects, ..self }
    }

    /// Notes in an answer what is wanted of its body, which came whole, and hands on what was captured.
    /// `cookie` finds the value of a cookie by its name.
    pub(super) fn note(
        &self,
        reply: &mut Reply,
        body: &str,
        cookie: &dyn Fn(&str) -> Option<String>,
        keep: impl FnOnce(Values),
    ) {
        let kept = body.floor_char_boundary(Reply::BODY);
        reply.body = Some(body[..kept].to_owned());
        if kept < body.len() {
            let sha256 = hex(&Sha256::digest(&body.as_bytes()[kept..]));
            reply.rest = Some(Rest { bytes: (body.len() - kept) as u64, sha256 });
            reply.looked_for = self.texts.iter().map(|text| LookedFor::of(body, text)).collect();
        }
        let leads_on = self.redirects && is_redirect(reply);
        let Some(captures) = self.captures.filter(|_| !leads_on) else { return };
        let mut found = Values::new();
        for (name, capture) in captures {
            match captured(capture, body, &reply.headers, cookie) {
                Ok(value) => drop(found.insert(name.clone(), value)),
                Err(_) if capture.optional => {}
                Err(there) => drop(reply.not_captured.insert(name.clone(), format!("{capture}: {there}"))),
            }
        }
        keep(found);
    }
}

/// Whether an answer leads to another place.
pub(super) fn is_redirect(reply: &Reply) -> bool {
    matches!(reply.status, 301 | 302 | 303 | 307 | 308) && reply.headers.contains_key("location")
}

/// The value of a capture, or what is there in its place.
fn captured(
    capture: &Capture,
    body: &str,
    headers: &BTreeMap<String, String>,
    cookie: &dyn Fn(&str) -> Option<String>,
) -> Result<String, String> {
    let value = if let Some(name) = &capture.header {
        let value = headers.get(&name.to_ascii_lowercase()).ok_or_else(|| {
            format!("the headers are {}", headers.keys().map(String::as_str).collect::<Vec<_>>().join(", "))
        })?;
        capture.part(value).ok_or_else(|| format!("the header is {value:?}"))?.to_owned()
    } else if let Some(name) = &capture.cookie {
        cookie(name).ok_or("the client has no such cookie for this path")?
    } else if let Some(pointer) = &capture.json {
        let document: serde_json::Value =
            serde_json::from_str(body).map_err(|error| format!("no JSON ({error}): {:?}", near(body, "{")))?;
        match document.pointer(pointer) {
            Some(serde_json::Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => return Err(format!("the document is {:?}", near(body, pointer))),
        }
    } else if let Some(name) = &capture.field {
        let forms = forms(body);
        let mut fields = forms.iter().flat_map(|form| &form.fields);
        let Some(field) = fields.find(|field| field.name == *name) else {
            let names: Vec<&str> = forms.iter().flat_map(|form| &form.fields).map(|it| it.name.as_str()).collect();
            return Err(format!("the fields of the page's forms are [{}]: {:?}", names.join(", "), near(body, name)));
        };
        field.value.clone()
    } else {
        let sought = capture.after.as_deref().unwrap_or_default();
        capture.part(body).ok_or_else(|| format!("answered {:?}", near(body, sought)))?.to_owned()
    };
    Ok(match capture.decode {
        Some(Decode::Html) => decoded(&value),
        None => value,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Texts;

    fn noted(body: &str, captures: &[(&str, Capture)], texts: &str) -> (Reply, Values) {
        let captures = captures.iter().map(|(name, capture)| ((*name).to_owned(), capture.clone())).collect();
        let expect = Expect { body: Texts::from(texts), ..Expect::default() };
        let values = Values::from([("cart".to_owned(), "items=7".to_owned())]);
        let headers = BTreeMap::from([("location".to_owned(), "http://a/shop;jsessionid=AB.n1?x=1".to_owned())]);
        let wanted = Wanted::of(Some(&expect), &captures, &values);
        let mut reply = Reply { status: 200, headers, values: wanted.values.clone(), ..Reply::default() };
        let mut kept = Values::new();
        let cookie = |name: &str| (name == "XSRF-TOKEN").then(|| "c1".to_owned());
        wanted.note(&mut reply, body, &cookie, |found| kept = found);
        (reply, kept)
    }

    #[test]
    fn a_text_is_looked_for_in_all_of_a_long_body() {
        let long = format!("{}ä items=7 {}", "ü".repeat(3000), "x".repeat(5000));
        let (reply, _) = noted(&long, &[], "${cart}");
        assert_eq!(reply.body.as_ref().map(String::len), Some(4096));
        assert_eq!(reply.rest.as_ref().map(|rest| rest.bytes), Some(long.len() as u64 - 4096));
        assert_eq!((reply.looked_for[0].text.as_str(), reply.looked_for[0].at), ("items=7", Some(6003)));
        assert_eq!((reply.values["cart"].as_str(), reply.whole_body()), ("items=7", None));
        let (other, _) = noted(&long.replace("x5", "y"), &[], "items=8");
        assert!(other.looked_for[0].at.is_none() && other.looked_for[0].near.contains("items=7"), "{other:?}");
        let (end, _) = noted(&format!("{}y", &long[..long.len() - 1]), &[], "a");
        assert_ne!(end.rest, reply.rest, "the hash is that of all that is not kept");
        let (short, _) = noted("items=7", &[], "${cart}");
        assert_eq!((short.whole_body(), short.looked_for.len()), (Some("items=7"), 0));
    }

    #[test]
    fn a_value_is_found_in_header_document_form_and_text() {
        let html = r#"<form><input type="hidden" name="_csrf" value="a&#43;b"></form>"#;
        let part = Capture {
            after: Some("jsessionid=".to_owned()),
            before: Some("?".to_owned()),
            ..Capture::header("Location")
        };
        let (reply, kept) = noted(
            html,
            &[
                ("part", part),
                ("field", Capture::field("_csrf")),
                ("text", Capture::between("value=\"", "\"")),
                ("plain", Capture::between("value=\"", "\"").decoded()),
                ("none", Capture::field("csrf").optional()),
                ("cookie", Capture::cookie("XSRF-TOKEN")),
            ],
            "a",
        );
        let kept: Vec<_> = kept.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(kept, ["cookie=c1", "field=a+b", "part=AB.n1", "plain=a+b", "text=a&#43;b"]);
        assert!(reply.not_captured.is_empty(), "{reply:?}");
        let (_, kept) = noted(r#"{"a":[7,"x"]}"#, &[("n", Capture::json("/a/0")), ("s", Capture::json("/a/1"))], "a");
        assert_eq!((kept["n"].as_str(), kept["s"].as_str()), ("7", "x"));
    }

    #[test]
    fn what_is_not_there_is_told_with_what_is() {
        let captures = [
            ("h", Capture::header("X-Token")),
            ("j", Capture::json("/id")),
            ("f", Capture::field("_csrf")),
            ("t", Capture::between("token=\"", "\"")),
        ];
        let (reply, kept) = noted("<form><input name=q></form><p>token='1'</p>", &captures, "a");
        assert!(kept.is_empty());
        let told: Vec<_> = reply.not_captured.values().map(String::as_str).collect();
        assert_eq!(
            told[0],
            "a field _csrf: the fields of the page's forms are [q]: \"<form><input name=q></form><p>token='1'</p>\""
        );
        assert_eq!(told[1], "header X-Token: the headers are location");
        assert!(told[2].starts_with("JSON \"/id\": no JSON ("), "{told:?}");
        assert!(told[3].starts_with("text between \"token=\\\"\" and \"\\\"\": answered \"…"), "{told:?}");
    }
}
