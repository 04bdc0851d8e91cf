//! Requests to any app: what is captured in its places, forms of the page before, redirects.

use reqwest::Url;

use super::page::{Page, path_of, resolved};
use super::wanted::{Wanted, is_redirect};
use super::{Answer, Client, ClientError};
use crate::history::{Outcome, RecordKind};
use crate::host::sync::lock;
use crate::model::exchange::Method;
use crate::model::{Exchange, Expect, NodeName};

/// How many redirects are followed, as browsers do.
const MOST_REDIRECTS: usize = 20;

impl Client {
    /// Makes a request of any kind, with what the client has captured in its places, and captures what it asks for. What an
    /// answer does not have stays as it was.
    ///
    /// # Errors
    /// There is no such node. That nobody answers is no error: see [`Answer::outcome`].
    pub async fn exchange(&self, node: &NodeName, exchange: &Exchange) -> Result<Answer, ClientError> {
        self.exchange_for(node, exchange, None).await
    }

    /// The same for a step that expects something of the answer, which a body that is not kept whole must say now.
    ///
    /// # Errors
    /// As [`Client::exchange`].
    pub(crate) async fn exchange_for(
        &self,
        node: &NodeName,
        exchange: &Exchange,
        expect: Option<&Expect>,
    ) -> Result<Answer, ClientError> {
        let values = lock(&self.captured).clone();
        let wanted = Wanted::of(expect, &exchange.capture, &values);
        let filled = exchange.filled(&values).map_err(|missing| missing.to_string());
        let filled = filled.and_then(|filled| match &filled.form_from {
            Some(selector) => {
                let page = lock(&self.page);
                page.as_ref().ok_or("the client has got no page yet")?.submitted(&filled, selector)
            }
            None => Ok(filled),
        });
        let mut asked = match filled {
            Ok(filled) => match self.path(node, "/", &filled.path).await? {
                Some(path) => Exchange { path, ..filled },
                None => return Ok(self.not_sent(node, &filled, &format!("{} names none of the nodes", filled.path))),
            },
            Err(why) => return Ok(self.not_sent(node, exchange, &why)),
        };
        for left in (0..=MOST_REDIRECTS).rev() {
            let follows = exchange.follow && left > 0;
            let answer = self.send(node, &asked, None, &wanted.clone().redirecting(follows)).await?;
            self.turn_to(&asked, &answer);
            match self.next(node, &asked, &answer).await? {
                Some(next) if follows => asked = next,
                _ => {
                    self.leave_empty(exchange);
                    return Ok(answer);
                }
            }
        }
        unreachable!("the last one is not followed")
    }

    /// Gives what may be missing and was never there an empty value.
    fn leave_empty(&self, exchange: &Exchange) {
        let mut captured = lock(&self.captured);
        for (name, _) in exchange.capture.iter().filter(|(_, capture)| capture.optional) {
            captured.entry(name.clone()).or_default();
        }
    }

    /// Keeps the page that it got.
    fn turn_to(&self, asked: &Exchange, answer: &Answer) {
        let content_type = answer.header("content-type").unwrap_or_default();
        if let Some(page) = Page::of(&asked.path, content_type, &answer.body) {
            *lock(&self.page) = Some(page);
        }
    }

    /// A request that cannot be made.
    fn not_sent(&self, node: &NodeName, exchange: &Exchange, why: &str) -> Answer {
        let operation = self.invoked(node, exchange, None, None);
        let outcome = Outcome::not_sent(why);
        self.recorder.record(RecordKind::Complete { operation, outcome: outcome.clone() });
        Answer::new(operation, outcome, String::new(), exchange.clone())
    }

    /// The request that an answer leads to (RFC 9110, section 15.4), where it leads to one of the nodes.
    async fn next(&self, node: &NodeName, asked: &Exchange, answer: &Answer) -> Result<Option<Exchange>, ClientError> {
        let Some(reply) = answer.reply().filter(|reply| is_redirect(reply)) else { return Ok(None) };
        let location = reply.headers.get("location").map(String::as_str).unwrap_or_default();
        let Some(path) = self.path(node, &asked.path, location).await? else { return Ok(None) };
        let same = matches!(reply.status, 307 | 308) || (asked.method == Method::Get && reply.status != 303);
        let next = Exchange { path, ..asked.clone() };
        Ok(Some(if same { next } else { Exchange { method: Method::Get, body: None, ..next } }))
    }

    /// The path of a link on the page at `base`; `None` where it leads to none of the nodes. One that names a node is asked of
    /// whichever node is asked, as behind a balancer.
    async fn path(&self, node: &NodeName, base: &str, link: &str) -> Result<Option<String>, ClientError> {
        if link.starts_with('/') && !link.starts_with("//") {
            // As it is written: nothing is made of what only the server understands.
            return Ok(Some(link.split('#').next().unwrap_or(link).to_owned()));
        }
        if let Some(path) = resolved(base, link) {
            return Ok(Some(path));
        }
        let runtime = self.runtime.upgrade().ok_or(ClientError::ClusterGone)?;
        let here = Url::parse(&format!("http://{}", runtime.http(node).await?)).ok();
        let Some(url) = here.and_then(|here| here.join(link).ok()) else { return Ok(None) };
        let named = self.host_header.as_deref().and_then(|header| Url::parse(&format!("http://{header}")).ok());
        if named.is_some_and(|named| named.host_str() == url.host_str() && url.scheme() == "http") {
            return Ok(Some(path_of(&url)));
        }
        for node in &*self.nodes {
            // A node without an address is none that a link can name.
            let Ok(address) = runtime.http(node).await else { continue };
            let host = url.host_str().map(|host| if host == "localhost" { "127.0.0.1" } else { host });
            if host == Some(&address.ip().to_string()) && url.port_or_known_default() == Some(address.port()) {
                return Ok(Some(path_of(&url)));
            }
        }
        Ok(None)
    }
}
