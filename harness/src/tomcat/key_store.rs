//! A key store for connectors whose own is not there, made by the JDK's `keytool`.

use std::io;
use std::process::{Command, Stdio};
use std::sync::Mutex;

use camino::Utf8Path;

use crate::config::own::{KEY_STORE_ALIAS, KEY_STORE_PASSWORD};
use crate::host::sync::lock;

/// One of this process: to make it takes a second, and nothing depends on whose it is.
static MADE: Mutex<Option<Vec<u8>>> = Mutex::new(None);

/// The bytes of a PKCS12 store with a key and a self-signed certificate.
///
/// # Errors
/// There is no `keytool` beside `java`, or it fails.
pub fn made(java_home: Option<&Utf8Path>) -> io::Result<Vec<u8>> {
    let mut known = lock(&MADE);
    if let Some(bytes) = known.as_ref() {
        return Ok(bytes.clone());
    }
    let program = java_home.map_or_else(|| "keytool".into(), |home| home.join("bin/keytool"));
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("keystore.p12");
    let output = Command::new(&program)
        .args(["-genkeypair", "-keyalg", "RSA", "-keysize", "2048", "-validity", "365", "-storetype", "PKCS12"])
        .args(["-dname", "CN=localhost", "-alias", KEY_STORE_ALIAS, "-storepass", KEY_STORE_PASSWORD])
        .args(["-keypass", KEY_STORE_PASSWORD])
        .arg("-keystore")
        .arg(&file)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| io::Error::new(error.kind(), format!("{program} cannot be run: {error}")))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        return Err(io::Error::other(format!("{program}: {said}")));
    }
    let bytes = fs_err::read(&file)?;
    *known = Some(bytes.clone());
    Ok(bytes)
}
