//! Rule C120, session-bean.

use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C120",
    name: "session-bean",
    severity: Severity::Error,
    confidence: Confidence::High,
    finds: "a bean with the scope of a session or a conversation that is not serializable",
    why: r#"A CDI container refuses the app: "must be passivation capable"; it is not deployed."#,
    bad: "@SessionScoped public class Cart { }",
    good: "@SessionScoped public class Cart implements Serializable { }",
    evidence: "a run on TomEE 9.0.0: WebBeansDeploymentException; @ConversationScoped is @NormalScope(passivating=true), as @SessionScoped is",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for app in &input.apps {
        for class in app.classes.managed_beans() {
            if app.classes.is_serializable(&class.name) == Some(false) {
                let message = format!("the bean `{}` lives in the session and is not Serializable", class.name);
                out.in_file(class.file, 0..0, message)
                    .at_most(Severity::Warning)
                    .sure(Confidence::Medium)
                    .help("let it implement java.io.Serializable, with all that it holds");
            }
        }
        for (class, made) in app.classes.producers() {
            if app.classes.is_serializable(&made.class) == Some(false) && !app.classes.may_be_serializable(&made.class)
            {
                let message = format!(
                    "`{}.{}` produces a `{}` for the session, which is not Serializable",
                    class.name, made.member, made.class
                );
                out.in_file(class.file, 0..0, message)
                    .at_most(Severity::Warning)
                    .sure(Confidence::Medium)
                    .help("let it implement java.io.Serializable, with all that it holds");
            }
        }
        for (class, base) in app.classes.heirs_of_session_beans() {
            if app.classes.is_serializable(&class.name) == Some(false) {
                let message = format!("the bean `{}` of class `{}` is not Serializable", class.name, base.name);
                out.in_file(base.file, 0..0, message)
                    .at_most(Severity::Warning)
                    .sure(Confidence::Medium)
                    .help("let it implement java.io.Serializable, with all that it holds");
            }
        }
        for class in app.classes.session_beans() {
            if app.classes.is_serializable(&class.name) == Some(false) {
                out.in_file(class.file, 0..0, format!("the session bean `{}` is not Serializable", class.name))
                    .help("let it implement java.io.Serializable, with all that it holds");
            }
        }
    }
}
