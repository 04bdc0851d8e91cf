//! What a method does with sessions.

mod collection;
mod flow;
mod invoke;
mod lambda;
mod value;

use std::collections::BTreeMap;

use cafebabe::attributes::{AttributeData, CodeData};
use cafebabe::bytecode::Opcode;
use cafebabe::constant_pool::{LiteralConstant, Loadable, MemberRef, ObjectArrayType};
use cafebabe::{MethodAccessFlags, MethodInfo};

pub(super) use collection::is_container;
pub(in crate::lint) use collection::is_view;
use flow::{State, Ways};
pub(super) use lambda::{Bootstrap, bootstraps};
pub use value::Lambda;
use value::{Field, Value, declared};
pub(super) use value::{Forward, Found, Given, Keyed, Passed, Put};

/// Follows a method's instructions once, from the first to the last. Where ways meet, a value may be one of several; what a
/// loop brings back to its start is left out.
pub(super) fn follow(class: &str, method: &MethodInfo<'_>, bootstraps: &[Bootstrap]) -> Found {
    let mut found = Found::default();
    let code = method.attributes.iter().find_map(|attribute| match &attribute.data {
        AttributeData::Code(code) => Some(code),
        _ => None,
    });
    let lines = code.map(line_numbers).unwrap_or_default();
    let mut state = State { stack: vec![], locals: parameters_of(class, method) };
    let mut ways = Ways::default();
    // The local variable that the last instruction took.
    let mut last: Option<u16> = None;
    let opcodes = code.and_then(|code| code.bytecode.as_ref()).into_iter().flat_map(|code| &code.opcodes);
    for (at, opcode) in opcodes {
        let line = || {
            let before = lines.partition_point(|(start, _)| start <= at);
            before.checked_sub(1).map_or(0, |index| lines[index].1)
        };
        ways.meet(*at, &mut state);
        let loaded = std::mem::replace(&mut last, if let Opcode::Aload(local) = opcode { Some(*local) } else { None });
        if ways.take(*at, opcode, &mut state) {
            continue;
        }
        let State { stack, locals } = &mut state;
        if collection::fill(opcode, stack, &mut found) || cast(opcode, loaded, stack, locals) {
            continue;
        }
        match opcode {
            Opcode::Ldc(constant) | Opcode::LdcW(constant) => stack.push(match constant {
                Loadable::LiteralConstant(LiteralConstant::String(text)) => Value::Text(text.to_string()),
                _ => Value::Unknown,
            }),
            Opcode::Dup => stack.extend(stack.last().cloned()),
            Opcode::Pop => drop(stack.pop()),
            Opcode::Aload(local) => stack.push(locals.get(local).cloned().unwrap_or(Value::Unknown)),
            Opcode::Astore(local) => {
                let value = stack.pop().unwrap_or(Value::Unknown);
                locals.insert(*local, value);
            }
            Opcode::Invokeinterface(member, _) | Opcode::Invokevirtual(member) | Opcode::Invokespecial(member) => {
                invoke::call(member, true, stack, &mut found, line);
            }
            Opcode::Invokestatic(member) => invoke::call(member, false, stack, &mut found, line),
            Opcode::Invokedynamic(call) => {
                let made = lambda::made(call, bootstraps, stack);
                stack.push(made.map_or(Value::Unknown, Value::Lambda));
            }
            Opcode::Getfield(member) => {
                stack.pop();
                stack.push(field(member, false));
            }
            Opcode::Putfield(member) => {
                let (value, _) = (stack.pop(), stack.pop());
                if let Some(Value::Object(made)) = value.filter(|_| member.class_name.replace('/', ".") == class) {
                    found.assigned.push((member.name_and_type.name.to_string(), made));
                }
            }
            Opcode::Getstatic(member) => stack.push(field(member, true)),
            Opcode::AconstNull => stack.push(Value::Null),
            Opcode::Nop | Opcode::Iinc(..) => {}
            _ => match number_of_operands(opcode) {
                Some(count) => {
                    stack.truncate(stack.len().saturating_sub(count));
                    stack.push(Value::Unknown);
                }
                None => stack.clear(),
            },
        }
    }
    found
}

/// What a cast makes of what is on the stack; whether it is one.
fn cast(opcode: &Opcode<'_>, loaded: Option<u16>, stack: &mut Vec<Value>, locals: &mut BTreeMap<u16, Value>) -> bool {
    match opcode {
        // What may be Serializable after all is asked for that before it is stored.
        Opcode::Checkcast(kind) if is_serializable(kind) => {
            stack.pop();
            stack.push(Value::Unknown);
        }
        Opcode::Instanceof(kind) => {
            if let Some(local) = loaded.filter(|_| is_serializable(kind)) {
                locals.remove(&local);
            }
            stack.pop();
            stack.push(Value::Unknown);
        }
        Opcode::Checkcast(ObjectArrayType::BinaryName(kind)) => {
            if let Some(value @ (Value::Unknown | Value::Declared(_))) = stack.last_mut() {
                *value = declared(&format!("L{kind};"));
            }
        }
        Opcode::Checkcast(_) => {}
        _ => return false,
    }
    true
}

