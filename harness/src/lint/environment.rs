//! What start scripts say: variables of the environment, and options of Java.

use crate::config::read::Properties;

/// A start script with its simple variables put in: those that are given, and `NAME=VALUE` lines of its own.
pub fn expanded(script: &str, given: &Properties) -> String {
    let mut known = given.clone();
    let mut text = String::with_capacity(script.len());
    for line in script.lines() {
        let line = with_variables(line, &known);
        known.extend(variable(&line));
        text.push_str(&line);
        text.push('\n');
    }
    text
}

/// The variables that a start script sets, as far as they do not depend on others.
pub(super) fn variables(script: &str) -> Properties {
    expanded(script, &Properties::new()).lines().filter_map(variable).collect()
}

/// `NAME=VALUE`, `export NAME="VALUE"`, or `set NAME=VALUE` and `set "NAME=VALUE"` of Windows.
fn variable(line: &str) -> Option<(String, String)> {
    let line = line.trim().trim_end_matches(';').trim_end();
    let is_windows = line.get(..4).is_some_and(|word| word.eq_ignore_ascii_case("set "));
    let set = if is_windows {
        line[4..].trim().trim_matches('"')
    } else {
        line.strip_prefix("export ").map_or(line, str::trim_start)
    };
    let (name, value) = set.split_once('=')?;
    let is_name = !name.is_empty()
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !name.starts_with(|c: char| c.is_ascii_digit());
    let value = value.trim().trim_matches(['"', '\'']);
    (is_name && !value.contains(['$', '`', '%'])).then(|| (name.to_owned(), value.to_owned()))
}

fn with_variables(line: &str, known: &Properties) -> String {
    let mut text = line.to_owned();
    if !text.contains('$') {
        return text;
    }
    // The longest first: `$NODE` is not `$NODE_NAME`.
    let mut names: Vec<&String> = known.keys().collect();
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    for name in names {
        let value = &known[name];
        text = text.replace(&format!("${{{name}}}"), value).replace(&format!("${name}"), value);
    }
    text
}

/// `-Dname=value` in a start script, with or without quotes. A value with a variable of the shell is left out.
pub fn java_options(script: &str) -> Vec<(String, String)> {
    let lines = script.lines().filter(|line| {
        !line.trim_start().starts_with(['#', ':']) && !line.trim_start().to_ascii_lowercase().starts_with("rem ")
    });
    let options = lines.flat_map(|line| line.match_indices("-D").map(move |(at, _)| &line[at + 2..]));
    let pairs = options.filter_map(|option| {
        let (name, rest) = option.split_once('=')?;
        let value = rest.trim_start_matches(['"', '\'']);
        let value = value.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'')).next()?;
        let is_name =
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'));
        (is_name && !value.contains(['$', '%', '`'])).then(|| (name.to_owned(), value.to_owned()))
    });
    pairs.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn simple_variables_of_a_start_script_are_put_in() {
        let env = Properties::from([("NODE".to_owned(), "a".to_owned()), ("NODE_PORT".to_owned(), "4711".to_owned())]);
        let script = "ROUTE=$NODE-1\nexport JAVA_OPTS=\"-DjvmRoute=${ROUTE} -Dport=$NODE_PORT -Dother=$UNKNOWN\"\n";
        let options = java_options(&expanded(script, &env));
        assert_eq!(options, [("jvmRoute".to_owned(), "a-1".to_owned()), ("port".to_owned(), "4711".to_owned())]);
    }

    #[test]
    fn variables_of_either_shell_are_read() {
        let unix = variables("# A=1\nexport JVM_ROUTE='n1'\nHOST=$(hostname)\nPORT=4000; \n");
        assert_eq!(unix, Properties::from([("JVM_ROUTE", "n1"), ("PORT", "4000")].map(owned)));
        let windows = variables("rem set A=1\r\nset \"JVM_ROUTE=n1\"\r\nSET PORT=4000\r\nset X=%Y%\r\n");
        assert_eq!(windows, Properties::from([("JVM_ROUTE", "n1"), ("PORT", "4000")].map(owned)));
    }

    fn owned((name, value): (&str, &str)) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }
}
