//! A page's server before a keeper that is none: it answers on a socket, and remembers what it was asked for.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixListener;
use std::sync::Mutex;

use camino::Utf8PathBuf;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tomee_harness::keeper::{Entry, Known, VERSION};

use super::*;

const TOKEN: &str = "00112233445566778899aabbccddeeff";

struct Lab {
    _folder: tempfile::TempDir,
    path: Utf8PathBuf,
    client: Client,
    steps: Arc<Mutex<Vec<Value>>>,
}

/// What the keeper says to what it is asked for.
fn said(ask: &Value, steps: &Mutex<Vec<Value>>) -> Value {
    let node = json!({"node": "n1", "state": "running", "faults": [], "ended": null, "members": [], "apps": []});
    match ask {
        Value::String(word) if word == "status" => json!({"done": {
            "name": "lab", "run": "run-1", "folder": "/nowhere", "setting": "a lab", "phase": "up",
            "nodes": [node], "possible-faults": ["kill", "packet-loss"],
        }}),
        Value::String(word) if word == "logs" => json!({"done": {}}),
        Value::Object(ask) if ask.contains_key("step") => {
            steps.lock().expect("nobody panicked").push(ask["step"].clone());
            json!({"done": {"title": "done", "took-ms": 1, "proof": []}})
        }
        _ => json!({"done": []}),
    }
}

impl Lab {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = Utf8PathBuf::from_path_buf(folder.path().to_owned()).expect("UTF-8");
        let (socket, steps) = (path.join("keeper.sock"), Arc::new(Mutex::new(vec![])));
        let (listener, asked) = (UnixListener::bind(&socket).expect("a socket"), steps.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let mut line = String::new();
                let _ = BufReader::new(&stream).read_line(&mut line);
                let ask: Value = serde_json::from_str(&line).expect("a line of JSON");
                if ask["ask"] == "down" {
                    return;
                }
                let _ = writeln!(&stream, "{}", said(&ask["ask"], &asked));
            }
        });
        let entry = Entry {
            format: 1,
            name: "lab".parse().expect("a name"),
            version: VERSION.to_owned(),
            run: "run-1".parse().expect("a run"),
            folder: path.clone(),
            socket,
            pid: 1,
            started: jiff::Timestamp::UNIX_EPOCH,
        };
        let client = Client::of(&Known { entry, lives: true });
        Self { _folder: folder, path, client, steps }
    }

    /// The keeper ends, and takes its socket with it.
    fn ends(&self) {
        let _ = self.client.call(&Ask::Down, |_| {});
        fs_err::remove_file(&self.client.entry().socket).expect("it was there");
    }

    fn records(&self, texts: &[&str]) {
        let path = self.path.join("history.jsonl");
        let mut file = fs_err::OpenOptions::new().create(true).append(true).open(path).expect("a file");
        for text in texts {
            writeln!(file, "{text}").expect("written");
        }
    }
}

/// Does something with a page's server that runs.
async fn with_a_page<T>(lab: &Lab, then: impl AsyncFnOnce(u16) -> T) -> T {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let hub = Arc::new(Hub::new());
    let site = Arc::new(Site { token: TOKEN.to_owned(), port, hub: hub.clone(), client: lab.client.clone() });
    let serving = async {
        tokio::select! {
            read = read_on(lab.client.clone(), &hub) => drop(read),
            last = look_on(&lab.client, &hub) => hub.end(&last.expect("it looks").gone.unwrap_or_default()),
            () = accept(&listener, &site) => {}
        }
        std::future::pending::<()>().await;
    };
    let then = async {
        let looked: Result<(), TimedOut> = wait::until("the first look", Duration::from_secs(30), async || {
            let none = hub.deeds().is_empty();
            Ok(if none { wait::Look::NotYet("nothing is known".to_owned()) } else { wait::Look::Ready(()) })
        })
        .await;
        looked.expect("the keeper answers");
        then(port).await
    };
    tokio::select! {
        then = then => then,
        () = serving => unreachable!("it waits for ever"),
    }
}

async fn send(port: u16, request: &str) -> TcpStream {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.expect("it listens");
    stream.write_all(request.replace('\n', "\r\n").as_bytes()).await.expect("it is heard");
    stream
}

