//! The verdict, held against random histories of which the truth is known.
//!
//! `simulate` (`cargo run -p integration-tests --bin simulate`) prints one of them by its seed, or a table of many.

use std::collections::BTreeMap;

use integration_tests::sim::{BugKind, Case, Truth, dump, legal, legal_shop, shop_with_bug, with_bug};
use tomee_harness::history;
use tomee_harness::model::Plan;
use tomee_harness::verdict::{Status, Verdict, judge};

/// How often each verdict was given on one kind of truth, with the seeds.
#[derive(Debug, Default)]
struct Row {
    holds: Vec<u64>,
    violated: Vec<u64>,
    unknown: Vec<u64>,
    /// The first wrong one, with its history.
    wrong: Option<String>,
    wrongs: usize,
}

#[derive(Debug, Default)]
struct Table {
    rows: BTreeMap<String, Row>,
    judged: usize,
    hidden: usize,
}

impl Table {
    /// Judges so many cases, on each processor some.
    fn of(count: usize, make: impl Fn(u64) -> Option<Case> + Sync) -> Self {
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let shares: Vec<usize> =
            (0..threads).map(|turn| count / threads + usize::from(turn < count % threads)).collect();
        let tables: Vec<Self> = std::thread::scope(|scope| {
            let make = &make;
            let share = |(turn, share): (usize, &usize)| {
                let (first, share) = (u64::try_from(turn).expect("few"), *share);
                let seeds = (first..).step_by(threads);
                scope.spawn(move || Self::of_some(seeds, share, make))
            };
            let running: Vec<_> = shares.iter().enumerate().map(share).collect();
            running.into_iter().map(|thread| thread.join().expect("no case panics")).collect()
        });
        tables.into_iter().fold(Self::default(), Self::with)
    }

    fn of_some(seeds: impl Iterator<Item = u64>, count: usize, make: impl Fn(u64) -> Option<Case>) -> Self {
        let mut table = Self::default();
        for seed in seeds {
            if table.judged == count {
                break;
            }
            match make(seed) {
                Some(case) => table.add(&case, &judge(&case.plan, &case.history)),
                None => table.hidden += 1,
            }
        }
        table
    }

    fn add(&mut self, case: &Case, verdict: &Verdict) {
        self.judged += 1;
        let row = self.rows.entry(case.truth.name()).or_default();
        match verdict.status {
            Status::Holds => row.holds.push(case.seed),
            Status::Violated => row.violated.push(case.seed),
            Status::Unknown => row.unknown.push(case.seed),
        }
        if let Some(what) = case.truth.wrong(verdict.status) {
            row.wrongs += 1;
            row.wrong.get_or_insert_with(|| format!("{what}\n{}", dump(case, verdict)));
        }
    }

    fn with(mut self, other: Self) -> Self {
        self.judged += other.judged;
        self.hidden += other.hidden;
        for (name, row) in other.rows {
            let own = self.rows.entry(name).or_default();
            own.holds.extend(row.holds);
            own.violated.extend(row.violated);
            own.unknown.extend(row.unknown);
            own.wrongs += row.wrongs;
            own.wrong = own.wrong.take().or(row.wrong);
        }
        self
    }

    fn text(&self) -> String {
        let head =
            format!("{:34} {:>7} {:>8} {:>7} {:>6}  first seeds", "truth", "holds", "violated", "unknown", "wrong");
        let rows = self.rows.iter().map(|(name, row)| {
            let seeds = |seeds: &[u64]| format!("{:?}", &seeds[..seeds.len().min(3)]);
            let (holds, violated, unknown) = (seeds(&row.holds), seeds(&row.violated), seeds(&row.unknown));
            let counts = [row.holds.len(), row.violated.len(), row.unknown.len(), row.wrongs];
            format!(
                "{name:34} {:>7} {:>8} {:>7} {:>6}  holds {holds} violated {violated} unknown {unknown}",
                counts[0], counts[1], counts[2], counts[3]
            )
        });
        let lines: Vec<String> = std::iter::once(head).chain(rows).collect();
        format!("{}\n{} bugs did not show", lines.join("\n"), self.hidden)
    }

