//! `serve`: a lab as a page of this machine, live.

mod http;
mod hub;

use std::convert::Infallible;
use std::io::Read as _;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tomee_harness::host::wait;
use tomee_harness::keeper::Client;

use self::http::Site;
use self::hub::Hub;
use super::ask::client_of;
use super::live::{Live, Look};
use crate::args::{OutputArgs, ServeArgs};
use crate::block_on::block_on;
use crate::exit::{Exit, Failure};
use crate::output::{print, print_json};

/// How many connections are answered at one time.
const MOST_CONNECTIONS: usize = 64;
/// How often files are read between two questions to the keeper.
const FILES_BETWEEN: u32 = 5;

pub(crate) fn serve(args: &ServeArgs, output: &OutputArgs) -> Result<Exit, Failure> {
    let client = client_of(&args.name)?;
    let token = token().map_err(Failure::environment)?;
    block_on(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, args.port)).await.map_err(|error| {
            let port = args.port;
            Failure::environment(format!("port {port} of 127.0.0.1 cannot be listened on: {error}"))
                .hint((port != 0).then(|| "leave out --port for any free one".to_owned()))
        })?;
        let port = listener.local_addr().map_err(Failure::environment)?.port();
        let address = format!("http://127.0.0.1:{port}/{token}/");
        if output.is_json() {
            print_json(&json!({"format": 1, "address": address}))?;
        } else {
            print(&format!("{address}\n"))?;
        }
        let hub = Arc::new(Hub::new());
        let site = Arc::new(Site { token, port, hub: hub.clone(), client: client.clone() });
        tokio::select! {
            followed = follow(client, &hub) => followed?,
            () = accept(&listener, &site) => {}
        }
        Ok(Exit::Holds)
    })
}

/// Sixteen random bytes: nobody guesses the address, be it who may connect.
fn token() -> std::io::Result<String> {
    let mut bytes = [0_u8; 16];
    fs_err::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

async fn accept(listener: &TcpListener, site: &Arc<Site>) {
    let permits = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    loop {
        // One that is gone before it is accepted, or a table that is full: the next one may be well.
        let Ok((stream, _)) = listener.accept().await else { continue };
        let Ok(permit) = permits.clone().try_acquire_owned() else { continue };
        let site = site.clone();
        tokio::spawn(async move {
            let service = service_fn(|request| {
                let site = site.clone();
                async move { Ok::<_, Infallible>(site.answer(request).await) }
            });
            // A browser that goes away is no error.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            drop(permit);
        });
    }
}

/// Tells the pages what goes on, until the cluster is gone.
async fn follow(client: Client, hub: &Hub) -> Result<(), Failure> {
    let socket = client.entry().socket.clone();
    let mut live = Live::of(client.clone());
    let mut patience = wait::Patience::new("the end of the cluster", Duration::MAX);
    for turn in 0_u32.. {
        let asks = turn.is_multiple_of(FILES_BETWEEN);
        let client = client.clone();
        let read = tokio::task::spawn_blocking(move || {
            let (rows, logs) = (live.rows(), live.logs());
            let look = asks.then(|| Look::of(&client));
            (live, rows, logs, look)
        });
        let (back, rows, logs, look) = read.await.map_err(Failure::environment)?;
        live = back;
        if !rows.is_empty() {
            hub.rows(&rows);
            hub.traffic(&live.traffic());
        }
        let problems: Vec<_> = logs.into_iter().filter(tomee_harness::keeper::LogEntry::is_a_problem).collect();
        if !problems.is_empty() {
            hub.problems(&problems);
        }
        if let Some(look) = look {
            let gone = look.gone.is_some() && !socket.as_std_path().exists();
            hub.look(&look);
            if gone {
                // So that the pages hear of it.
                let _ = patience.another_look("it is gone").await;
                break;
            }
        }
        patience.another_look("it is up").await.map_err(Failure::environment)?;
    }
    Ok(())
}
