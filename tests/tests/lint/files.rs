//! What `lint` does with files: folders of a base, parts of a server.xml, archives, and what `--fix` writes.

use camino::Utf8PathBuf;
use integration_tests::TestContext;

use super::fixture::class;

const CLUSTER: &str = "org.apache.catalina.ha.tcp.SimpleTcpCluster";

fn write(context: &TestContext, path: &str, text: &str) -> Utf8PathBuf {
    let path = context.folder().join(path);
    fs_err::create_dir_all(path.parent().expect("a folder")).expect("it can be made");
    fs_err::write(&path, text).expect("it can be written");
    path
}

fn engine(inner: &str) -> String {
    format!("<Engine name=\"Catalina\" defaultHost=\"localhost\" jvmRoute=\"n1\">{inner}</Engine>")
}

fn server(inner: &str) -> String {
    format!("<Server><Service name=\"Catalina\">{}</Service></Server>", engine(inner))
}

fn host(cluster: &str) -> String {
    format!("<Host name=\"localhost\" appBase=\"webapps\">{cluster}</Host>")
}

fn with_options(options: &str) -> String {
    host(&format!("<Cluster className=\"{CLUSTER}\" channelSendOptions=\"{options}\"/>"))
}

#[test]
fn a_folder_of_a_farm_is_found_wherever_it_is_and_a_file_is_none() {
    let context = TestContext::new();
    let farm = format!(
        "<Cluster className=\"{CLUSTER}\" channelSendOptions=\"6\"><Deployer className=\"org.apache.catalina.ha.deploy.FarmWarDeployer\" \
         tempDir=\"temp/a/b/c/d/war\" deployDir=\"webapps\" watchDir=\"watch\" watchEnabled=\"true\"/></Cluster>"
    );
    write(&context, "base/conf/server.xml", &server(&host(&farm)));
    for folder in ["temp/a/b/c/d/war", "webapps"] {
        fs_err::create_dir_all(context.folder().join("base").join(folder)).expect("it can be made");
    }
    write(&context, "base/watch", "a file");
    let base = context.folder().join("base");
    let run = context.run(&["lint", base.as_str()]);
    assert!(run.code == Some(1) && run.stdout.contains("no folder `watch`"), "{}", run.stdout);
    assert!(!run.stdout.contains("temp/a/b/c/d/war` (tempDir)"), "{}", run.stdout);
    fs_err::remove_file(base.join("watch")).expect("it can be removed");
    fs_err::create_dir(base.join("watch")).expect("it can be made");
    assert!(!context.run(&["lint", base.as_str()]).stdout.contains("C031"));
    fs_err::remove_dir(base.join("temp/a/b/c/d/war")).expect("it can be removed");
    let run = context.run(&["lint", base.as_str()]);
    assert!(run.stdout.contains("no folder `temp/a/b/c/d/war`"), "{}", run.stdout);
}

#[test]
fn a_part_of_a_server_xml_is_linted_and_a_configuration_of_httpd_is_no_xml() {
    let context = TestContext::new();
    let whole = engine(&with_options("4"));
    for (name, text) in [("engine.xml", whole.as_str()), ("host.xml", &with_options("4"))] {
        let path = write(&context, name, text);
        let run = context.run(&["lint", path.as_str()]);
        assert!(run.code == Some(1) && run.stdout.contains("C006"), "{name}: {} {}", run.stdout, run.stderr);
    }
    let path = write(&context, "other.xml", "<beans/>");
    assert_eq!(context.run(&["lint", path.as_str()]).code, Some(2));
    let server = write(&context, "server.xml", &server(&with_options("6")));
    let httpd = "<Proxy balancer://shop>\n  BalancerMember http://10.0.0.1:8080 route=a\n</Proxy>\n";
    let balancer = write(&context, "shop.conf", httpd);
    let run = context.run(&["lint", server.as_str(), balancer.as_str()]);
    assert!(run.code == Some(0) && run.stdout.contains("C054"), "{} {}", run.stdout, run.stderr);
    fs_err::write(&balancer, httpd.replace("route=a", "route=n1")).expect("it can be written");
    assert!(!context.run(&["lint", server.as_str(), balancer.as_str()]).stdout.contains("C054"));
}

