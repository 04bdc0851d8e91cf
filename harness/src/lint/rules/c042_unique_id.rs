//! Rule C042, unique-id.

use crate::config::read::{Attribute, Element};
use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C042",
    name: "unique-id",
    severity: Severity::Warning,
    confidence: Confidence::High,
    finds: "a static member whose uniqueId is missing, malformed or that of another member",
    why: "A malformed one is logged and sixteen zero bytes are kept; members with one identity are told apart by address and port alone, so a node that comes back is not known as another.",
    bad: r#"<Member className="…StaticMember" host="10.0.0.1" port="4000" uniqueId="{1}"/>"#,
    good: r#"<Member className="…StaticMember" host="10.0.0.1" port="4000" uniqueId="{0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1}"/>"#,
    evidence: "StaticMember.setUniqueId; MemberImpl.equals; a run on Tomcat 10.1.59: two nodes with malformed ids meet and keep their sessions, so it is no error",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for cluster in input.clusters() {
        for list in cluster.static_lists() {
            let mut seen: Vec<(Element<'_>, Vec<i8>)> = vec![];
            for member in list.all("Member").chain(list.all("LocalMember")) {
                match member.attribute("uniqueId").map(Attribute::known) {
                    Some(None) => {}
                    None => {
                        out.on(member, "missing `uniqueId`: the member's identity is sixteen zero bytes")
                            .help("give each member sixteen bytes of its own");
                    }
                    Some(Some(id)) => match bytes(id) {
                        Ok(id) => {
                            let twin =
                                |(other, seen): &&(Element<'_>, Vec<i8>)| *seen == id && !is_itself(*other, member);
                            if let Some((other, _)) = seen.iter().find(twin) {
                                out.on_value(member, "uniqueId", "two members have the same uniqueId").label(
                                    *other,
                                    "uniqueId",
                                    "the other one",
                                );
                            }
                            seen.push((member, id));
                        }
                        Err(wrong) => {
                            out.on_value(
                                member,
                                "uniqueId",
                                format!("the uniqueId {wrong}: sixteen zero bytes are used in its place"),
                            )
                            .help("write sixteen numbers from -128 to 127: `{0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1}`");
                        }
                    },
                }
            }
        }
    }
}

/// Whether a list names the node itself among the members, too: its `LocalMember`, by the same place.
fn is_itself(other: Element<'_>, member: Element<'_>) -> bool {
    member.name() == "LocalMember"
        && other.name() == "Member"
        && other.value("host").map(str::trim) == member.value("host").map(str::trim)
        && other.number("port", -1) == member.number("port", -1)
}

/// The bytes of `{1,2,…}`, as `Arrays.fromString` reads them.
pub(super) fn bytes(id: &str) -> Result<Vec<i8>, &'static str> {
    if !id.starts_with('{') {
        return Err("does not begin with `{`");
    }
    // `StringTokenizer` takes any number of these three, and `Byte.parseByte` no blank.
    let parts: Vec<&str> = id.split(['{', ',', '}']).filter(|part| !part.is_empty()).collect();
    if id.contains(char::is_whitespace) {
        return Err("has a blank in it");
    }
    let bytes: Option<Vec<i8>> = parts.iter().map(|part| part.parse().ok()).collect();
    let bytes = bytes.ok_or("has a number that is no byte from -128 to 127")?;
    if bytes.len() == 16 { Ok(bytes) } else { Err("does not have 16 bytes") }
}
