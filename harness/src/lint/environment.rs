//! What start scripts say: variables of the environment, and options of Java.
//!
//! A script is read and not run. What a branch sets, what is set twice to unlike values, and what a script that is called
//! may set anew is not known, and no rule hears of it.

mod command;

use std::collections::BTreeMap;

use command::{Command, commands};

use crate::config::read::Properties;

/// The property that names sources of `${…}` (`Digester`).
pub(crate) const PROPERTY_SOURCE: &str = "org.apache.tomcat.util.digester.PROPERTY_SOURCE";

/// The classes that are asked for `${…}` before the system properties.
pub(crate) fn sources(properties: &Properties) -> Vec<String> {
    let named = properties.get(PROPERTY_SOURCE).into_iter().flat_map(|all| all.split(','));
    named.map(|class| class.trim().to_owned()).filter(|class| !class.is_empty()).collect()
}

/// Whether one of these classes asks the environment.
pub(crate) fn is_asked(sources: &[String]) -> bool {
    sources.iter().any(|class| class.ends_with(".EnvironmentPropertySource"))
}

/// What a start script sets, as far as it says so whatever happens.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct StartScript {
    /// Its variables.
    pub variables: Properties,
    /// `-Dname=value` in it.
    pub options: Properties,
}

impl StartScript {
    /// Reads one, of a Unix shell or of Windows; `given` are variables that it begins with.
    pub fn read(script: &str, given: &Properties) -> Self {
        let mut known = given.clone();
        // None is what is not known.
        let mut options: BTreeMap<String, Option<String>> = BTreeMap::new();
        for command in commands(script) {
            if command.calls_another() {
                known.clear();
                for value in options.values_mut() {
                    *value = None;
                }
                continue;
            }
            let command = Command { text: with_variables(&command.text, &known), ..command };
            for (name, value) in command.java_options() {
                let value = value.filter(|_| command.is_sure);
                let before = options.entry(name).or_insert_with(|| value.clone());
                if *before != value {
                    *before = None;
                }
            }
            for (name, value) in command.assignments() {
                match value.filter(|_| command.is_sure) {
                    Some(value) => drop(known.insert(name, value)),
                    None => drop(known.remove(&name)),
                }
            }
        }
        let options = options.into_iter().filter_map(|(name, value)| Some((name, value?)));
        Self { options: options.collect(), variables: known }
    }
}

/// The variables that a start script sets, as far as they do not depend on others.
pub(super) fn variables(script: &str) -> Properties {
    StartScript::read(script, &Properties::new()).variables
}

/// `-Dname=value` in a start script.
pub fn java_options(script: &str) -> Properties {
    StartScript::read(script, &Properties::new()).options
}

