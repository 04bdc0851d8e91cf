//! What a method does with sessions.

use std::collections::BTreeMap;

use cafebabe::attributes::{AttributeData, CodeData};
use cafebabe::bytecode::Opcode;
use cafebabe::constant_pool::{LiteralConstant, Loadable, MemberRef};
use cafebabe::{MethodAccessFlags, MethodInfo};

/// What a method does with sessions. Lines are those of the source, 0 where the class does not know them.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// What is put into one.
    pub(super) stored: Vec<Put>,
    /// The line of the first request for a session's id.
    pub(super) asks_for_id: Option<usize>,
    /// The line that changes what was taken out of one.
    pub(super) changes: Option<usize>,
}

/// What is put into a session.
#[derive(Debug)]
pub(super) struct Put {
    pub(super) name: Option<String>,
    pub(super) class: String,
    /// Whether the value is of this class, and not of one that extends it.
    pub(super) is_exact: bool,
    pub(super) line: usize,
}

/// What is known of a value on the stack.
#[derive(Debug, Clone)]
enum Value {
    Text(String),
    Object(String),
    /// Of this class, or one that extends it.
    Declared(String),
    Attribute,
    Unknown,
}

/// Methods that change a collection or a bean.
const CHANGING: [&str; 9] =
    ["add", "addAll", "put", "putAll", "remove", "clear", "increment", "incrementAndGet", "push"];

/// Follows a method's instructions once, from the first to the last; a jump forgets what is on the stack.
pub(super) fn follow(method: &MethodInfo<'_>) -> Found {
    let mut found = Found::default();
    let code = method.attributes.iter().find_map(|attribute| match &attribute.data {
        AttributeData::Code(code) => Some(code),
        _ => None,
    });
    let lines = code.map(line_numbers).unwrap_or_default();
    let mut stack: Vec<Value> = vec![];
    let mut locals = parameters_of(method);
    let opcodes = code.and_then(|code| code.bytecode.as_ref()).into_iter().flat_map(|code| &code.opcodes);
    for (at, opcode) in opcodes {
        let line = || {
            let before = lines.partition_point(|(start, _)| start <= at);
            before.checked_sub(1).map_or(0, |index| lines[index].1)
        };
        match opcode {
            Opcode::Ldc(constant) | Opcode::LdcW(constant) => stack.push(match constant {
                Loadable::LiteralConstant(LiteralConstant::String(text)) => Value::Text(text.to_string()),
                _ => Value::Unknown,
            }),
            Opcode::New(class) => stack.push(Value::Object(class.replace('/', "."))),
            Opcode::Dup => stack.extend(stack.last().cloned()),
            Opcode::Pop => drop(stack.pop()),
            Opcode::Aload(local) => stack.push(locals.get(local).cloned().unwrap_or(Value::Unknown)),
            Opcode::Astore(local) => {
                let value = stack.pop().unwrap_or(Value::Unknown);
                locals.insert(*local, value);
            }
            Opcode::Invokeinterface(member, _) | Opcode::Invokevirtual(member) | Opcode::Invokespecial(member) => {
                call(member, true, &mut stack, &mut found, line);
            }
            Opcode::Invokestatic(member) => call(member, false, &mut stack, &mut found, line),
            Opcode::Getfield(member) => {
                stack.pop();
                stack.push(declared(&member.name_and_type.descriptor));
            }
            Opcode::Getstatic(member) => stack.push(declared(&member.name_and_type.descriptor)),
            Opcode::Iload(_)
            | Opcode::Bipush(_)
            | Opcode::Sipush(_)
            | Opcode::AconstNull
            | Opcode::Iconst0
            | Opcode::Iconst1
            | Opcode::Iconst2
            | Opcode::Iconst3
            | Opcode::Iconst4
            | Opcode::Iconst5
            | Opcode::IconstM1 => {
                stack.push(Value::Unknown);
            }
            Opcode::Checkcast(_) | Opcode::Nop | Opcode::Iinc(..) => {}
            _ => stack.clear(),
        }
    }
    found
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
fn parameters_of(method: &MethodInfo<'_>) -> BTreeMap<u16, Value> {
    let mut slot = u16::from(!method.access_flags.contains(MethodAccessFlags::STATIC));
    let mut locals = BTreeMap::new();
    for parameter in &method.descriptor.parameters {
        let descriptor = parameter.to_string();
        locals.insert(slot, declared(&descriptor));
        slot = slot.saturating_add(if matches!(descriptor.as_str(), "J" | "D") { 2 } else { 1 });
    }
    locals
}

/// A value of a declared type.
fn declared(descriptor: &str) -> Value {
    match descriptor.strip_prefix('L').and_then(|class| class.strip_suffix(';')) {
        Some(class) => Value::Declared(class.replace('/', ".")),
        None => Value::Unknown,
    }
}

fn call(
    member: &MemberRef<'_>,
    has_receiver: bool,
    stack: &mut Vec<Value>,
    found: &mut Found,
    line: impl Fn() -> usize,
) {
    let name = member.name_and_type.name.as_ref();
    let descriptor = &member.name_and_type.descriptor;
    let Some(parameters) = parameters(descriptor) else { return stack.clear() };
    let arguments: Vec<Value> = (0..parameters).map(|_| stack.pop().unwrap_or(Value::Unknown)).collect();
    let receiver = has_receiver.then(|| stack.pop().unwrap_or(Value::Unknown));
    let is_session =
        matches!(member.class_name.as_ref(), "javax/servlet/http/HttpSession" | "jakarta/servlet/http/HttpSession");
    let mut result = descriptor.rsplit(')').next().map_or(Value::Unknown, declared);
    match (name, arguments.as_slice()) {
        ("setAttribute" | "putValue", [value, key]) if is_session => {
            let name = if let Value::Text(key) = key { Some(key.clone()) } else { None };
            let (class, is_exact) = match value {
                Value::Object(class) => (class.clone(), true),
                Value::Declared(class) => (class.clone(), false),
                Value::Text(_) => ("java.lang.String".to_owned(), true),
                Value::Attribute | Value::Unknown => (String::new(), false),
            };
            found.stored.push(Put { name, class, is_exact, line: line() });
        }
        ("getAttribute" | "getValue", _) if is_session => result = Value::Attribute,
        ("getId", _) if is_session => {
            found.asks_for_id.get_or_insert_with(line);
        }
        _ => {
            let is_attribute = matches!(receiver, Some(Value::Attribute));
            let is_setter = name.strip_prefix("set").is_some_and(|rest| rest.starts_with(char::is_uppercase));
            if is_attribute && (CHANGING.contains(&name) || is_setter) {
                found.changes.get_or_insert_with(line);
            }
        }
    }
    if !descriptor.ends_with(")V") {
        stack.push(result);
    }
}

/// How many parameters a method has.
fn parameters(descriptor: &str) -> Option<usize> {
    let (parameters, _) = descriptor.strip_prefix('(')?.split_once(')')?;
    let (mut count, mut rest) = (0, parameters);
    while !rest.is_empty() {
        rest = rest.trim_start_matches('[');
        rest = if rest.starts_with('L') { &rest[rest.find(';')? + 1..] } else { rest.get(1..)? };
        count += 1;
    }
    Some(count)
}
