//! What an app's class files say about sessions.
//!
//! A class file is read as it is, without a JVM. What a method puts into a session is followed within the method only: a
//! constant, a new object, a local variable, or what another method returns.

mod code;
mod platform;
mod shape;

pub use code::Lambda;
pub(in crate::lint) use code::is_view;
pub(in crate::lint) use platform::is_broken;
use platform::is_plain_interface;

use std::collections::{BTreeMap, BTreeSet};

use cafebabe::{ClassAccessFlags, ParseOptions, parse_class_with_options};

use crate::lint::SourceFile;

/// What an app's class files say about sessions.
#[derive(Debug, Default)]
pub struct ClassFacts {
    classes: BTreeMap<String, ClassFact>,
    stored: Vec<Stored>,
    unread: Vec<String>,
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
    fields: Vec<shape::Held>,
    is_session_bean: bool,
    /// Whether what CDI injects of it is a proxy, which can be serialized whatever the class is.
    is_proxied: bool,
    is_managed_bean: bool,
    is_interface: bool,
    is_abstract: bool,
    /// Whether an annotation gives it a scope, or makes it an EJB.
    is_scoped: bool,
    writes_itself: bool,
    /// Whether it writes another object, or itself as it likes.
    replaces_itself: bool,
    /// Whether it has constructors, and none that takes nothing and may be called by what extends it.
    lacks_constructor: bool,
    /// Whether one of its objects lives as long as the app: a servlet, a filter, a listener, a bean of the app.
    is_single: bool,
    keyed: Vec<(String, code::Keyed)>,
    passed: Vec<code::Passed>,
    changes: BTreeMap<String, usize>,
    serial: Option<i64>,
    shape: u64,
}

/// What makes two builds of a class strangers to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stranger {
    /// Both declare a serialVersionUID, each another one.
    Declared(i64, i64),
    /// None declares one, and the default is another one.
    Default,
    /// Only one declares one, which may or may not be the default of the other.
    Half,
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
    /// What it is, if it is a lambda.
    pub lambda: Option<Lambda>,
    /// The classes of new objects in it, where it is a collection or an array.
    pub holds: Vec<String>,
    /// Which file of the input.
    pub file: usize,
    /// The line of its source, 0 where that is not known.
    pub line: usize,
}

