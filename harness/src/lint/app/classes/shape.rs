//! What the declaration of a class says: its annotations, fields and constructors, and what the default serialVersionUID is
//! made of (Java Object Serialization Specification, 4.6).

use std::hash::{DefaultHasher, Hash, Hasher};

use cafebabe::attributes::{AnnotationElementValue, AttributeData, AttributeInfo, InnerClassAccessFlags};
use cafebabe::constant_pool::LiteralConstant;
use cafebabe::{ClassAccessFlags, ClassFile, FieldAccessFlags, FieldInfo, MethodAccessFlags, MethodInfo};

/// Annotations of fields that the platform fills with what can be serialized, by their last words.
const INJECTED: [&str; 6] = [
    "/inject/Inject;",
    "/ejb/EJB;",
    "/annotation/Resource;",
    "/persistence/PersistenceContext;",
    "/persistence/PersistenceUnit;",
    "/ws/WebServiceRef;",
];

/// A field that is written with its object.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) name: String,
    /// Its class, or that of what it holds.
    pub(super) kind: String,
    /// The type as it is written in the source.
    pub(super) written: String,
    pub(super) is_injected: bool,
    /// Whether a constructor puts an object of just this class into it.
    pub(super) is_exact: bool,
}

/// A method or a field that produces a bean.
#[derive(Debug)]
pub struct Produced {
    /// Its name.
    pub member: String,
    /// The class that it is declared to give.
    pub class: String,
    /// Whether CDI makes it, which does so in beans only; and not Spring.
    pub(super) by_cdi: bool,
}

