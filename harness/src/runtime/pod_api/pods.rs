//! The pods of a namespace, and which of them a node is listed.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use serde_json::{Value, json};

/// By how much the address of a pod that is there no longer differs, in its last part: no node has it.
const OLD: u8 = 16;
/// The same of a pod of another app.
const FOREIGN: u8 = 24;

/// A node, as a manifest describes its pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::runtime) struct Pod {
    /// Its name.
    pub(in crate::runtime) name: String,
    /// In which namespace it is.
    pub(in crate::runtime) namespace: String,
    /// Its labels.
    pub(in crate::runtime) labels: BTreeMap<String, String>,
    /// Its address.
    pub(in crate::runtime) address: Ipv4Addr,
}

/// What a pod is at an instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) pod: Pod,
    /// From which its peers make its identity.
    pub(super) uid: String,
    /// When it was made, as in RFC 3339.
    pub(super) created: String,
    pub(super) phase: &'static str,
    /// When its end was asked for, while it has not ended.
    pub(super) deleted: Option<String>,
}

impl Listed {
    fn json(&self) -> Value {
        let pod = &self.pod;
        let mut metadata = json!({
            "name": pod.name,
            "namespace": pod.namespace,
            "uid": self.uid,
            "creationTimestamp": self.created,
            "labels": pod.labels,
        });
        if let Some(deleted) = &self.deleted {
            metadata["deletionTimestamp"] = deleted.clone().into();
        }
        json!({ "metadata": metadata, "status": { "phase": self.phase, "podIP": pod.address } })
    }

    pub(super) fn unready(mut self) -> Self {
        self.phase = "Pending";
        self
    }

    pub(super) fn moved(mut self) -> Self {
        self.pod.address = beside(self.pod.address, OLD);
        self
    }

    /// A pod of another app in the same namespace.
    pub(super) fn foreign(&self) -> Self {
        let labels = BTreeMap::from([("app".to_owned(), "batch".to_owned())]);
        let address = beside(self.pod.address, FOREIGN);
        let pod = Pod { name: "batch-0".to_owned(), labels, address, ..self.pod.clone() };
        Self { pod, uid: format!("batch-{}", self.uid), phase: "Running", deleted: None, ..self.clone() }
    }
}

fn beside(address: Ipv4Addr, by: u8) -> Ipv4Addr {
    let [a, b, c, d] = address.octets();
    Ipv4Addr::new(a, b, c, d.wrapping_add(by))
}

/// A list of pods as the API has it.
pub(super) fn list(pods: &[Listed]) -> Value {
    let items: Vec<Value> = pods.iter().map(Listed::json).collect();
    json!({ "kind": "PodList", "apiVersion": "v1", "metadata": { "resourceVersion": "1" }, "items": items })
}

/// The labels that a selector of equalities asks for, as a pod has that it selects.
pub(in crate::runtime) fn labels_of(selector: &str) -> BTreeMap<String, String> {
    let terms = selector.split(',').filter(|term| !term.contains('!'));
    let equal = terms.filter_map(|term| term.split_once('='));
    equal.map(|(key, value)| (key.trim().to_owned(), value.trim_start_matches('=').trim().to_owned())).collect()
}

/// Whether labels are selected.
///
/// # Errors
/// The selector is of sets (`in`, `notin`), which the lab does not know.
pub(super) fn selects(selector: &str, labels: &BTreeMap<String, String>) -> Result<bool, String> {
    for term in selector.split(',').map(str::trim).filter(|term| !term.is_empty()) {
        if term.contains(['(', ')']) {
            return Err(format!("the lab's API server knows no selector of sets: `{selector}`"));
        }
        let has = |key: &str, value: &str| labels.get(key.trim()).is_some_and(|label| label == value.trim());
        let fits = match (term.split_once("!="), term.split_once('='), term.strip_prefix('!')) {
            (Some((key, value)), _, _) => !has(key, value),
            (None, Some((key, value)), _) => has(key, value.trim_start_matches('=')),
            (None, None, Some(key)) => !labels.contains_key(key.trim()),
            (None, None, None) => labels.contains_key(term),
        };
        if !fits {
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selector_selects_by_equality_and_by_presence() {
        let labels = labels_of("app=shop,tier == web");
        assert_eq!(labels.len(), 2);
        for (selector, fits) in [
            ("", true),
            ("app=shop", true),
            ("app==shop, tier=web", true),
            ("app=shopp", false),
            ("app=shop,tier=db", false),
            ("app!=shop", false),
            ("app!=batch", true),
            ("app", true),
            ("team", false),
            ("!team", true),
            ("!app", false),
        ] {
            assert_eq!(selects(selector, &labels), Ok(fits), "{selector}");
        }
        assert!(selects("app in (shop)", &labels).is_err());
    }

    #[test]
    fn a_list_has_what_the_provider_reads() {
        let pod = Pod {
            name: "n1".to_owned(),
            namespace: "lab".to_owned(),
            labels: labels_of("app=lab"),
            address: Ipv4Addr::new(127, 0, 0, 11),
        };
        let created = "2026-11-30T06:00:00Z".to_owned();
        let listed = Listed { pod, uid: "n1-uid".to_owned(), created, phase: "Running", deleted: None };
        let foreign = listed.foreign();
        assert_eq!(selects("app=lab", &foreign.pod.labels), Ok(false));
        let json = list(&[listed.clone(), listed.clone().unready(), listed.moved(), foreign]);
        let of = |index: usize, path: &str| json["items"][index].pointer(path).cloned().unwrap_or_default();
        assert_eq!(of(0, "/metadata/name"), "n1");
        assert_eq!(of(0, "/metadata/creationTimestamp"), "2026-11-30T06:00:00Z");
        assert_eq!((of(0, "/status/phase"), of(0, "/status/podIP")), ("Running".into(), "127.0.0.11".into()));
        assert_eq!(of(1, "/status/phase"), "Pending");
        assert_eq!(of(2, "/status/podIP"), "127.0.0.27");
        assert_eq!(of(3, "/status/podIP"), "127.0.0.35");
    }
}
