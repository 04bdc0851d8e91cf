//! What a node serves of an archive, as one digest: the expected value of what `harness/probe/WEB-INF/apps.jspf` finds in
//! the folder that the server has unpacked it to.

use std::collections::BTreeMap;
use std::io::Cursor;

use sha2::{Digest as _, Sha256};
use zip::ZipArchive;
use zip::result::ZipResult;

use crate::host::hex::{hex, sha256_of};

/// What Tomcat puts into the folder that it unpacks an archive to (`ExpandWar`); an archive may have one from there.
const OF_THE_SERVER: &str = "META-INF/war-tracker";

/// SHA-256 over the names and contents of an archive's files, in hex: for each, sorted by the bytes of its name, the name,
/// a zero byte, the SHA-256 of its content in hex, and a line end.
pub(super) fn digest(archive: &[u8]) -> ZipResult<String> {
    let mut archive = ZipArchive::new(Cursor::new(archive))?;
    let mut files = BTreeMap::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index)?;
        let name = entry.name()?.into_owned();
        if entry.is_dir() || name == OF_THE_SERVER {
            continue;
        }
        files.insert(name.into_bytes(), sha256_of(&mut entry)?.0);
    }
    let mut digest = Sha256::new();
    for (name, content) in files {
        digest.update(&name);
        digest.update(b"\0");
        digest.update(&content);
        digest.update(b"\n");
    }
    Ok(hex(&digest.finalize()))
}

#[cfg(test)]
mod tests {
    use camino::Utf8PathBuf;

    use super::*;
    use crate::tomcat::war::pack;

    fn of(files: &[(&str, &str)]) -> String {
        let files: Vec<_> =
            files.iter().map(|(name, text)| (Utf8PathBuf::from(*name), text.as_bytes().to_vec())).collect();
        digest(&pack(&files).expect("it packs")).expect("a zip")
    }

    #[test]
    fn what_is_served_is_names_and_contents_whatever_their_order_and_the_servers_own_left_out() {
        let one = of(&[("a.jsp", "a"), ("WEB-INF/web.xml", "b")]);
        assert_eq!(one, of(&[("WEB-INF/web.xml", "b"), ("a.jsp", "a"), ("META-INF/war-tracker", "")]));
        for other in [
            of(&[("a.jsp", "a"), ("WEB-INF/web.xml", "c")]),
            of(&[("b.jsp", "a"), ("WEB-INF/web.xml", "b")]),
            of(&[("a.jsp", "a")]),
            of(&[("a.jsp", "a"), ("WEB-INF/web.xml", "b"), ("META-INF/MANIFEST.MF", "")]),
        ] {
            assert_ne!(one, other);
        }
        assert!(digest(b"no zip").is_err());
    }

    #[test]
    fn the_digest_is_the_one_that_the_probe_makes() {
        // printf 'a.jsp\0%s\n' "$(printf a | sha256sum | cut -d' ' -f1)" | sha256sum
        let expected = "b976ead93cc065a7ba1d080d1ebd63c4764cb1386eeeda4429b1462e2489531a";
        assert_eq!(of(&[("a.jsp", "a")]), expected);
    }
}