#[test]
fn an_app_base_by_a_property_is_looked_into() {
    let context = TestContext::new();
    let host = with_options("6").replace("\"webapps\"", "\"${apps}\"");
    write(&context, "base/conf/server.xml", &server(&host));
    write(&context, "base/conf/catalina.properties", "apps=deployed\n");
    write(&context, "base/deployed/shop/WEB-INF/web.xml", "<web-app/>");
    let base = context.folder().join("base");
    let run = context.run(&["lint", base.as_str()]);
    assert!(run.code == Some(1) && run.stdout.contains("C001"), "{} {}", run.stdout, run.stderr);
    write(&context, "base/conf/catalina.properties", "apps=elsewhere\n");
    assert!(!context.run(&["lint", base.as_str()]).stdout.contains("C001"));
}

#[test]
fn one_run_fixes_what_another_fix_brings_to_light() {
    let context = TestContext::new();
    let channel = "<Channel className=\"org.apache.catalina.tribes.group.GroupChannel\"><Interceptor \
                   className=\"org.apache.catalina.tribes.group.interceptors.TcpFailureDetector\" performReadTest=\"flase\"/></Channel>";
    let cluster = format!("<Cluster className=\"{CLUSTER}\" channelSendOptions=\"4\">{channel}</Cluster>");
    let path = write(&context, "server.xml", &server(&host(&cluster)));
    context.run(&["lint", path.as_str(), "--unsafe-fixes"]);
    let once = fs_err::read_to_string(&path).expect("it is there");
    assert!(once.contains("channelSendOptions=\"6\""), "{once}");
    context.run(&["lint", path.as_str(), "--unsafe-fixes"]);
    assert_eq!(fs_err::read_to_string(&path).expect("it is there"), once);
}

#[test]
fn what_is_read_only_is_not_fixed_nor_what_another_file_gives() {
    use std::os::unix::fs::PermissionsExt as _;
    let context = TestContext::new();
    let text = server(&with_options("4"));
    let path = write(&context, "server.xml", &text);
    fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o444)).expect("it can be set");
    let run = context.run(&["lint", path.as_str(), "--fix"]);
    assert!(run.code == Some(2) && run.stderr.contains("read-only"), "{} {}", run.stdout, run.stderr);
    assert_eq!(fs_err::read_to_string(&path).expect("it is there"), text);
    let text = server(&with_options("${opts}"));
    let path = write(&context, "conf/server.xml", &text);
    let run = context.run(&["lint", path.as_str(), "-D", "opts=4", "--fix"]);
    assert!(run.stdout.contains("C006"), "{} {}", run.stdout, run.stderr);
    assert_eq!(fs_err::read_to_string(&path).expect("it is there"), text);
}

#[test]
fn a_fault_that_goes_on_one_node_and_comes_on_another_is_new() {
    let context = TestContext::new();
    let nodes = |first: &str, second: &str| {
        [("n1", first), ("n2", second)].map(|(node, options)| {
            let text = server(&with_options(options)).replace("\"n1\"", &format!("\"{node}\""));
            format!("{node}={}", write(&context, &format!("{node}/server.xml"), &text))
        })
    };
    let known = context.folder().join("known.json").to_string();
    let [n1, n2] = nodes("4", "6");
    let run = context.run(&["lint", &n1, &n2, "--write-baseline", &known]);
    assert_eq!(run.code, Some(1), "{} {}", run.stdout, run.stderr);
    assert_eq!(context.run(&["lint", &n1, &n2, "--baseline", &known]).code, Some(0));
    let [n1, n2] = nodes("6", "4");
    let run = context.run(&["lint", &n1, &n2, "--baseline", &known]);
    assert!(run.code == Some(1) && run.stdout.contains("C006"), "{} {}", run.stdout, run.stderr);
}

#[test]
fn an_archive_that_cannot_be_read_is_said() {
    let context = TestContext::new();
    write(&context, "base/conf/server.xml", &server(&with_options("6")));
    let war = write(&context, "base/webapps/shop.war", "hello");
    let base = context.folder().join("base");
    let run = context.run(&["lint", base.as_str()]);
    assert!(run.stdout.contains("warning[C136]") && run.stdout.contains("shop.war"), "{} {}", run.stdout, run.stderr);
    fs_err::remove_file(&war).expect("it can be removed");
    assert!(!context.run(&["lint", base.as_str()]).stdout.contains("C136"));
}

