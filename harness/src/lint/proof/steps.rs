//! What is done in a proof, as in a scenario's file.

/// What makes a Tomcat a `TomEE`.
pub(super) const TOMEE_LISTENER: &str = r#"<Listener className="org.apache.tomee.catalina.ServerListener"/>"#;

/// A session, and the end of the node that has it.
pub(super) const FAILOVER: &str = r#"
name = "a session survives the kill of its node"

[[step]]
deploy = "counter"
through = "copy"

[[step]]
request = "count"
on = "n1"
times = 3

[[step]]
kill = "n1"

[[step]]
request = "count"
on = "n2"
"#;

/// The same with an app that is not to be replicated.
pub(super) const LOCAL: &str = r#"
name = "a session survives the kill of its node"

[[step]]
deploy = "local-counter"
through = "copy"

[[step]]
request = "count"
on = "n1"
times = 3

[[step]]
kill = "n1"

[[step]]
request = "count"
on = "n2"
"#;

/// Many new sessions.
pub(super) const MANY: &str = r#"
name = "of many new sessions none loses what its first request wrote"

[[step]]
deploy = "counter"
through = "copy"

[[step]]
request = "count"
on = "n1"
clients = 300
parallel = 4
times = 2

[[step]]
wait = "sessions"
on = "n2"
sessions = 300

[[step]]
kill = "n1"

[[step]]
request = "read"
on = "n2"
clients = 300
parallel = 4
"#;

/// An app in the watched folder.
pub(super) const FARM: &str = r#"
name = "the farm brings an app to all nodes"
guarantees = ["cluster-forms", "deployed-everywhere"]

[[step]]
deploy = "counter"
detach = true

[[step]]
wait = "deployed"
within = "20s"
"#;

/// A node that comes back.
pub(super) const RESTART: &str = r#"
name = "a node that comes back takes over the sessions"
guarantees = ["cluster-forms", "state-transferred"]

[[step]]
deploy = "counter"
through = "copy"

[[step]]
request = "count"
on = "n1"
clients = 3
times = 2

[[step]]
kill = "n2"

[[step]]
restart = "n2"
"#;

/// A look at the logs of the start.
pub(super) const LOGS: &str = r#"
name = "the nodes start without a complaint"
guarantees = ["cluster-forms", "clean-logs"]

[[step]]
deploy = "counter"
through = "copy"

[[step]]
request = "count"
on = "n1"
"#;

/// An app that is built for the proof.
pub(super) const APP: &str = r#"
name = "a session of an app of one's own survives the kill of its node"

[[step]]
deploy = "proof.war"
through = "copy"

[[step]]
get = "/proof/index.jsp"
on = "n1"
times = 2

[[step]]
kill = "n1"

[[step]]
get = "/proof/index.jsp"
on = "n2"
"#;

/// An attribute that is Serializable.
pub(super) const NOTE: &str = r#"
name = "a session takes an object of the app"

[[step]]
deploy = "classes"
through = "copy"

[[step]]
request = "count"
on = "n1"

[[step]]
get = "/classes/next?holds=note"
on = "n1"

[[step]]
request = "count"
on = "n1"
expect = { status = 200 }
"#;

/// An attribute that is not.
pub(super) const NOT_SERIALIZABLE: &str = r#"
name = "a session takes an object of the app"

[[step]]
deploy = "classes"
through = "copy"

[[step]]
request = "count"
on = "n1"

[[step]]
get = "/classes/next?holds=top-level"
on = "n1"

[[step]]
request = "count"
on = "n1"
expect = { status = 200 }
"#;
