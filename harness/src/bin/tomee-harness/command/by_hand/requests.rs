//! `http`: one request with a client's cookies.

use serde_json::{Map, Value, json};
use tomee_harness::history::Outcome;
use tomee_harness::keeper::Ask;
use tomee_harness::runner::{AnswerSeen, StepDone};

use super::ask::{call, client_of, table};
use crate::args::{HttpArgs, OutputArgs};
use crate::exit::{Exit, Failure};
use crate::output::{print, print_json};

pub(crate) fn http(args: &HttpArgs, output: &OutputArgs) -> Result<Exit, Failure> {
    let sends = !args.data.is_empty() || args.json_data.is_some();
    let method = args.method.clone().unwrap_or_else(|| if sends { "post" } else { "get" }.to_owned());
    let object = |pairs: &[(String, String)]| {
        let fields: Map<String, Value> = pairs.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        (!fields.is_empty()).then_some(Value::Object(fields))
    };
    let mut step = table([
        ("on", Some(args.node.to_string().into())),
        ("client", Some(args.client.to_string().into())),
        ("form", object(&args.data)),
        ("headers", object(&args.header)),
        ("json", args.json_data.clone()),
    ]);
    step.insert(method, args.path.clone().into());
    let done: StepDone = call(&client_of(&args.name)?, &Ask::Step(step), output)?;
    if output.is_json() {
        print_json(&json!({"format": 1, "done": done}))?;
    } else {
        print(&done.answers.iter().map(|answer| rendered(answer, done.took_ms)).collect::<String>())?;
    }
    let answered = done.answers.iter().all(|answer| answer.reply().is_some());
    Ok(if answered { Exit::Holds } else { Exit::Unknown })
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
