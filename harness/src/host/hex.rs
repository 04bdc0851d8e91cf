//! Bytes as hexadecimal digits, as checksums are written.

use std::io::{self, Read, Write};

use sha2::{Digest as _, Sha256};

/// Two lower-case digits a byte.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The SHA-256 in hex of all that can be read, which is not held at once, and how many bytes that is.
pub(crate) fn sha256_of(from: impl Read) -> io::Result<(String, u64)> {
    copied(from, io::sink())
}

/// [`sha256_of`] all that can be read, which is written on.
pub(crate) fn copied(mut from: impl Read, mut to: impl Write) -> io::Result<(String, u64)> {
    let (mut hash, mut bytes, mut block) = (Sha256::new(), 0, vec![0; 1 << 16]);
    loop {
        match from.read(&mut block) {
            Ok(0) => return Ok((hex(&hash.finalize()), bytes)),
            Ok(read) => {
                hash.update(&block[..read]);
                to.write_all(&block[..read])?;
                bytes += read as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
