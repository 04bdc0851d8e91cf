//! What an app's class files say about sessions.
//!
//! A class file is read as it is, without a JVM. What a method puts into a session is followed within the method only: a
//! constant, a new object, a local variable, or what another method returns.

mod code;

use std::collections::{BTreeMap, BTreeSet};

use cafebabe::attributes::AttributeData;
use cafebabe::{ClassAccessFlags, FieldAccessFlags, ParseOptions, parse_class_with_options};

use crate::lint::SourceFile;

/// What an app's class files say about sessions.
#[derive(Debug, Default)]
pub struct ClassFacts {
    classes: BTreeMap<String, ClassFact>,
    stored: Vec<Stored>,
}

/// A class of the app.
#[derive(Debug, Default)]
pub struct ClassFact {
    /// Its name with dots.
    pub name: String,
    /// Which file of the input.
    pub file: usize,
    extends: String,
    implements: Vec<String>,
    fields: Vec<(String, String)>,
    is_session_bean: bool,
    is_managed_bean: bool,
    is_interface: bool,
    writes_itself: bool,
    has_static_map: bool,
    asks_for_id: Option<usize>,
    changes: BTreeMap<String, usize>,
}

/// Something that is put into a session.
#[derive(Debug, Clone)]
pub struct Stored {
    /// The class that does it.
    pub by: String,
    /// The attribute's name, where it is a constant.
    pub name: Option<String>,
    /// The class of the value.
    pub class: String,
    /// Whether it is of this class, and not of one that extends it.
    pub is_exact: bool,
    /// Which file of the input.
    pub file: usize,
    /// The line of its source, 0 where that is not known.
    pub line: usize,
}

/// Annotations of CDI, whose beans must be able to leave the memory.
const CDI_SCOPES: [&str; 2] =
    ["Ljakarta/enterprise/context/SessionScoped;", "Ljavax/enterprise/context/SessionScoped;"];
/// Annotations whose beans are put into the session as they are.
const OTHER_SCOPES: [&str; 2] =
    ["Ljavax/faces/bean/SessionScoped;", "Lorg/springframework/web/context/annotation/SessionScope;"];

/// Classes of the platform that cannot be serialized, and are seen in sessions.
const BROKEN: [&str; 15] = [
    "java.lang.Thread",
    "java.lang.ThreadLocal",
    "java.io.InputStream",
    "java.io.OutputStream",
    "java.sql.Connection",
    "java.sql.Statement",
    "java.sql.ResultSet",
    "javax.sql.DataSource",
    "java.util.Optional",
    "java.util.Timer",
    "java.util.concurrent.ExecutorService",
    "java.util.logging.Logger",
    "java.net.Socket",
    "javax.persistence.EntityManager",
    "jakarta.persistence.EntityManager",
];

impl ClassFacts {
    pub(super) fn read(files: &mut Vec<SourceFile>, classes: Vec<(String, Vec<u8>)>) -> Self {
        let mut facts = Self::default();
        for (path, bytes) in classes {
            let mut options = ParseOptions::default();
            options.parse_bytecode(true);
            // A class that cannot be read, for example of a newer Java, says nothing.
            let Ok(class) = parse_class_with_options(&bytes, &options) else { continue };
            let file = files.len();
            let (fact, stored) = fact(&class, file);
            let is_interesting = fact.is_session_bean
                || fact.is_managed_bean
                || fact.has_static_map && fact.asks_for_id.is_some()
                || !stored.is_empty()
                || !fact.changes.is_empty()
                || fact.writes_itself
                || !fact.fields.is_empty();
            if is_interesting {
                files.push(SourceFile::named(path, true));
            }
            facts.stored.extend(stored);
            facts.classes.insert(fact.name.clone(), fact);
        }
        facts
    }

    /// The names of attributes that are set in sessions.
    pub fn attribute_names(&self) -> impl Iterator<Item = &str> {
        self.stored.iter().filter_map(|stored| stored.name.as_deref())
    }

    /// What is put into sessions.
    pub fn stored(&self) -> impl Iterator<Item = &Stored> {
        self.stored.iter()
    }

    /// Beans with the scope of a session.
    pub fn session_beans(&self) -> impl Iterator<Item = &ClassFact> {
        self.classes.values().filter(|class| class.is_session_bean)
    }

    /// Beans of JSF or Spring that live in a session: as its attributes.
    pub fn managed_beans(&self) -> impl Iterator<Item = &ClassFact> {
        self.classes.values().filter(|class| class.is_managed_bean)
    }

    /// Classes with a static map that ask for the ids of sessions, and in which line.
    pub fn maps_by_session(&self) -> impl Iterator<Item = (&ClassFact, usize)> {
        let all = self.classes.values().filter(|class| class.has_static_map);
        all.filter_map(|class| Some((class, class.asks_for_id?)))
    }

    /// Methods that change what they took out of a session, and do not put it back, and in which line.
    pub fn changes_in_place(&self) -> impl Iterator<Item = (&ClassFact, &str, usize)> {
        let all = self.classes.values().flat_map(|class| class.changes.iter().map(move |change| (class, change)));
        all.map(|(class, (method, line))| (class, method.as_str(), *line))
    }

