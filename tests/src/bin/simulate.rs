//! Prints how the verdict judges simulated histories: `simulate table 2000`, or one of them: `simulate legal 17`,
//! `simulate bug 17`, with a folder behind it to store it there. `simulate wrong 0 2000` names those of which it is wrong.
//! `shop-table`, `shop-legal`, `shop-bug`: the same with an app of which nothing is known; `reasons` and `shop-reasons`: why they
//! are judged so.

use std::collections::BTreeMap;

use camino::Utf8Path;
use integration_tests::sim::{Case, dump, legal, legal_shop, shop_with_bug, with_bug};
use tomee_harness::verdict::{Status, judge};

#[expect(clippy::print_stdout, reason = "it is a program for the terminal")]
fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = arguments.get(1).and_then(|number| number.parse().ok()).unwrap_or(1_000);
    match arguments.first().map(String::as_str) {
        Some("shop-table") => {
            println!("{}", table((0..number).map(|seed| Some(legal_shop(seed)))));
            println!("{}", table((0..number).map(shop_with_bug)));
        }
        Some("shop-legal") => println!("{}", one(&legal_shop(number), arguments.get(2))),
        Some("shop-bug") => match shop_with_bug(number) {
            Some(case) => println!("{}", one(&case, arguments.get(2))),
            None => println!("the bug of seed {number} does not show"),
        },
        Some("shop-reasons") => println!("{}", reasons(number, legal_shop)),
        Some("legal") => println!("{}", one(&legal(number), arguments.get(2))),
        Some("bug") => match with_bug(number) {
            Some(case) => println!("{}", one(&case, arguments.get(2))),
            None => println!("the bug of seed {number} does not show"),
        },
        Some("truths") => println!("{}", truths(number)),
        Some("wrong") => {
            let to = arguments.get(2).and_then(|to| to.parse().ok()).unwrap_or(number);
            for seed in number..to {
                let cases = [Some(legal(seed)), with_bug(seed), Some(legal_shop(seed)), shop_with_bug(seed)];
                for case in cases.into_iter().flatten() {
                    if let Some(what) = case.truth.wrong(judge(&case.plan, &case.history).status) {
                        println!("{seed} {} {what}: {}", case.plan.name, case.truth);
                    }
                }
            }
        }
        Some("reasons") => println!("{}", reasons(number, legal)),
        _ => {
            println!("{}", table((0..number).map(|seed| Some(legal(seed)))));
            println!("{}", table((0..number).map(with_bug)));
        }
    }
}

fn one(case: &Case, folder: Option<&String>) -> String {
    if let Some(folder) = folder {
        case.store(Utf8Path::new(folder));
    }
    dump(case, &judge(&case.plan, &case.history))
}

/// The truths, each without its numbers, how often, and some seeds.
fn truths(number: u64) -> String {
    let mut rows: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for case in (0..number).map(legal) {
        let options = case.plan.topology.cluster.send_options;
        rows.entry(format!("{options} {}", plain(&case.truth.to_string()))).or_default().push(case.seed);
    }
    let lines =
        rows.iter().map(|(truth, seeds)| format!("{:5} {truth} {:?}", seeds.len(), &seeds[..seeds.len().min(4)]));
    lines.collect::<Vec<_>>().join("\n")
}

/// Why cases are judged as they are: each sentence without its numbers and ids, how often, and some seeds.
fn reasons(number: u64, make: impl Fn(u64) -> Case) -> String {
    let mut rows: BTreeMap<(String, String), Vec<u64>> = BTreeMap::new();
    for case in (0..number).map(make) {
        let verdict = judge(&case.plan, &case.history);
        if verdict.status == Status::Holds {
            continue;
        }
        let worst = verdict.guarantees.iter().find(|finding| finding.status == verdict.status && finding.promised);
        let because = worst.map_or_else(String::new, |finding| format!("{}: {}", finding.guarantee, finding.because));
        let unmet = verdict.assumptions.iter().find(|assumption| !assumption.met);
        let unmet = unmet.map_or_else(String::new, |assumption| format!(" [{}]", assumption.what));
        let truth = format!("{} {:?}", case.truth.name(), verdict.status);
        rows.entry((truth, format!("{}{unmet}", plain(&because)))).or_default().push(case.seed);
    }
    let mut rows: Vec<_> = rows.into_iter().collect();
    rows.sort_by_key(|((truth, _), seeds)| (truth.clone(), std::cmp::Reverse(seeds.len())));
    let lines = rows.iter().map(|((truth, because), seeds)| {
        format!("{:5} {truth:18} {:?} {because}", seeds.len(), &seeds[..seeds.len().min(4)])
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// A sentence without numbers, ids and names.
fn plain(text: &str) -> String {
    let word = |word: &str| {
        let hidden = word.chars().any(|letter| letter.is_ascii_digit()) || word.ends_with("'s");
        if hidden { "_".to_owned() } else { word.to_owned() }
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ").chars().take(170).collect()
}

fn table(cases: impl Iterator<Item = Option<Case>>) -> String {
    let mut rows: BTreeMap<String, [Vec<u64>; 3]> = BTreeMap::new();
    let (mut hidden, mut records, mut shown) = (0, 0, 0);
    for case in cases {
        let Some(case) = case else {
            hidden += 1;
            continue;
        };
        (records, shown) = (records + case.history.records.len(), shown + 1);
        let place = match judge(&case.plan, &case.history).status {
            Status::Holds => 0,
            Status::Violated => 1,
            Status::Unknown => 2,
        };
        rows.entry(case.truth.name()).or_default()[place].push(case.seed);
    }
    let mut text = format!("{:34} {:>7} {:>8} {:>7}  first seeds\n", "truth", "holds", "violated", "unknown");
    for (name, [holds, violated, unknown]) in rows {
        let seeds = |seeds: &[u64]| format!("{:?}", &seeds[..seeds.len().min(3)]);
        let (some, bad, open) = (seeds(&holds), seeds(&violated), seeds(&unknown));
        text.push_str(&format!("{name:34} {:>7} {:>8} {:>7}  ", holds.len(), violated.len(), unknown.len()));
        text.push_str(&format!("H{some} V{bad} U{open}\n"));
    }
    text.push_str(&format!("{hidden} not shown, {} records each\n", records / std::cmp::max(shown, 1)));
    text
}
