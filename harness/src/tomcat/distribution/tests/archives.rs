//! Archives that are not what they should be.

use fs_err as fs;

use super::fake_maven::{World, tomcat_zip};
use super::zip;

/// The error that an archive gets, and a look at what it left behind.
async fn refusal(world: &World, archive: &[u8]) -> String {
    world.put_archive(archive);
    let error = world.resolve(&world.working_maven()).await.expect_err("it is damaged");
    assert!(world.cached().is_empty(), "left behind: {:?}", world.cached());
    world.report(&error)
}

#[tokio::test]
async fn each_damage_names_the_file_and_what_to_do() {
    let whole = tomcat_zip();
    let mut flipped = whole.clone();
    let at = whole.windows(5).position(|bytes| bytes == b"hello").unwrap_or(whole.len() / 3);
    flipped[at] ^= 0xff;
    let mut refusals = Vec::new();
    for (name, archive) in [
        ("truncated", whole[..whole.len() / 2].to_vec()),
        ("empty file", Vec::new()),
        ("a web page", b"<html>log in first</html>".to_vec()),
        ("flipped", flipped),
        ("nothing in it", zip(&[])),
        ("only a folder", zip(&[("apache-tomcat-9.0.1/", b"")])),
        ("two tops", zip(&[("a/bin/x", b"x"), ("b/bin/x", b"x")])),
        ("no top", zip(&[("README", b"x")])),
    ] {
        refusals.push(format!("== {name}\n{}", refusal(&World::new(), &archive).await));
    }
    insta::assert_snapshot!(refusals.join("\n"));
}

#[tokio::test]
async fn an_archive_unlike_its_checksum_is_refused_even_when_it_is_a_good_zip() {
    let world = World::new();
    let checksum = format!("{}.sha1", world.archive());
    fs::write(&checksum, "0123456789012345678901234567890123456789").expect("writable");
    insta::assert_snapshot!(refusal(&world, &tomcat_zip()).await);
    // The checksum of what is there, as `sha1sum` writes it.
    let sum = crate::host::hex::hex(&<sha1::Sha1 as sha1::Digest>::digest(tomcat_zip()));
    fs::write(&checksum, format!("{}  tomcat-9.0.1.zip\n", sum.to_uppercase())).expect("writable");
    world.resolve(&world.working_maven()).await.expect("it is what the checksum says");
}

#[tokio::test]
async fn nothing_is_written_outside_of_the_folder() {
    for name in ["top/../../../../escaped", "/escaped", "top/x\\..\\..\\escaped", "../escaped"] {
        let world = World::new();
        let report = refusal(&world, &zip(&[("top/bin/x", b"x"), (name, b"out")])).await;
        assert!(report.contains("points outside the target folder"), "{name}: {report}");
        assert!(!std::path::Path::new("/escaped").exists());
    }
}

#[tokio::test]
async fn a_link_in_an_archive_is_refused() {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    archive.add_symlink("top/lib", "/etc", options).expect("an entry");
    let archive = archive.finish().expect("an archive").into_inner();
    let report = refusal(&World::new(), &archive).await;
    assert!(report.contains("points outside the target folder"), "{report}");
}