/// Whether a type says that its objects can be serialized.
fn is_serializable(kind: &ObjectArrayType<'_>) -> bool {
    matches!(kind, ObjectArrayType::BinaryName(class) if matches!(&**class, "java/io/Serializable" | "java/io/Externalizable"))
}

/// How many values an instruction takes that makes one of which nothing is known; `None` for any other.
fn number_of_operands(opcode: &Opcode<'_>) -> Option<usize> {
    use Opcode::{
        Aaload, Arraylength, Baload, Bipush, Caload, D2i, Dadd, Daload, Dcmpg, Dcmpl, Dconst0, Dconst1, Ddiv, Dload,
        Dmul, Dsub, Faload, Fcmpg, Fcmpl, Fconst0, Fconst1, Fconst2, Fload, I2b, I2c, I2d, I2l, I2s, Iadd, Iaload,
        Iand, Iconst0, Iconst1, Iconst2, Iconst3, Iconst4, Iconst5, IconstM1, Idiv, Iload, Imul, Ior, Irem, Isub, L2i,
        Ladd, Laload, Lcmp, Lconst0, Lconst1, Ldc2W, Ldiv, Lload, Lmul, Lsub, Newarray, Saload, Sipush,
    };
    Some(match opcode {
        Iload(_) | Lload(_) | Fload(_) | Dload(_) | Bipush(_) | Sipush(_) | Ldc2W(_) | Iconst0 | Iconst1 | Iconst2
        | Iconst3 | Iconst4 | Iconst5 | IconstM1 | Lconst0 | Lconst1 | Fconst0 | Fconst1 | Fconst2 | Dconst0
        | Dconst1 => 0,
        I2b | I2c | I2d | I2l | I2s | L2i | D2i | Arraylength | Newarray(_) => 1,
        Aaload | Baload | Caload | Daload | Faload | Iaload | Laload | Saload | Dcmpg | Dcmpl | Fcmpg | Fcmpl
        | Lcmp | Iand | Ior | Iadd | Isub | Imul | Idiv | Irem | Ladd | Lsub | Lmul | Ldiv | Dadd | Dsub | Dmul
        | Ddiv => 2,
        _ => return None,
    })
}

/// Where each line of the source begins in the code, in the order of the code.
fn line_numbers(code: &CodeData<'_>) -> Vec<(usize, usize)> {
    let tables = code.attributes.iter().filter_map(|attribute| match &attribute.data {
        AttributeData::LineNumberTable(entries) => Some(entries),
        _ => None,
    });
    let mut lines: Vec<(usize, usize)> =
        tables.flatten().map(|entry| (usize::from(entry.start_pc), usize::from(entry.line_number))).collect();
    lines.sort_unstable();
    lines
}

/// The local variables that a method begins with.
fn parameters_of(class: &str, method: &MethodInfo<'_>) -> BTreeMap<u16, Value> {
    let mut slot = u16::from(!method.access_flags.contains(MethodAccessFlags::STATIC));
    let mut locals = BTreeMap::new();
    if slot == 1 {
        locals.insert(0, Value::Declared(class.to_owned()));
    }
    for (index, parameter) in method.descriptor.parameters.iter().enumerate() {
        let descriptor = parameter.to_string();
        let value = match declared(&descriptor) {
            Value::Declared(class) => Value::Parameter(index, Some(class)),
            Value::Session => Value::Session,
            _ => Value::Parameter(index, None),
        };
        locals.insert(slot, value);
        slot = slot.saturating_add(if matches!(descriptor.as_str(), "J" | "D") { 2 } else { 1 });
    }
    locals
}

/// What a field holds.
fn field(member: &MemberRef<'_>, is_static: bool) -> Value {
    match declared(&member.name_and_type.descriptor) {
        Value::Declared(class) if is_map(&class) => Value::Map(Field {
            class: member.class_name.replace('/', "."),
            name: member.name_and_type.name.to_string(),
            is_static,
        }),
        other => other,
    }
}

/// Whether a class keeps values by key in this JVM.
fn is_map(class: &str) -> bool {
    class.starts_with("java.util.") && (class.ends_with("Map") || class.ends_with(".Hashtable"))
        || matches!(
            class,
            "com.google.common.cache.Cache"
                | "com.google.common.cache.LoadingCache"
                | "com.github.benmanes.caffeine.cache.Cache"
                | "com.github.benmanes.caffeine.cache.LoadingCache"
        )
}
