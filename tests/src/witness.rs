//! A witness: an app that says on its node's console what of the options of a run has reached it.

use std::io::Write as _;

use camino::{Utf8Path, Utf8PathBuf};

/// Named by `--lib`, `--env`, `--jvm-arg`; with a blank and a quote, which a shell on the way would take apart.
const VALUE: &str = "it's a value=1";
const RESOURCE: &str = "harness-witness.txt";
const VARIABLE: &str = "HARNESS_WITNESS";
const PROPERTY: &str = "witness.value";
/// What the Java of [`Witness::java`] is recognised by, and no other.
const JAVA_PROPERTY: &str = "harness.java";

/// A page whose `jspInit` runs when the app is deployed, on servers with and without `jakarta`.
const PAGE: &str = r#"<%@ page session="false" %><%!
  public void jspInit() {
    java.io.InputStream in = Thread.currentThread().getContextClassLoader().getResourceAsStream("harness-witness.txt");
    String lib = in == null ? null : new java.util.Scanner(in, "UTF-8").useDelimiter("\\A").next();
    System.out.println("witness lib [" + lib + "] env [" + System.getenv("HARNESS_WITNESS") + "] property ["
        + System.getProperty("witness.value") + "] java [" + System.getProperty("harness.java") + "]");
  }
%>"#;

const DESCRIPTOR: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<web-app xmlns="http://xmlns.jcp.org/xml/ns/javaee" version="3.1" metadata-complete="true">
  DISTRIBUTABLE
  <servlet>
    <servlet-name>witness</servlet-name>
    <jsp-file>/witness.jsp</jsp-file>
    <load-on-startup>1</load-on-startup>
  </servlet>
</web-app>
"#;

/// The witness in a folder, and the arguments that it looks for.
#[derive(Debug)]
pub struct Witness {
    folder: Utf8PathBuf,
}

impl Witness {
    /// Writes the app and a jar.
    ///
    /// # Panics
    /// The folder cannot be written.
    pub fn in_folder(folder: &Utf8Path) -> Self {
        let of = |replacement| DESCRIPTOR.replace("DISTRIBUTABLE", replacement);
        let app = |descriptor: &str| pack(&[("witness.jsp", PAGE), ("WEB-INF/web.xml", descriptor)]);
        for (name, content) in [
            ("witness.jar", pack(&[(RESOURCE, VALUE)])),
            ("witness.war", app(&of("<distributable/>"))),
            ("alone.war", app(&of(""))),
        ] {
            fs_err::write(folder.join(name), content).expect("the test's own folder can be written");
        }
        Self { folder: folder.to_owned() }
    }

    /// The arguments that deploy the witness and give it something to see.
    pub fn arguments(&self) -> Vec<String> {
        let path = |name: &str| self.folder.join(name).into_string();
        let words = ["--war", &path("witness.war"), "--lib", &path("witness.jar")].map(str::to_owned);
        let said = ["--env".to_owned(), format!("{VARIABLE}={VALUE}"), "--jvm-arg".to_owned()];
        words.into_iter().chain(said).chain([format!("-D{PROPERTY}={VALUE}")]).collect()
    }

    /// The same app without `<distributable/>`.
    pub fn alone(&self) -> Utf8PathBuf {
        self.folder.join("alone.war")
    }

    /// A Java home of its own, which hands on to the user's Java.
    ///
    /// # Panics
    /// There is no Java, or the folder cannot be written.
    pub fn java(&self) -> Utf8PathBuf {
        use std::os::unix::fs::PermissionsExt as _;
        let real = tomee_harness::tomcat::java::Java::find(None).expect("the tests need Java").home;
        let home = self.folder.join("java home");
        let program = home.join("bin/java");
        fs_err::create_dir_all(home.join("bin")).expect("made");
        let script = format!("#!/bin/sh\nexec '{real}/bin/java' -D{JAVA_PROPERTY}=named \"$@\"\n");
        fs_err::write(&program, script).expect("written");
        fs_err::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("made a program");
        home
    }

    /// What the witness must have said on a console: all that [`Witness::arguments`] gave it, and which Java runs it.
    ///
    /// # Panics
    /// It said something else, or nothing.
    pub fn is_heard(console: &Utf8Path, own_java: bool) {
        let said = fs_err::read_to_string(console).expect("a node has a console");
        let said: Vec<&str> = said.lines().filter(|line| line.contains("witness lib [")).collect();
        let java = if own_java { "named" } else { "null" };
        let wanted = format!("witness lib [{VALUE}] env [{VALUE}] property [{VALUE}] java [{java}]");
        assert!(
            !said.is_empty() && said.iter().all(|line| line.contains(&wanted)),
            "{console}: {said:?}, not {wanted}"
        );
    }
}

fn pack(files: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in files {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).expect("in memory");
        zip.write_all(content.as_bytes()).expect("in memory");
    }
    zip.finish().expect("in memory").into_inner()
}
