//! Changes `verdict` at one place at a time, and looks whether a test sees it.
//!
//! All changes are compiled into one copy (`write`), and a variable says which takes effect; so a change costs what its
//! tests cost, and no build. A change that no test sees is to be named in `tests/MUTANTS.md`, with the reason.

mod copy;
mod find;
mod run;
mod table;
mod values;
mod write;

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;
use clap::Args;
use miette::{IntoDiagnostic as _, Result, bail};

use self::run::Outcome;

/// What is changed.
#[derive(Debug, Args)]
pub(crate) struct MutantArgs {
    /// Only files whose path in harness/src/verdict contains one of these, e.g. held/ or judge.rs
    files: Vec<String>,
    /// How many changes are tried at once
    #[arg(long, default_value_t = 1)]
    jobs: usize,
    /// How many simulated histories without a bug are judged, and how many with one; the gate judges 2,000
    #[arg(long, default_value_t = 2_000)]
    cases: u32,
    /// Try only those that survived the last time and those that are new; what a test saw then is taken from
    /// target/mutants/outcomes.txt
    #[arg(long)]
    survivors: bool,
    /// Write the numbers of the files that were tried into tests/MUTANTS.md
    #[arg(long)]
    write: bool,
}

/// Tries the changes, and compares those that survive with the table.
pub(crate) fn mutants(args: &MutantArgs) -> Result<()> {
    let repository = Utf8PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let table = repository.join("tests/MUTANTS.md");
    let mut copy = copy::Copy::make(&repository, &repository.join("target/mutants"))?;
    let mutants = copy.write()?;
    println!("{} changes in {} files, {} do not compile", copy.changes(), copy.files(), copy.unviable.len());
    let wanted = |file: &str| args.files.is_empty() || args.files.iter().any(|part| file.contains(part.as_str()));
    let unviable = copy.unviable_of(wanted);
    let mut chosen: Vec<_> = mutants.into_iter().filter(|mutant| wanted(&mutant.file)).collect();
    let keys = table::keys(chosen.iter().chain(&unviable));
    let outcomes_file = repository.join("target/mutants/outcomes.txt");
    let mut known = BTreeMap::new();
    if args.survivors {
        let seen = table::seen_by_a_test(&fs_err::read_to_string(&outcomes_file).into_diagnostic()?);
        let before = |mutant: &write::Mutant| Some((mutant.number, seen.get(keys.get(&mutant.number)?)?.clone()));
        known.extend(chosen.iter().filter_map(before));
        chosen.retain(|mutant| !known.contains_key(&mutant.number));
    }
    // In the order in which the files were given.
    chosen.sort_by_key(|mutant| args.files.iter().position(|part| mutant.file.contains(part.as_str())));
    let unviable: BTreeSet<u32> = unviable.iter().map(|mutant| mutant.number).collect();
    let one = |number: u32, outcome: &Outcome| {
        let outcome = BTreeMap::from([(number, outcome.clone())]);
        for row in table::rows(&keys, &outcome, &BTreeSet::new()) {
            print!("{}", row.line());
        }
    };
    let mut outcomes = run::run(&copy.build()?, &chosen, (args.jobs.max(1), args.cases), &one)?;
    let survived = outcomes.values().filter(|outcome| matches!(outcome, Outcome::Survived(_))).count();
    println!("{} changes tried, {survived} survived", chosen.len());
    outcomes.append(&mut known);
    let rows = table::rows(&keys, &outcomes, &unviable);
    let lines = rows.iter().map(table::Row::line);
    fs_err::write(&outcomes_file, lines.collect::<String>()).into_diagnostic()?;
    let text = fs_err::read_to_string(&table).into_diagnostic()?;
    if args.write {
        fs_err::write(&table, table::with_numbers(&text, &rows)).into_diagnostic()?;
    }
    let differences = table::differences(&text, &rows);
    if differences.is_empty() {
        return Ok(());
    }
    for difference in &differences {
        println!("{difference}");
    }
    bail!("{} differences between what survived and tests/MUTANTS.md", differences.len())
}
