//! A node's connector: an address that stays the node's own over its lives, and HTTP/1.1 on it while it lives.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_util::sync::CancellationToken;

/// What a request asks.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) path: String,
    pub(super) query: Vec<(String, String)>,
    pub(super) session: Option<String>,
    pub(super) token: Option<String>,
}

/// How a node reacts to a request.
#[derive(Debug)]
pub(super) enum Reaction {
    Answer { status: u16, body: String, set_cookie: Option<String> },
    Late(Duration, Box<Reaction>),
    Silence,
    Reset,
}

impl Reaction {
    pub(super) fn status(status: u16) -> Self {
        Self::Answer { status, body: String::new(), set_cookie: None }
    }

    pub(super) fn json(body: &serde_json::Value) -> Self {
        Self::Answer { status: 200, body: body.to_string(), set_cookie: None }
    }
}

/// Reacts to requests; the state of the world is behind it.
pub(super) type React = Arc<dyn Fn(&Asked) -> Reaction + Send + Sync>;

/// A reserved address. Nobody else gets its port as long as it is held, and nothing answers there until it is opened.
#[derive(Debug)]
pub(super) struct Door {
    // Bound, never listening: connections to it are refused.
    _held: TcpSocket,
    address: SocketAddr,
}

impl Door {
    pub(super) fn reserve() -> io::Result<Self> {
        let held = shared_socket(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        Ok(Self { address: held.local_addr()?, _held: held })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers from now on, until `closed`: then every open connection is reset, as those of a killed process are.
    pub(super) fn open(&self, react: React, closed: CancellationToken) -> io::Result<()> {
        let listener = shared_socket(self.address)?.listen(64)?;
        tokio::spawn(accept(listener, react, closed));
        Ok(())
    }
}

fn shared_socket(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.set_reuseport(true)?;
    socket.bind(address)?;
    Ok(socket)
}

async fn accept(listener: TcpListener, react: React, closed: CancellationToken) {
    loop {
        tokio::select! {
            biased;
            () = closed.cancelled() => return,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => drop(tokio::spawn(converse(stream, react.clone(), closed.clone()))),
                Err(_) => return,
            },
        }
    }
}

/// One connection. It ends when the client closes it, or by a reset: the node was killed, or wanted it so.
async fn converse(stream: TcpStream, react: React, closed: CancellationToken) {
    let reset = CancellationToken::new();
    let service = service_fn(|request: Request<Incoming>| {
        let (react, reset) = (react.clone(), reset.clone());
        async move { Ok::<_, Infallible>(answer(react(&asked(&request)), &reset).await) }
    });
    let mut connection = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        _ = &mut connection => return,
        () = closed.cancelled() => {}
        () = reset.cancelled() => {}
    }
    // A socket that cannot be set to reset closes in the usual way, which is an end as well.
    let _ = connection.into_parts().io.into_inner().set_zero_linger();
}

async fn answer(mut reaction: Reaction, reset: &CancellationToken) -> Response<Full<Bytes>> {
    while let Reaction::Late(time, then) = reaction {
        let _ = tokio::time::timeout(time, std::future::pending::<()>()).await;
        reaction = *then;
    }
    let (status, body, set_cookie) = match reaction {
        Reaction::Answer { status, body, set_cookie } => (status, body, set_cookie),
        Reaction::Reset => {
            reset.cancel();
            std::future::pending().await
        }
        Reaction::Silence | Reaction::Late(..) => std::future::pending().await,
    };
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = hyper::StatusCode::from_u16(status).unwrap_or(hyper::StatusCode::INTERNAL_SERVER_ERROR);
    if let Some(value) = set_cookie.and_then(|cookie| cookie.parse().ok()) {
        response.headers_mut().insert(hyper::header::SET_COOKIE, value);
    }
    response
}

fn asked(request: &Request<Incoming>) -> Asked {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let pair = |text: &str| {
        let (name, value) = text.split_once('=').unwrap_or((text, ""));
        (name.trim().to_owned(), value.to_owned())
    };
    let cookies: Vec<_> = header("cookie").unwrap_or_default().split(';').map(pair).collect();
    Asked {
        path: request.uri().path().to_owned(),
        query: request.uri().query().unwrap_or_default().split('&').map(pair).collect(),
        session: cookies.into_iter().find(|(name, _)| name == "JSESSIONID").map(|(_, value)| value),
        token: header("x-harness-token"),
    }
}
