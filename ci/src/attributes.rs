//! The attributes that each class of a server takes in server.xml, out of the server's own class files.
//!
//! `IntrospectionUtils.setProperty` looks for a public `setName` with one parameter of a simple type, in the class and all
//! that it extends, and falls back to `setProperty(String, String)`, which takes any name. So a class is a line: its name,
//! what it extends, `*` where it takes any name, and the names, with `#` behind one that must be a whole number and `?` behind
//! one that is true or false.

use std::collections::BTreeMap;

use cafebabe::{ClassAccessFlags, MethodAccessFlags};
use camino::{Utf8Path, Utf8PathBuf};
use miette::{IntoDiagnostic as _, Result, WrapErr as _, bail};

/// What is listed: clustering, the elements around it, and what a `<Connector>` passes its attributes on to.
const PACKAGES: [&str; 17] = [
    "org/apache/catalina/ha/",
    "org/apache/catalina/tribes/",
    "org/apache/catalina/session/",
    "org/apache/catalina/core/",
    "org/apache/catalina/authenticator/",
    "org/apache/catalina/connector/Connector",
    "org/apache/catalina/loader/",
    "org/apache/catalina/realm/",
    "org/apache/catalina/util/",
    "org/apache/catalina/valves/",
    "org/apache/catalina/webresources/",
    "org/apache/coyote/AbstractProtocol",
    "org/apache/coyote/ajp/",
    "org/apache/coyote/http11/",
    "org/apache/tomcat/util/http/",
    "org/apache/tomcat/util/net/",
    "org/apache/tomee/catalina/",
];
/// The jars that have them.
const JARS: [&str; 4] = ["catalina", "tomcat-coyote", "tomcat-util", "tomee-catalina"];

/// A class: what it extends, whether it takes any name, its attributes.
struct Class {
    extends: String,
    takes_any: bool,
    names: Vec<String>,
}

/// Writes a list for each `BRANCH=HOME`, as in `9.0=/opt/tomcat-9.0.117`.
pub(crate) fn attributes(servers: &[String]) -> Result<()> {
    if servers.is_empty() {
        bail!("expected BRANCH=HOME, for example 9.0=/opt/apache-tomcat-9.0.117");
    }
    let folder = Utf8PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../harness/src/lint/attributes"));
    for server in servers {
        let Some((branch, home)) = server.split_once('=') else { bail!("{server} is not BRANCH=HOME") };
        let classes = classes(Utf8Path::new(home))?;
        if classes.is_empty() {
            bail!("no class of Tomcat found in {home}/lib");
        }
        let path = folder.join(format!("tomcat-{branch}.txt"));
        let lines = classes.iter().map(|(name, class)| {
            let any = if class.takes_any { "*" } else { "" };
            format!("{name}\t{}\t{any}\t{}\n", class.extends, class.names.join(" "))
        });
        fs_err::write(&path, lines.collect::<String>()).into_diagnostic()?;
        println!("wrote {} classes to {path}", classes.len());
    }
    Ok(())
}

fn classes(home: &Utf8Path) -> Result<BTreeMap<String, Class>> {
    let mut found = BTreeMap::new();
    for entry in home.join("lib").read_dir_utf8().into_diagnostic().wrap_err_with(|| format!("reading {home}/lib"))? {
        let path = entry.into_diagnostic()?.path().to_owned();
        let name = path.file_name().unwrap_or_default();
        if !name.ends_with(".jar") || !JARS.iter().any(|jar| name.starts_with(jar)) {
            continue;
        }
        let mut jar = zip::ZipArchive::new(fs_err::File::open(&path).into_diagnostic()?).into_diagnostic()?;
        for index in 0..jar.len() {
            let mut entry = jar.by_index(index).into_diagnostic()?;
            let inner = entry.name().into_diagnostic()?.into_owned();
            if inner.ends_with(".class")
                && !inner.contains('$')
                && PACKAGES.iter().any(|package| inner.starts_with(package))
            {
                let mut bytes = vec![];
                std::io::Read::read_to_end(&mut entry, &mut bytes).into_diagnostic()?;
                let (name, class) = class(&bytes).wrap_err_with(|| format!("reading {inner} of {path}"))?;
                found.extend(class.map(|class| (name, class)));
            }
        }
    }
    Ok(found)
}

/// A class that can be named in server.xml, or is extended by one; an interface is none.
fn class(bytes: &[u8]) -> Result<(String, Option<Class>)> {
    let class = cafebabe::parse_class(bytes).into_diagnostic()?;
    let name = class.this_class.replace('/', ".");
    if class.access_flags.contains(ClassAccessFlags::INTERFACE) {
        return Ok((name, None));
    }
    let text = "Ljava/lang/String;";
    let simple = [
        (text, ""),
        ("I", "#"),
        ("J", "#"),
        ("Ljava/lang/Integer;", "#"),
        ("Ljava/lang/Long;", "#"),
        ("Z", "?"),
        ("Ljava/lang/Boolean;", "?"),
        ("Ljava/net/InetAddress;", ""),
    ];
    let (mut names, mut takes_any) = (BTreeMap::<String, &str>::new(), false);
    for method in &class.methods {
        let is_public = method.access_flags.contains(MethodAccessFlags::PUBLIC)
            && !method.access_flags.contains(MethodAccessFlags::STATIC);
        let parameters: Vec<String> = method.descriptor.parameters.iter().map(ToString::to_string).collect();
        match (method.name.strip_prefix("set"), parameters.as_slice()) {
            (Some("Property"), [first, second])
                if first == text && (second == text || second == "Ljava/lang/Object;") =>
            {
                takes_any |= is_public;
            }
            (Some(rest), [only]) if is_public && !rest.is_empty() => {
                let Some((_, kind)) = simple.iter().find(|(simple, _)| simple == only) else { continue };
                // A setter that takes text is tried before all others of its name.
                let known = names.entry(rest[..1].to_ascii_lowercase() + &rest[1..]).or_insert(kind);
                if kind.is_empty() {
                    *known = kind;
                }
            }
            _ => {}
        }
    }
    let extends = class.super_class.map(|extends| extends.replace('/', ".")).unwrap_or_default();
    let names = names.into_iter().map(|(name, kind)| name + kind).collect();
    Ok((name, Some(Class { extends, takes_any, names })))
}
