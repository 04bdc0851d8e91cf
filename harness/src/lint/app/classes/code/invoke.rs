//! A call of a method, as far as it has to do with sessions.

use cafebabe::constant_pool::MemberRef;

use super::collection;
use super::value::{Forward, Found, Given, Keyed, Made, Passed, Put, Value, declared, is_session, parameters};

/// Methods that change a collection or a bean.
const CHANGING: [&str; 9] =
    ["add", "addAll", "put", "putAll", "remove", "clear", "increment", "incrementAndGet", "push"];

/// Methods of a map whose first argument is a key.
const BY_KEY: [&str; 11] = [
    "compute",
    "computeIfAbsent",
    "computeIfPresent",
    "containsKey",
    "get",
    "getIfPresent",
    "getOrDefault",
    "merge",
    "put",
    "putIfAbsent",
    "remove",
];

pub(super) fn call(
    member: &MemberRef<'_>,
    has_receiver: bool,
    stack: &mut Vec<Value>,
    found: &mut Found,
    line: impl Fn() -> usize,
) {
    let name = member.name_and_type.name.as_ref();
    let descriptor = &member.name_and_type.descriptor;
    let Some(parameters) = parameters(descriptor) else { return stack.clear() };
    let mut arguments: Vec<Value> = (0..parameters).map(|_| stack.pop().unwrap_or(Value::Unknown)).collect();
    arguments.reverse();
    let receiver = has_receiver.then(|| stack.pop().unwrap_or(Value::Unknown));
    let of_session = is_session(&member.class_name);
    let of_request = member.class_name.ends_with("servlet/http/HttpServletRequest");
    let mut result = descriptor.rsplit(')').next().map_or(Value::Unknown, declared);
    match (name, arguments.as_slice()) {
        ("setAttribute" | "putValue", [_, Value::Null]) if of_session => {}
        ("setAttribute" | "putValue", [key, value]) if of_session => {
            let puts = puts(key, value, &found.made, line());
            found.stored.extend(puts);
            if let Value::Parameter(parameter, _) = value {
                let named_by = if let Value::Parameter(index, _) = key { Some(*index) } else { None };
                found.forwards.push(Forward { parameter: *parameter, name: text(key), named_by });
            }
        }
        ("getAttribute" | "getValue", _) if of_session => result = Value::Attribute,
        ("getId", _) if of_session => result = Value::Session,
        ("getRequestedSessionId" | "changeSessionId", _) if of_request => result = Value::Session,
        (_, [key, ..]) if BY_KEY.contains(&name) && matches!(receiver, Some(Value::Map(_))) => {
            let parameter = match key {
                Value::Session => Some(None),
                Value::Parameter(index, _) => Some(Some(*index)),
                _ => None,
            };
            if let (Some(Value::Map(field)), Some(parameter)) = (receiver, parameter) {
                found.keyed.push(Keyed { field, parameter, line: line() });
            }
        }
        _ => {
            let found_given = given(member, &arguments, found, &line);
            found.given.extend(found_given);
            if let Some(given) = collection::call((&member.class_name, name), receiver.as_ref(), &arguments, found) {
                result = given;
            }
            let is_attribute = matches!(receiver, Some(Value::Attribute));
            let is_setter = name.strip_prefix("set").is_some_and(|rest| rest.starts_with(char::is_uppercase));
            if is_attribute && (CHANGING.contains(&name) || is_setter) {
                found.changes.get_or_insert_with(&line);
            }
            let given = arguments.iter().enumerate().filter(|(_, value)| matches!(value, Value::Session));
            found.passed.extend(given.map(|(parameter, _)| Passed {
                class: member.class_name.replace('/', "."),
                method: format!("{name}{descriptor}"),
                parameter,
                line: line(),
            }));
        }
    }
    if !descriptor.ends_with(")V") {
        stack.push(result);
    }
}

/// What is new among the arguments of a method that may put it into a session.
fn given(member: &MemberRef<'_>, arguments: &[Value], found: &Found, line: impl Fn() -> usize) -> Vec<Given> {
    let descriptor = &member.name_and_type.descriptor;
    if !["servlet/http/HttpSession;", "servlet/http/HttpServletRequest;"].iter().any(|kind| descriptor.contains(kind)) {
        return vec![];
    }
    let news = arguments.iter().enumerate().filter(|(_, value)| matches!(value, Value::Object(_) | Value::Made(_)));
    let given = news.map(|(parameter, value)| Given {
        class: member.class_name.replace('/', "."),
        method: format!("{}{descriptor}", member.name_and_type.name),
        parameter,
        texts: arguments.iter().map(text).collect(),
        put: put(&Value::Unknown, value, &found.made, line()),
    });
    given.collect()
}

fn text(value: &Value) -> Option<String> {
    if let Value::Text(text) = value { Some(text.clone()) } else { None }
}

/// What is put where the value may be one of several: surely of a class only if all ways lead to it. What was taken out of
/// the session is there already.
fn puts(key: &Value, value: &Value, made: &[Made], line: usize) -> Vec<Put> {
    let news: Vec<&Value> = value.ways().iter().filter(|way| **way != Value::Attribute).collect();
    let ways = if news.is_empty() { vec![value] } else { news };
    let mut puts: Vec<Put> = ways.into_iter().map(|value| put(key, value, made, line)).collect();
    if puts.iter().any(|put| put.class != puts[0].class) {
        for put in &mut puts {
            put.is_exact = false;
        }
    }
    puts
}

fn put(key: &Value, value: &Value, made: &[Made], line: usize) -> Put {
    let name = text(key);
    let lambda = if let Value::Lambda(lambda) = value { Some(lambda.clone()) } else { None };
    let collection = if let Value::Made(number) = value { Some(&made[*number]) } else { None };
    let holds = collection.map(|made| made.holds.clone()).unwrap_or_default();
    let (class, is_exact) = match value {
        Value::Made(number) => (made[*number].class.clone(), made[*number].is_exact),
        Value::Object(class) => (class.clone(), true),
        Value::Declared(class) | Value::Parameter(_, Some(class)) => (class.clone(), false),
        Value::Text(_) => ("java.lang.String".to_owned(), true),
        _ => (String::new(), false),
    };
    Put { name, class, is_exact, lambda, holds, line }
}