/// A file with a unified diff applied, byte for byte.
fn patched(before: &[u8], diff: &[u8]) -> Vec<u8> {
    let lines = |bytes: &[u8]| bytes.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect::<Vec<_>>();
    let (old, mut new, mut at) = (lines(before), vec![], 0);
    for line in lines(diff).into_iter().skip(2) {
        match line[0] {
            b'@' => {
                let text = String::from_utf8(line).expect("ASCII");
                let start = text.split(['-', ',', ' ']).nth(2).expect("a line").parse::<usize>().expect("a number");
                new.extend_from_slice(&old[at..start - 1]);
                at = start - 1;
            }
            b'+' => new.push(line[1..].to_vec()),
            b'\\' => drop(new.last_mut().and_then(Vec::pop)),
            sign => {
                assert_eq!(old[at], line[1..], "the diff has another line");
                at += 1;
                if sign == b' ' {
                    new.push(line[1..].to_vec());
                }
            }
        }
    }
    new.extend_from_slice(&old[at..]);
    new.concat()
}

#[test]
fn a_diff_is_what_all_rounds_of_a_fix_do_in_the_bytes_of_the_file() {
    let inner = format!(
        "\n<Cluster className=\"{CLUSTER}\" channelSendOptions=\"4\"><!-- caf\u{e9} -->\n\
         <Manager className=\"org.apache.catalina.ha.session.DeltaManager\" stateTransferTimeout=\"0\" expireSessionsOnShutdown=\"true\"/>\n\
         <Valve className=\"org.apache.catalina.ha.tcp.ReplicationVale\"/>\n</Cluster>\n"
    );
    let text = format!("<?xml version=\"1.0\" encoding=\"ENCODING\"?>\n{}\n", server(&host(&inner)));
    let latin: Vec<u8> =
        text.replace("ENCODING", "ISO-8859-1").chars().map(|c| u8::try_from(u32::from(c)).expect("Latin-1")).collect();
    let marked = [b"\xef\xbb\xbf".as_slice(), text.replace("ENCODING", "UTF-8").as_bytes()].concat();
    let wide: Vec<u8> = std::iter::once(0xfeff)
        .chain(text.replace("ENCODING", "UTF-16").encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    let context = TestContext::new();
    let path = context.folder().join("server.xml");
    for bytes in [latin, marked] {
        fs_err::write(&path, &bytes).expect("it can be written");
        let run =
            |how: &str| context.command(&["lint", path.as_str(), "--unsafe-fixes", how]).output().expect("it runs");
        let diff = run("--diff");
        assert_eq!(diff.status.code(), Some(1));
        assert_eq!(fs_err::read(&path).expect("readable"), bytes, "--diff wrote the file");
        run("--fix");
        let fixed = fs_err::read(&path).expect("readable");
        let (shown, real) = (patched(&bytes, &diff.stdout), fixed);
        assert!(
            real != bytes && shown == real,
            "{}\n---\n{}",
            String::from_utf8_lossy(&shown),
            String::from_utf8_lossy(&real)
        );
    }
    fs_err::write(&path, &wide).expect("it can be written");
    let run = context.run(&["lint", path.as_str(), "--diff"]);
    assert!(run.code == Some(2) && run.stderr.contains("UTF-16"), "{} {}", run.stdout, run.stderr);
    assert_eq!(context.run(&["lint", path.as_str(), "--fix"]).stdout.matches("C006").count(), 0);
    assert_ne!(fs_err::read(&path).expect("readable"), wide);
}

#[test]
fn a_value_that_an_entity_gives_is_no_place_for_a_fix() {
    let context = TestContext::new();
    let head = "<!DOCTYPE Server [<!ENTITY opts \"4\">]>";
    let path = write(&context, "server.xml", &format!("{head}{}", server(&with_options("&opts;"))));
    let run = context.run(&["lint", path.as_str(), "--fix"]);
    assert!(run.stdout.contains("C006"), "{}", run.stdout);
    assert!(fs_err::read_to_string(&path).expect("readable").contains("\"&opts;\""));
    let path = write(&context, "server.xml", &format!("{head}{}", server(&with_options("&#52;"))));
    let run = context.run(&["lint", path.as_str(), "--fix"]);
    assert!(!run.stdout.contains("C006"), "{}", run.stdout);
    assert!(fs_err::read_to_string(&path).expect("readable").contains("channelSendOptions=\"6\""));
}

#[test]
fn a_node_with_an_empty_folder_for_apps_lacks_what_another_has() {
    let context = TestContext::new();
    for node in ["n1", "n2"] {
        let text = server(&with_options("6")).replace("\"n1\"", &format!("\"{node}\""));
        write(&context, &format!("{node}/conf/server.xml"), &text);
    }
    write(&context, "n1/webapps/shop/WEB-INF/web.xml", "<web-app><distributable/></web-app>");
    let nodes = ["n1", "n2"].map(|node| format!("{node}={}", context.folder().join(node)));
    let lint = || context.run(&["lint", &nodes[0], &nodes[1]]).stdout;
    // Nobody knows what a node without the folder has.
    assert!(!lint().contains("C128"), "{}", lint());
    fs_err::create_dir_all(context.folder().join("n2/webapps")).expect("it can be made");
    assert!(lint().contains("`shop` is on n1 and not on n2"), "{}", lint());
    let named = write(&context, "n2/conf/Catalina/localhost/shop.xml", "<Context docBase=\"/srv/shop\"/>");
    assert!(!lint().contains("C128"), "{}", lint());
    fs_err::remove_file(named).expect("it can be removed");
    write(&context, "n2/webapps/shop/index.html", "");
    assert!(!lint().contains("C128"), "{}", lint());
}

/// An archive of entries with their bytes.
fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(vec![]));
    for (path, bytes) in entries {
        zip.start_file(*path, zip::write::SimpleFileOptions::default()).expect("an entry");
        std::io::Write::write_all(&mut zip, bytes).expect("written");
    }
    zip.finish().expect("an archive").into_inner()
}

