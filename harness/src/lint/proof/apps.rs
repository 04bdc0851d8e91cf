//! Proofs of rules about apps.

use super::experiment::{Experiment, Proof, ProofServer};
use super::steps;

const LOCAL: &[&str] = &["wrong-manager", "lost-session"];
/// A page that counts in the session, whatever the namespace of the servlet API.
const PAGE: &str = "<% Integer count = (Integer) session.getAttribute(\"count\"); count = count == null ? 1 : count + 1; session.setAttribute(\"count\", count); %>count=<%= count %>\n";
/// `@SessionScoped public class Cart { }`, compiled.
const CART: &str = "cafebabe00000034000c0a000200030700040c000500060100106a6176612f6c616e672f4f626a6563740100063c696e\
    69743e01000328295607000801000a70726f6f662f43617274010004436f646501001952756e74696d6556697369626c\
    65416e6e6f746174696f6e7301002a4c6a616b617274612f656e74657270726973652f636f6e746578742f5365737369\
    6f6e53636f7065643b002100070002000000000001000100050006000100090000001100010001000000052ab70001b1\
    000000000001000a000000060001000b0000";
/// `@SessionScoped public class Cart implements Serializable { }`, compiled.
const SERIALIZABLE_CART: &str = "cafebabe00000034000e0a000200030700040c000500060100106a6176612f6c616e672f4f626a6563740100063c696e\
    69743e01000328295607000801000a70726f6f662f4361727407000a0100146a6176612f696f2f53657269616c697a61\
    626c65010004436f646501001952756e74696d6556697369626c65416e6e6f746174696f6e7301002a4c6a616b617274\
    612f656e74657270726973652f636f6e746578742f53657373696f6e53636f7065643b00210007000200010009000000\
    010001000500060001000b0000001100010001000000052ab70001b1000000000001000c000000060001000d0000";

pub(super) static ALL: &[(&str, Proof)] = &[
    (
        "C001",
        Proof::Runs(Experiment { bad_steps: Some(steps::LOCAL), shows: LOCAL, is_linted: false, ..Experiment::PLAIN }),
    ),
    (
        "C089",
        Proof::Runs(Experiment {
            steps: steps::APP,
            shows: LOCAL,
            both: &[
                ("app index.jsp", PAGE),
                ("app WEB-INF/web.xml", r#"<web-app version="4.0"><distributable/></web-app>"#),
            ],
            bad: &[(
                "app WEB-INF/lib/part.jar",
                r#"<web-fragment version="4.0" metadata-complete="true"><name>part</name></web-fragment>"#,
            )],
            good: &[(
                "app WEB-INF/lib/part.jar",
                r#"<web-fragment version="4.0" metadata-complete="true"><name>part</name><distributable/></web-fragment>"#,
            )],
            ..Experiment::PLAIN
        }),
    ),
    (
        "C090",
        Proof::Runs(Experiment {
            steps: steps::APP,
            shows: LOCAL,
            both: &[("app index.jsp", PAGE)],
            good: &[("app WEB-INF/web.xml", r#"<web-app version="4.0"><distributable/></web-app>"#)],
            ..Experiment::PLAIN
        }),
    ),
    (
        "C120",
        Proof::Runs(Experiment {
            server: ProofServer::Tomee("9.0.0"),
            steps: steps::APP,
            shows: &["not-deployed"],
            both: &[
                ("listeners", steps::TOMEE_LISTENER),
                ("app index.jsp", PAGE),
                ("app WEB-INF/web.xml", r#"<web-app version="4.0"><distributable/></web-app>"#),
                ("app WEB-INF/beans.xml", r#"<beans bean-discovery-mode="all" version="3.0"/>"#),
            ],
            bad: &[("app WEB-INF/classes/proof/Cart.class", CART)],
            good: &[("app WEB-INF/classes/proof/Cart.class", SERIALIZABLE_CART)],
            ..Experiment::PLAIN
        }),
    ),
    (
        "C121",
        Proof::Runs(Experiment {
            steps: steps::NOTE,
            bad_steps: Some(steps::NOT_SERIALIZABLE),
            is_linted: false,
            ..Experiment::PLAIN
        }),
    ),
];
