//! The class files of an app, and which of them may be beans.

use crate::config::read::Document;

/// The class files of an app, in the order in which they are looked for.
#[derive(Debug, Default)]
pub(in crate::lint::app) struct Classes {
    /// By their full names.
    pub(super) files: Vec<(String, Vec<u8>)>,
    /// Whether they are held against another build's.
    pub(super) is_compared: bool,
    /// What the names of classes begin with that are no beans.
    without_beans: Vec<String>,
}

impl Classes {
    /// None yet; `is_compared` where each is held against another build's.
    pub(in crate::lint::app) fn new(is_compared: bool) -> Self {
        Self { is_compared, ..Self::default() }
    }

    /// Takes a class file, or the beans.xml of `WEB-INF` or of a jar.
    pub(in crate::lint::app) fn add(&mut self, name: String, bytes: Vec<u8>) {
        let Some(folder) = name.strip_suffix("beans.xml") else { return self.files.push((name, bytes)) };
        let root = match folder.strip_suffix("META-INF/") {
            Some(jar) => jar.to_owned(),
            None => format!("{folder}classes/"),
        };
        let document = Document::read(&bytes).ok();
        if document.is_some_and(|it| it.root().value("bean-discovery-mode") == Some("none")) {
            self.without_beans.push(root);
        }
    }

    /// Whether a class is of an archive that has beans.
    pub(super) fn may_be_beans(&self, name: &str) -> bool {
        !self.without_beans.iter().any(|root| name.starts_with(root.as_str()))
    }
}
