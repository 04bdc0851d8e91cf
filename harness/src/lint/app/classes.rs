//! What an app's class files say about sessions.
//!
//! A class file is read as it is, without a JVM. What a method puts into a session is followed within the method only: a
//! constant, a new object, a local variable, or what another method returns.

mod code;
mod fact;
mod input;
mod platform;
mod shape;

pub use code::Lambda;
pub(in crate::lint) use code::is_view;
pub use fact::Stored;
use fact::{ClassFact, dotted};
pub(super) use input::Classes;
pub(in crate::lint) use platform::is_broken;
use platform::is_plain_interface;
use shape::Produced;

use std::collections::{BTreeMap, BTreeSet};

use cafebabe::{ParseOptions, parse_class_with_options};

use crate::lint::SourceFile;

/// What an app's class files say about sessions.
#[derive(Debug, Default)]
pub struct ClassFacts {
    classes: BTreeMap<String, ClassFact>,
    stored: Vec<Stored>,
    unread: Vec<String>,
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

impl ClassFacts {
    /// Reads class files. Of two of one name the first counts, as it does for a class loader.
    pub(super) fn read(files: &mut Vec<SourceFile>, classes: Classes) -> Self {
        let mut facts = Self::default();
        let beans: Vec<bool> = classes.files.iter().map(|(path, _)| classes.may_be_beans(path)).collect();
        for ((path, bytes), may_be_bean) in classes.files.into_iter().zip(beans) {
            let mut options = ParseOptions::default();
            options.parse_bytecode(true);
            let Ok(class) = parse_class_with_options(&bytes, &options) else {
                facts.unread.push(path);
                continue;
            };
            if facts.classes.contains_key(&dotted(&class.this_class)) {
                continue;
            }
            // What lies beside several apps is one file.
            let known = path.contains(".ear!/").then(|| files.iter().position(|file| file.name == path)).flatten();
            let file = known.unwrap_or(files.len());
            let (mut fact, stored) = fact::read(&class, file, classes.is_compared);
            fact.may_be_bean = may_be_bean;
            let is_interesting = classes.is_compared
                || fact.is_session_bean
                || fact.is_managed_bean
                || !fact.produced.is_empty()
                || !fact.keyed.is_empty()
                || !fact.passed.is_empty()
                || !fact.given.is_empty()
                || !stored.is_empty()
                || !fact.changes.is_empty()
                || fact.writes_itself
                || !fact.fields.is_empty();
            if is_interesting && known.is_none() {
                files.push(SourceFile::named(path, true));
            }
            facts.stored.extend(stored);
            facts.classes.insert(fact.name.clone(), fact);
        }
        let forwarded = facts.forwarded();
        facts.stored.extend(forwarded);
        facts
    }

    /// What is given to a method of the app that puts it into a session. A method that may be another one's in a class that
    /// extends its own is left out.
    fn forwarded(&self) -> Vec<Stored> {
        let mut all = vec![];
        for caller in self.classes.values() {
            for given in &caller.given {
                let Some(class) = self.classes.get(&given.class).filter(|class| !class.forwards.is_empty()) else {
                    continue;
                };
                let of_method = class
                    .forwards
                    .iter()
                    .filter(|(method, forward)| *method == given.method && forward.parameter == given.parameter);
                if self.classes.values().any(|other| self.extends(other, &class.name)) {
                    continue;
                }
                for (_, forward) in of_method {
                    let by_text = || given.texts.get(forward.named_by?)?.clone();
                    let name = forward.name.clone().or_else(by_text);
                    let code::Put { class, is_exact, lambda, holds, line, .. } = given.put.clone();
                    let (by, file) = (caller.name.clone(), caller.file);
                    all.push(Stored { by, name, class, is_exact, lambda, holds, file, line });
                }
            }
        }
        all
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
        self.classes.values().filter(|class| class.is_session_bean && class.may_be_bean && !class.is_abstract)
    }

    /// Classes that take the scope of a session from an abstract class, with that: `@SessionScoped` is `@Inherited`.
    pub fn heirs_of_session_beans(&self) -> Vec<(&ClassFact, &ClassFact)> {
        let abstracts = self.classes.values().filter(|class| class.is_session_bean && class.is_abstract);
        let heirs = abstracts.flat_map(|base| {
            let takes = |class: &&ClassFact| {
                !class.is_scoped && class.may_be_bean && !class.is_abstract && self.extends(class, &base.name)
            };
            self.classes.values().filter(takes).map(move |class| (class, base))
        });
        heirs.collect()
    }

    /// Beans of JSF or Spring that live in a session: as its attributes.
    pub fn managed_beans(&self) -> impl Iterator<Item = &ClassFact> {
        self.classes.values().filter(|class| class.is_managed_bean)
    }

    /// Methods and fields that produce what lives in a session, with their classes.
    pub fn producers(&self) -> impl Iterator<Item = (&ClassFact, &Produced)> {
        let all = self.classes.values().flat_map(|class| class.produced.iter().map(move |made| (class, made)));
        all.filter(|(class, made)| class.may_be_bean || !made.by_cdi)
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
        wanted.extend(self.producers().map(|(_, made)| made.class.as_str()));
        let mut seen = BTreeSet::new();
        let mut reached = vec![];
        while let Some(name) = wanted.pop() {
            let Some(class) = self.classes.get(name).filter(|class| seen.insert(class.name.as_str())) else { continue };
            reached.push(class);
            // The fields of a superclass that is not Serializable are not written.
            if !class.writes_itself && !class.is_enum() && self.is_serializable(name) != Some(false) {
                wanted
                    .extend(class.fields.iter().filter(|held| !self.held_breaks(held)).map(|held| held.kind.as_str()));
                wanted.push(&class.extends);
            }
        }
        reached
    }

    /// Fields of what goes into sessions that cannot be serialized: class, field, type.
    pub fn fields_that_break(&self) -> Vec<(&ClassFact, &str, &str)> {
        let reached = self.in_sessions().into_iter().filter(|class| !class.writes_itself && !class.is_enum());
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
        if held.is_exact {
            return is_broken(&held.kind) || self.is_serializable(&held.kind) == Some(false);
        }
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
