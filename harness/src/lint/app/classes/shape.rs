//! What the default serialVersionUID of a class is made of (Java Object Serialization Specification, 4.6).

use std::hash::{DefaultHasher, Hash, Hasher};

use cafebabe::attributes::AttributeData;
use cafebabe::constant_pool::LiteralConstant;
use cafebabe::{ClassAccessFlags, ClassFile, FieldAccessFlags, MethodAccessFlags};

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
