//! `http`: one request with a client's cookies.

use clap::Args;
use serde_json::{Map, Value, json};
use tomee_harness::history::Outcome;
use tomee_harness::keeper::Ask;
use tomee_harness::model::{ClientName, Target};
use tomee_harness::runner::{AnswerSeen, StepDone};

use super::{NameArgs, call, print, print_json, table};
use crate::args::OutputArgs;
use crate::exit::{Exit, Failure};

/// What is asked.
#[derive(Debug, Clone, Args)]
pub(crate) struct HttpArgs {
    /// The node, or its role: owner, backup, neither, oldest, sticky, rotate
    #[arg(value_name = "NODE")]
    node: Target,
    /// Path and query, from the root of the server, for example /counter/
    #[arg(value_name = "PATH")]
    path: String,
    /// Who asks; a client keeps its cookies from command to command
    #[arg(long, value_name = "CLIENT", default_value = "alice")]
    client: ClientName,
    /// Method: get, post, put or delete [default: get; post with --data or --json-data]
    #[arg(long, short = 'X', value_name = "METHOD", value_parser = parse_method)]
    method: Option<String>,
    /// A field of a form; may be repeated
    #[arg(long, short = 'd', value_name = "NAME=VALUE", value_parser = parse_field)]
    data: Vec<(String, String)>,
    /// A JSON document to send
    #[arg(long, value_name = "JSON", value_parser = parse_json, conflicts_with = "data")]
    json_data: Option<Value>,
    /// A header; may be repeated
    #[arg(long, short = 'H', value_name = "NAME: VALUE", value_parser = parse_header)]
    header: Vec<(String, String)>,
    #[command(flatten)]
    name: NameArgs,
}

fn parse_method(text: &str) -> Result<String, String> {
    let lower = text.to_lowercase();
    let known = ["get", "post", "put", "delete"].contains(&lower.as_str());
    if known { Ok(lower) } else { Err("expected get, post, put or delete".to_owned()) }
}

fn parse_field(text: &str) -> Result<(String, String), String> {
    let field = text.split_once('=').ok_or("expected NAME=VALUE")?;
    Ok((field.0.to_owned(), field.1.to_owned()))
}

fn parse_header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or("expected NAME: VALUE")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

fn parse_json(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

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
    let done: StepDone = call(&args.name.client()?, &Ask::Step(step), output)?;
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
