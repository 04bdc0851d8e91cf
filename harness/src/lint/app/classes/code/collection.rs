//! Collections and arrays that a method makes: what is put into them, and what they give.

use cafebabe::bytecode::Opcode;
use cafebabe::constant_pool::ObjectArrayType;

use super::value::{Found, Made, Value};

/// Methods that put their arguments into a collection.
const ADDING: [&str; 10] =
    ["add", "addElement", "addFirst", "addLast", "offer", "offerFirst", "offerLast", "push", "put", "putIfAbsent"];
/// Methods that leave what is in it.
const READING: [&str; 14] = [
    "contains",
    "containsKey",
    "containsValue",
    "entrySet",
    "equals",
    "get",
    "getOrDefault",
    "hashCode",
    "isEmpty",
    "iterator",
    "keySet",
    "size",
    "toString",
    "values",
];

/// Whether objects of a class of the platform are there to hold others.
pub(in crate::lint::app::classes) fn is_container(class: &str) -> bool {
    let ends = ["List", "Set", "Map", "Collection", "Queue", "Deque", "Vector", "Stack", "Hashtable"];
    class.starts_with("java.util.") && ends.iter().any(|end| class.ends_with(end))
}

/// The class of a part of a collection that shows it and is not Serializable, by the method that gives it.
fn view(class: &str, method: &str) -> Option<String> {
    let part = match (class, method) {
        ("java.util.ArrayList", "subList") => "SubList",
        ("java.util.LinkedHashMap", "keySet") => "LinkedKeySet",
        ("java.util.LinkedHashMap", "values") => "LinkedValues",
        ("java.util.LinkedHashMap", "entrySet") => "LinkedEntrySet",
        ("java.util.HashMap" | "java.util.TreeMap" | "java.util.WeakHashMap" | "java.util.IdentityHashMap", _) => {
            match method {
                "keySet" => "KeySet",
                "values" => "Values",
                "entrySet" => "EntrySet",
                _ => return None,
            }
        }
        _ => return None,
    };
    Some(format!("{class}${part}"))
}

/// Whether a class is that of a part that shows a collection.
pub(in crate::lint) fn is_view(class: &str) -> bool {
    class.split_once('$').is_some_and(|(of, part)| {
        ["keySet", "values", "entrySet", "subList"]
            .iter()
            .any(|method| view(of, method).is_some_and(|view| view[of.len() + 1..] == *part))
    })
}

/// What an instruction makes that holds others, or puts into it; whether it is one of those.
pub(super) fn fill(opcode: &Opcode<'_>, stack: &mut Vec<Value>, found: &mut Found) -> bool {
    match opcode {
        Opcode::New(class) => {
            let class = class.replace('/', ".");
            let is_collection = is_container(&class);
            stack.push(if is_collection { made(found, class, true, vec![]) } else { Value::Object(class) });
        }
        Opcode::Anewarray(ObjectArrayType::BinaryName(class)) => {
            stack.pop();
            let array = format!("{}[]", class.replace('/', "."));
            stack.push(made(found, array, false, vec![]));
        }
        Opcode::Aastore => {
            let (value, _, array) = (stack.pop(), stack.pop(), stack.pop());
            if let (Some(Value::Object(class)), Some(Value::Made(array))) = (value, array) {
                found.made[array].holds.push(class);
            }
        }
        _ => return false,
    }
    true
}

/// A call of a method of a collection, or with one; what it gives, where that is known.
pub(super) fn call(
    (class, name): (&str, &str),
    receiver: Option<&Value>,
    arguments: &[Value],
    found: &mut Found,
) -> Option<Value> {
    let mut holds = vec![];
    for argument in arguments {
        match argument {
            Value::Object(class) => holds.push(class.clone()),
            Value::Made(number) => holds.extend(found.made[*number].holds.iter().cloned()),
            _ => {}
        }
    }
    let is_wrapping =
        name.starts_with("unmodifiable") || name.starts_with("synchronized") || name.starts_with("singleton");
    let is_factory = receiver.is_none()
        && match class {
            "java/util/List" | "java/util/Set" | "java/util/Map" => matches!(name, "of" | "copyOf"),
            "java/util/Arrays" => name == "asList",
            "java/util/Collections" => is_wrapping,
            _ => false,
        };
    if is_factory {
        let class = if class.ends_with("/Arrays") { "java.util.List".to_owned() } else { class.replace('/', ".") };
        return Some(made(found, class, false, holds));
    }
    if let Some(Value::Made(number)) = receiver {
        let made = &mut found.made[*number];
        if ADDING.contains(&name) || name == "<init>" {
            made.holds.extend(holds);
        } else if !READING.contains(&name) {
            made.holds.clear();
        }
        return view(&made.class, name).filter(|_| made.is_exact).map(Value::Object);
    }
    // Who is given it may empty it.
    for argument in arguments.iter().flat_map(Value::ways) {
        if let Value::Made(number) = argument {
            found.made[*number].holds.clear();
        }
    }
    // As may who changes one of several.
    for one in receiver.into_iter().flat_map(Value::ways).filter(|_| !READING.contains(&name)) {
        if let Value::Made(number) = one {
            found.made[*number].holds.clear();
        }
    }
    None
}

/// A new collection or array.
pub(super) fn made(found: &mut Found, class: String, is_exact: bool, holds: Vec<String>) -> Value {
    found.made.push(Made { class, is_exact, holds });
    Value::Made(found.made.len() - 1)
}