/// What is answered: status and all of it.
async fn asked(port: u16, first: &str, headers: &str, body: &str) -> (u16, String) {
    let length = body.len();
    let request = format!("{first} HTTP/1.1\nConnection: close\n{headers}\nContent-Length: {length}\n\n{body}");
    let mut text = String::new();
    send(port, &request).await.read_to_string(&mut text).await.expect("it answers");
    (text.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status"), text)
}

#[tokio::test]
async fn only_who_knows_the_address_and_comes_from_the_page_itself_is_answered() {
    let lab = Lab::new();
    with_a_page(&lab, async |port| {
        let here = format!("Host: 127.0.0.1:{port}");
        let (page, step) = (format!("GET /{TOKEN}/"), format!("POST /{TOKEN}/step"));
        let status =
            async |first: &str, headers: &str| asked(port, first, headers, r#"{"verb":"kill","node":"n1"}"#).await.0;
        let (good, text) = asked(port, &page, &here, "").await;
        assert_eq!(good, 200, "{text}");
        let lower = text.to_lowercase();
        for header in [
            "content-security-policy: default-src 'none'; script-src 'self'; ",
            "frame-ancestors 'none'",
            "x-content-type-options: nosniff",
            "referrer-policy: no-referrer",
            "cache-control: no-store",
        ] {
            assert!(lower.contains(header), "{header} is missing in {text}");
        }
        assert!(!text.contains(TOKEN), "the page does not repeat it");
        // A near miss of the address, each.
        let (short, wrong) = (&TOKEN[..31], format!("{}e", &TOKEN[..31]));
        for path in
            ["/".to_owned(), "/page.js".to_owned(), format!("/{short}/"), format!("/{wrong}/"), format!("/{TOKEN}")]
        {
            assert_eq!(status(&format!("GET {path}"), &here).await, 404, "{path}");
        }
        // Another name that leads here, and none.
        assert_eq!(status(&page, &format!("Host: evil.example:{port}")).await, 403);
        assert_eq!(status(&page, "Host: 127.0.0.1:1").await, 403);
        // Another page, in a browser that says so and in one that does not.
        let json = format!("{here}\nContent-Type: application/json");
        for foreign in
            ["Origin: http://evil.example", "Origin: null", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site"]
        {
            assert_eq!(status(&step, &format!("{json}\n{foreign}")).await, 403, "{foreign}");
        }
        // What a form of another page could send without being asked about it.
        assert_eq!(status(&step, &format!("{here}\nContent-Type: text/plain")).await, 405);
        assert_eq!(status(&format!("GET /{TOKEN}/step"), &json).await, 405);
        assert_eq!(asked(port, &step, &json, &"x".repeat(5000)).await.0, 413);
        assert_eq!(*lab.steps.lock().expect("nobody panicked"), Vec::<Value>::new(), "nothing was done");
        let own = format!("{json}\nOrigin: http://127.0.0.1:{port}\nSec-Fetch-Site: same-origin");
        assert_eq!(status(&step, &own).await, 200);
        assert_eq!(*lab.steps.lock().expect("nobody panicked"), [json!({"kill": "n1"})]);
    })
    .await;
}

#[tokio::test]
async fn a_step_is_what_the_cluster_can_do_and_nothing_else() {
    let lab = Lab::new();
    with_a_page(&lab, async |port| {
        let headers = format!("Host: 127.0.0.1:{port}\nContent-Type: application/json");
        let step = async |body: &str| asked(port, &format!("POST /{TOKEN}/step"), &headers, body).await;
        let (status, text) =
            step(r#"{"verb":"packet-loss","node":"n1","given":{"percent":"30"},"lasting":"5s"}"#).await;
        assert_eq!(status, 200, "{text}");
        for (body, why) in [
            (r#"{"verb":"fill-disk","node":"n1"}"#, "knows no fill-disk"),
            (r#"{"verb":"exec","node":"n1"}"#, "knows no exec"),
            (r#"{"verb":"kill","node":"../n1"}"#, "node"),
            (r#"{"verb":"packet-loss","node":"n1"}"#, "missing percent"),
            (r#"{"verb":"kill","node":"n1","lasting":"5s"}"#, "cannot be undone"),
            (r#"{"verb":"kill","node":"n1","more":1}"#, "more"),
        ] {
            let (status, text) = step(body).await;
            assert!(status == 400 && text.contains(why), "{body}: {text}");
        }
        let steps = lab.steps.lock().expect("nobody panicked").clone();
        assert_eq!(steps, [json!({"packet-loss": "n1", "percent": 30, "for": "5s"})]);
    })
    .await;
}

#[tokio::test]
async fn a_page_hears_what_is_recorded_at_once_and_the_end() {
    let lab = Lab::new();
    lab.records(&[r#"{"at-ns":1000000,"record":"event","event":"node-starts","node":"n1"}"#]);
    with_a_page(&lab, async |port| {
        let stream = send(port, &format!("GET /{TOKEN}/events HTTP/1.1\nHost: 127.0.0.1:{port}\n\n")).await;
        let mut lines = tokio::io::BufReader::new(stream).lines();
        let mut until = async |part: &str| loop {
            let line = lines.next_line().await.expect("it is sent").unwrap_or_else(|| panic!("no {part}"));
            if line.contains(part) {
                return line;
            }
        };
        until("\"text\":\"starts\"").await;
        let mut took = vec![];
        for number in 0..20_u64 {
            let begun = Instant::now();
            let at = 2_000_000 + number;
            lab.records(&[&format!(
                r#"{{"at-ns":{at},"record":"event","event":"node-died","node":"n1","why":"no {number}."}}"#
            )]);
            let line = until(&format!("no {number}.")).await;
            assert!(line.contains("\"bad\":true") && line.contains("\"edge\":\"down\""), "{line}");
            took.push(begun.elapsed());
        }
        took.sort_unstable();
        // The quickest: on a machine that has no time for it any other may be late.
        assert!(took[0] < Duration::from_millis(100), "{took:?}");
        lab.ends();
        until("cluster lab was ended").await;
    })
    .await;
}