    /// # Panics
    /// A verdict is wrong: then one case of each of three truths is shown.
    fn must_be_right(&self) {
        let wrongs: usize = self.rows.values().map(|row| row.wrongs).sum();
        let shown: Vec<&str> = self.rows.values().filter_map(|row| row.wrong.as_deref()).take(3).collect();
        assert!(wrongs == 0, "{}\n\n{wrongs} of {} are wrong\n{}", shown.join("\n\n"), self.judged, self.text());
    }

    /// The verdict on each seed below this as one letter, fifty a line, with a dot where there is no case.
    fn letters(&self, seeds: usize) -> String {
        let mut letters = vec!['.'; seeds];
        for row in self.rows.values() {
            for (letter, judged) in [('H', &row.holds), ('V', &row.violated), ('U', &row.unknown)] {
                for seed in judged.iter().filter_map(|seed| usize::try_from(*seed).ok()).filter(|seed| *seed < seeds) {
                    letters[seed] = letter;
                }
            }
        }
        let lines = letters.chunks(50).enumerate();
        lines.map(|(line, letters)| format!("{:4} {}\n", line * 50, letters.iter().collect::<String>())).collect()
    }

    fn unknown_share_of_clean(&self) -> f64 {
        let Some(row) = self.rows.get("clean") else { return 0.0 };
        let count = |seeds: &[u64]| f64::from(u32::try_from(seeds.len()).unwrap_or(u32::MAX));
        count(&row.unknown) / (count(&row.holds) + count(&row.violated) + count(&row.unknown)).max(1.0)
    }
}

/// Histories on which the verdict was wrong once: it called the legal ones red, and those with a bug green.
#[test]
fn what_was_judged_wrongly_once_is_judged_rightly() {
    let legal_ones = [
        118, 2456, 2986, 3223, 3949, 5935, 8378, 9679, 10096, 12666, 13843, 19228, 31742, 37621, 38598, 41432, 45303,
        51813, 56438, 68057, 70692, 75290, 77612, 94318, 95805, 96777, 98393, 99621,
    ];
    let with_bugs = [
        2256, 3118, 4873, 7263, 7702, 7771, 9169, 10695, 10750, 13122, 13270, 15789, 15906, 16297, 16642, 16809, 22788,
        26167, 29126, 35407, 35535, 36851, 40274, 50512, 55853, 63953, 65308, 72823, 80749, 81154, 81961, 90818, 91573,
        93217, 95543, 98059,
    ];
    let legal_shops = [
        1042, 1182, 1604, 2181, 2271, 3441, 3865, 4230, 4913, 5257, 5470, 5845, 6529, 8709, 9152, 10867, 15778, 18087,
        20824, 20963, 21625, 35949, 24860, 26929, 17673, 42100, 58889,
    ];
    let bad_shops =
        [19, 388, 781, 834, 1078, 15503, 18424, 21956, 22833, 43847, 52655, 65490, 68394, 70626, 71228, 99456];
    let counters = legal_ones.map(legal).into_iter().chain(with_bugs.into_iter().filter_map(with_bug));
    let shops = legal_shops.map(legal_shop).into_iter().chain(bad_shops.into_iter().filter_map(shop_with_bug));
    let mut table = Table::default();
    for case in counters.chain(shops) {
        table.add(&case, &judge(&case.plan, &case.history));
    }
    table.must_be_right();
}

fn legal_ones_are_not_red(count: usize) -> Table {
    let table = Table::of(count, |seed| Some(legal(seed)));
    table.must_be_right();
    let share = table.unknown_share_of_clean();
    assert!(share <= 0.1, "{share:.3} of the clean ones are unknown\n{}", table.text());
    table
}

/// How many kinds of bugs must show at least; a few are rare.
const KINDS: usize = 48;

fn bugs_that_show_are_not_green(count: usize) -> Table {
    let table = Table::of(count, with_bug);
    table.must_be_right();
    let shown = BugKind::ALL.iter().filter(|kind| table.rows.contains_key(&format!("bug {kind:?}")));
    assert!(shown.count() >= KINDS, "too few kinds showed\n{}", table.text());
    table
}

