//! `serve`: a lab as a page of this machine, live.

mod http;
mod hub;

#[cfg(test)]
mod tests;

use std::convert::Infallible;
use std::io::Read as _;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tomee_harness::host::hex::hex;
use tomee_harness::host::wait::{self, TimedOut};
use tomee_harness::keeper::{Ask, Client, ClusterView};

use self::http::Site;
use self::hub::Hub;
use super::ask::{call, client_of, tell};
use super::live::Live;
use super::look::Look;
use crate::args::{OutputArgs, ServeArgs};
use crate::block_on::block_on;
use crate::exit::{Exit, Failure};
use crate::output::{print, print_json};
use crate::signals;

/// How many connections are answered at one time.
const MOST_CONNECTIONS: usize = 64;
/// How long a connection may take to say what it wants.
const HEADERS_WITHIN: Duration = Duration::from_secs(10);
/// From one look at the nodes to the next, where something happened meanwhile and where nothing did.
const SOON: Duration = Duration::from_millis(100);
const LATER: Duration = Duration::from_secs(1);
/// The same where no page is open.
const UNSEEN: Duration = Duration::from_secs(2);
/// How long a page has to hear that it is over.
const LAST_WORD: Duration = Duration::from_millis(500);

pub(crate) fn serve(args: &ServeArgs, output: &OutputArgs) -> Result<Exit, Failure> {
    let client = client_of(&args.name)?;
    // Whoever cannot be asked is no matter for a page.
    call::<ClusterView>(&client, &Ask::Status, output)?;
    let token = token().map_err(Failure::environment)?;
    block_on(async {
        let signals = signals::listen().map_err(Failure::environment)?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, args.port)).await.map_err(|error| {
            let port = args.port;
            Failure::environment(format!("cannot listen on port {port} of 127.0.0.1: {error}"))
                .hint((port != 0).then(|| "leave out --port for any free one".to_owned()))
        })?;
        let port = listener.local_addr().map_err(Failure::environment)?.port();
        let address = format!("http://127.0.0.1:{port}/{token}/");
        if output.is_json() {
            print_json(&json!({"format": 1, "address": address}))?;
        } else {
            print(&format!("{address}\n"))?;
        }
        tell(output, "whoever has this address can break the cluster; Ctrl-C ends the page, not the cluster");
        let hub = Arc::new(Hub::new());
        let site = Arc::new(Site { token, port, hub: hub.clone(), client: client.clone() });
        let last = tokio::select! {
            read = read_on(client.clone(), &hub) => return read.map(|()| Exit::Holds),
            last = look_on(&client, &hub) => last?,
            () = accept(&listener, &site) => return Ok(Exit::Holds),
            () = signals.token().cancelled() => {
                hub.end("tomee-harness serve was ended");
                left(&hub).await;
                return Ok(signals.first().map_or(Exit::Interrupted, signals::exit));
            }
        };
        let why = last.gone.unwrap_or_default();
        hub.end(&why);
        left(&hub).await;
        // A cluster that was ended took its socket with it.
        if client.entry().socket.exists() { Err(Failure::environment(why)) } else { Ok(Exit::Holds) }
    })
}

/// Waits until the pages have heard the last word, for a moment.
async fn left(hub: &Hub) {
    let _: Result<(), TimedOut> = wait::until("the pages to hear the end", LAST_WORD, async || {
        Ok(if hub.listeners() == 0 { wait::Look::Ready(()) } else { wait::Look::NotYet("they listen".to_owned()) })
    })
    .await;
    // The last bytes are being sent.
    wait::pause(wait::POLL).await;
}

/// Sixteen random bytes: nobody guesses the address, be it who may connect.
fn token() -> std::io::Result<String> {
    let mut bytes = [0_u8; 16];
    fs_err::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(hex(&bytes))
}

async fn accept(listener: &TcpListener, site: &Arc<Site>) {
    let permits = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // A table of files that is full is full for a while.
            wait::pause(wait::POLL).await;
            continue;
        };
        let Ok(permit) = permits.clone().try_acquire_owned() else { continue };
        let site = site.clone();
        tokio::spawn(async move {
            let service = service_fn(|request| {
                let site = site.clone();
                async move { Ok::<_, Infallible>(site.answer(request).await) }
            });
            // Who connects and says nothing is not waited for.
            let mut connection = http1::Builder::new();
            connection.timer(TokioTimer::new()).header_read_timeout(HEADERS_WITHIN);
            // A browser that goes away is no error.
            let _ = connection.serve_connection(TokioIo::new(stream), service).await;
            drop(permit);
        });
    }
}

/// Tells the pages what is recorded and logged, as soon as it is.
async fn read_on(client: Client, hub: &Hub) -> Result<(), Failure> {
    let mut live = Live::of(client);
    loop {
        let read = tokio::task::spawn_blocking(move || {
            let (rows, logs) = (live.rows(), live.logs());
            (live, rows, logs)
        });
        let (back, rows, logs) = read.await.map_err(Failure::environment)?;
        live = back;
        if !rows.is_empty() {
            hub.rows(&rows);
            hub.traffic(&live.traffic());
        }
        if !logs.is_empty() {
            hub.logs(&logs);
        }
        wait::pause(wait::POLL).await;
    }
}

/// Tells the pages how the nodes are, until the cluster is gone.
async fn look_on(client: &Client, hub: &Hub) -> Result<Look, Failure> {
    loop {
        let begun = Instant::now();
        let asking = client.clone();
        let look = tokio::task::spawn_blocking(move || Look::of(&asking)).await.map_err(Failure::environment)?;
        hub.look(&look);
        if look.over {
            return Ok(look);
        }
        // So that the nodes of a big or slow cluster do something else, too.
        let took = begun.elapsed();
        let gaps = (SOON.max(took), if hub.listeners() > 0 { LATER.max(took * 2) } else { UNSEEN });
        let mut patience = wait::Patience::new("the next look", Duration::MAX);
        while patience.waited() < gaps.0 || (patience.waited() < gaps.1 && !hub.takes_a_look()) {
            patience.another_look("").await.map_err(Failure::environment)?;
        }
    }
}
