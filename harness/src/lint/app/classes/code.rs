//! What a method does with sessions.

use std::collections::BTreeMap;

use cafebabe::MethodInfo;
use cafebabe::attributes::AttributeData;
use cafebabe::bytecode::Opcode;
use cafebabe::constant_pool::{LiteralConstant, Loadable, MemberRef};

/// What a method does with sessions.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Name and class of what is put into one.
    pub(super) stored: Vec<(Option<String>, String)>,
    /// Whether it asks for a session's id.
    pub(super) asks_for_id: bool,
    /// Whether it changes what it took out of one.
    pub(super) changes: bool,
}

/// What is known of a value on the stack.
#[derive(Debug, Clone)]
enum Value {
    Text(String),
    Object(String),
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
        AttributeData::Code(code) => code.bytecode.as_ref(),
        _ => None,
    });
    let mut stack: Vec<Value> = vec![];
    let mut locals: BTreeMap<u16, Value> = BTreeMap::new();
    for (_, opcode) in code.into_iter().flat_map(|code| &code.opcodes) {
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
                call(member, true, &mut stack, &mut found);
            }
            Opcode::Invokestatic(member) => call(member, false, &mut stack, &mut found),
            Opcode::Getfield(_) => {
                stack.pop();
                stack.push(Value::Unknown);
            }
            Opcode::Iload(_)
            | Opcode::Bipush(_)
            | Opcode::Sipush(_)
            | Opcode::AconstNull
            | Opcode::Getstatic(_)
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

fn call(member: &MemberRef<'_>, has_receiver: bool, stack: &mut Vec<Value>, found: &mut Found) {
    let name = member.name_and_type.name.as_ref();
    let descriptor = &member.name_and_type.descriptor;
    let Some(parameters) = parameters(descriptor) else { return stack.clear() };
    let arguments: Vec<Value> = (0..parameters).map(|_| stack.pop().unwrap_or(Value::Unknown)).collect();
    let receiver = has_receiver.then(|| stack.pop().unwrap_or(Value::Unknown));
    let is_session =
        matches!(member.class_name.as_ref(), "javax/servlet/http/HttpSession" | "jakarta/servlet/http/HttpSession");
    // What a method returns may be of a class that extends the declared one.
    let mut result = Value::Unknown;
    match (name, arguments.as_slice()) {
        ("setAttribute" | "putValue", [value, key]) if is_session => {
            let key = if let Value::Text(key) = key { Some(key.clone()) } else { None };
            let class = match value {
                Value::Object(class) => class.clone(),
                Value::Text(_) => "java.lang.String".to_owned(),
                Value::Attribute | Value::Unknown => String::new(),
            };
            found.stored.push((key, class));
        }
        ("getAttribute" | "getValue", _) if is_session => result = Value::Attribute,
        ("getId", _) if is_session => found.asks_for_id = true,
        _ => {
            let is_attribute = matches!(receiver, Some(Value::Attribute));
            let is_setter = name.strip_prefix("set").is_some_and(|rest| rest.starts_with(char::is_uppercase));
            found.changes |= is_attribute && (CHANGING.contains(&name) || is_setter);
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
