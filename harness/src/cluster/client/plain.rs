//! Exchanges without cookies, which no history has.

use std::time::Duration;

use super::chain;

/// A plain exchange without cookies, for the probe and for readiness.
#[derive(Debug, Clone)]
pub(crate) struct PlainClient {
    http: reqwest::Client,
}

/// A plain exchange that came to nothing.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct PlainError(String);

impl PlainClient {
    pub(crate) fn new(timeout: Duration) -> Result<Self, PlainError> {
        let http = reqwest::Client::builder().no_proxy().timeout(timeout).pool_max_idle_per_host(0).build();
        http.map(|http| Self { http }).map_err(|error| PlainError(chain(&error)))
    }

    /// Status and body of a GET with one header.
    pub(crate) async fn get(&self, url: &str, header: (&str, &str)) -> Result<(u16, String), PlainError> {
        let exchange = async {
            let response = self.http.get(url).header(header.0, header.1).send().await?;
            let status = response.status().as_u16();
            Ok::<_, reqwest::Error>((status, response.text().await?))
        };
        exchange.await.map_err(|error| PlainError(chain(&error)))
    }
}