/// A map that is kept by sessions, beside them.
#[derive(Debug)]
pub struct MapBySession {
    /// The class and the field.
    pub field: String,
    /// Whether it is static.
    pub is_static: bool,
    /// Which file of the input asks it.
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

/// Annotations that say what a bean's scope is, by their last words.
const SCOPES: [&str; 9] = [
    "/context/SessionScoped;",
    "/context/RequestScoped;",
    "/context/ApplicationScoped;",
    "/context/ConversationScoped;",
    "/context/Dependent;",
    "/inject/Singleton;",
    "/ejb/Stateful;",
    "/ejb/Stateless;",
    "/ejb/Singleton;",
];

/// Annotations of classes whose objects are not passivated: no bean at all, one that may not be selected, and an EJB.
const NO_BEANS: [&str; 3] = ["/inject/Vetoed;", "/inject/Alternative;", "/ejb/Stateful;"];

/// Annotations of which there is one object in an app, by their last words.
const SINGLE: [&str; 10] = [
    "/ApplicationScoped;",
    "/Singleton;",
    "/WebServlet;",
    "/WebFilter;",
    "/WebListener;",
    "/stereotype/Component;",
    "/stereotype/Service;",
    "/stereotype/Controller;",
    "/stereotype/Repository;",
    "/annotation/RestController;",
];
/// What servlets, filters and listeners extend or implement.
const SINGLE_TYPES: [&str; 4] = [".HttpServlet", ".Filter", ".HttpSessionListener", ".ServletContextListener"];

impl ClassFacts {
    /// Reads class files; `is_compared` where each is held against another build's.
    pub(super) fn read(files: &mut Vec<SourceFile>, classes: Vec<(String, Vec<u8>)>, is_compared: bool) -> Self {
        let mut facts = Self::default();
        for (path, bytes) in classes {
            let mut options = ParseOptions::default();
            options.parse_bytecode(true);
            let Ok(class) = parse_class_with_options(&bytes, &options) else {
                facts.unread.push(path);
                continue;
            };
            let file = files.len();
            let (fact, stored) = fact(&class, file, is_compared);
            let is_interesting = is_compared
                || fact.is_session_bean
                || fact.is_managed_bean
                || !fact.keyed.is_empty()
                || !fact.passed.is_empty()
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

    /// Class files that could not be read: damaged ones, or of a much newer Java.
    pub fn unread(&self) -> &[String] {
        &self.unread
    }

    /// What is put into sessions.
    pub fn stored(&self) -> impl Iterator<Item = &Stored> {
        self.stored.iter()
    }

    /// Beans with the scope of a session: an abstract class is none (CDI 3.1.1), nor need a stateful EJB be serializable (CDI
    /// 6.6.1).
    pub fn session_beans(&self) -> impl Iterator<Item = &ClassFact> {
        self.classes.values().filter(|class| class.is_session_bean && !class.is_abstract)
    }

    /// Classes that take the scope of a session from an abstract class, with that: `@SessionScoped` is `@Inherited`.
    pub fn heirs_of_session_beans(&self) -> Vec<(&ClassFact, &ClassFact)> {
        let abstracts = self.classes.values().filter(|class| class.is_session_bean && class.is_abstract);
        let heirs = abstracts.flat_map(|base| {
            let takes = |class: &&ClassFact| !class.is_scoped && !class.is_abstract && self.extends(class, &base.name);
            self.classes.values().filter(takes).map(move |class| (class, base))
        });
        heirs.collect()
    }

    /// Beans of JSF or Spring that live in a session: as its attributes.
    pub fn managed_beans(&self) -> impl Iterator<Item = &ClassFact> {
        self.classes.values().filter(|class| class.is_managed_bean)
    }

    /// Maps of the app that are asked by a session or its id, in the method itself or in one that it gives the id to.
    pub fn maps_by_session(&self) -> Vec<MapBySession> {
        let mut all = vec![];
        for class in self.classes.values() {
            for (method, keyed) in &class.keyed {
                let lives_long =
                    keyed.field.is_static || self.classes.get(&keyed.field.class).is_some_and(|owner| owner.is_single);
                if !lives_long {
                    continue;
                }
                let place = match keyed.parameter {
                    None => Some((class.file, keyed.line)),
                    Some(parameter) => self.given(&class.name, method, parameter),
                };
                if let Some((file, line)) = place {
                    let field = format!("{}.{}", keyed.field.class, keyed.field.name);
                    all.push(MapBySession { field, is_static: keyed.field.is_static, file, line });
                }
            }
        }
        // One place for each map is enough.
        all.sort_by(|a, b| (&a.field, a.file, a.line).cmp(&(&b.field, b.file, b.line)));
        all.dedup_by(|a, b| a.field == b.field);
        all
    }

    /// Where a method is given a session's id as this parameter.
    fn given(&self, class: &str, method: &str, parameter: usize) -> Option<(usize, usize)> {
        let calls = self.classes.values().flat_map(|caller| caller.passed.iter().map(move |call| (caller.file, call)));
        let mut of_method =
            calls.filter(|(_, call)| call.class == class && call.method == method && call.parameter == parameter);
        of_method.next().map(|(file, call)| (file, call.line))
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

    /// Classes of the app whose objects go into sessions, with what they hold and what they extend.
    fn in_sessions(&self) -> Vec<&ClassFact> {
        let mut wanted: Vec<&str> = self.stored.iter().map(|stored| stored.class.as_str()).collect();
        wanted.extend(self.stored.iter().flat_map(|stored| &stored.holds).map(String::as_str));
        let lambdas = self.stored.iter().filter_map(|stored| stored.lambda.as_ref());
        wanted.extend(lambdas.filter(|it| it.is_serializable).flat_map(|it| &it.captures).map(String::as_str));
        wanted.extend(self.session_beans().chain(self.managed_beans()).map(|class| class.name.as_str()));
        let mut seen = BTreeSet::new();
        let mut reached = vec![];
        while let Some(name) = wanted.pop() {
            let Some(class) = self.classes.get(name).filter(|class| seen.insert(class.name.as_str())) else { continue };
            reached.push(class);
            // The fields of a superclass that is not Serializable are not written.
            if !class.writes_itself && self.is_serializable(name) != Some(false) {
                wanted
                    .extend(class.fields.iter().filter(|held| !self.held_breaks(held)).map(|held| held.kind.as_str()));
                wanted.push(&class.extends);
            }
        }
        reached
    }

    /// Fields of what goes into sessions that cannot be serialized: class, field, type.
    pub fn fields_that_break(&self) -> Vec<(&ClassFact, &str, &str)> {
        let reached = self.in_sessions().into_iter().filter(|class| !class.writes_itself);
        let fields = reached.flat_map(|class| class.fields.iter().map(move |held| (class, held)));
        let broken =
            fields.filter(|(class, held)| self.held_breaks(held) && self.is_serializable(&class.name) != Some(false));
        broken.map(|(class, held)| (class, held.name.as_str(), held.written.as_str())).collect()
    }

    /// Superclasses of what goes into sessions that make it unreadable: not Serializable themselves, and without a
    /// constructor that takes nothing; each with the class that is stored.
    pub fn without_constructor(&self) -> Vec<(&ClassFact, &ClassFact)> {
        let is_serializable =
            |class: &ClassFact| self.is_serializable(&class.name) == Some(true) && !class.replaces_itself;
        let stored = self.in_sessions().into_iter().filter(|class| is_serializable(class));
        let pairs = stored.filter_map(|class| Some((class, self.classes.get(&class.extends)?)));
        let lacks = |base: &ClassFact| self.is_serializable(&base.name) == Some(false) && base.lacks_constructor;
        pairs.filter(|(_, base)| lacks(base)).collect()
    }

    /// Whether what a field holds cannot be serialized. What is injected is a proxy, or what the platform can find again (CDI
    /// 2.0, 6.6.2), unless it is an object of the app's own.
    fn held_breaks(&self, held: &shape::Held) -> bool {
        let is_own = || self.classes.get(&held.kind).is_some_and(|class| !class.is_proxied);
        self.breaks(&held.kind) && (!held.is_injected || is_own())
    }

    /// Classes that go into sessions and cannot be read by the same class of another build of the app.
    pub fn strangers<'a>(&'a self, other: &'a Self) -> Vec<(&'a ClassFact, &'a ClassFact, Stranger)> {
        let theirs: BTreeMap<&str, &ClassFact> =
            other.in_sessions().into_iter().map(|class| (class.name.as_str(), class)).collect();
        let mut found = vec![];
        for class in self.in_sessions() {
            // Of enums and records the number does not count.
            let counts = !matches!(class.extends.as_str(), "java.lang.Enum" | "java.lang.Record")
                && !class.is_interface
                && self.is_serializable(&class.name) == Some(true);
            let Some(their) = theirs.get(class.name.as_str()).filter(|_| counts) else { continue };
            let stranger = match (class.serial, their.serial) {
                (Some(a), Some(b)) if a != b => Stranger::Declared(a, b),
                (None, None) if class.shape != their.shape => Stranger::Default,
                (Some(_), None) | (None, Some(_)) => Stranger::Half,
                _ => continue,
            };
            found.push((class, *their, stranger));
        }
        found.sort_by(|a, b| a.0.name.cmp(&b.0.name));
        found
    }

    /// Lambdas in sessions that can be serialized, but capture something that cannot: with its class.
    pub fn captures_that_break(&self) -> impl Iterator<Item = (&Stored, &str)> {
        self.stored.iter().flat_map(|stored| {
            let lambda = stored.lambda.iter().filter(|lambda| lambda.is_serializable);
            let broken = lambda.flat_map(|lambda| &lambda.captures).filter(|class| self.breaks(class));
            broken.map(move |class| (stored, class.as_str()))
        })
    }

    /// Objects in collections in sessions that cannot be serialized: with their class.
    pub fn contents_that_break(&self) -> impl Iterator<Item = (&Stored, &str)> {
        let broken = |class: &str| is_broken(class) || self.is_serializable(class) == Some(false);
        self.stored.iter().flat_map(move |stored| {
            let classes: BTreeSet<&str> = stored.holds.iter().map(String::as_str).collect();
            classes.into_iter().filter(move |class| broken(class)).map(move |class| (stored, class))
        })
    }

    /// Whether what is declared as this class cannot be serialized. The type of an interface, or Object, may hold what can.
    fn breaks(&self, class: &str) -> bool {
        let may_hold_another = || self.classes.get(class).is_none_or(|class| class.is_interface);
        is_broken(class) || self.is_serializable(class) == Some(false) && !may_hold_another()
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
            // A record is not Serializable by itself.
            if matches!(name, "java.lang.Object" | "java.lang.Record" | "") || !seen.insert(name) {
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

fn dotted(name: &str) -> String {
    name.replace('/', ".")
}

fn fact(class: &cafebabe::ClassFile<'_>, file: usize, is_compared: bool) -> (ClassFact, Vec<Stored>) {
    let kinds = shape::annotations(&class.attributes);
    let annotated = |names: &[&str]| kinds.iter().any(|kind| names.contains(&kind.as_str()));
    let implemented: Vec<String> = class.interfaces.iter().map(|name| dotted(name)).collect();
    let extends = class.super_class.as_deref().map(dotted).unwrap_or_default();
    let is_servlet =
        implemented.iter().chain([&extends]).any(|name| SINGLE_TYPES.iter().any(|end| name.ends_with(end)));
    let own = ["writeObject", "writeReplace", "writeExternal"];
    let mut fact = ClassFact {
        name: dotted(&class.this_class),
        file,
        is_single: is_servlet || kinds.iter().any(|kind| SINGLE.iter().any(|end| kind.ends_with(end))),
        extends,
        implements: implemented,
        is_session_bean: annotated(&CDI_SCOPES)
            && !kinds.iter().any(|kind| NO_BEANS.iter().any(|end| kind.ends_with(end)))
            && shape::may_be_bean(class),
        is_proxied: kinds
            .iter()
            .any(|kind| SCOPES.iter().any(|end| kind.ends_with(end)) && !kind.ends_with("/context/Dependent;")),
        lacks_constructor: shape::lacks_constructor(class),
        replaces_itself: class.methods.iter().any(|method| matches!(&*method.name, "writeReplace" | "writeExternal")),
        is_scoped: kinds.iter().any(|kind| SCOPES.iter().any(|end| kind.ends_with(end))),
        is_abstract: class.access_flags.contains(ClassAccessFlags::ABSTRACT),
        is_managed_bean: annotated(&OTHER_SCOPES),
        serial: shape::declared(class),
        shape: if is_compared { shape::shape(class) } else { 0 },
        is_interface: class.access_flags.contains(ClassAccessFlags::INTERFACE),
        writes_itself: class.methods.iter().any(|method| own.contains(&method.name.as_ref())),
        ..ClassFact::default()
    };
    for field in &class.fields {
        fact.fields.extend(shape::held(field));
    }
    let mut all = vec![];
    let bootstraps = code::bootstraps(class);
    for method in &class.methods {
        let found = code::follow(&fact.name, method, &bootstraps);
        let signature = || format!("{}{}", method.name, method.descriptor);
        fact.keyed.extend(found.keyed.into_iter().map(|keyed| (signature(), keyed)));
        fact.passed.extend(found.passed);
        if let Some(line) = found.changes.filter(|_| found.stored.is_empty()) {
            fact.changes.insert(method.name.to_string(), line);
        }
        let by = &fact.name;
        all.extend(found.stored.into_iter().map(|put| {
            let code::Put { name, class, is_exact, lambda, holds, line } = put;
            Stored { by: by.clone(), name, class, is_exact, lambda, holds, file, line }
        }));
    }
    (fact, all)
}