#[test]
fn classes_of_the_apps_own_jars_are_read_in_a_folder_a_war_and_an_ear() {
    let context = TestContext::new();
    let web = b"<web-app><distributable/></web-app>".as_slice();
    let jar = |package: &str| {
        let cart = class(&format!("class {package}/Cart"));
        let shop = class(&format!("class {package}/Front stores cart {package}/Cart"));
        archive(&[(&format!("{package}/Cart.class"), &cart), (&format!("{package}/Front.class"), &shop)])
    };
    let main = class("class com/acme/Main");
    for (package, is_own) in [("com/acme/web", true), ("com/library/web", false), ("org/apache/acme", false)] {
        let jar = jar(package);
        let parts: [(&str, &[u8]); 3] =
            [("WEB-INF/web.xml", web), ("WEB-INF/classes/com/acme/Main.class", &main), ("WEB-INF/lib/web.jar", &jar)];
        let folder = context.folder().join("unpacked");
        for (path, bytes) in parts {
            let path = folder.join(path);
            fs_err::create_dir_all(path.parent().expect("a folder")).expect("it can be made");
            fs_err::write(path, bytes).expect("it can be written");
        }
        let war = context.folder().join("shop.war");
        fs_err::write(&war, archive(&parts)).expect("it can be written");
        let ear = context.folder().join("shop.ear");
        let inner = archive(&parts[..2]);
        fs_err::write(&ear, archive(&[("a.war", &inner), ("b.war", &inner), ("lib/web.jar", &jar)])).expect("written");
        for path in [&folder, &war, &ear] {
            let run = context.run(&["lint", path.as_str()]);
            let found = run.stdout.matches("error[C121]").count();
            assert_eq!(found, usize::from(is_own), "{path} {package}: {} {}", run.stdout, run.stderr);
            let place = format!("web.jar!/{package}/Front.class");
            assert_eq!(run.stdout.contains(&place), is_own, "{path} {package}: {}", run.stdout);
        }
    }
}
