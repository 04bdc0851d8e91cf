//! Keys and passwords are taken out of what goes into a run directory, which people attach to bug reports.

use serde_json::Value;

/// What stands in the place of a secret.
pub const REDACTED: &str = "(redacted)";

/// Parts of names that mark a secret, in lower case and without hyphens: `encryptionKey`, `keystorePass`,
/// `DB_PASSWORD`, `secret`, and of headers `Authorization` and `X-Api-Key`.
const SECRET_WORDS: [&str; 9] =
    ["encryptionkey", "password", "passwd", "pass", "secret", "token", "credential", "authorization", "apikey"];

/// A name that looks like a secret and is none: whether AJP asks for one.
const HARMLESS: &str = "secretrequired";

/// Whether the value of this name is a secret.
pub fn is_secret(name: &str) -> bool {
    let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    name != HARMLESS && SECRET_WORDS.iter().any(|word| name.contains(word))
}

/// A configuration file with the values of its secret attributes taken out.
pub fn redact_xml(xml: &str) -> String {
    let mut text = String::with_capacity(xml.len());
    let mut rest = xml;
    let next = |rest: &str| {
        let quotes = [("=\"", '"'), ("='", '\'')].into_iter();
        quotes.filter_map(|(begin, quote)| Some((rest.find(begin)?, quote))).min()
    };
    while let Some((equals, quote)) = next(rest) {
        let (before, after) = rest.split_at(equals + 2);
        let name = before[..equals].rsplit(|c: char| c.is_whitespace() || c == '<').next().unwrap_or_default();
        let end = after.find(quote).unwrap_or(after.len());
        text.push_str(before);
        text.push_str(if is_secret(name) { REDACTED } else { &after[..end] });
        rest = &after[end..];
    }
    text.push_str(rest);
    text
}

/// A header that a client sends; its cookies are who it is.
fn is_secret_header(name: &str) -> bool {
    is_secret(name) || name.eq_ignore_ascii_case("cookie")
}

/// A path with a query, without the values of parameters whose names mark a secret; one that a captured value fills is none.
pub fn redact_query(path: &str) -> String {
    let Some((page, query)) = path.split_once('?') else { return path.to_owned() };
    let (query, fragment) = query.split_at(query.find('#').unwrap_or(query.len()));
    let parts = query.split('&').map(|part| match part.split_once('=') {
        Some((name, value)) if is_secret(name) && !value.contains("${") => format!("{name}={REDACTED}"),
        _ => part.to_owned(),
    });
    format!("{page}?{}{fragment}", parts.collect::<Vec<_>>().join("&"))
}

/// An argument of a command line, or a path; the value of `NAME=VALUE` is taken out where the name marks a secret.
pub fn redact_argument(argument: &str) -> String {
    if argument.starts_with('/') {
        return redact_query(argument);
    }
    match argument.split_once('=') {
        Some((name, _)) if is_secret(name) => format!("{name}={REDACTED}"),
        _ => argument.to_owned(),
    }
}

/// A TOML file with its secrets taken out: the strings behind keys that mark a secret, and `NAME=VALUE` in any other string.
/// A string that a captured value fills is none, nor is a text by which one is found.
pub fn redact_toml(toml: &str) -> String {
    let redacted = |line: &str| {
        let (mut text, mut key) = (String::with_capacity(line.len()), "");
        let of_headers = line.trim_start().starts_with("headers");
        let mut rest = line;
        while let Some((before, string, after)) = first_string(rest) {
            // A string behind another one, with nothing but a comma between, is of the same list.
            if before.trim() != "," {
                let named =
                    before.trim_end().trim_end_matches('[').trim_end().strip_suffix('=').map_or("", str::trim_end);
                let begins = |c: char| c.is_whitespace() || matches!(c, '{' | ',' | '.');
                key = named.rsplit(begins).next().unwrap_or_default();
            }
            let string = if string.replace("$${", "").contains("${") || AROUND.contains(&key) {
                string.to_owned()
            } else if is_secret(key) || (of_headers && is_secret_header(key)) {
                REDACTED.to_owned()
            } else {
                redact_argument(string)
            };
            text.push_str(&format!("{before}\"{string}\""));
            rest = after;
        }
        text + rest + "\n"
    };
    toml.lines().map(redacted).collect()
}

/// The keys of a scenario whose texts stand around a value that is captured.
const AROUND: [&str; 2] = ["after", "before"];

/// What is before the first string of a line, what is in it, and what is behind it.
fn first_string(line: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = line.split_once('"')?;
    let mut escaped = false;
    let end = rest.find(|c: char| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    })?;
    Some((before, &rest[..end], &rest[end + 1..]))
}

/// The keys of lists of arguments, as of a JVM.
const ARGUMENTS: [&str; 2] = ["args", "jvm-args"];