/// The types of annotations that are kept for the run.
pub(super) fn annotations(attributes: &[AttributeInfo<'_>]) -> Vec<String> {
    let all = attributes.iter().flat_map(|attribute| match &attribute.data {
        AttributeData::RuntimeVisibleAnnotations(annotations) => annotations.as_slice(),
        _ => &[],
    });
    all.map(|annotation| annotation.type_descriptor.to_string()).collect()
}

/// Whether Spring's `@Scope` names a session's.
pub(super) fn is_of_session_in_spring(attributes: &[AttributeInfo<'_>]) -> bool {
    let all = attributes.iter().flat_map(|attribute| match &attribute.data {
        AttributeData::RuntimeVisibleAnnotations(annotations) => annotations.as_slice(),
        _ => &[],
    });
    let of_spring = all.filter(|it| it.type_descriptor.to_string() == "Lorg/springframework/context/annotation/Scope;");
    let named =
        of_spring.flat_map(|annotation| &annotation.elements).filter(|it| it.name == "value" || it.name == "scopeName");
    named.into_iter().any(|it| matches!(&it.value, AnnotationElementValue::StringConstant(name) if name == "session"))
}

/// The annotation of what CDI produces, by its last words.
pub(super) const PRODUCES: &str = "/inject/Produces;";

/// The methods and fields that produce something, as their annotations say.
pub(super) fn produced(
    class: &ClassFile<'_>,
    is_producer: impl Fn(&[String], &[AttributeInfo<'_>]) -> bool,
) -> Vec<Produced> {
    let made = |name: &str, attributes: &[AttributeInfo<'_>], descriptor: &str| {
        let class = descriptor.strip_prefix('L').and_then(|class| class.strip_suffix(';'))?;
        let kinds = annotations(attributes);
        let by_cdi = kinds.iter().any(|kind| kind.ends_with(PRODUCES));
        is_producer(&kinds, attributes).then(|| Produced {
            member: name.to_owned(),
            class: class.replace('/', "."),
            by_cdi,
        })
    };
    let of_methods = class.methods.iter().filter_map(|method| {
        let descriptor = method.descriptor.to_string();
        made(&method.name, &method.attributes, descriptor.rsplit(')').next()?)
    });
    let of_fields = class.fields.iter().filter_map(|it| made(&it.name, &it.attributes, &it.descriptor.to_string()));
    of_methods.chain(of_fields).collect()
}

/// What a field holds, where it is written with its object: itself, and what an array or a collection of it is of.
pub(super) fn held(field: &FieldInfo<'_>) -> Vec<Held> {
    let left_out = FieldAccessFlags::STATIC | FieldAccessFlags::TRANSIENT;
    if field.access_flags.intersects(left_out) {
        return vec![];
    }
    let descriptor = field.descriptor.to_string();
    let generic = field.attributes.iter().find_map(|attribute| match &attribute.data {
        AttributeData::Signature(signature) => Some(signature.to_string()),
        _ => None,
    });
    let annotations = annotations(&field.attributes);
    let is_injected = annotations.iter().any(|kind| INJECTED.iter().any(|end| kind.ends_with(end)));
    let name = field.name.to_string();
    let mut all = vec![];
    if let Some(kind) = descriptor.strip_prefix('L').and_then(|kind| kind.strip_suffix(';')) {
        let kind = kind.replace('/', ".");
        all.push(Held { name: name.clone(), written: kind.clone(), kind, is_injected, is_exact: false });
    }
    let signature = generic.unwrap_or(descriptor);
    if is_injected {
        return all;
    }
    for kind in elements(&signature) {
        let written = if signature.starts_with('[') {
            format!("{kind}[]")
        } else {
            let class = signature.trim_start_matches('L').split('<').next().unwrap_or_default();
            format!("{}<{kind}>", class.rsplit('/').next().unwrap_or_default())
        };
        all.push(Held { name: name.clone(), kind, written, is_injected, is_exact: false });
    }
    all
}

/// The classes of what an array or a collection holds, by its signature (JVM specification, 4.7.9.1).
fn elements(signature: &str) -> Vec<String> {
    if let Some(element) = signature.strip_prefix('[') {
        let inner = elements(element);
        let class = element.strip_prefix('L').and_then(|class| class.strip_suffix(';'));
        return match class {
            Some(class) if inner.is_empty() && !class.contains(['<', ';']) => vec![class.replace('/', ".")],
            _ => inner,
        };
    }
    let Some((class, arguments)) = signature.strip_prefix('L').and_then(|rest| rest.split_once('<')) else {
        return vec![];
    };
    if !super::code::is_container(&class.replace('/', ".")) {
        return vec![];
    }
    let Some(mut rest) = arguments.strip_suffix(">;") else { return vec![] };
    let mut found = vec![];
    while !rest.is_empty() {
        // `? extends Cart` is at least a Cart, `? super Cart` may be anything.
        let length = argument(rest);
        let one = rest[..length].trim_start_matches('+');
        let plain = one.strip_prefix('L').and_then(|class| class.strip_suffix(';'));
        match plain {
            Some(class) if !class.contains(['<', ';']) => found.push(class.replace('/', ".")),
            _ => found.extend(elements(one)),
        }
        rest = &rest[length..];
    }
    found
}

/// How long the first type of several is.
fn argument(types: &str) -> usize {
    let mut depth = 0_usize;
    let mut is_class = false;
    for (at, byte) in types.bytes().enumerate() {
        match byte {
            b'<' => depth += 1,
            b'>' => depth = depth.saturating_sub(1),
            b';' if depth == 0 => return at + 1,
            b'L' | b'T' => is_class = true,
            b'*' if depth == 0 && !is_class => return at + 1,
            _ => {}
        }
    }
    types.len()
}

/// Whether CDI may make a bean of a class: no inner class, which needs an object around it, and a constructor that takes
/// nothing, or what is injected (CDI 2.0, 3.1.1).
pub(super) fn may_be_bean(class: &ClassFile<'_>) -> bool {
    let is_inner = class.attributes.iter().any(|attribute| match &attribute.data {
        AttributeData::InnerClasses(all) => all.iter().any(|inner| {
            *inner.inner_class_info == *class.this_class && !inner.access_flags.contains(InnerClassAccessFlags::STATIC)
        }),
        _ => false,
    });
    let is_right = |method: &MethodInfo<'_>| {
        method.descriptor.parameters.is_empty()
            || annotations(&method.attributes).iter().any(|kind| kind.ends_with("/inject/Inject;"))
    };
    let mut constructors = class.methods.iter().filter(|method| method.name == "<init>").peekable();
    !is_inner && (constructors.peek().is_none() || constructors.any(is_right))
}

/// Whether it has constructors, and none that takes nothing and may be called by what extends it.
pub(super) fn lacks_constructor(class: &ClassFile<'_>) -> bool {
    let mut constructors = class.methods.iter().filter(|method| method.name == "<init>").peekable();
    let fits = |method: &MethodInfo<'_>| {
        method.descriptor.parameters.is_empty() && !method.access_flags.contains(MethodAccessFlags::PRIVATE)
    };
    constructors.peek().is_some() && !constructors.any(fits)
}

/// The `serialVersionUID` that a class declares.
pub(super) fn declared(class: &ClassFile<'_>) -> Option<i64> {
    let field = class.fields.iter().find(|field| {
        field.name == "serialVersionUID"
            && field.access_flags.contains(FieldAccessFlags::STATIC | FieldAccessFlags::FINAL)
    })?;
    field.attributes.iter().find_map(|attribute| match &attribute.data {
        AttributeData::ConstantValue(LiteralConstant::Long(number)) => Some(*number),
        AttributeData::ConstantValue(LiteralConstant::Integer(number)) => Some(i64::from(*number)),
        _ => None,
    })
}

/// A number that is another one where the default serialVersionUID is: of the class's name, flags, interfaces, and of the
/// members that count, in whatever order.
pub(super) fn shape(class: &ClassFile<'_>) -> u64 {
    let flags = class.access_flags
        & (ClassAccessFlags::PUBLIC
            | ClassAccessFlags::FINAL
            | ClassAccessFlags::INTERFACE
            | ClassAccessFlags::ABSTRACT);
    let mut sum = hash(&(class.this_class.to_string(), flags.bits()));
    for interface in &class.interfaces {
        sum = sum.wrapping_add(hash(&("implements", interface.to_string())));
    }
    let kept = FieldAccessFlags::PUBLIC
        | FieldAccessFlags::PRIVATE
        | FieldAccessFlags::PROTECTED
        | FieldAccessFlags::STATIC
        | FieldAccessFlags::FINAL
        | FieldAccessFlags::VOLATILE
        | FieldAccessFlags::TRANSIENT;
    for field in &class.fields {
        let flags = field.access_flags & kept;
        let left_out = FieldAccessFlags::STATIC | FieldAccessFlags::TRANSIENT;
        if !(flags.contains(FieldAccessFlags::PRIVATE) && flags.intersects(left_out)) {
            let descriptor = field.descriptor.to_string();
            sum = sum.wrapping_add(hash(&("field", &*field.name, flags.bits(), descriptor)));
        }
    }
    let kept = MethodAccessFlags::PUBLIC
        | MethodAccessFlags::PRIVATE
        | MethodAccessFlags::PROTECTED
        | MethodAccessFlags::STATIC
        | MethodAccessFlags::FINAL
        | MethodAccessFlags::SYNCHRONIZED
        | MethodAccessFlags::NATIVE
        | MethodAccessFlags::ABSTRACT
        | MethodAccessFlags::STRICT;
    for method in &class.methods {
        let flags = method.access_flags & kept;
        if method.name == "<clinit>" {
            sum = sum.wrapping_add(hash("<clinit>"));
        } else if !flags.contains(MethodAccessFlags::PRIVATE) {
            let descriptor = method.descriptor.to_string();
            sum = sum.wrapping_add(hash(&("method", &*method.name, flags.bits(), descriptor)));
        }
    }
    sum
}

fn hash(what: &(impl Hash + ?Sized)) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}
