//! Formatting, clippy, schemas. The rooms' arrows are a test (`tests/tests/pure.rs`).

use miette::Result;

use crate::command::{cargo, run};

/// Looks at everything that needs no server.
pub(crate) fn lint() -> Result<()> {
    run(cargo().args(["fmt", "--all", "--check"]))?;
    run(cargo().args(["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"]))?;
    crate::schema::schema(true)
}