/// A document with the values of its secret keys taken out, at any depth, and of arguments those of secret names.
pub fn redact_json(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::Object(headers) if name == "headers" => {
                        let secret = headers.iter_mut().filter(|(name, _)| is_secret_header(name));
                        secret.for_each(|(_, value)| *value = REDACTED.into());
                    }
                    Value::String(text) if is_secret(name) => REDACTED.clone_into(text),
                    Value::String(text) if text.starts_with('/') => *text = redact_query(text),
                    Value::Array(items) if is_secret(name) || ARGUMENTS.contains(&name.as_str()) => {
                        for item in items {
                            match item {
                                Value::String(text) if is_secret(name) => REDACTED.clone_into(text),
                                Value::String(text) => *text = redact_argument(text),
                                other => redact_json(other),
                            }
                        }
                    }
                    other => redact_json(other),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(redact_json),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_known_by_their_names() {
        for name in ["encryptionKey", "encryption-key", "keystorePass", "DB_PASSWORD", "secret", "connectionPassword"] {
            assert!(is_secret(name), "{name}");
        }
        for name in ["secretRequired", "port", "jvmRoute", "key", "pathname"] {
            assert!(!is_secret(name), "{name}");
        }
    }

    #[test]
    fn an_argument_keeps_its_name() {
        assert_eq!(redact_argument("DB_PASSWORD=x=y"), "DB_PASSWORD=(redacted)");
        assert_eq!(redact_argument("--nodes=3"), "--nodes=3");
    }

    #[test]
    fn a_file_keeps_all_but_its_secrets() {
        let xml = "<Interceptor className=\"a.EncryptInterceptor\"\n  encryptionKey=\"cafebabe\" port=\"4\"/>";
        let expected = "<Interceptor className=\"a.EncryptInterceptor\"\n  encryptionKey=\"(redacted)\" port=\"4\"/>";
        assert_eq!(redact_xml(xml), expected);
    }

    #[test]
    fn a_request_keeps_all_but_its_secrets() {
        let path = "/home?tab=1&token=abc&next=/x&password=p#end";
        assert_eq!(redact_query(path), format!("/home?tab=1&token={REDACTED}&next=/x&password={REDACTED}#end"));
        for harmless in ["/home?tab=1", "/password=1", "/home?csrf_token=${token}", "/a?b"] {
            assert_eq!(redact_query(harmless), harmless);
        }
        let step = "get = \"/home?a=1&token=abc\"\nheaders = { Authorization = \"Bearer abc\", Accept = \"x/y\", cookie = \"sso=abc\" }\n";
        let redacted = redact_toml(step);
        assert!(!redacted.contains("abc") && redacted.contains("Accept = \"x/y\""), "{redacted}");
        assert!(redacted.contains("/home?a=1&token=(redacted)"), "{redacted}");
        assert_eq!(redact_toml("cookie = \"JSESSIONID\"\n"), "cookie = \"JSESSIONID\"\n");
        let mut plan = serde_json::json!({
            "path": "/home?token=abc", "headers": {"X-Api-Key": "abc", "Cookie": "a=abc", "Accept": "x/y"}
        });
        redact_json(&mut plan);
        assert!(!plan.to_string().contains("abc") && plan["headers"]["Accept"] == "x/y", "{plan}");
    }

    #[test]
    fn a_scenario_keeps_all_but_its_secrets() {
        let toml = "name = \"x\" # \"as it is\"\njvm-args = [\"-Ddb.password=x\", \"-Dy=z\"]\n\
                    elements = { encryption-key = \"cafe\", why = \"\"\"a token=1\n\"\"\" }\n";
        let redacted = redact_toml(toml);
        assert!(!redacted.contains("cafe") && !redacted.contains("password=x"), "{redacted}");
        let expected = toml.replace("cafe", REDACTED).replace("password=x", "password=(redacted)");
        assert_eq!(redacted, expected);
    }

    #[test]
    fn a_secret_in_quotes_or_a_list_is_taken_out_whole_and_a_captured_one_stays() {
        for (toml, redacted) in [
            (r#"form = { password = "a\"b", user = "x" }"#, r#"form = { password = "(redacted)", user = "x" }"#),
            (
                r#"form = { pass = ["a", "b"], user = ["x", "y"] }"#,
                r#"form = { pass = ["(redacted)", "(redacted)"], user = ["x", "y"] }"#,
            ),
            (
                r#"form = { _token = "${csrf}", password = "x" }"#,
                r#"form = { _token = "${csrf}", password = "(redacted)" }"#,
            ),
            (
                r#"capture = { t = { after = "token=", before = ";" } }"#,
                r#"capture = { t = { after = "token=", before = ";" } }"#,
            ),
            (r#"get = "/in?token=x""#, r#"get = "/in?token=(redacted)""#),
        ] {
            assert_eq!(redact_toml(toml).trim_end(), redacted);
        }
    }

    #[test]
    fn a_document_keeps_all_but_its_secrets() {
        let mut value = serde_json::json!({"env": {"DB_PASSWORD": "x", "LANG": "C"}, "list": [{"encryption-key": "y"}], "args": ["-Ddb.password=x", "-Da=b"], "form": {"password": ["x", "y"], "tag": ["a=b"]}});
        redact_json(&mut value);
        let expected = serde_json::json!({"env": {"DB_PASSWORD": REDACTED, "LANG": "C"}, "list": [{"encryption-key": REDACTED}], "args": ["-Ddb.password=(redacted)", "-Da=b"], "form": {"password": [REDACTED, REDACTED], "tag": ["a=b"]}});
        assert_eq!(value, expected);
    }
}
