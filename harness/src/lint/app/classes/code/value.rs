//! What is known of values, and of what a method does with them.

/// What a method does with sessions. Lines are those of the source, 0 where the class does not know them.
#[derive(Debug, Default)]
pub(in crate::lint::app::classes) struct Found {
    /// What is put into one.
    pub(in crate::lint::app::classes) stored: Vec<Put>,
    /// Maps that are asked by a session, or by one of the method's parameters.
    pub(in crate::lint::app::classes) keyed: Vec<Keyed>,
    /// Methods that are given a session, or its id.
    pub(in crate::lint::app::classes) passed: Vec<Passed>,
    /// Parameters that are put into one.
    pub(in crate::lint::app::classes) forwards: Vec<Forward>,
    /// What is new and given to a method that has a session or a request, too.
    pub(in crate::lint::app::classes) given: Vec<Given>,
    /// Collections and arrays that it makes.
    pub(super) made: Vec<Made>,
    /// What a constructor puts into fields of its object: the name of the field, and the class of what is new.
    pub(in crate::lint::app::classes) assigned: Vec<(String, String)>,
    /// The line that changes what was taken out of one.
    pub(in crate::lint::app::classes) changes: Option<usize>,
}

/// What is put into a session.
#[derive(Debug, Clone)]
pub(in crate::lint::app::classes) struct Put {
    pub(in crate::lint::app::classes) name: Option<String>,
    pub(in crate::lint::app::classes) class: String,
    /// Whether the value is of this class, and not of one that extends it.
    pub(in crate::lint::app::classes) is_exact: bool,
    /// What it is, if it is a lambda.
    pub(in crate::lint::app::classes) lambda: Option<Lambda>,
    /// The classes of objects that were put into it, where it is a collection or an array that was made here.
    pub(in crate::lint::app::classes) holds: Vec<String>,
    pub(in crate::lint::app::classes) line: usize,
}

/// A parameter of a method that it puts into a session.
#[derive(Debug)]
pub(in crate::lint::app::classes) struct Forward {
    pub(in crate::lint::app::classes) parameter: usize,
    pub(in crate::lint::app::classes) name: Option<String>,
    /// The parameter that is the attribute's name.
    pub(in crate::lint::app::classes) named_by: Option<usize>,
}

/// What is new and given to a method.
#[derive(Debug)]
pub(in crate::lint::app::classes) struct Given {
    pub(in crate::lint::app::classes) class: String,
    /// Its name and descriptor.
    pub(in crate::lint::app::classes) method: String,
    pub(in crate::lint::app::classes) parameter: usize,
    /// Which of the arguments are which texts.
    pub(in crate::lint::app::classes) texts: Vec<Option<String>>,
    pub(in crate::lint::app::classes) put: Put,
}

/// A collection or an array that a method makes.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) class: String,
    /// Whether it is of this class, and not of one that extends it.
    pub(super) is_exact: bool,
    /// The classes of new objects that were put into it.
    pub(super) holds: Vec<String>,
}

/// A map in a field that is asked for a key.
#[derive(Debug)]
pub(in crate::lint::app::classes) struct Keyed {
    pub(in crate::lint::app::classes) field: Field,
    /// The parameter that is the key; `None` where it is a session or its id.
    pub(in crate::lint::app::classes) parameter: Option<usize>,
    pub(in crate::lint::app::classes) line: usize,
}

/// A field of a class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::lint::app::classes) struct Field {
    pub(in crate::lint::app::classes) class: String,
    pub(in crate::lint::app::classes) name: String,
    pub(in crate::lint::app::classes) is_static: bool,
}

/// A method that is given a session, or its id.
#[derive(Debug)]
pub(in crate::lint::app::classes) struct Passed {
    pub(in crate::lint::app::classes) class: String,
    /// Its name and descriptor.
    pub(in crate::lint::app::classes) method: String,
    /// Which of its parameters, from 0.
    pub(in crate::lint::app::classes) parameter: usize,
    pub(in crate::lint::app::classes) line: usize,
}

/// What is known of a value on the stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Text(String),
    Object(String),
    /// A collection or an array that the method makes, by its number.
    Made(usize),
    /// Of this class, or one that extends it.
    Declared(String),
    Lambda(Lambda),
    /// A session, or its id.
    Session,
    /// A map in a field.
    Map(Field),
    /// A parameter of the method, with its declared class.
    Parameter(usize, Option<String>),
    Attribute,
    /// One of several, as one or another way was taken; none of them is itself of this kind, nor `null`.
    OneOf(Vec<Value>),
    /// `null`, which removes an attribute.
    Null,
    Unknown,
}

/// As many values are told apart.
const MOST_WAYS: usize = 8;

impl Value {
    /// The values that it may be.
    pub(super) fn ways(&self) -> &[Self] {
        match self {
            Self::OneOf(ways) => ways,
            one => std::slice::from_ref(one),
        }
    }

    /// What it is where two ways meet. `null` is left out: it is stored as nothing, and holds nothing.
    pub(super) fn joined(self, other: Self) -> Self {
        match (self, other) {
            (Self::Null, value) | (value, Self::Null) => value,
            (one, other) if one == other => one,
            (one, other) => {
                let mut ways = one.ways().to_vec();
                let news: Vec<Self> = other.ways().iter().filter(|way| !ways.contains(way)).cloned().collect();
                ways.extend(news);
                if ways.len() > MOST_WAYS { Self::Unknown } else { Self::OneOf(ways) }
            }
        }
    }
}

/// A lambda or a method reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lambda {
    /// The interface that it is made for.
    pub interface: String,
    /// Whether it is made to be serialized: its type is, or it is cast to, a Serializable.
    pub is_serializable: bool,
    /// The classes of what it captures.
    pub captures: Vec<String>,
}

/// A value of a declared type.
pub(super) fn declared(descriptor: &str) -> Value {
    match descriptor.strip_prefix('L').and_then(|class| class.strip_suffix(';')) {
        Some(class) if is_session(class) => Value::Session,
        Some(class) => Value::Declared(class.replace('/', ".")),
        None => Value::Unknown,
    }
}

/// The class of sessions.
pub(super) fn is_session(class: &str) -> bool {
    matches!(class, "javax/servlet/http/HttpSession" | "jakarta/servlet/http/HttpSession")
}

/// How many parameters a method has.
pub(super) fn parameters(descriptor: &str) -> Option<usize> {
    Some(types(descriptor)?.len())
}

/// The types of a method's parameters.
pub(super) fn types(descriptor: &str) -> Option<Vec<&str>> {
    let (mut rest, _) = descriptor.strip_prefix('(')?.split_once(')')?;
    let mut types = vec![];
    while !rest.is_empty() {
        let inner = rest.trim_start_matches('[');
        let length = if inner.starts_with('L') { inner.find(';')? + 1 } else { inner.chars().next()?.len_utf8() };
        let (one, others) = rest.split_at(rest.len() - inner.len() + length);
        types.push(one);
        rest = others;
    }
    Some(types)
}
