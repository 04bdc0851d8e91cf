//! `http`: one request with a client's cookies.

use std::collections::BTreeMap;

use camino::Utf8Path;
use serde_json::{Map, Value, json};
use tomee_harness::history::Outcome;
use tomee_harness::keeper::Ask;
use tomee_harness::model::Texts;
use tomee_harness::runner::{AnswerSeen, StepDone};

use super::ask::{call, client_of, table};
use crate::args::{HttpArgs, OutputArgs};
use crate::exit::{Exit, Failure};
use crate::output::{print, print_json};

/// A file that is sent is no longer: a keeper takes no longer line.
const MOST_FILE_BYTES: u64 = 1 << 20;

pub(crate) fn http(args: &HttpArgs, output: &OutputArgs) -> Result<Exit, Failure> {
    let step = step(args)?;
    let done: StepDone = call(&client_of(&args.name)?, &Ask::Step(step), output)?;
    if output.is_json() {
        print_json(&json!({"format": 1, "done": done}))?;
    } else {
        print(&done.answers.iter().map(|answer| rendered(answer, done.took_ms)).collect::<String>())?;
    }
    let answered = done.answers.iter().all(|answer| answer.reply().is_some());
    Ok(if answered { Exit::Holds } else { Exit::Unknown })
}

/// The request as a scenario writes it.
fn step(args: &HttpArgs) -> Result<Map<String, Value>, Failure> {
    let object =
        |fields: BTreeMap<String, Value>| (!fields.is_empty()).then(|| Value::Object(fields.into_iter().collect()));
    let headers = args.header.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    let mut step = table([
        ("on", Some(args.node.to_string().into())),
        ("client", Some(args.client.to_string().into())),
        ("form", object(fields(&args.data))),
        ("multipart", object(parts(&args.part)?)),
        ("headers", object(headers)),
        ("json", args.json_data.clone()),
        ("follow", args.follow.then_some(Value::Bool(true))),
    ]);
    let (verb, value) = match (&args.submit, &args.path) {
        (Some(form), _) => ("submit".to_owned(), form),
        (None, Some(path)) => {
            let sends = !args.data.is_empty() || !args.part.is_empty() || args.json_data.is_some();
            (args.method.clone().unwrap_or_else(|| if sends { "post" } else { "get" }.to_owned()), path)
        }
        (None, None) => return Err(Failure::usage("missing PATH")),
    };
    step.insert(verb, value.clone().into());
    Ok(step)
}

/// Fields, each with its value or all its values in their order.
fn fields(pairs: &[(String, String)]) -> BTreeMap<String, Value> {
    let mut fields: BTreeMap<String, Texts> = BTreeMap::new();
    for (name, value) in pairs {
        fields.entry(name.clone()).or_default().0.push(value.clone());
    }
    fields.into_iter().map(|(name, values)| (name, json!(values))).collect()
}

/// Parts of a form, each a field or a file. A recipe has what is in the file, so it does not need it.
fn parts(pairs: &[(String, String)]) -> Result<BTreeMap<String, Value>, Failure> {
    let (files, plain): (Vec<_>, Vec<_>) = pairs.iter().cloned().partition(|(_, value)| value.starts_with('@'));
    let mut parts = fields(&plain);
    for (name, value) in files {
        let path = Utf8Path::new(&value[1..]);
        let part = json!({"file-name": path.file_name().unwrap_or_default(), "content": read_text(path)?});
        if parts.insert(name.clone(), part).is_some() {
            return Err(Failure::usage(format!("{name} is given twice, and a file stands for itself alone")));
        }
    }
    Ok(parts)
}

fn read_text(path: &Utf8Path) -> Result<String, Failure> {
    let length = fs_err::metadata(path).map_err(Failure::usage)?.len();
    if length > MOST_FILE_BYTES {
        return Err(Failure::usage(format!("{path} has {length} bytes, of which {MOST_FILE_BYTES} can be sent")));
    }
    let bytes = fs_err::read(path).map_err(Failure::usage)?;
    let hint = "a scenario, and so a recipe, keeps what is sent as text".to_owned();
    String::from_utf8(bytes).map_err(|_| Failure::usage(format!("{path} is no text in UTF-8")).hint(Some(hint)))
}

