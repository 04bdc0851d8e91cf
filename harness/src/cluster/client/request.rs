//! A request that is made when it is awaited.

use std::collections::BTreeMap;
use std::future::IntoFuture;
use std::pin::Pin;

use super::{Answer, Client, ClientError};
use crate::model::exchange::{Body, Capture, Method, Part};
use crate::model::{Exchange, NodeName, Texts};

/// A request to any app, made when it is awaited.
///
/// ```no_run
/// # async fn test() -> Result<(), Box<dyn std::error::Error>> {
/// # let cluster = tomee_harness::Cluster::builder().nodes(2).war("target/shop.war").start().await?;
/// let alice = cluster.client("alice")?;
/// alice.post("n1", "/shop/cart").form([("item", "book"), ("count", "2")]).await?;
/// alice.put("n1", "/shop/profile").header("X-Tab", "7").json(&serde_json::json!({"name": "Alice"})).await?;
/// let cart = alice.get("n2", "/shop/cart").await?;
/// assert_eq!(cart.status(), Some(200));
/// assert_eq!(alice.delete("n2", "/shop/nothing").await?.status(), Some(404));
/// # Ok(()) }
/// ```
#[derive(Debug)]
#[must_use = "nothing is asked before it is awaited"]
pub struct RequestBuilder<'c> {
    client: &'c Client,
    node: String,
    exchange: Exchange,
    /// A document that cannot be made.
    broken: Option<serde_json::Error>,
}

impl Client {
    /// A GET of any path, as in `client.get("n1", "/shop/cart").await?`.
    pub fn get(&self, node: &str, path: &str) -> RequestBuilder<'_> {
        self.request(Method::Get, node, path)
    }

    /// A POST, with a form or a document: see [`RequestBuilder`].
    pub fn post(&self, node: &str, path: &str) -> RequestBuilder<'_> {
        self.request(Method::Post, node, path)
    }

    /// A PUT, with a form or a document: see [`RequestBuilder`].
    pub fn put(&self, node: &str, path: &str) -> RequestBuilder<'_> {
        self.request(Method::Put, node, path)
    }

    /// A PATCH, with a form or a document: see [`RequestBuilder`].
    pub fn patch(&self, node: &str, path: &str) -> RequestBuilder<'_> {
        self.request(Method::Patch, node, path)
    }

    /// Sends a form of the page that the client got last, as `#login`, with its fields; those of
    /// [`form`](RequestBuilder::form) take the places of equal ones.
    pub fn submit(&self, node: &str, form: &str) -> RequestBuilder<'_> {
        let mut request = self.request(Method::Post, node, "");
        request.exchange.form_from = Some(form.to_owned());
        request
    }

    /// A DELETE.
    pub fn delete(&self, node: &str, path: &str) -> RequestBuilder<'_> {
        self.request(Method::Delete, node, path)
    }

    fn request(&self, method: Method, node: &str, path: &str) -> RequestBuilder<'_> {
        let exchange = Exchange { method, ..Exchange::get(path) };
        RequestBuilder { client: self, node: node.to_owned(), exchange, broken: None }
    }
}

impl RequestBuilder<'_> {
    /// One more header.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.exchange.headers.insert(name.into(), value.into());
        self
    }

    /// Sends these fields as a form (`application/x-www-form-urlencoded`), a name as often as it is there.
    pub fn form<N: Into<String>, V: Into<String>>(mut self, fields: impl IntoIterator<Item = (N, V)>) -> Self {
        let mut all: BTreeMap<String, Texts> = BTreeMap::new();
        for (name, value) in fields {
            all.entry(name.into()).or_default().0.push(value.into());
        }
        self.exchange.body = Some(Body::Form(all));
        self
    }

    /// Sends these parts as a form (`multipart/form-data`).
    pub fn multipart(mut self, parts: impl IntoIterator<Item = (impl Into<String>, Part)>) -> Self {
        self.exchange.body = Some(Body::Multipart(parts.into_iter().map(|(name, part)| (name.into(), part)).collect()));
        self
    }

    /// Sends a text as it is: `text/plain` where no header says otherwise.
    pub fn body(mut self, text: impl Into<String>) -> Self {
        self.exchange.body = Some(Body::Raw(text.into()));
        self
    }

    /// Follows redirects, each to the same node.
    pub fn follow(mut self) -> Self {
        self.exchange.follow = true;
        self
    }

    /// Sends a document (`application/json`).
    pub fn json(mut self, document: &impl serde::Serialize) -> Self {
        match serde_json::to_value(document) {
            Ok(document) => self.exchange.body = Some(Body::Json(document)),
            Err(error) => self.broken = Some(error),
        }
        self
    }

    /// Keeps a value of the answer under a name: in path, headers and body of the client's later requests `${name}` stands for
    /// it.
    pub fn capture(mut self, name: impl Into<String>, capture: Capture) -> Self {
        self.exchange.capture.insert(name.into(), capture);
        self
    }

    async fn send(self) -> Result<Answer, ClientError> {
        if let Some(error) = self.broken {
            return Err(ClientError::Document(error));
        }
        self.client.exchange(&NodeName::new(self.node)?, &self.exchange).await
    }
}

impl<'c> IntoFuture for RequestBuilder<'c> {
    type Output = Result<Answer, ClientError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'c>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}
