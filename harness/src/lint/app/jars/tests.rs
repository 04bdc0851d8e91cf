use std::io::{Cursor, Write as _};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::lint::app::read_archives;

/// What has the names of a class that stores something.
const STORES: &str = "jakarta/servlet/http/HttpSession setAttribute";

fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(vec![]));
    for (path, bytes) in entries {
        zip.start_file(*path, SimpleFileOptions::default()).expect("an entry");
        zip.write_all(bytes).expect("written");
    }
    zip.finish().expect("an archive").into_inner()
}

fn jar(classes: &[&str]) -> Vec<u8> {
    let entries: Vec<(&str, &[u8])> = classes.iter().map(|class| (*class, STORES.as_bytes())).collect();
    archive(&entries)
}

/// The classes and beans.xml that are read of the jars of an app with these entries.
fn read(entries: &[(&str, &[u8])]) -> Vec<String> {
    let apps = read_archives("a.war", Cursor::new(archive(entries))).expect("an archive");
    let files = apps.iter().flat_map(|app| app.files.keys().chain(app.beside.keys()));
    files.filter(|path| path.contains(".jar!/")).cloned().collect()
}

#[test]
fn a_jar_with_a_class_of_the_apps_owner_is_read_and_the_others_are_not() {
    let own = jar(&["com/acme/web/Cart.class", "org/other/Thing.class", "META-INF/versions/9/com/acme/web/Cart.class"]);
    let theirs = jar(&["com/acme2/Cart.class", "org/springframework/web/Attributes.class"]);
    let of =
        |first: &'static str| [(first, &b""[..]), ("WEB-INF/lib/own.jar", &own), ("WEB-INF/lib/theirs.jar", &theirs)];
    let found = ["WEB-INF/lib/own.jar!/com/acme/web/Cart.class"];
    assert_eq!(read(&of("WEB-INF/classes/com/acme/shop/Shop.class")), found);
    assert_eq!(read(&of("WEB-INF/classes/net/acme/shop/Shop.class")), Vec::<String>::new());
}

#[test]
fn an_owner_is_named_by_web_xml_too() {
    let own = jar(&["com/acme/web/Cart.class"]);
    let web = |class: &str| format!("<web-app><servlet><servlet-class>{class}</servlet-class></servlet></web-app>");
    let of = |class| read(&[("WEB-INF/web.xml", web(class).as_bytes()), ("WEB-INF/lib/a.jar", &own)]).len();
    let other = read(&[("WEB-INF/web.xml", web("com.other.Front").as_bytes()), ("WEB-INF/lib/a.jar", &own)]);
    assert_eq!((of("com.acme.Front"), other.len()), (1, 0));
}

#[test]
fn a_jar_of_the_apps_maven_group_is_its_own() {
    let named = |group: &str| {
        let pom = format!("META-INF/maven/{group}/shop-web/pom.xml");
        archive(&[(&pom, b""), ("org/legacy/Cart.class", b""), ("org/apache/commons/Lang.class", b"")])
    };
    let of = |group| {
        let (pom, jar) = ("META-INF/maven/com.acme/shop/pom.xml", named(group));
        read(&[(pom, b""), ("WEB-INF/classes/com/acme/Shop.class", b""), ("WEB-INF/lib/web.jar", &jar)])
    };
    assert_eq!(of("com.acme"), ["WEB-INF/lib/web.jar!/org/legacy/Cart.class"]);
    assert_eq!(of("org.legacy"), Vec::<String>::new());
}

#[test]
fn where_all_classes_are_in_jars_those_count_that_have_to_do_with_sessions_and_those_of_their_owner() {
    let web = jar(&["shop/web/Front.class"]);
    let model = archive(&[("shop/model/Cart.class", b""), ("META-INF/beans.xml", b"<beans/>")]);
    let library = jar(&["org/springframework/web/Attributes.class"]);
    let silent = archive(&[("org/unknown/Thing.class", b"")]);
    let found = read(&[
        ("WEB-INF/lib/a-model.jar", &model),
        ("WEB-INF/lib/b-web.jar", &web),
        ("WEB-INF/lib/c-library.jar", &library),
        ("WEB-INF/lib/d-silent.jar", &silent),
        ("WEB-INF/lib/e-broken.jar", b"PK"),
    ]);
    assert_eq!(
        found,
        [
            "WEB-INF/lib/a-model.jar!/META-INF/beans.xml",
            "WEB-INF/lib/a-model.jar!/shop/model/Cart.class",
            "WEB-INF/lib/b-web.jar!/shop/web/Front.class"
        ]
    );
}

#[test]
fn an_app_in_the_package_of_a_library_is_read_and_the_library_is_not() {
    let (own, library) =
        (jar(&["org/apache/roller/ui/Cart.class"]), jar(&["org/apache/commons/fileupload/Form.class"]));
    let of = |class: &'static str| {
        read(&[(class, b""), ("WEB-INF/lib/own.jar", &own), ("WEB-INF/lib/library.jar", &library)])
    };
    assert_eq!(
        of("WEB-INF/classes/org/apache/roller/Main.class"),
        ["WEB-INF/lib/own.jar!/org/apache/roller/ui/Cart.class"]
    );
    // A class of a library that an app replaces makes the library not its own.
    let replaced = read(&[
        ("WEB-INF/classes/com/acme/Shop.class", b""),
        ("WEB-INF/classes/org/apache/commons/fileupload/Form.class", b""),
        ("WEB-INF/lib/library.jar", &library),
    ]);
    assert_eq!(replaced, Vec::<String>::new());
}

#[test]
fn jars_of_an_enterprise_archive_count_for_each_app_in_it() {
    let (module, shared) = (jar(&["com/acme/ejb/Cart.class"]), jar(&["com/acme/web/Front.class"]));
    let (library, war) = (jar(&["org/springframework/A.class"]), archive(&[("WEB-INF/web.xml", b"<web-app/>")]));
    let ear = |module: &[u8]| {
        read(&[
            ("a.war", &war),
            ("b.war", &war),
            ("ejb.jar", module),
            ("lib/shared.jar", &shared),
            ("lib/library.jar", &library),
        ])
    };
    let one = ["a.war!/ejb.jar!/com/acme/ejb/Cart.class", "a.war!/lib/shared.jar!/com/acme/web/Front.class"];
    assert_eq!(ear(&module), [one, one].concat());
    // Nothing says whose it is, but that it stores something.
    assert_eq!(ear(b"PK"), [one[1], one[1]]);
}
