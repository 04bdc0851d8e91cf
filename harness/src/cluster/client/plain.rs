//! Exchanges without cookies, which no history has.

use std::time::Duration;

use super::chain;

/// A plain exchange without cookies, for the probe and for readiness.
#[derive(Debug, Clone)]
pub(crate) struct PlainClient {
    http: reqwest::Client,
    /// What each request names as its host, where it is not the address.
    host_header: Option<String>,
}

/// A plain exchange that came to nothing.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct PlainError(String);

impl PlainClient {
    pub(crate) fn new(timeout: Duration) -> Result<Self, PlainError> {
        let http = reqwest::Client::builder().no_proxy().timeout(timeout).pool_max_idle_per_host(0).build();
        http.map(|http| Self { http, host_header: None }).map_err(|error| PlainError(chain(&error)))
    }

    /// With another host in its requests than the address.
    #[must_use]
    pub(crate) fn naming(self, host_header: Option<String>) -> Self {
        Self { host_header, ..self }
    }

    /// Status and body of a GET with one header.
    pub(crate) async fn get(&self, url: &str, header: (&str, &str)) -> Result<(u16, String), PlainError> {
        let exchange = async {
            let mut request = self.http.get(url).header(header.0, header.1);
            if let Some(host) = &self.host_header {
                request = request.header(reqwest::header::HOST, host);
            }
            let response = request.send().await?;
            let status = response.status().as_u16();
            Ok::<_, reqwest::Error>((status, response.text().await?))
        };
        exchange.await.map_err(|error| PlainError(chain(&error)))
    }
}
