//! The page that a client got last, and the requests that come of it: its forms, and where a location leads.

use std::collections::BTreeMap;

use reqwest::Url;

use super::forms::{Form, forms};
use super::wire::pairs;
use crate::model::exchange::{Body, Method, Part};
use crate::model::{Exchange, Texts};

/// A page that is bigger than this is not kept.
const MOST: usize = 4 << 20;

/// An HTML page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Page {
    /// From the root of the server.
    path: String,
    html: String,
}

impl Page {
    /// An answer, where it is a page.
    pub(super) fn of(path: &str, content_type: &str, body: &str) -> Option<Self> {
        let is_page = content_type.contains("html") && body.len() <= MOST;
        is_page.then(|| Self { path: path.to_owned(), html: body.to_owned() })
    }

    /// The request that sends one of its forms, as a browser does where somebody presses the enter key.
    pub(super) fn submitted(&self, exchange: &Exchange, selector: &str) -> Result<Exchange, String> {
        let all = forms(&self.html);
        let Some(form) = all.iter().find(|form| form.is(selector)) else {
            let names: Vec<String> = all.iter().map(Form::selector).collect();
            let has = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            return Err(format!("the page {} has no form {selector}, but {has}", self.path));
        };
        let mut sent = exchange.clone();
        sent.form_from = None;
        if exchange.path.is_empty() {
            sent.method = if form.method == "post" { Method::Post } else { Method::Get };
            let action = form.action.as_deref().unwrap_or_default();
            sent.path =
                resolved(&self.path, action).ok_or_else(|| format!("the form {selector} is sent to {action:?}"))?;
        }
        let body = merged(form, exchange.body.as_ref());
        if sent.method == Method::Get {
            sent.path = queried(&sent.path, &body);
            sent.body = None;
        } else {
            sent.body = Some(body);
        }
        Ok(sent)
    }
}

/// The fields of a form, with those that are said in the places of equal ones.
fn merged(form: &Form, said: Option<&Body>) -> Body {
    let names = |name: &str| match said {
        Some(Body::Form(fields)) => fields.contains_key(name),
        Some(Body::Multipart(parts)) => parts.contains_key(name),
        _ => false,
    };
    let presses = form.fields.iter().any(|field| field.is_button() && names(&field.name));
    let button = form.default_button().filter(|_| !presses);
    let mut fields: BTreeMap<String, Texts> = BTreeMap::new();
    for field in form.fields.iter().filter(|field| field.sent).chain(button).filter(|field| !names(&field.name)) {
        let value = field.value.clone();
        if field.kind == "image" {
            // Where it was pressed.
            fields.insert(format!("{}.x", field.name), "1".into());
            fields.insert(format!("{}.y", field.name), "1".into());
        } else {
            fields.entry(field.name.clone()).or_default().0.push(value);
        }
    }
    let parts = |fields: BTreeMap<String, Texts>| fields.into_iter().map(|(name, texts)| (name, Part::Field(texts)));
    match said {
        Some(Body::Multipart(said)) => Body::Multipart(parts(fields).chain(said.clone()).collect()),
        Some(Body::Form(said)) => {
            fields.extend(said.clone());
            if form.multipart { Body::Multipart(parts(fields).collect()) } else { Body::Form(fields) }
        }
        _ if form.multipart => Body::Multipart(parts(fields).collect()),
        _ => Body::Form(fields),
    }
}

/// A path with these fields as its query.
fn queried(path: &str, body: &Body) -> String {
    let (Body::Form(fields), Some(mut url)) = (body, on_no_host(path)) else { return path.to_owned() };
    url.set_query(None);
    if !fields.is_empty() {
        url.query_pairs_mut().extend_pairs(pairs(fields));
    }
    path_of(&url)
}

/// A path as a URL of a host that is none.
fn on_no_host(path: &str) -> Option<Url> {
    Url::parse("http://none.invalid/").ok()?.join(path).ok()
}

/// Path and query of a URL.
pub(super) fn path_of(url: &Url) -> String {
    match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    }
}

/// Where a link on the page at `path` leads, from the root of the server; `None` where it names a host.
pub(crate) fn resolved(path: &str, link: &str) -> Option<String> {
    let base = on_no_host(path)?;
    let url = base.join(link).ok()?;
    (url.host_str() == base.host_str() && url.scheme() == base.scheme()).then(|| path_of(&url))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = r#"<form id="login" action="do?a=1" method="post"><input type="hidden" name="_csrf" value="t1">
        <input name="user"><input type="submit" name="go" value="1"><button name="other">x</button></form>
        <form id="q"><input name="q" value="a b"></form>
        <form id="up" method="post" enctype="multipart/form-data" action="http://elsewhere/x"></form>"#;

    fn submit(selector: &str, form: &[(&str, &str)]) -> Result<Exchange, String> {
        let page = Page::of("/shop/login;jsessionid=AB.n1?error", "text/html;charset=UTF-8", PAGE).expect("a page");
        let fields = form.iter().map(|(name, value)| ((*name).to_owned(), Texts::from(*value))).collect();
        let form_from = Some(selector.to_owned());
        page.submitted(&Exchange { body: Some(Body::Form(fields)), form_from, ..Exchange::get("") }, selector)
    }

    fn fields(exchange: &Exchange) -> Vec<String> {
        let Some(Body::Form(fields)) = &exchange.body else { panic!("{exchange:?}") };
        pairs(fields).iter().map(|(name, value)| format!("{name}={value}")).collect()
    }

    #[test]
    fn a_form_is_sent_where_its_page_says_with_what_the_page_has() {
        let sent = submit("#login", &[("user", "alice")]).expect("the form");
        assert_eq!((sent.method, sent.path.as_str()), (Method::Post, "/shop/do?a=1"));
        assert_eq!(fields(&sent), ["_csrf=t1", "go=1", "user=alice"]);
        let other = submit("#login", &[("other", "")]).expect("the form");
        assert_eq!(fields(&other), ["_csrf=t1", "other=", "user="], "another button is pressed");
        let query = submit("#q", &[]).expect("the form");
        assert_eq!(
            (query.method, query.path.as_str(), query.body),
            (Method::Get, "/shop/login;jsessionid=AB.n1?q=a+b", None)
        );
    }

    #[test]
    fn a_form_that_is_not_there_or_leads_elsewhere_is_told() {
        let none = submit("#logout", &[]).expect_err("no such form");
        assert_eq!(none, "the page /shop/login;jsessionid=AB.n1?error has no form #logout, but #login, #q, #up");
        assert_eq!(submit("#up", &[]).expect_err("elsewhere"), "the form #up is sent to \"http://elsewhere/x\"");
        assert_eq!(Page::of("/x", "text/plain", PAGE), None);
    }

    #[test]
    fn links_lead_from_the_page_that_has_them() {
        for (link, path) in [
            ("", Some("/shop/a?b=1")),
            ("?0-1.-form", Some("/shop/a?0-1.-form")),
            ("./b;jsessionid=1", Some("/shop/b;jsessionid=1")),
            ("/x?y=ü", Some("/x?y=%C3%BC")),
            ("../x#top", Some("/x")),
            ("//elsewhere/x", None),
            ("http://127.0.0.1:1/x", None),
            ("mailto:a@b", None),
        ] {
            assert_eq!(resolved("/shop/a?b=1", link).as_deref(), path, "{link}");
        }
    }
}