    /// Whether something of this class, or of what extends it in the app, may be Serializable though the class is not.
    pub fn may_be_serializable(&self, name: &str) -> bool {
        let is_open = self.classes.get(name).is_none_or(|class| class.is_interface);
        is_open
            || self.classes.values().any(|class| {
                class.name != name && self.extends(class, name) && { self.is_serializable(&class.name) != Some(false) }
            })
    }

    fn extends(&self, class: &ClassFact, name: &str) -> bool {
        let mut at = class;
        // A class file may claim to extend itself.
        for _ in 0..64 {
            if at.extends == name {
                return true;
            }
            let Some(next) = self.classes.get(&at.extends) else { return false };
            at = next;
        }
        false
    }

    /// Fields of what goes into sessions that cannot be serialized: class, field, type.
    pub fn fields_that_break(&self) -> Vec<(&ClassFact, &str, &str)> {
        let mut wanted: Vec<&str> = self.stored.iter().map(|stored| stored.class.as_str()).collect();
        wanted.extend(self.session_beans().chain(self.managed_beans()).map(|class| class.name.as_str()));
        let mut seen = BTreeSet::new();
        let mut broken = vec![];
        while let Some(name) = wanted.pop() {
            let Some(class) =
                self.classes.get(name).filter(|class| seen.insert(class.name.as_str()) && !class.writes_itself)
            else {
                continue;
            };
            for (field, kind) in &class.fields {
                // A field of the type of an interface, or of Object, may hold what can be sent.
                let may_hold_another = || self.classes.get(kind).is_none_or(|class| class.is_interface);
                if BROKEN.contains(&kind.as_str()) || self.is_serializable(kind) == Some(false) && !may_hold_another() {
                    broken.push((class, field.as_str(), kind.as_str()));
                } else {
                    wanted.push(kind);
                }
            }
            wanted.push(&class.extends);
        }
        broken
    }

    /// Whether a class is Serializable; `None` where a class that it comes from is not among those of the app.
    pub fn is_serializable(&self, name: &str) -> Option<bool> {
        if name.is_empty() {
            return None;
        }
        let mut open = vec![name];
        let mut seen = BTreeSet::new();
        let mut is_known = true;
        while let Some(name) = open.pop() {
            if matches!(name, "java.io.Serializable" | "java.io.Externalizable") {
                return Some(true);
            }
            if matches!(name, "java.lang.Object" | "") || !seen.insert(name) {
                continue;
            }
            match self.classes.get(name) {
                Some(class) => open.extend(class.implements.iter().map(String::as_str).chain([class.extends.as_str()])),
                None => is_known &= is_plain_interface(name),
            }
        }
        is_known.then_some(false)
    }
}

/// Interfaces of the platform that do not make a class Serializable.
fn is_plain_interface(name: &str) -> bool {
    matches!(
        name,
        "java.lang.Comparable"
            | "java.lang.Runnable"
            | "java.lang.Cloneable"
            | "java.lang.AutoCloseable"
            | "java.lang.Iterable"
    )
}

fn dotted(name: &str) -> String {
    name.replace('/', ".")
}

fn fact(class: &cafebabe::ClassFile<'_>, file: usize) -> (ClassFact, Vec<Stored>) {
    let annotations = class.attributes.iter().flat_map(|attribute| match &attribute.data {
        AttributeData::RuntimeVisibleAnnotations(annotations) => annotations.as_slice(),
        _ => &[],
    });
    let kinds: Vec<String> = annotations.map(|annotation| annotation.type_descriptor.to_string()).collect();
    let annotated = |names: &[&str]| kinds.iter().any(|kind| names.contains(&kind.as_str()));
    let own = ["writeObject", "writeReplace", "writeExternal"];
    let mut fact = ClassFact {
        name: dotted(&class.this_class),
        file,
        extends: class.super_class.as_deref().map(dotted).unwrap_or_default(),
        implements: class.interfaces.iter().map(|name| dotted(name)).collect(),
        is_session_bean: annotated(&CDI_SCOPES),
        is_managed_bean: annotated(&OTHER_SCOPES),
        is_interface: class.access_flags.contains(ClassAccessFlags::INTERFACE),
        writes_itself: class.methods.iter().any(|method| own.contains(&method.name.as_ref())),
        ..ClassFact::default()
    };
    for field in &class.fields {
        let kind = field.descriptor.to_string();
        let kind = kind.strip_prefix('L').and_then(|kind| kind.strip_suffix(';')).map(dotted);
        if field.access_flags.contains(FieldAccessFlags::STATIC) {
            fact.has_static_map |= kind.is_some_and(|kind| kind.starts_with("java.util.") && kind.ends_with("Map"));
        } else if let Some(kind) = kind.filter(|_| !field.access_flags.contains(FieldAccessFlags::TRANSIENT)) {
            fact.fields.push((field.name.to_string(), kind));
        }
    }
    let mut all = vec![];
    for method in &class.methods {
        let found = code::follow(method);
        fact.asks_for_id = fact.asks_for_id.or(found.asks_for_id);
        if let Some(line) = found.changes.filter(|_| found.stored.is_empty()) {
            fact.changes.insert(method.name.to_string(), line);
        }
        let by = &fact.name;
        all.extend(found.stored.into_iter().map(|put| {
            let code::Put { name, class, is_exact, line } = put;
            Stored { by: by.clone(), name, class, is_exact, file, line }
        }));
    }
    (fact, all)
}
