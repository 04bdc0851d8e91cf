//! The results table of the full tier, out of nextest's `JUnit` file.

use std::collections::BTreeMap;

use camino::Utf8Path;
use miette::{IntoDiagnostic as _, Result, miette};

use crate::command::{command, java};

/// Where nextest's profile `full` writes its `JUnit` file.
const JUNIT: &str = "target/nextest/full/junit.xml";
/// The committed table.
const TABLE: &str = "tests/RESULTS.md";

/// Test binaries that start real servers: each of their tests has a row.
const SERVERS: [&str; 8] =
    ["process", "engine", "docker_runtime", "full", "guard", "install", "options", "bad_servers"];

/// One test.
#[derive(Debug, PartialEq)]
struct Row {
    binary: String,
    test: String,
    seconds: f64,
    passed: bool,
}

/// Writes the table of the run that has just ended.
pub(crate) fn write() -> Result<()> {
    let rows = rows(&fs_err::read_to_string(JUNIT).into_diagnostic()?)?;
    let java = java()?;
    let engine = command(&["docker", "version", "--format", "{{.Server.Version}}"]).output().into_diagnostic()?;
    let engine = String::from_utf8_lossy(&engine.stdout).trim().to_owned();
    let setting = format!(
        "{} · tomee-harness {} · TomEE 9.0.0 and 8.0.13, Tomcat 9.0.117, 10.1.59 and 11.0.24 · {java} · container engine {engine} · {} processors",
        jiff::Zoned::now().date(),
        env!("CARGO_PKG_VERSION"),
        std::thread::available_parallelism().map_or(1, usize::from),
    );
    fs_err::write(TABLE, table(&setting, &rows)).into_diagnostic()?;
    println!("wrote {}", Utf8Path::new(TABLE));
    Ok(())
}

fn rows(junit: &str) -> Result<Vec<Row>> {
    let document = roxmltree::Document::parse(junit).into_diagnostic()?;
    let cases = document.descendants().filter(|node| node.has_tag_name("testcase"));
    let row = |case: roxmltree::Node<'_, '_>| {
        let suite = case.parent_element()?.attribute("name")?;
        let bad = |node: roxmltree::Node<'_, '_>| node.has_tag_name("failure") || node.has_tag_name("error");
        Some(Row {
            binary: suite.rsplit("::").next()?.to_owned(),
            test: case.attribute("name")?.to_owned(),
            seconds: case.attribute("time")?.parse().ok()?,
            passed: !case.children().any(bad),
        })
    };
    cases.map(|case| row(case).ok_or_else(|| miette!("a test case of {JUNIT} lacks its name or time"))).collect()
}

fn table(setting: &str, rows: &[Row]) -> String {
    let mut text = format!(
        "# Results of the full tier\n\nWritten by `cargo ci test --full`.\n\n{setting}\n\n| tests | passed | failed | time |\n|---|---|---|---|\n"
    );
    let mut binaries: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        binaries.entry(&row.binary).or_default().push(row);
    }
    for (binary, rows) in &binaries {
        let passed = rows.iter().filter(|row| row.passed).count();
        let seconds: f64 = rows.iter().map(|row| row.seconds).sum();
        text.push_str(&format!("| {binary} | {passed} | {} | {seconds:.0} s |\n", rows.len() - passed));
    }
    text.push_str("\nThose on real servers:\n\n| test | result | time |\n|---|---|---|\n");
    for (binary, rows) in binaries.iter().filter(|(binary, _)| SERVERS.contains(binary)) {
        for row in rows {
            let result = if row.passed { "passed" } else { "FAILED" };
            text.push_str(&format!(
                "| {binary} · {} | {result} | {:.1} s |\n",
                row.test.replace('_', " "),
                row.seconds
            ));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_test_is_listed_as_failed() {
        let junit = r#"<testsuites><testsuite name="integration-tests::process">
            <testcase name="tomee_9_keeps" time="12.5"/>
            <testcase name="tomcat_9_keeps" time="3"><failure type="x"/></testcase>
            </testsuite><testsuite name="tomee-harness"><testcase name="model::a" time="0.1"/></testsuite></testsuites>"#;
        let rows = rows(junit).expect("it can be read");
        assert_eq!(rows.iter().map(|row| row.passed).collect::<Vec<_>>(), [true, false, true]);
        let table = table("today", &rows);
        assert!(table.contains("| process | 1 | 1 | 16 s |"), "{table}");
        assert!(table.contains("| process · tomcat 9 keeps | FAILED | 3.0 s |"), "{table}");
        assert!(!table.contains("model::a"), "{table}");
    }
}
