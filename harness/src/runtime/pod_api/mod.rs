//! An API server like that of Kubernetes, as far as `KubernetesMembershipProvider` asks it: `GET
//! /api/v1/namespaces/NAMESPACE/pods`, by plain HTTP, with the token of a pod.
//!
//! A pod is listed as Running while its container runs or is about to be started again in its place, so a node that was
//! killed is still listed; one whose end was asked for has a `deletionTimestamp`, and is gone when it has ended. It comes
//! back as the same pod, as it has the same address: another pod at an old address is two members to `TcpFailureDetector`.

mod answers;
mod pods;
mod server;

use std::hash::{BuildHasher as _, RandomState};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::task::JoinHandle;

use self::answers::{Broken, Node, State, now};
use self::pods::Listed;
pub(super) use self::pods::{Pod, labels_of};
use super::ApiFault;
use crate::host::sync::lock;
use crate::host::wait::{self, Look, TimedOut};
use crate::model::NodeName;

/// How long a node may take to its next poll: the heartbeat of its channel comes every 5 s.
const POLL_LIMIT: Duration = Duration::from_secs(20);

/// The server, until this is dropped.
#[derive(Debug)]
pub(super) struct PodApi {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    server: JoinHandle<()>,
}

/// What can go wrong with a fault of it.
#[derive(Debug, thiserror::Error)]
pub(super) enum PodApiError {
    #[error("nothing that the API server says to it is broken")]
    NotBroken,
    #[error("the API server says something broken to it already")]
    Broken,
    #[error(transparent)]
    TimedOut(#[from] TimedOut),
}

impl PodApi {
    /// Starts it on any port of an address.
    pub(super) async fn start(address: Ipv4Addr) -> std::io::Result<Self> {
        let state = Arc::<Mutex<State>>::default();
        let listener = tokio::net::TcpListener::bind((address, 0)).await?;
        let address = listener.local_addr()?;
        let server = tokio::spawn(server::serve(listener, Arc::clone(&state)));
        Ok(Self { address, state, server })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes note of a node's pod, and gives the token that it shows.
    pub(super) fn admit(&self, node: &NodeName, pod: Pod) -> String {
        let mut state = lock(&self.state);
        let token = format!("{node}-{:016x}", RandomState::new().hash_one(node));
        let new = Node { pod: pod.clone(), token, listed: None, broken: None, polls: 0 };
        let known = state.nodes.entry(node.clone()).or_insert(new);
        known.pod = pod;
        known.token.clone()
    }

    /// A node's container starts: in its pod, where it still has one.
    pub(super) fn starts(&self, node: &NodeName) {
        let mut state = lock(&self.state);
        let Some(known) = state.nodes.get_mut(node) else { return };
        if let Some(listed) = known.listed.as_mut().filter(|listed| listed.deleted.is_none()) {
            listed.pod = known.pod.clone();
            return;
        }
        let (pod, uid) = (known.pod.clone(), format!("{node}-uid"));
        known.listed = Some(Listed { pod, uid, created: now(), phase: "Running", deleted: None });
    }

    /// The end of a node's pod is asked for.
    pub(super) fn terminates(&self, node: &NodeName) {
        let mut state = lock(&self.state);
        if let Some(listed) = state.nodes.get_mut(node).and_then(|known| known.listed.as_mut()) {
            listed.deleted = Some(now());
        }
    }

    /// A node's pod is gone.
    pub(super) fn is_gone(&self, node: &NodeName) {
        if let Some(known) = lock(&self.state).nodes.get_mut(node) {
            known.listed = None;
        }
    }

    /// Breaks what is said to a node, and waits for a poll that it hits.
    pub(super) async fn add(&self, node: &NodeName, fault: ApiFault) -> Result<String, PodApiError> {
        {
            let mut state = lock(&self.state);
            let before = state.listed();
            let known = state.nodes.get_mut(node).ok_or(PodApiError::NotBroken)?;
            if known.broken.is_some() {
                return Err(PodApiError::Broken);
            }
            known.broken = Some(Broken { fault, before, hits: vec![] });
        }
        let hit: Result<String, PodApiError> =
            wait::until(&format!("a poll of the API server by {node}"), POLL_LIMIT, async || {
                let state = lock(&self.state);
                let known = state.nodes.get(node).ok_or(PodApiError::NotBroken)?;
                let first = known.broken.iter().find_map(|broken| broken.hits.first());
                Ok(match first {
                    Some(hit) => Look::Ready(hit.clone()),
                    None => Look::NotYet(format!("{} polls before", known.polls)),
                })
            })
            .await;
        if hit.is_err() {
            self.forget(node);
        }
        hit
    }

    /// Undoes it, and says how many polls it has hit.
    pub(super) fn remove(&self, node: &NodeName) -> Result<String, PodApiError> {
        let broken = self.forget(node).ok_or(PodApiError::NotBroken)?;
        Ok(match broken.hits.len() {
            1 => "it hit one poll".to_owned(),
            count => format!("it hit {count} polls"),
        })
    }

    fn forget(&self, node: &NodeName) -> Option<Broken> {
        lock(&self.state).nodes.get_mut(node)?.broken.take()
    }
}

impl Drop for PodApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    fn two_pods(api: &PodApi) -> Vec<(NodeName, String)> {
        let admit = |index: u8| {
            let node = NodeName::nth(usize::from(index));
            let (name, namespace) = (node.to_string(), "lab".to_owned());
            let pod = Pod { name, namespace, labels: labels_of("app=lab"), address: [127, 0, 0, 11 + index].into() };
            let token = api.admit(&node, pod);
            api.starts(&node);
            (node, token)
        };
        vec![admit(0), admit(1)]
    }

