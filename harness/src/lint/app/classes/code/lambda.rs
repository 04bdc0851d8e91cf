//! Lambdas and method references: `invokedynamic` with `LambdaMetafactory`.

use cafebabe::attributes::AttributeData;
use cafebabe::constant_pool::{BootstrapArgument, InvokeDynamic, LiteralConstant};

use super::value::{Lambda, types};

/// `LambdaMetafactory.FLAG_SERIALIZABLE`, the fourth argument of `altMetafactory`.
const FLAG_SERIALIZABLE: i32 = 1;

/// What a bootstrap method of a class makes.
#[derive(Debug, Clone, Copy)]
pub(in crate::lint::app::classes) enum Bootstrap {
    Lambda { is_serializable: bool },
    Other,
}

/// The bootstrap methods of a class, by their number.
pub(in crate::lint::app::classes) fn bootstraps(class: &cafebabe::ClassFile<'_>) -> Vec<Bootstrap> {
    let entries = class.attributes.iter().flat_map(|attribute| match &attribute.data {
        AttributeData::BootstrapMethods(entries) => entries.as_slice(),
        _ => &[],
    });
    let kinds = entries.map(|entry| {
        if entry.method.class_name != "java/lang/invoke/LambdaMetafactory" {
            return Bootstrap::Other;
        }
        let flags = match entry.arguments.get(3) {
            Some(BootstrapArgument::LiteralConstant(LiteralConstant::Integer(flags))) => *flags,
            _ => 0,
        };
        Bootstrap::Lambda { is_serializable: flags & FLAG_SERIALIZABLE != 0 }
    });
    kinds.collect()
}

/// The lambda that a call makes, if it makes one; its arguments are taken from the stack.
pub(super) fn made<V>(call: &InvokeDynamic<'_>, bootstraps: &[Bootstrap], stack: &mut Vec<V>) -> Option<Lambda> {
    let descriptor = &call.name_and_type.descriptor;
    let captured = types(descriptor)?;
    stack.truncate(stack.len().saturating_sub(captured.len()));
    let Bootstrap::Lambda { is_serializable } = *bootstraps.get(usize::from(call.attr_index))? else { return None };
    let class = |name: &str| Some(name.strip_prefix('L')?.strip_suffix(';')?.replace('/', "."));
    let interface = class(descriptor.rsplit(')').next()?)?;
    Some(Lambda { interface, is_serializable, captures: captured.into_iter().filter_map(class).collect() })
}