/// Puts known variables in, `$NAME` and `${NAME}`.
fn with_variables(text: &str, known: &Properties) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let behind = &rest[at + 1..];
        let inner = behind.strip_prefix('{').unwrap_or(behind);
        let length = inner.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(inner.len());
        let (name, after) = inner.split_at(length);
        let whole = if inner.len() == behind.len() { Some(after) } else { after.strip_prefix('}') };
        if let Some((value, after)) = known.get(name).zip(whole) {
            out.push_str(value);
            rest = after;
        } else {
            out.push('$');
            rest = behind;
        }
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(script: &str) -> Vec<(String, String)> {
        java_options(script).into_iter().collect()
    }

    fn owned((name, value): (&str, &str)) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn simple_variables_of_a_start_script_are_put_in() {
        let env = Properties::from([("NODE".to_owned(), "a".to_owned()), ("NODE_PORT".to_owned(), "4711".to_owned())]);
        let script = "ROUTE=$NODE-1\nexport JAVA_OPTS=\"-DjvmRoute=${ROUTE} -Dport=$NODE_PORT -Dother=$NODE_NAME\"\n";
        let read = StartScript::read(script, &env);
        assert_eq!(read.options, Properties::from([("jvmRoute", "a-1"), ("port", "4711")].map(owned)));
    }

    #[test]
    fn variables_of_either_shell_are_read() {
        let unix = variables("# A=1\nexport JVM_ROUTE='n1'\nHOST=$(hostname)\nPORT=4000; \n");
        assert_eq!(unix, Properties::from([("JVM_ROUTE", "n1"), ("PORT", "4000")].map(owned)));
        let windows = variables("rem set A=1\r\nset \"JVM_ROUTE=n1\"\r\nSET PORT=4000\r\nset X=%Y%\r\n");
        assert_eq!(windows, Properties::from([("JVM_ROUTE", "n1"), ("PORT", "4000")].map(owned)));
    }

    #[test]
    fn two_commands_on_a_line_and_one_on_two_are_read() {
        let script =
            "ROUTE=n1; ADDR=10.0.0.1\nJAVA_OPTS=\"$JAVA_OPTS \\\n  -DjvmRoute=$ROUTE\n  -Daddr=$ADDR\" # -Dx=y\n";
        assert_eq!(options(script), [("addr", "10.0.0.1"), ("jvmRoute", "n1")].map(owned));
        assert_eq!(options("export A=1 B=2\nJAVA_OPTS=-Da=$A-$B"), [("a", "1-2")].map(owned));
    }

    #[test]
    fn what_a_branch_sets_is_not_known() {
        for script in [
            "case \"$(hostname -s)\" in\n  app1) O=\"$O -DjvmRoute=n1\" ;;\n  app2) O=\"$O -DjvmRoute=n2\" ;;\nesac\n",
            "if [ \"$HOSTNAME\" = app1 ]; then\n  R=n1; A=1\nelif [ x ]; then\n R=n2\nelse\n  R=n3\nfi\nO=\"-DjvmRoute=$R\"",
            "if [ x ]; then R=n1; fi\nO=-DjvmRoute=$R",
            "case x in app1) R=n1 ;; esac\nO=-DjvmRoute=$R",
            "R=n1\n[ x = y ] && R=n2\nO=-DjvmRoute=$R",
            "R=n1\ntest x || R=n2\nO=-DjvmRoute=$R",
            "R=n1\nuse() {\n  R=n2\n}\nuse\nO=-DjvmRoute=$R",
            "R=n1\nR=$(hostname)\nO=-DjvmRoute=$R",
            "R=n1\nread R < /etc/node\nO=-DjvmRoute=$R",
            "R=n1\n[ -r /etc/default/node ] && . /etc/default/node\nO=-DjvmRoute=$R",
            "R=n1\nif [ -r node.env ]; then . node.env; fi\nO=-DjvmRoute=$R",
            "O=-DjvmRoute=n1\nsource ./more.sh\n",
            "A=-DjvmRoute=n1\nB=-DjvmRoute=n2\n",
            "set R=n1\r\nif \"%COMPUTERNAME%\"==\"B\" (\r\n  set R=n2\r\n  set O=-DjvmRoute=n2\r\n) else (\r\n set O=-DjvmRoute=n1\r\n)\r\n",
            "if \"%COMPUTERNAME%\"==\"B\" set O=-DjvmRoute=n2\r\n",
            "set O=-DjvmRoute=n2\r\ncall more.bat\r\n",
        ] {
            assert_eq!(options(script), [], "{script}");
        }
    }

    #[test]
    fn what_stands_beside_a_branch_is_known() {
        for script in [
            "if [ x ]; then\n  MEM=1g\nfi\nO=\"-DjvmRoute=n1\"",
            "case x in\n a) MEM=1 ;;\nesac\nR=n1\nO=\"-DjvmRoute=$R\"",
            "[ -d /x ] && MEM=1\nO=-DjvmRoute=n1",
            ". /etc/default/node\nR=n1\nO=-DjvmRoute=$R",
            "f() { MEM=1; }\nO=-DjvmRoute=n1",
            "R=n0\nR=n1\nO=-DjvmRoute=$R",
            "A=-DjvmRoute=n1\nO=\"$A -Dx=$B\"",
            "@echo off\r\nif exist x (\r\n  set MEM=1\r\n)\r\nset \"O=-DjvmRoute=n1\"\r\n",
        ] {
            assert_eq!(options(script), [("jvmRoute", "n1")].map(owned), "{script}");
        }
    }
}
