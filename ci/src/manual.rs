//! The tables of `scenarios/README.md` that the program's own metadata says: verbs, faults, expectations, guarantees.

use miette::{Result, miette};
use tomee_harness::model::Guarantee;
use tomee_harness::model::expect::EXPECTATIONS;
use tomee_harness::model::scenario::{VerbRow, manual};

/// The manual with its tables written anew; each stands between two markers.
pub(crate) fn written(text: &str) -> Result<String> {
    let (verbs, faults) = manual();
    let tables = [
        ("verbs", verb_table("verb", &verbs)),
        ("faults", verb_table("fault", &faults)),
        ("expectations", expectations()),
        ("guarantees", guarantees()),
    ];
    tables.into_iter().try_fold(text.to_owned(), |text, (name, table)| placed(&text, name, &table))
}

/// The text with a table in the place of what stands between its markers.
fn placed(text: &str, name: &str, table: &str) -> Result<String> {
    let (begin, end) = (format!("<!-- {name}: written by `cargo ci schema` -->\n"), format!("<!-- end of {name} -->"));
    let place = text.split_once(&begin).and_then(|(before, rest)| {
        let (_, after) = rest.split_once(&end)?;
        Some(format!("{before}{begin}{table}{end}{after}"))
    });
    place.ok_or_else(|| miette!("scenarios/README.md has no place for the table of {name}: `{}`", begin.trim()))
}

fn verb_table(head: &str, rows: &[VerbRow]) -> String {
    let mut table = format!("| {head} | what it does | with |\n|---|---|---|\n");
    for VerbRow { written, does, keys } in rows {
        let keys: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
        table.push_str(&format!("| `{written}` | {does} | {} |\n", keys.join(", ")));
    }
    table
}

fn expectations() -> String {
    let mut table = "| key | holds where |\n|---|---|\n".to_owned();
    for expectation in EXPECTATIONS {
        table.push_str(&format!("| `{}` | {} |\n", expectation.written, expectation.holds_where));
    }
    table
}

fn guarantees() -> String {
    let mut table = "| guarantee | holds where | violations |\n|---|---|---|\n".to_owned();
    for guarantee in Guarantee::ALL {
        let about = guarantee.about();
        let violations: Vec<String> = about.violations.iter().map(|violation| format!("`{violation}`")).collect();
        table.push_str(&format!("| `{guarantee}` | {} | {} |\n", about.holds_where, violations.join(", ")));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_takes_the_place_between_its_markers_and_nothing_else() {
        let text = "a\n<!-- verbs: written by `cargo ci schema` -->\nold\n<!-- end of verbs -->\nb\n";
        let once = placed(text, "verbs", "new\n").expect("a place");
        assert_eq!(once, text.replace("old", "new"));
        assert!(placed(text, "faults", "").is_err());
    }
}
