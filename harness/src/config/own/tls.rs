//! Connectors with TLS: which files they need, and a key store in the place of one that is not there.

use std::collections::BTreeMap;

use super::edits::Edits;
use crate::config::read::{Document, Element};

/// The key store that the lab makes, below `CATALINA_BASE`.
pub const KEY_STORE: &str = "harness/keystore.p12";
/// Its password.
pub const KEY_STORE_PASSWORD: &str = "changeit";
/// Its only entry.
pub const KEY_STORE_ALIAS: &str = "lab";

/// An attribute that names a key store, with those that go with it: password, password of the key, type, alias.
struct Store {
    file: &'static str,
    passwords: &'static [&'static str],
    kind: &'static str,
    alias: Option<&'static str>,
}

/// As Tomcat 8.5 and later have them: of a `Certificate`, of an `SSLHostConfig`, and of a `Connector`.
const STORES: [Store; 4] = [
    Store {
        file: "certificateKeystoreFile",
        passwords: &["certificateKeystorePassword", "certificateKeyPassword"],
        kind: "certificateKeystoreType",
        alias: Some("certificateKeyAlias"),
    },
    Store {
        file: "keystoreFile",
        passwords: &["keystorePass", "keyPass"],
        kind: "keystoreType",
        alias: Some("keyAlias"),
    },
    Store {
        file: "truststoreFile",
        passwords: &["truststorePassword", "truststorePass"],
        kind: "truststoreType",
        alias: None,
    },
    Store {
        file: "trustStoreFile",
        passwords: &["truststorePassword", "truststorePass"],
        kind: "truststoreType",
        alias: None,
    },
];

/// Attributes that name other files, of which the lab makes none.
const OTHERS: [&str; 6] = [
    "certificateFile",
    "certificateKeyFile",
    "certificateChainFile",
    "caCertificateFile",
    "certificateRevocationListFile",
    "certificateKeystorePasswordFile",
];

/// Whether a connector encrypts.
pub(super) fn encrypts(connector: Element<'_>) -> bool {
    connector.flag("SSLEnabled", false) == Some(true) || connector.child("SSLHostConfig").is_some()
}

/// The files that connectors with TLS name, as they are written with their properties put in.
pub fn named_files(document: &Document) -> Vec<String> {
    let connectors = document.elements().filter(|element| element.name() == "Connector" && encrypts(*element));
    let files = connectors.flat_map(elements).flat_map(|element| {
        let stores = STORES.iter().map(|store| store.file);
        stores.chain(OTHERS).filter_map(move |name| element.value(name)).map(str::to_owned).collect::<Vec<_>>()
    });
    files.collect()
}

/// What became of a connector with TLS.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Kept {
    /// It has the files that it names.
    AsItIs,
    /// A key store that is made takes the place of this one.
    WithAKeyStore(String),
    /// It cannot run here, for this reason.
    No(String),
}

/// Makes a connector find its files. `present` says where each is that is there.
pub(super) fn keep(edits: &mut Edits, connector: Element<'_>, present: &BTreeMap<String, String>) -> Kept {
    let native = connector.value("protocol").is_some_and(|protocol| protocol.contains("Apr"))
        || connector.value("sslImplementationName").is_some_and(|name| name.contains("OpenSSL"));
    if native {
        return Kept::No("it needs the native library".to_owned());
    }
    let elements: Vec<Element<'_>> = elements(connector).collect();
    let missing = |name: &str| elements.iter().filter_map(|it| it.value(name)).any(|file| !present.contains_key(file));
    if let Some(name) = OTHERS.iter().find(|name| missing(name)) {
        return Kept::No(format!("its {name} is not there"));
    }
    let mut made = None;
    let mut has_key = false;
    for element in &elements {
        for name in OTHERS {
            if let Some(path) = element.value(name).and_then(|file| present.get(file)) {
                has_key = true;
                edits.set(*element, name, path);
            }
        }
        for store in &STORES {
            let Some(file) = element.value(store.file) else { continue };
            has_key |= store.alias.is_some();
            if let Some(path) = present.get(file) {
                edits.set(*element, store.file, path);
            } else {
                made = Some(file.to_owned());
                replace(edits, *element, store);
            }
        }
    }
    if !has_key {
        // `~/.keystore`, which is the user's and not the configuration's.
        made = Some("~/.keystore".to_owned());
        let place = connector.child("SSLHostConfig");
        let certificate = place.and_then(|host| host.child("Certificate"));
        match (certificate, place) {
            (Some(certificate), _) => replace(edits, certificate, &STORES[0]),
            (None, Some(host)) => edits.insert_into(
                host,
                &format!(
                    "<Certificate certificateKeystoreFile=\"${{catalina.base}}/{KEY_STORE}\" \
                     certificateKeystorePassword=\"{KEY_STORE_PASSWORD}\" certificateKeystoreType=\"PKCS12\"/>"
                ),
            ),
            (None, None) => replace(edits, connector, &STORES[1]),
        }
    }
    made.map_or(Kept::AsItIs, Kept::WithAKeyStore)
}

fn replace(edits: &mut Edits, element: Element<'_>, store: &Store) {
    edits.set(element, store.file, &format!("${{catalina.base}}/{KEY_STORE}"));
    edits.set(element, store.kind, "PKCS12");
    for (index, password) in store.passwords.iter().enumerate() {
        if index == 0 || element.has(password) {
            edits.set(element, password, KEY_STORE_PASSWORD);
        }
    }
    if let Some(alias) = store.alias.filter(|alias| element.has(alias)) {
        edits.set(element, alias, KEY_STORE_ALIAS);
    }
}

/// A connector and what is in it.
fn elements(connector: Element<'_>) -> impl Iterator<Item = Element<'_>> {
    let hosts = connector.all("SSLHostConfig");
    std::iter::once(connector).chain(hosts.flat_map(|host| std::iter::once(host).chain(host.all("Certificate"))))
}
