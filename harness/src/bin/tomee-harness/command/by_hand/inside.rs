//! `config`, `threads`, `heap`, `exec` and `jmx`: what a node has inside.

use std::io::Write as _;

use serde_json::{Value, json};
use tomee_harness::keeper::Ask;

use super::ask::{call, client_of};
use super::up::absolute;
use crate::args::{ConfigArgs, ExecArgs, HeapArgs, JmxArgs, NodeArgs, OutputArgs};
use crate::exit::{Exit, Failure};
use crate::output::{print, print_json};

pub(crate) fn config(args: &ConfigArgs, output: &OutputArgs) -> Result<Exit, Failure> {
    let said: Value = call(&client_of(&args.name)?, &Ask::Config(args.node.clone()), output)?;
    if output.is_json() {
        let (effective, xml) = (&said["effective"], &said["server-xml"]);
        print_json(&json!({"format": 1, "node": args.node, "effective": effective, "server-xml": xml}))?;
    } else if args.xml {
        print(said["server-xml"].as_str().unwrap_or_default())?;
    } else {
        let mut text = String::new();
        nested(&mut text, 0, &said["effective"]);
        print(&format!("{text}server.xml: {}\n", said["file"].as_str().unwrap_or_default()))?;
    }
    Ok(Exit::Holds)
}

pub(crate) fn threads(args: &NodeArgs, output: &OutputArgs) -> Result<Exit, Failure> {
    let dump: String = call(&client_of(&args.name)?, &Ask::Threads(args.node.clone()), output)?;
    if output.is_json() {
        print_json(&json!({"format": 1, "node": args.node, "threads": dump}))?;
    } else {
        print(&dump)?;
    }
    Ok(Exit::Holds)
}

pub(crate) fn heap(args: &HeapArgs, output: &OutputArgs) -> Result<Exit, Failure> {
    let client = client_of(&args.name)?;
    if let Some(file) = &args.dump {
        let file = absolute(file)?;
        if file.exists() {
            return Err(Failure::usage(format!("{file} exists already")));
        }
        let bytes: u64 = call(&client, &Ask::HeapDump(args.node.clone(), file.clone()), output)?;
        if output.is_json() {
            print_json(&json!({"format": 1, "node": args.node, "dump": file, "bytes": bytes}))?;
        } else {
            print(&format!("wrote {file}: {bytes} bytes\n"))?;
        }
        return Ok(Exit::Holds);
    }
    let text: String = call(&client, &Ask::Histogram(args.node.clone()), output)?;
    let classes: Vec<Class> = text.lines().filter_map(class).collect();
    if output.is_json() {
        let rows: Vec<Value> = classes
            .iter()
            .map(|row| json!({"class": row.name, "instances": row.instances, "bytes": row.bytes}))
            .collect();
        print_json(&json!({"format": 1, "node": args.node, "classes": rows}))?;
        return Ok(Exit::Holds);
    }
    let all: u64 = classes.iter().map(|row| row.bytes).sum();
    let mut shown = format!("{} classes, {all} bytes\n{:>12}  {:>10}  CLASS\n", classes.len(), "BYTES", "INSTANCES");
    for row in classes.iter().take(args.top) {
        shown.push_str(&format!("{:>12}  {:>10}  {}\n", row.bytes, row.instances, row.name));
    }
    print(&shown)?;
    Ok(Exit::Holds)
}

/// A class and its objects.
struct Class {
    name: String,
    instances: u64,
    bytes: u64,
}

/// A line of the JVM's table: `   1:         12345        1234567  [B (java.base@17)`.
fn class(line: &str) -> Option<Class> {
    let mut words = line.split_whitespace();
    words.next()?.strip_suffix(':')?.parse::<u64>().ok()?;
    let (instances, bytes) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    Some(Class { name: words.next()?.to_owned(), instances, bytes })
}

pub(crate) fn exec(args: &ExecArgs, output: &OutputArgs) -> Result<Exit, Failure> {
    let said: Value = call(&client_of(&args.name)?, &Ask::Exec(args.node.clone(), args.command.clone()), output)?;
    if output.is_json() {
        print_json(&json!({"format": 1, "node": args.node, "exec": said}))?;
    } else {
        print(said["out"].as_str().unwrap_or_default())?;
        // Without standard error there is nowhere to say it.
        let _ = std::io::stderr().write_all(said["err"].as_str().unwrap_or_default().as_bytes());
    }
    let code = said["code"].as_i64().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(Exit::Environment, |code| if code == 0 { Exit::Holds } else { Exit::OfCommand(code) }))
}

pub(crate) fn jmx(args: &JmxArgs, output: &OutputArgs) -> Result<Exit, Failure> {
    let beans: Vec<Value> =
        call(&client_of(&args.name)?, &Ask::Beans(args.node.clone(), args.pattern.clone()), output)?;
    if output.is_json() {
        print_json(&json!({"format": 1, "node": args.node, "beans": beans}))?;
        return Ok(Exit::Holds);
    }
    if beans.is_empty() {
        print(&format!("{} has no MBean whose name fits {}\n", args.node, args.pattern))?;
        return Ok(Exit::Holds);
    }
    let mut text = String::new();
    for bean in &beans {
        text.push_str(&format!("{}\n", bean["name"].as_str().unwrap_or_default()));
        nested(&mut text, 1, &bean["attributes"]);
        for (name, why) in bean["unreadable"].as_object().into_iter().flatten() {
            text.push_str(&format!("  {name}: (not readable: {})\n", why.as_str().unwrap_or_default()));
        }
    }
    print(&text)?;
    Ok(Exit::Holds)
}

/// A document as lines, what is inside of something further to the right.
fn nested(text: &mut String, depth: usize, value: &Value) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                field(text, depth, &format!("{indent}{name}"), value);
            }
        }
        Value::Array(items) => {
            for item in items {
                field(text, depth, &format!("{indent}-"), item);
            }
        }
        plain => text.push_str(&format!("{indent}{}\n", word(plain))),
    }
}

fn field(text: &mut String, depth: usize, label: &str, value: &Value) {
    let is_empty =
        value.as_object().is_some_and(serde_json::Map::is_empty) || value.as_array().is_some_and(Vec::is_empty);
    match value {
        Value::Null => {}
        Value::Object(_) | Value::Array(_) if !is_empty => {
            text.push_str(&format!("{label}{}\n", if label.ends_with('-') { "" } else { ":" }));
            nested(text, depth + 1, value);
        }
        Value::Object(_) | Value::Array(_) => text.push_str(&format!("{label}: none\n")),
        plain if label.ends_with('-') => text.push_str(&format!("{label} {}\n", word(plain))),
        plain => text.push_str(&format!("{label}: {}\n", word(plain))),
    }
}

fn word(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_jvms_table_is_a_class_and_any_other_is_none() {
        let row = class("   2:         23456        1234567  java.lang.String (java.base@17.0.15)").expect("a class");
        assert_eq!((row.name.as_str(), row.instances, row.bytes), ("java.lang.String", 23456, 1_234_567));
        for other in
            [" num     #instances         #bytes  class name (module)", "Total        100   2000", "", "1: x 2 y"]
        {
            assert!(class(other).is_none(), "{other}");
        }
    }

    #[test]
    fn a_document_is_shown_as_lines_without_what_is_null() {
        let mut text = String::new();
        nested(&mut text, 0, &json!({"a": {"b": 1, "c": null}, "d": ["x", {"e": true}], "f": []}));
        assert_eq!(text, "a:\n  b: 1\nd:\n  - x\n  -\n    e: true\nf: none\n");
    }
}