fn rendered(answer: &AnswerSeen, took_ms: u64) -> String {
    let sent = answer.session.as_ref().map_or_else(String::new, |session| format!(", with session {session}"));
    let mut text = format!("{}: {} {}{sent}\n", answer.client, answer.node, answer.target);
    match (&answer.outcome, answer.reply()) {
        (_, Some(reply)) => {
            text.push_str(&format!("HTTP {} ({took_ms} ms)\n", reply.status));
            text.extend(reply.set_cookie.iter().map(|cookie| format!("Set-Cookie: {cookie}\n")));
            for name in ["location", "content-type"] {
                text.extend(reply.headers.get(name).map(|value| format!("{name}: {value}\n")));
            }
            if let Outcome::Unknown { why, .. } = &answer.outcome {
                text.push_str(&format!("({why})\n"));
            }
            if let Some(counter) = &reply.counter {
                text.push_str(&format!("{}\n", serde_json::to_string(counter).unwrap_or_default()));
            }
            if let Some(body) = &reply.body {
                text.push_str(&format!("{}\n", body.trim_end()));
            }
        }
        (Outcome::Failed { why } | Outcome::Unknown { why, .. }, None) => {
            text.push_str(&format!("no answer: {why}\n"));
        }
        (Outcome::Ok { .. }, None) => {}
    }
    text
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::args::{Cli, Command};

    fn written(words: &[&str]) -> Result<Value, String> {
        let all = [&["tomee-harness", "http", "n1"][..], words].concat();
        let cli = Cli::try_parse_from(all).map_err(|error| error.to_string())?;
        let Command::Http(args) = cli.command else { panic!("it is http") };
        step(&args).map(Value::Object).map_err(|failure| failure.error.to_string())
    }

    #[test]
    fn a_request_is_the_step_that_a_scenario_writes() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("a note.txt");
        fs_err::write(&file, "one\ntwo").expect("written");
        let (note, picture) = (format!("note=@{}", file.display()), folder.path().join("x.png"));
        fs_err::write(&picture, [0x89, 0xff]).expect("written");
        for (words, step) in [
            (&["/a"][..], json!({"get": "/a"})),
            (&["/a", "-X", "PATCH", "--json-data", "[1]"], json!({"patch": "/a", "json": [1]})),
            (&["/a", "--follow"], json!({"get": "/a", "follow": true})),
            (
                &["/a", "-d", "x=1", "-d", "y=2", "-d", "x=3"],
                json!({"post": "/a", "form": {"x": ["1", "3"], "y": "2"}}),
            ),
            (&["--submit", "#login", "-d", "user=bob"], json!({"submit": "#login", "form": {"user": "bob"}})),
            (
                &["/a", "-F", &note, "-F", "x=1"],
                json!({"post": "/a", "multipart": {"note": {"file-name": "a note.txt", "content": "one\ntwo"}, "x": "1"}}),
            ),
        ] {
            let mut whole = json!({"on": "n1", "client": "alice"});
            whole.as_object_mut().expect("an object").extend(step.as_object().expect("an object").clone());
            assert_eq!(written(words), Ok(whole), "{words:?}");
        }
        let picture = format!("picture=@{}", picture.display());
        for (words, why) in [
            (&["/a", "-F", picture.as_str()][..], "is no text in UTF-8"),
            (&["/a", "-F", "x=@/no/such/file"], "/no/such/file"),
            (&["/a", "-F", &note, "-F", &note], "is given twice"),
            (&["/a", "-F", "x=1", "-d", "y=2"], "cannot be used with"),
            (&["/a", "--submit", "form"], "cannot be used with"),
            (&["/a", "-X", "TRACE"], "get, post, put, patch or delete"),
            (&[], "required"),
        ] {
            let refused = written(words).expect_err("it is refused");
            assert!(refused.contains(why), "{words:?}: {refused}");
        }
    }
}
