//! The apps with classes: their sources, and the WAR made of what became of them.

use super::{Distributable, War, WarError, pack};
use crate::model::{CompiledApp, ContextPath};
use crate::tomcat::distribution::Namespace;
use camino::Utf8PathBuf;
use include_dir::{Dir, include_dir};

static APPS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/app/compiled");

/// The class that one app lacks on purpose.
const NOTE: &str = "harness/app/Note.class";

/// The folder of an app below `harness/app/compiled`. Apps that differ in a word share one.
fn folder(app: CompiledApp) -> &'static str {
    match app {
        CompiledApp::Cdi => "cdi",
        CompiledApp::Ejb => "ejb",
        CompiledApp::Login | CompiledApp::BasicLogin => "login",
        CompiledApp::Classes | CompiledApp::ClassesLackingNote => "classes",
        CompiledApp::InPlace | CompiledApp::EarlyAnswer => "mistakes",
        CompiledApp::Listener => "listener",
    }
}

/// The sources of an app as this server reads them, by their path, sorted.
pub(crate) fn sources(app: CompiledApp, namespace: Namespace) -> Vec<(Utf8PathBuf, Vec<u8>)> {
    let mut found = below("shared");
    found.extend(below(&format!("{}/src", folder(app))));
    if namespace == Namespace::Javax {
        for (_, content) in &mut found {
            *content = String::from_utf8_lossy(content).replace("import jakarta.", "import javax.").into_bytes();
        }
    }
    found.sort();
    found
}

/// The embedded files below a folder, by their path in it.
fn below(folder: &str) -> Vec<(Utf8PathBuf, Vec<u8>)> {
    let pattern = format!("{folder}/**/*");
    let files = APPS.find(&pattern).into_iter().flatten().filter_map(include_dir::DirEntry::as_file);
    let named = files.filter_map(|file| {
        let path = file.path().strip_prefix(folder).ok()?;
        Some((Utf8PathBuf::try_from(path.to_owned()).ok()?, file.contents().to_vec()))
    });
    named.collect()
}

impl War {
    /// An app of ours, of its compiled classes. The same bytes each time.
    ///
    /// It has no pages: its servlet is loaded before its context counts as available.
    ///
    /// # Errors
    /// [`WarError::Counter`], never seen: it is packed in memory.
    pub(crate) fn compiled(
        app: CompiledApp,
        context: ContextPath,
        classes: Vec<(Utf8PathBuf, Vec<u8>)>,
    ) -> Result<Self, WarError> {
        let name = context.war_name();
        let method = if app == CompiledApp::BasicLogin { "BASIC" } else { "FORM" };
        let servlet = if app == CompiledApp::InPlace { "InPlaceCounter" } else { "EarlyCounter" };
        let unpacked = name.strip_suffix(".war").unwrap_or(&name);
        let words = [("@METHOD@", method), ("@SERVLET@", servlet), ("@FOLDER@", unpacked)];
        let mut files = below(&format!("{}/web", folder(app)));
        for (_, content) in &mut files {
            let text = String::from_utf8_lossy(content).into_owned();
            *content = words.into_iter().fold(text, |text, (word, said)| text.replace(word, said)).into_bytes();
        }
        let lacks = |path: &Utf8PathBuf| app == CompiledApp::ClassesLackingNote && path == NOTE;
        let classes = classes.into_iter().filter(|(path, _)| !lacks(path));
        files.extend(classes.map(|(path, content)| (Utf8PathBuf::from("WEB-INF/classes").join(path), content)));
        files.sort();
        let content = pack(&files).map_err(WarError::Counter)?;
        Ok(Self::of_archive(content, context, vec![], Distributable::Yes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(files: &[(Utf8PathBuf, Vec<u8>)], name: &str) -> String {
        let (_, content) = files.iter().find(|(path, _)| path == name).expect("it is among them");
        String::from_utf8(content.clone()).expect("text")
    }

    #[test]
    fn the_sources_speak_the_servers_language() {
        let jakarta = sources(CompiledApp::Cdi, Namespace::Jakarta);
        let javax = sources(CompiledApp::Cdi, Namespace::Javax);
        assert!(text(&jakarta, "harness/app/CounterBean.java").contains("import jakarta.enterprise.context"));
        assert!(text(&javax, "harness/app/CounterBean.java").contains("import javax.enterprise.context"));
        assert!(!text(&javax, "harness/app/CounterServlet.java").contains("jakarta."));
        assert!(text(&jakarta, "harness/app/CounterServlet.java").contains("import javax.management.MBeanServer"));
    }

    #[test]
    fn each_app_has_sources_and_a_distributable_descriptor() {
        for app in CompiledApp::ALL {
            assert!(sources(app, Namespace::Jakarta).len() >= 3, "{app}");
            let descriptor = text(&below(&format!("{}/web", folder(app))), "WEB-INF/web.xml");
            assert!(descriptor.contains("<distributable/>"), "{app}");
        }
    }

    #[test]
    fn an_app_that_lacks_a_class_lacks_that_alone() {
        let classes = || vec![(NOTE.into(), b"a".to_vec()), ("harness/app/Basket.class".into(), b"b".to_vec())];
        let war = |app| War::compiled(app, "/x".parse().expect("a context"), classes()).expect("it packs");
        let has = |war: &War, name: &str| war.content.windows(name.len()).any(|bytes| bytes == name.as_bytes());
        let (whole, lacking) = (war(CompiledApp::Classes), war(CompiledApp::ClassesLackingNote));
        assert!(has(&whole, "Note.class") && has(&whole, "Basket.class"));
        assert!(!has(&lacking, "Note.class") && has(&lacking, "Basket.class"));
    }

    #[test]
    fn the_users_of_a_login_are_found_where_the_app_is_unpacked() {
        let war = War::compiled(CompiledApp::BasicLogin, "/in".parse().expect("a context"), vec![]).expect("it packs");
        let text = String::from_utf8_lossy(&war.content).into_owned();
        assert!(text.contains("pathname=\"webapps/in/WEB-INF/users.xml\""), "{text}");
        assert!(text.contains("<auth-method>BASIC</auth-method>"));
    }
}
