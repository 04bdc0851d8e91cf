//! For which servlet API an app is written: a server of the other one finds none of its servlets, filters and listeners.

use std::io::{Read, Seek};

use zip::ZipArchive;

use crate::tomcat::distribution::{Distribution, Namespace};

/// Frameworks without which an app that brings them is nothing, by the initializer that they have for one of the APIs.
const FRAMEWORKS: [&str; 5] = [
    "org.springframework.web.SpringServletContainerInitializer",
    "com.sun.faces.config.FacesInitializer",
    "org.apache.myfaces.ee.MyFacesContainerInitializer",
    "org.apache.myfaces.webapp.MyFacesContainerInitializer",
    "org.glassfish.jersey.servlet.init.JerseyServletContainerInitializer",
];

/// The servlet API of an app that is written for one alone, and what of it shows that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenFor {
    /// The API.
    pub namespace: Namespace,
    /// A class of the app, or a library, that uses it.
    pub shown_by: String,
}

/// What was seen so far of the entries of an archive.
#[derive(Debug, Default)]
pub(super) struct Seen {
    classes: [Option<String>; 2],
    libraries: [Option<String>; 2],
}

const BOTH: [Namespace; 2] = [Namespace::Javax, Namespace::Jakarta];

impl Namespace {
    /// Its package, as `jakarta.servlet`.
    pub fn package(self) -> &'static str {
        match self {
            Self::Javax => "javax.servlet",
            Self::Jakarta => "jakarta.servlet",
        }
    }

    fn servers(self) -> &'static str {
        match self {
            Self::Javax => "tomcat:9.0 and tomee:8",
            Self::Jakarta => "tomcat:10.1 and tomee:9",
        }
    }
}

impl WrittenFor {
    /// That a server has the other API, in words; `None` where it has this one.
    pub fn is_foreign_to(&self, archive: &str, server: &Distribution) -> Option<String> {
        if server.namespace == self.namespace {
            return None;
        }
        let Self { namespace, shown_by } = self;
        let own = namespace.package();
        Some(format!(
            "{archive} is written for {own} ({shown_by} uses it) and {} {} has {}, so that none of its servlets, filters and \
             listeners is found; {} have {own}",
            server.product.name(),
            server.version,
            server.namespace.package(),
            namespace.servers()
        ))
    }
}

impl Seen {
    /// Takes a class of the app's own, by its name in the archive.
    pub(super) fn class(&mut self, entry: &str, content: &[u8]) {
        let name = entry.trim_start_matches("WEB-INF/classes/").trim_end_matches(".class");
        for (at, namespace) in BOTH.into_iter().enumerate() {
            let package = format!("{}/", namespace.package().replace('.', "/"));
            if self.classes[at].is_none() && contains(content, package.as_bytes()) {
                self.classes[at] = Some(name.replace('/', "."));
            }
        }
    }

    /// Takes a library, by its name in the archive.
    pub(super) fn library(&mut self, entry: &str, library: &mut ZipArchive<impl Read + Seek>) {
        for (at, namespace) in BOTH.into_iter().enumerate() {
            let services = format!("META-INF/services/{}.ServletContainerInitializer", namespace.package());
            let mut text = String::new();
            let read = library.by_name(&services).is_ok_and(|mut file| file.read_to_string(&mut text).is_ok());
            if read && FRAMEWORKS.iter().any(|framework| text.contains(framework)) {
                self.libraries[at] = Some(entry.to_owned());
            }
        }
    }

    /// The one API that the app's own classes use, or where they use none its libraries.
    pub(super) fn written_for(self) -> Option<WrittenFor> {
        let one = |[javax, jakarta]: [Option<String>; 2]| match (javax, jakarta) {
            (Some(shown_by), None) => Some(WrittenFor { namespace: Namespace::Javax, shown_by }),
            (None, Some(shown_by)) => Some(WrittenFor { namespace: Namespace::Jakarta, shown_by }),
            (Some(_), Some(_)) | (None, None) => None,
        };
        let silent = self.classes.iter().all(Option::is_none);
        if silent { one(self.libraries) } else { one(self.classes) }
    }
}

fn contains(content: &[u8], part: &[u8]) -> bool {
    // Constants of a class are rare in its bytes: only where the first byte fits is the rest compared.
    let mut rest = content;
    while let Some(at) = rest.iter().position(|byte| *byte == part[0]) {
        if rest[at..].starts_with(part) {
            return true;
        }
        rest = &rest[at + 1..];
    }
    false
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use camino::Utf8PathBuf;

    use super::*;
    use crate::tomcat::war::pack;

    fn written_for(classes: &[(&str, &str)], libraries: &[(&str, &str, &str)]) -> Option<(Namespace, String)> {
        let mut seen = Seen::default();
        for (name, content) in classes {
            seen.class(name, content.as_bytes());
        }
        for (name, entry, content) in libraries {
            let packed = pack(&[(Utf8PathBuf::from(*entry), content.as_bytes().to_vec())]).expect("it packs");
            seen.library(name, &mut ZipArchive::new(Cursor::new(packed)).expect("an archive"));
        }
        seen.written_for().map(|it| (it.namespace, it.shown_by))
    }

    #[test]
    fn an_app_is_written_for_the_one_api_that_its_classes_use_or_else_its_framework() {
        let javax = ("WEB-INF/classes/shop/Cart.class", "\u{1}\u{0}javax/servlet/http/HttpServlet");
        let jakarta = ("WEB-INF/classes/shop/New.class", "Ljakarta/servlet/Filter;");
        let plain = ("WEB-INF/classes/shop/Plain.class", "javax/sql/DataSource javax.servlet");
        let spring = |package: &'static str| {
            let services = match package {
                "javax" => "META-INF/services/javax.servlet.ServletContainerInitializer",
                _ => "META-INF/services/jakarta.servlet.ServletContainerInitializer",
            };
            ("WEB-INF/lib/spring-web.jar", services, "org.springframework.web.SpringServletContainerInitializer\n")
        };
        let logging = (
            "WEB-INF/lib/logback.jar",
            "META-INF/services/javax.servlet.ServletContainerInitializer",
            "ch.qos.logback.classic.servlet.LogbackServletContainerInitializer",
        );
        let of = |namespace, shown_by: &str| Some((namespace, shown_by.to_owned()));
        assert_eq!(written_for(&[plain, javax], &[]), of(Namespace::Javax, "shop.Cart"));
        assert_eq!(written_for(&[jakarta], &[spring("javax")]), of(Namespace::Jakarta, "shop.New"));
        assert_eq!(written_for(&[plain], &[spring("javax")]), of(Namespace::Javax, "WEB-INF/lib/spring-web.jar"));
        assert_eq!(written_for(&[plain], &[spring("jakarta")]), of(Namespace::Jakarta, "WEB-INF/lib/spring-web.jar"));
        // An app may be made for both, and a library that only logs decides nothing.
        assert_eq!(written_for(&[javax, jakarta], &[]), None);
        assert_eq!(written_for(&[plain], &[spring("javax"), spring("jakarta")]), None);
        assert_eq!(written_for(&[plain], &[logging]), None);
    }
}
