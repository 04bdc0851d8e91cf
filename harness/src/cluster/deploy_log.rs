//! What a node's log says of the deployment of an app: that it failed, with the cause, or that it still goes on.

use crate::history::body::beginning;
use crate::history::{LogClass, LogLine};
use crate::model::ContextPath;

/// How much of a line is shown.
const SHOWN: usize = 300;

/// Why an app did not start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    /// The class that was not found, where that is the cause.
    pub(super) missing: Option<String>,
    /// What the log says of the cause.
    pub(super) said: String,
}

impl Failure {
    /// In words, behind what else is known of the cause, which explains a class that is missing.
    pub(super) fn in_words(self, known: Option<String>) -> String {
        let Self { missing, said } = self;
        let missing = || missing.map(|class| format!("the class {class} is missing"));
        let why = known.or_else(missing).map(|why| format!("{why}; ")).unwrap_or_default();
        format!("{why}its log says: {said}")
    }
}

/// Why an app did not start, where the log says that it did not: no server tries that again by itself. The texts are those of
/// Tomcat's `StandardContext` and `HostConfig`, and of TomEE's `TomcatWebAppBuilder`.
pub(super) fn failure(lines: &[LogLine], context: &ContextPath, archive: &str) -> Option<Failure> {
    let name = context.as_str().trim_end_matches('/');
    let fails = |line: &&LogLine| {
        let message = &line.message;
        message.contains(&format!("Context [{name}] startup failed"))
            || (message.contains("Error deploying web application archive [") && message.contains(archive))
            || (message.contains("Unable to deploy collapsed ear in war") && message.contains(&format!("[{name}]")))
    };
    let last = lines.iter().rposition(|line| fails(&line))?;
    // What was thrown is logged before the end that it led to, or with it.
    let before = lines[..=last].iter().rev().take_while(|line| line.class != LogClass::Deployed);
    let thrown =
        before.filter(|line| tells_what_was_thrown(line)).min_by_key(|line| !line.message.contains(": caused by "));
    let cause = thrown.unwrap_or(&lines[last]);
    Some(Failure { missing: missing_class(&cause.message), said: cut(&cause.message) })
}

/// The class that a failure is about where one was not found, as source code names it.
fn missing_class(message: &str) -> Option<String> {
    let cause = message.rsplit_once(": caused by ").map_or(message, |(_, cause)| cause);
    let (_, class) =
        ["ClassNotFoundException: ", "NoClassDefFoundError: "].iter().find_map(|text| cause.rsplit_once(text))?;
    let class = class.trim_end();
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '/' | '_' | '$');
    class.chars().all(is_name).then(|| class.replace('/', "."))
}

/// Whether the deployment of an archive has begun and not ended.
pub(super) fn goes_on(lines: &[LogLine], archive: &str) -> bool {
    let of = |class| lines.iter().rposition(|line| line.class == class && line.message.contains(archive));
    let (begun, ended) = (of(LogClass::Deploying), of(LogClass::Deployed));
    begun.is_some_and(|begun| ended.is_none_or(|ended| ended < begun))
}

fn tells_what_was_thrown(line: &LogLine) -> bool {
    line.level == "SEVERE" && ["Exception", "Error:", ": caused by "].iter().any(|text| line.message.contains(text))
}

/// The beginning of a message, and its last cause.
fn cut(message: &str) -> String {
    let (said, cause) =
        message.rsplit_once(": caused by ").map_or((message, None), |(said, cause)| (said, Some(cause)));
    let short = |text: &str| beginning(text, SHOWN);
    match cause {
        Some(cause) => format!("{}, caused by {}", short(said), short(cause)),
        None => short(said),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::NodeName;

    fn line(level: &str, class: LogClass, message: &str) -> LogLine {
        let (node_time, logger) = (String::new(), String::new());
        LogLine {
            node: NodeName::nth(0),
            node_time,
            level: level.to_owned(),
            logger,
            message: message.to_owned(),
            class,
        }
    }

    #[test]
    fn a_failure_is_told_with_its_last_cause() {
        let context = ContextPath::new("/shop").expect("a context");
        let lines = [
            line("INFO", LogClass::Deploying, "Deploying web application archive [/a/shop.war]"),
            line("WARNING", LogClass::OtherWarning, "a warning with an Exception"),
            line(
                "SEVERE",
                LogClass::OtherSevere,
                "Exception sending context initialized event: a.B: x: caused by c.D: why",
            ),
            line("SEVERE", LogClass::OtherSevere, "One or more listeners failed to start."),
            line("SEVERE", LogClass::OtherSevere, "Context [/shop] startup failed due to previous errors"),
        ];
        let said = failure(&lines, &context, "shop.war").expect("it failed");
        assert_eq!(
            said.in_words(None),
            "its log says: Exception sending context initialized event: a.B: x, caused by c.D: why"
        );
        assert_eq!(failure(&lines[..4], &context, "shop.war"), None);
        assert_eq!(failure(&lines, &ContextPath::new("/sho").expect("a context"), "sho.war"), None);
        let root = [line("SEVERE", LogClass::OtherSevere, "Context [] startup failed due to previous errors")];
        let root = failure(&root, &ContextPath::new("/").expect("a context"), "ROOT.war");
        let root = root.expect("it failed");
        assert_eq!(root.said, "Context [] startup failed due to previous errors");
        let missing = Failure { missing: Some("a.B".to_owned()), said: "x".to_owned() };
        assert_eq!(missing.clone().in_words(None), "the class a.B is missing; its log says: x");
        assert_eq!(missing.in_words(Some("y".to_owned())), "y; its log says: x");
    }

    #[test]
    fn a_class_that_is_missing_is_named() {
        for (message, class) in [
            (
                "Error configuring application listener of class [a.B]: java.lang.ClassNotFoundException: a.B",
                Some("a.B"),
            ),
            ("x: java.lang.NoClassDefFoundError: a/b/C$D", Some("a.b.C$D")),
            ("x: java.lang.NoClassDefFoundError: a/B: caused by java.lang.ClassNotFoundException: a.B", Some("a.B")),
            ("x: java.lang.NoClassDefFoundError: Could not initialize class a.B", None),
            ("x: java.lang.IllegalStateException: ClassNotFoundException", None),
            ("x: java.lang.ClassNotFoundException: a.B: caused by java.io.IOException: disk", None),
        ] {
            assert_eq!(missing_class(message).as_deref(), class, "{message}");
        }
    }

    #[test]
    fn a_deployment_goes_on_until_its_end_is_told() {
        let begun = line("INFO", LogClass::Deploying, "Deploying web application archive [/a/shop.war]");
        let ended =
            line("INFO", LogClass::Deployed, "Deployment of web application archive [/a/shop.war] has finished");
        assert!(goes_on(std::slice::from_ref(&begun), "/shop.war"));
        assert!(!goes_on(&[begun.clone(), ended.clone()], "/shop.war"));
        assert!(goes_on(&[begun.clone(), ended, begun], "/shop.war"));
        assert!(!goes_on(&[], "/shop.war"));
    }
}
