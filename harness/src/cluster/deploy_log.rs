//! What a node's log says of the deployment of an app: that it failed, with the cause, or that it still goes on.

use crate::history::{LogClass, LogLine};
use crate::model::ContextPath;

/// How much of a line is shown.
const SHOWN: usize = 300;

/// Why an app did not start, where the log says that it did not: no server tries that again by itself. The texts are those of
/// Tomcat's `StandardContext` and `HostConfig`, and of TomEE's `TomcatWebAppBuilder`.
pub(super) fn failure(lines: &[LogLine], context: &ContextPath, archive: &str) -> Option<String> {
    let name = context.as_str().trim_end_matches('/');
    let fails = |line: &&LogLine| {
        let message = &line.message;
        message.contains(&format!("Context [{name}] startup failed"))
            || (message.contains("Error deploying web application archive [") && message.contains(archive))
            || (message.contains("Unable to deploy collapsed ear in war") && message.contains(&format!("[{name}]")))
    };
    let last = lines.iter().rposition(|line| fails(&line))?;
    // What was thrown is told before the end that it led to, or with it.
    let before = lines[..=last].iter().rev().take_while(|line| line.class != LogClass::Deployed);
    let thrown =
        before.filter(|line| tells_what_was_thrown(line)).min_by_key(|line| !line.message.contains(": caused by "));
    let said = cut(&lines[last].message);
    Some(match thrown.filter(|thrown| thrown.message != lines[last].message) {
        Some(thrown) => format!("{said}; {}", cut(&thrown.message)),
        None => said,
    })
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
    let short = |text: &str| {
        let shown: String = text.chars().take(SHOWN).collect();
        if shown.len() < text.len() { format!("{shown}…") } else { shown }
    };
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
        let told = failure(&lines, &context, "shop.war").expect("it failed");
        assert_eq!(
            told,
            "Context [/shop] startup failed due to previous errors; Exception sending context initialized event: a.B: x, caused \
             by c.D: why"
        );
        assert_eq!(failure(&lines[..4], &context, "shop.war"), None);
        assert_eq!(failure(&lines, &ContextPath::new("/sho").expect("a context"), "sho.war"), None);
        let root = [line("SEVERE", LogClass::OtherSevere, "Context [] startup failed due to previous errors")];
        assert!(failure(&root, &ContextPath::new("/").expect("a context"), "ROOT.war").is_some());
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