    /// The status of an answer, and for each pod of it: name, uid, phase, address and whether its end was asked for.
    async fn ask(api: &PodApi, token: &str, path: &str) -> (u16, Vec<String>) {
        let mut stream = tokio::net::TcpStream::connect(api.address()).await.expect("it listens");
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: api\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("it answers");
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        let body = answer.split("\r\n\r\n").nth(1).expect("a body");
        let body: Value = serde_json::from_str(body).expect("JSON");
        let text = |pod: &Value, path: &str| pod.pointer(path).and_then(Value::as_str).unwrap_or("-").to_owned();
        let pods = body["items"].as_array().into_iter().flatten().map(|pod| {
            let ends = if pod.pointer("/metadata/deletionTimestamp").is_some() { " ends" } else { "" };
            let parts = ["/metadata/uid", "/status/phase", "/status/podIP"].map(|path| text(pod, path));
            parts.join(" ") + ends
        });
        (status, pods.collect())
    }

    const PODS: &str = "/api/v1/namespaces/lab/pods?labelSelector=app%3Dlab";

    #[tokio::test]
    async fn it_lists_the_pods_that_a_token_may_see() {
        let api = PodApi::start(Ipv4Addr::LOCALHOST).await.expect("it starts");
        let both = two_pods(&api);
        let (one, token) = &both[0];
        let listed = |pods: &[&str]| (200, pods.iter().map(|pod| (*pod).to_owned()).collect::<Vec<_>>());
        let all = listed(&["n1-uid Running 127.0.0.11", "n2-uid Running 127.0.0.12"]);
        assert_eq!(ask(&api, token, PODS).await, all);
        assert_eq!(ask(&api, token, "/api/v1/namespaces/lab/pods").await, all);
        assert_eq!(ask(&api, token, "/api/v1/namespaces/lab/pods?labelSelector=app%3Dother").await, listed(&[]));
        assert_eq!(ask(&api, token, "/api/v1/namespaces/other/pods").await, listed(&[]));
        assert_eq!(ask(&api, "stolen", PODS).await.0, 401);
        assert_eq!(ask(&api, token, "/api/v1/pods").await.0, 404);
        // A container that is started again is in the same pod.
        api.starts(one);
        assert_eq!(ask(&api, token, PODS).await, all);
        api.terminates(one);
        assert_eq!(ask(&api, token, PODS).await.1[0], "n1-uid Running 127.0.0.11 ends");
        api.is_gone(one);
        assert_eq!(ask(&api, token, PODS).await, listed(&["n2-uid Running 127.0.0.12"]));
        api.starts(one);
        assert_eq!(ask(&api, token, PODS).await.1[0], "n1-uid Running 127.0.0.11");
    }

