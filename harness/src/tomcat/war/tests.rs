use super::*;

const WEB: &[u8] = b"<web-app xmlns='http://xmlns.jcp.org/xml/ns/javaee'><distributable/></web-app>";
const SILENT: &[u8] = b"<web-app/>";

fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        zip.start_file(*name, SimpleFileOptions::default()).expect("an entry");
        zip.write_all(content).expect("content");
    }
    zip.finish().expect("an archive").into_inner()
}

fn read(content: &[u8]) -> Result<War, WarError> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = Utf8PathBuf::try_from(folder.path().join("shop.war")).expect("a Unicode name");
    fs::write(&path, content).expect("writable");
    War::read(&path, shop())
}

fn shop() -> ContextPath {
    ContextPath::new("/shop").expect("a path")
}

fn distributable(entries: &[(&str, &[u8])]) -> Distributable {
    read(&zip(entries)).expect("a WAR").distributable
}

#[test]
fn the_counter_app_passes_its_own_inspection() {
    let counter = War::counter(shop()).expect("it packs");
    let read = read(&counter.content).expect("it is a WAR");
    assert_eq!(read.distributable, Distributable::Yes);
    assert_eq!((read.sha256, &read.context), (counter.sha256, &counter.context));
    let mut archive = ZipArchive::new(Cursor::new(&counter.content)).expect("an archive");
    let page = archive.by_name(&counter.pages[0]).expect("its first page is in it");
    assert_eq!(page.last_modified().expect("a time").year(), 2020);
}

#[test]
fn the_counter_app_is_the_same_each_time() {
    assert_eq!(War::counter(shop()).expect("it packs"), War::counter(shop()).expect("it packs"));
}

/// A file that is added to a folder and forgotten here would be missing in every cluster.
#[test]
fn every_file_of_app_and_probe_is_embedded() {
    for (folder, embedded) in [("app", COUNTER), ("probe", PROBE)] {
        let root = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let mut found = Vec::new();
        list(&root, &root, &mut found);
        // The apps with classes are embedded as a folder.
        found.retain(|path| !path.starts_with("compiled/"));
        found.sort();
        let names: Vec<&str> = embedded.iter().map(|(path, _)| *path).collect();
        assert_eq!(found, names, "harness/{folder} differs from what is embedded");
    }
}

fn list(root: &Utf8Path, folder: &Utf8Path, into: &mut Vec<String>) {
    for entry in folder.read_dir_utf8().expect("readable") {
        let path = entry.expect("readable").into_path();
        if path.is_dir() {
            list(root, &path, into);
        } else {
            into.push(path.strip_prefix(root).expect("below").to_string());
        }
    }
}

#[test]
fn only_a_descriptor_that_says_so_makes_an_app_distributable() {
    let page: (&str, &[u8]) = ("index.jsp", b"x");
    assert_eq!(distributable(&[("WEB-INF/web.xml", WEB), page]), Distributable::Yes);
    assert_eq!(distributable(&[("WEB-INF/web.xml", SILENT), page]), Distributable::NotSaid);
    assert_eq!(distributable(&[page]), Distributable::NoDescriptor);
    let comment = b"<web-app><!-- <distributable/> --></web-app>";
    assert_eq!(distributable(&[("WEB-INF/web.xml", comment)]), Distributable::NotSaid);
    let old = b"<?xml version='1.0' encoding='ISO-8859-1'?><!DOCTYPE web-app PUBLIC \
                '-//Sun Microsystems, Inc.//DTD Web Application 2.3//EN' 'http://java.sun.com/dtd/web-app_2_3.dtd'>\
                <web-app><display-name>caf\xe9</display-name><distributable/></web-app>";
    assert_eq!(distributable(&[("WEB-INF/web.xml", old)]), Distributable::Yes);
}

#[test]
fn a_fragment_without_the_word_takes_it_from_the_whole_app() {
    let library = |fragment: &[u8]| zip(&[("META-INF/web-fragment.xml", fragment)]);
    let (silent, willing) = (library(b"<web-fragment/>"), library(b"<web-fragment><distributable/></web-fragment>"));
    let plain = zip(&[("a.class", b"x")]);
    let app = |web: &[u8], jar: &[u8]| distributable(&[("WEB-INF/lib/x.jar", jar), ("WEB-INF/web.xml", web)]);
    assert_eq!(app(WEB, &silent), Distributable::Fragment("WEB-INF/lib/x.jar".to_owned()));
    assert_eq!(app(WEB, &willing), Distributable::Yes);
    assert_eq!(app(WEB, &plain), Distributable::Yes);
    assert_eq!(app(WEB, b"no archive"), Distributable::Yes);
    let complete = b"<web-app metadata-complete='true'><distributable/></web-app>";
    assert_eq!(app(complete, &silent), Distributable::Yes);
}

#[test]
fn what_no_server_could_deploy_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let root = Utf8PathBuf::try_from(folder.path().to_owned()).expect("a Unicode name");
    let mut refusals = Vec::new();
    let mut refuse = |path: &Utf8Path| {
        let error = War::read(path, shop()).expect_err("it cannot be deployed");
        refusals.push(error.to_string().replace(root.as_str(), "[folder]"));
    };
    refuse(&root.join("nowhere.war"));
    refuse(&root);
    let good = zip(&[("WEB-INF/web.xml", WEB), ("index.jsp", b"hello hello hello")]);
    let mut flipped = good.clone();
    let at = good.windows(5).position(|bytes| bytes == b"index").expect("its name is in it") + "index.jsp".len() + 2;
    flipped[at] ^= 0xff;
    for (name, content) in [
        ("empty.war", Vec::new()),
        ("text.war", b"not an archive".to_vec()),
        ("truncated.war", good[..good.len() - 30].to_vec()),
        ("flipped.war", flipped),
        ("no-entries.war", zip(&[])),
        ("escapes.war", zip(&[("../../evil.jsp", b"x")])),
        ("absolute.war", zip(&[("/evil.jsp", b"x")])),
        ("backslash.war", zip(&[("a\\..\\..\\evil.jsp", b"x")])),
        ("malformed.war", zip(&[("WEB-INF/web.xml", b"<web-app><distributable>")])),
    ] {
        fs::write(root.join(name), content).expect("writable");
        refuse(&root.join(name));
    }
    insta::assert_snapshot!(refusals.join("\n"));
}
