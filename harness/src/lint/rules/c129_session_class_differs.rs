//! Rule C129, session-class-differs.

use crate::lint::app::Stranger;
use crate::lint::{Confidence, Findings, Input, Label, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C129",
    name: "session-class-differs",
    severity: Severity::Warning,
    confidence: Confidence::High,
    finds: "a class in sessions that is another one in the builds of two nodes, without a common serialVersionUID",
    why: "The other node cannot read such an object: InvalidClassException, and the whole session or change is dropped there.",
    bad: "n1: class Cart implements Serializable { int items; }   n2: … { int items; String note; }",
    good: "both: private static final long serialVersionUID = 1L;",
    evidence: "runs with two builds in one cluster: InvalidClassException, local class incompatible; Java Object Serialization Specification, 4.6",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for (first, other) in input.variants() {
        let (a, b) = (&first.nodes[0], &other.nodes[0]);
        for (class, their, stranger) in first.classes.strangers(&other.classes) {
            let name = &class.name;
            let why = match stranger {
                Stranger::Declared(one, two) => format!("its serialVersionUID is {one} on {a} and {two} on {b}"),
                Stranger::Default => {
                    format!("it declares no serialVersionUID, and its members are others on {b} than on {a}")
                }
                Stranger::Half => format!("only one of {a} and {b} declares a serialVersionUID"),
            };
            let finding = out.in_file(their.file, 0..0, format!("`{name}` goes into the session: {why}"));
            if stranger == Stranger::Half {
                finding.sure(Confidence::Medium);
            }
            finding.help("declare the same serialVersionUID in both, that of the build in use (`serialver`)");
            finding.labels.push(Label { file: class.file, span: 0..0, text: format!("on {a}") });
        }
    }
}
