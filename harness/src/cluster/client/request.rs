//! A request that is made when it is awaited.

use std::collections::BTreeMap;
use std::future::IntoFuture;
use std::pin::Pin;

use super::{Answer, Client, ClientError};
use crate::model::exchange::{Body, Capture, Method};
use crate::model::{Exchange, NodeName};

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

    /// Sends these fields as a form (`application/x-www-form-urlencoded`).
    pub fn form<N: Into<String>, V: Into<String>>(mut self, fields: impl IntoIterator<Item = (N, V)>) -> Self {
        let fields: BTreeMap<String, String> =
            fields.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        self.exchange.body = Some(Body::Form(fields));
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