/// Which of the right verdicts it is changes on purpose only: neither truth nor law distinguishes an unknown one from a violated one
/// where both may be right, so the letters say which are which.
#[test]
fn no_legal_history_is_red_and_few_are_unknown() {
    insta::assert_snapshot!(legal_ones_are_not_red(2_000).letters(2_000));
}

/// Of histories with a bug those of the lower seeds are compared: how far the others go depends on the number of processors.
#[test]
fn no_history_with_a_bug_that_shows_is_green() {
    insta::assert_snapshot!(bugs_that_show_are_not_green(2_000).letters(1_500));
}

/// Of an app whose requests say nothing fewer histories can be decided.
fn legal_shops_are_not_red(count: usize) -> Table {
    let table = Table::of(count, |seed| Some(legal_shop(seed)));
    table.must_be_right();
    let share = table.unknown_share_of_clean();
    assert!(share <= 0.2, "{share:.3} of the clean ones are unknown\n{}", table.text());
    table
}

fn bugs_that_show_in_a_shop_are_not_green(count: usize) -> Table {
    let table = Table::of(count, shop_with_bug);
    table.must_be_right();
    let shown = BugKind::ALL.iter().filter(|kind| table.rows.contains_key(&format!("bug {kind:?}")));
    assert!(shown.count() >= KINDS_IN_A_SHOP, "too few kinds showed\n{}", table.text());
    table
}

/// How many kinds of bugs must show where nothing is known of the app.
const KINDS_IN_A_SHOP: usize = 20;

#[test]
fn no_legal_history_of_any_app_is_red_and_few_are_unknown() {
    insta::assert_snapshot!(legal_shops_are_not_red(1_000).letters(1_000));
}

#[test]
fn no_history_of_any_app_with_a_bug_that_shows_is_green() {
    insta::assert_snapshot!(bugs_that_show_in_a_shop_are_not_green(1_000).letters(700));
}

#[test]
#[ignore = "takes minutes"]
fn full_no_legal_history_of_any_app_of_a_hundred_thousand_is_red() {
    drop(legal_shops_are_not_red(100_000));
}

#[test]
#[ignore = "takes minutes"]
fn full_no_history_of_any_app_with_a_bug_of_a_hundred_thousand_is_green() {
    drop(bugs_that_show_in_a_shop_are_not_green(100_000));
}

#[test]
#[ignore = "takes minutes"]
fn full_no_legal_history_of_a_hundred_thousand_is_red() {
    drop(legal_ones_are_not_red(100_000));
}

#[test]
#[ignore = "takes minutes"]
fn full_no_history_with_a_bug_of_a_hundred_thousand_is_green() {
    drop(bugs_that_show_are_not_green(100_000));
}

/// The same seed makes the same history, in every place and at any time.
#[test]
fn a_seed_makes_one_history() {
    for seed in [1, 77, 4711] {
        assert_eq!(legal(seed).history, legal(seed).history);
        assert_eq!(with_bug(seed).map(|case| case.history), with_bug(seed).map(|case| case.history));
    }
}

/// What is stored is what was judged.
#[test]
fn a_stored_case_reads_as_it_was_made() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = camino::Utf8Path::from_path(folder.path()).expect("UTF-8");
    let case = legal(42);
    case.store(folder);
    let plan = fs_err::read_to_string(folder.join("plan.json")).expect("it was written");
    assert_eq!(serde_json::from_str::<Plan>(&plan).expect("a plan"), case.plan);
    let lines = fs_err::File::open(folder.join("history.jsonl")).expect("it was written");
    assert_eq!(history::read(std::io::BufReader::new(lines)).expect("a history"), case.history);
}

/// What no bug explains would be a fault of the simulated cluster itself.
#[test]
fn nodes_that_wait_for_each_other_and_have_no_bug_lose_nothing() {
    for case in (0..2_000).map(legal) {
        let waits = case.plan.topology.cluster.send_options.waits_for_the_peer();
        let lost = matches!(case.truth, Truth::LossSeen { .. });
        assert!(!(waits && lost), "{}", dump(&case, &judge(&case.plan, &case.history)));
    }
}
