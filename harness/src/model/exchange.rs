//! Requests to any app: method, path, headers, body, and what is remembered of the answer.

mod body;
mod capture;
mod fill;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::body::{Body, FilePart, Part};
pub use self::capture::{Capture, Decode};
pub use self::fill::{Missing, Values, filled, names};
use super::ContextPath;

/// One request to any app. In path, header values and body, `${name}` stands for a value that the client has captured.
///
/// A path is from the root of the server. A whole URL that names one of the nodes, as `Location` may, is asked of the node
/// that the request is made to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Exchange {
    /// How it asks.
    #[serde(default, skip_serializing_if = "Method::is_get")]
    pub method: Method,
    /// Path and query, from the root of the server.
    pub path: String,
    /// Headers beside those that every browser sends.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// What it sends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Body>,
    /// A form of the page that the client got last, as `#login`, `form[name=login]` or `form`: its fields are sent, those of
    /// the body in the place of equal ones. Where the path is empty, its action and its method are taken, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form_from: Option<String>,
    /// Whether redirects are followed; each is a request of its own, to the same node.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub follow: bool,
    /// What the client keeps of the answer, each by its name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub capture: BTreeMap<String, Capture>,
}

/// How a request asks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// GET.
    #[default]
    Get,
    /// POST.
    Post,
    /// PUT.
    Put,
    /// PATCH.
    Patch,
    /// DELETE.
    Delete,
}

kebab!(Method);

impl Method {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde asks for")]
    fn is_get(&self) -> bool {
        *self == Self::Get
    }
}

impl Exchange {
    /// A GET.
    pub fn get(path: impl Into<String>) -> Self {
        Self {
            method: Method::Get,
            path: path.into(),
            headers: BTreeMap::new(),
            body: None,
            form_from: None,
            follow: false,
            capture: BTreeMap::new(),
        }
    }

    /// Whether a text is a path that can be asked: from the root of the server, without blanks; or one that begins with a
    /// captured value.
    pub fn is_path(text: &str) -> bool {
        (text.starts_with('/') || text.starts_with("${")) && !text.chars().any(|c| c.is_control() || c == ' ')
    }

    /// The app that it asks, of these: the one with the longest path that its own begins with.
    pub fn context<'c>(&self, contexts: impl IntoIterator<Item = &'c ContextPath>) -> Option<&'c ContextPath> {
        ContextPath::serving(&self.path, contexts)
    }

    /// Whether asking it once more changes nothing, as HTTP has it (RFC 9110, 9.2.1).
    pub fn is_safe(&self) -> bool {
        self.method == Method::Get && self.body.is_none()
    }

    /// The names of the values that it needs.
    pub fn needs(&self) -> Vec<&str> {
        let mut texts: Vec<&str> = vec![&self.path];
        texts.extend(self.headers.values().map(String::as_str));
        texts.extend(self.body.iter().flat_map(Body::texts));
        texts.into_iter().flat_map(names).collect()
    }

    /// The request with the captured values in their places.
    ///
    /// # Errors
    /// One has no value.
    pub fn filled(&self, values: &Values) -> Result<Self, Missing> {
        let headers = self.headers.iter().map(|(name, value)| Ok((name.clone(), filled(value, values)?)));
        Ok(Self {
            path: filled(&self.path, values)?,
            headers: headers.collect::<Result<_, Missing>>()?,
            body: self.body.as_ref().map(|body| body.filled(values)).transpose()?,
            ..self.clone()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::texts::Texts;

    #[test]
    fn captured_values_take_their_places() {
        let values = BTreeMap::from([("token".to_owned(), "t1".to_owned())]);
        let exchange = Exchange {
            method: Method::Post,
            headers: BTreeMap::from([("X-Token".to_owned(), "${token}".to_owned())]),
            body: Some(Body::Json(serde_json::json!({ "a": ["${token}", 1, "$${other}"] }))),
            ..Exchange::get("/shop?t=${token}&x=${")
        };
        assert_eq!(exchange.needs(), ["token", "token", "token"]);
        let filled = exchange.filled(&values).expect("all have values");
        assert_eq!(filled.path, "/shop?t=t1&x=${");
        assert_eq!(filled.headers["X-Token"], "t1");
        assert_eq!(filled.body, Some(Body::Json(serde_json::json!({ "a": ["t1", 1, "${other}"] }))));
        let form = BTreeMap::from([("item".to_owned(), Texts::from(vec!["${token}", "${none}"]))]);
        let exchange = Exchange { body: Some(Body::Form(form)), ..exchange };
        assert_eq!(exchange.filled(&values), Err(Missing("none".to_owned())), "nothing is sent as it is written");
    }

    #[test]
    fn the_app_of_a_path_is_the_one_with_the_longest_path_above_it() {
        let contexts = ["/", "/shop", "/shop/eu"].map(|path| ContextPath::new(path).expect("a path"));
        let of = |path: &str| Exchange::get(path).context(&contexts).map(ContextPath::as_str);
        for (path, context) in [
            ("/shop", "/shop"),
            ("/shop?x=/shop/eu/", "/shop"),
            ("/shop;jsessionid=1", "/shop"),
            ("/shop/eu/cart", "/shop/eu"),
            ("/shop/europe", "/shop"),
            ("/shopping", "/"),
        ] {
            assert_eq!(of(path), Some(context), "{path}");
        }
        assert_eq!(Exchange::get("/shopping").context(&contexts[1..]), None);
    }

    #[test]
    fn a_capture_names_one_place() {
        let part = |capture: &Capture, text: &str| capture.part(text).map(str::to_owned);
        let between = Capture::between("value=\"", "\"");
        assert_eq!(part(&between, r#"<input value="x1"><input value="x2">"#), Some("x1".to_owned()));
        assert_eq!(part(&between, "value=\"open"), None);
        let behind = Capture { after: Some("=".to_owned()), ..Capture::header("X") };
        assert_eq!(part(&behind, "a=b"), Some("b".to_owned()));
        for (written, mistake) in [
            (r#"{"header":"X","after":"="}"#, None),
            (r#"{"json":"/a"}"#, None),
            (r#"{"json":""}"#, None),
            (r#"{"field":"_csrf"}"#, None),
            (r#"{"after":"a"}"#, Some("expected `header`, `cookie`, `json`, `field`, or `after` and `before`")),
            (r#"{"after":"","before":"b"}"#, Some("its texts must not be empty")),
            (r#"{"json":"/a","before":"b"}"#, Some("`after` and `before` are for the body and for a `header`")),
            (r#"{"json":"/a","field":"b"}"#, Some("`header`, `cookie`, `json` and `field` exclude each other")),
        ] {
            let capture: Capture = serde_json::from_str(written).expect("a capture");
            assert_eq!(capture.mistake(), mistake, "{written}");
        }
    }
}
