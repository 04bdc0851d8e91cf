//! What is generated and committed: the JSON schemas of the run directory's files, of scenarios and of lint's reports, the
//! tables of the scenarios' manual, and RULES.md.

use camino::{Utf8Path, Utf8PathBuf};
use miette::{IntoDiagnostic as _, Result, bail};
use schemars::{JsonSchema, schema_for};
use tomee_harness::history::Record;
use tomee_harness::lint::baseline::Baseline;
use tomee_harness::lint::format::{JsonReport, pages};
use tomee_harness::model::Plan;
use tomee_harness::model::scenario::ScenarioFile;
use tomee_harness::report::{Environment, Summary};
use tomee_harness::verdict::Verdict;

/// Writes schemas and tables, or compares them with what is committed.
pub(crate) fn schema(check: bool) -> Result<()> {
    let folder = Utf8PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../harness"));
    let mut stale = vec![];
    for (name, text) in all(&folder)? {
        let path = folder.join(name);
        if check {
            if fs_err::read_to_string(&path).ok().as_deref() != Some(text.as_str()) {
                stale.push(name);
            }
        } else {
            fs_err::write(&path, text).into_diagnostic()?;
            println!("wrote {path}");
        }
    }
    if stale.is_empty() {
        Ok(())
    } else {
        bail!("these files are not what the types say: {}; run `cargo ci schema`", stale.join(", "))
    }
}

const MANUAL: &str = "scenarios/README.md";

fn all(folder: &Utf8Path) -> Result<[(&'static str, String); 10]> {
    let manual = fs_err::read_to_string(folder.join(MANUAL)).into_diagnostic()?;
    Ok([
        (MANUAL, crate::scenarios::listed(&crate::manual::written(&manual)?)?),
        ("scenarios/schema.json", text::<ScenarioFile>()?),
        ("schema/plan.json", text::<Plan>()?),
        ("schema/history-record.json", text::<Record>()?),
        ("schema/verdict.json", text::<Verdict>()?),
        ("schema/environment.json", text::<Environment>()?),
        ("schema/summary.json", text::<Summary>()?),
        ("schema/lint.json", text::<JsonReport>()?),
        ("schema/lint-baseline.json", text::<Baseline>()?),
        ("RULES.md", pages()),
    ])
}

fn text<T: JsonSchema>() -> Result<String> {
    serde_json::to_string_pretty(&schema_for!(T)).map(|text| text + "\n").into_diagnostic()
}
