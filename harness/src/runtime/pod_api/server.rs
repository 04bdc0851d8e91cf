//! Its HTTP.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::answers::{Answer, State, refusal};
use crate::host::sync::lock;
use crate::host::wait;

/// Answers until it is cancelled; the connections end with it.
pub(super) async fn serve(listener: TcpListener, state: Arc<Mutex<State>>) {
    let mut connections = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // A table of files that is full is full for a while.
            wait::pause(wait::POLL).await;
            continue;
        };
        let state = Arc::clone(&state);
        connections.spawn(async move {
            let answers = service_fn(|request| {
                let state = Arc::clone(&state);
                async move { Ok::<_, Infallible>(answer(&request, &state).await) }
            });
            // A client that goes away in the midst of it is none of ours.
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), answers).await;
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn answer(request: &Request<Incoming>, state: &Mutex<State>) -> Response<Full<Bytes>> {
    let Answer { status, body, late } = ask(request, state);
    if late > Duration::ZERO {
        wait::pause(late).await;
    }
    let mut response = Response::new(Full::new(Bytes::from(body.to_string())));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn ask(request: &Request<Incoming>, state: &Mutex<State>) -> Answer {
    let path: Vec<&str> = request.uri().path().split('/').skip(1).collect();
    let ["api", "v1", "namespaces", namespace, "pods"] = path[..] else { return refusal(404, "not found") };
    if request.method() != Method::GET {
        return refusal(405, "only GET");
    }
    let query = request.uri().query().unwrap_or_default();
    let asked = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "labelSelector");
    let selector = asked.map(|(_, value)| value.into_owned()).unwrap_or_default();
    let token = request.headers().get(AUTHORIZATION).and_then(|header| header.to_str().ok());
    lock(state).answer(token.and_then(|header| header.strip_prefix("Bearer ")), namespace, &selector)
}