    /// What n1 and n2 are answered while what is said to n1 is broken.
    async fn broken(fault: ApiFault, api: &PodApi, both: &[(NodeName, String)]) -> [(u16, Vec<String>); 2] {
        let (one, first) = &both[0];
        let polled = async { [ask(api, first, PODS).await, ask(api, &both[1].1, PODS).await] };
        let (added, answers) = tokio::join!(api.add(one, fault), polled);
        let proof = added.expect("a poll was hit");
        assert!(proof.contains(" of n1 "), "{proof}");
        answers
    }

    #[tokio::test]
    async fn a_fault_breaks_what_is_said_to_one_node() {
        let api = PodApi::start(Ipv4Addr::LOCALHOST).await.expect("it starts");
        let both = two_pods(&api);
        let (one, token) = &both[0];
        let whole = ask(&api, token, PODS).await;
        for (fault, status, pods) in [
            (ApiFault::Error(403), 403, vec![]),
            (ApiFault::ErrorOnce(503), 503, vec![]),
            (ApiFault::Late(Duration::from_millis(1)), 200, whole.1.clone()),
            (ApiFault::UnreadyPods, 200, vec!["n1-uid Running 127.0.0.11".into(), "n2-uid Pending 127.0.0.12".into()]),
            (ApiFault::StalePods, 200, whole.1.clone()),
            (ApiFault::OldAddresses, 200, vec!["n1-uid Running 127.0.0.11".into(), "n2-uid Running 127.0.0.28".into()]),
            // The labels do not select it.
            (ApiFault::ForeignPod, 200, whole.1.clone()),
        ] {
            let [hit, other] = broken(fault, &api, &both).await;
            assert_eq!((hit, &other), ((status, pods), &whole), "{fault:?}");
            let again = ask(&api, token, PODS).await;
            if matches!(fault, ApiFault::ErrorOnce(_)) {
                assert_eq!(again, whole, "only one poll was to fail");
            }
            assert!(matches!(api.add(one, fault).await, Err(PodApiError::Broken)));
            assert!(api.remove(one).expect("it was broken").starts_with("it hit "));
            assert_eq!(ask(&api, token, PODS).await, whole, "{fault:?}");
            assert!(matches!(api.remove(one), Err(PodApiError::NotBroken)));
        }
    }

    #[tokio::test]
    async fn a_stale_list_has_what_has_ended() {
        let api = PodApi::start(Ipv4Addr::LOCALHOST).await.expect("it starts");
        let both = two_pods(&api);
        let whole = ask(&api, &both[0].1, PODS).await;
        broken(ApiFault::StalePods, &api, &both).await;
        api.is_gone(&both[1].0);
        assert_eq!(ask(&api, &both[0].1, PODS).await, whole);
        assert_eq!(ask(&api, &both[1].1, PODS).await.1.len(), 1);
    }

    #[tokio::test]
    async fn without_labels_a_pod_of_another_app_is_listed() {
        let api = PodApi::start(Ipv4Addr::LOCALHOST).await.expect("it starts");
        let both = two_pods(&api);
        broken(ApiFault::ForeignPod, &api, &both).await;
        let listed = ask(&api, &both[0].1, "/api/v1/namespaces/lab/pods").await.1;
        assert_eq!((listed.len(), listed[2].as_str()), (3, "batch-n1-uid Running 127.0.0.35"));
    }
}
