//! Judges simulated histories under each change whose number it is given: those that `simulated` judges in the gate.

use std::io::BufRead as _;
use std::panic::{AssertUnwindSafe, catch_unwind};

use integration_tests::sim::{Case, Truth, legal, legal_shop, shop_with_bug, with_bug};
use tomee_harness::mutant;
use tomee_harness::verdict::{Status, Verdict, judge};

/// How many are judged first.
const SOME: usize = 100;
/// Of histories with a bug `simulated` compares the verdict itself below this seed.
const PINNED: u64 = 1_500;

struct Judged {
    name: String,
    case: Case,
    right: Verdict,
    places: u64,
    reached: Vec<u64>,
}

impl Judged {
    fn new(name: String, case: Case) -> Self {
        mutant::record();
        let right = judge(&case.plan, &case.history);
        let mut reached = Vec::new();
        for number in mutant::reached() {
            let number = number as usize;
            if reached.len() <= number / 64 {
                reached.resize(number / 64 + 1, 0);
            }
            reached[number / 64] |= 1 << (number % 64);
        }
        mutant::choose(0, u64::MAX);
        judge(&case.plan, &case.history);
        let places = u64::MAX - mutant::left();
        if let Some(wrong) = case.truth.wrong(right.status) {
            panic!("{name} is judged wrongly without a change: {wrong}");
        }
        Self { name, case, right, places, reached }
    }

    fn reaches(&self, number: u32) -> bool {
        self.reached.get(number as usize / 64).is_some_and(|bits| bits & (1 << (number % 64)) != 0)
    }
}

fn share_of_unknown(cases: &[Judged], clean: impl Iterator<Item = Status>) -> f64 {
    let all = cases.iter().filter(|case| case.case.truth == Truth::Clean).count();
    clean.filter(|status| *status == Status::Unknown).count() as f64 / all as f64
}

fn answer(cases: &mut Vec<Judged>, number: u32, some: bool) -> String {
    let found = judged(&cases[..if some { SOME.min(cases.len()) } else { cases.len() }], number);
    if let Err((place, why)) = &found {
        // What showed one change shows the next one soon.
        let case = cases.remove(*place);
        let why = format!("killed {}: {why}", case.name);
        cases.insert(0, case);
        return why;
    }
    found.unwrap_or_default()
}

/// How the verdicts differ, or the place of the case that shows that they are wrong, and why.
fn judged(cases: &[Judged], number: u32) -> Result<String, (usize, String)> {
    let (mut reaching, mut statuses, mut verdicts) = (0, Vec::new(), Vec::new());
    let mut of_clean = Vec::new();
    for (place, case) in cases.iter().enumerate() {
        if !case.reaches(number) {
            if case.case.truth == Truth::Clean {
                of_clean.push(case.right.status);
            }
            continue;
        }
        reaching += 1;
        mutant::choose(number, case.places * 100 + 100_000);
        let verdict = catch_unwind(AssertUnwindSafe(|| judge(&case.case.plan, &case.case.history)));
        mutant::choose(0, u64::MAX);
        let Ok(verdict) = verdict else {
            return Err((place, "it panics".to_owned()));
        };
        if let Some(wrong) = case.case.truth.wrong(verdict.status) {
            return Err((place, wrong.to_owned()));
        }
        if case.case.truth == Truth::Clean {
            of_clean.push(verdict.status);
        }
        if verdict.status != case.right.status && (!matches!(case.case.truth, Truth::Bug { .. }) || case.case.seed < PINNED) {
            return Err((place, format!("{:?} and no more {:?}, as pinned", verdict.status, case.right.status)));
        }
        if verdict.status != case.right.status {
            statuses.push(format!("{} {:?} -> {:?}", case.name, case.right.status, verdict.status));
        }
        if verdict != case.right {
            verdicts.push(case.name.as_str());
        }
    }
    if share_of_unknown(cases, of_clean.into_iter()) > 0.12 {
        return Err((0, "too many are unknown".to_owned()));
    }
    Ok(format!(
        "survived {reaching} reach it, {} verdicts differ {:?}, {} statuses {:?}",
        verdicts.len(),
        &verdicts[..verdicts.len().min(3)],
        statuses.len(),
        &statuses[..statuses.len().min(3)]
    ))
}

fn main() {
    let count: usize = std::env::args().nth(1).and_then(|count| count.parse().ok()).expect("how many");
    let legal_ones = (0..count as u64).map(|seed| (format!("legal {seed}"), legal(seed)));
    let with_bugs = (0..).filter_map(|seed| Some((format!("bug {seed}"), with_bug(seed)?))).take(count);
    let shops = (0..count as u64).map(|seed| (format!("legal shop {seed}"), legal_shop(seed)));
    let bad_shops = (0..).filter_map(|seed| Some((format!("bug in a shop {seed}"), shop_with_bug(seed)?))).take(count);
    let mut cases: Vec<Judged> = legal_ones.chain(with_bugs).chain(shops).chain(bad_shops).map(|(name, case)| Judged::new(name, case)).collect();
    cases.sort_by_key(|case| case.places);
    let places: u64 = cases.iter().map(|case| case.places).sum();
    eprintln!("{} cases, {places} places", cases.len());
    std::panic::set_hook(Box::new(|_| {}));
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("a line");
        let (number, which) = line.split_once(' ').expect("a number and how many");
        println!("{number} {}", answer(&mut cases, number.parse().expect("a number"), which == "some"));
    }
}
