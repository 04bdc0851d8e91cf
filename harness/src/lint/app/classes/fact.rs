//! What a class says of itself and of sessions.

use std::collections::BTreeMap;

use cafebabe::{ClassAccessFlags, ClassFile};

use super::code::Lambda;
use super::{code, shape};

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

/// A class of the app.
#[derive(Debug, Default)]
pub struct ClassFact {
    /// Its name with dots.
    pub name: String,
    /// Which file of the input.
    pub file: usize,
    pub(super) extends: String,
    pub(super) implements: Vec<String>,
    pub(super) fields: Vec<shape::Held>,
    pub(super) is_session_bean: bool,
    /// Whether what CDI injects of it is a proxy, which can be serialized whatever the class is.
    pub(super) is_proxied: bool,
    /// Whether it is of an archive that has beans.
    pub(super) may_be_bean: bool,
    pub(super) is_managed_bean: bool,
    pub(super) is_interface: bool,
    pub(super) is_abstract: bool,
    /// What it makes for a session: methods and fields that produce beans with its scope.
    pub(super) produced: Vec<shape::Produced>,
    /// Whether an annotation gives it a scope, or makes it an EJB.
    pub(super) is_scoped: bool,
    pub(super) writes_itself: bool,
    /// Whether it writes another object, or itself as it likes.
    pub(super) replaces_itself: bool,
    /// Whether it has constructors, and none that takes nothing and may be called by what extends it.
    pub(super) lacks_constructor: bool,
    /// Whether one of its objects lives as long as the app: a servlet, a filter, a listener, a bean of the app.
    pub(super) is_single: bool,
    pub(super) keyed: Vec<(String, code::Keyed)>,
    pub(super) passed: Vec<code::Passed>,
    /// Parameters of its methods that are put into a session, by the method.
    pub(super) forwards: Vec<(String, code::Forward)>,
    pub(super) given: Vec<code::Given>,
    pub(super) changes: BTreeMap<String, usize>,
    pub(super) serial: Option<i64>,
    pub(super) shape: u64,
}

/// Annotations of CDI, whose beans must be able to leave the memory: both are normal scopes that passivate.
const CDI_SCOPES: [&str; 4] = [
    "Ljakarta/enterprise/context/SessionScoped;",
    "Ljavax/enterprise/context/SessionScoped;",
    "Ljakarta/enterprise/context/ConversationScoped;",
    "Ljavax/enterprise/context/ConversationScoped;",
];
/// Annotations whose beans are put into the session as they are.
const OTHER_SCOPES: [&str; 2] =
    ["Ljavax/faces/bean/SessionScoped;", "Lorg/springframework/web/context/annotation/SessionScope;"];
/// Annotations of what produces a bean, by their last words.
const PRODUCERS: [&str; 2] = [shape::PRODUCES, "Lorg/springframework/context/annotation/Bean;"];

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

impl ClassFact {
    /// Whether its objects are constants, of which only the name is written.
    pub(super) fn is_enum(&self) -> bool {
        self.extends == "java.lang.Enum"
    }

    /// Takes what a constructor puts into fields.
    fn hold(&mut self, assigned: Vec<(String, String)>) {
        for (name, kind) in assigned {
            let mut of_field = self.fields.iter().filter(|held| held.name == name && !held.is_injected).peekable();
            if of_field.peek().is_some() && !of_field.any(|held| held.is_exact && held.kind == kind) {
                self.fields.push(shape::Held { written: kind.clone(), name, kind, is_injected: false, is_exact: true });
            }
        }
    }
}

/// The name of a class with dots.
pub(super) fn dotted(name: &str) -> String {
    name.replace('/', ".")
}

/// Reads a class, and what its methods put into sessions.
pub(super) fn read(class: &ClassFile<'_>, file: usize, is_compared: bool) -> (ClassFact, Vec<Stored>) {
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
        is_managed_bean: annotated(&OTHER_SCOPES) || shape::is_of_session_in_spring(&class.attributes),
        produced: shape::produced(class, |kinds, attributes| {
            let is = |names: &[&str]| kinds.iter().any(|kind| names.contains(&kind.as_str()));
            kinds.iter().any(|kind| PRODUCERS.iter().any(|end| kind.ends_with(end)))
                && (is(&CDI_SCOPES) || is(&OTHER_SCOPES) || shape::is_of_session_in_spring(attributes))
        }),
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
        let mut found = code::follow(&fact.name, method, &bootstraps);
        if method.name == "<init>" {
            fact.hold(std::mem::take(&mut found.assigned));
        }
        let signature = || format!("{}{}", method.name, method.descriptor);
        fact.keyed.extend(found.keyed.into_iter().map(|keyed| (signature(), keyed)));
        fact.passed.extend(found.passed);
        fact.given.extend(found.given);
        fact.forwards.extend(found.forwards.into_iter().map(|forward| (signature(), forward)));
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
