//! Measures of two sides beside each other: change is told from noise by pairs of runs, one of each side.
//!
//! A run gives one value of each measure, the median of what it measured. The logarithms of the pairs' ratios are compared
//! with zero by Student's interval, at a level at which hundred comparisons of a side with itself give hardly one claim, and a
//! change is claimed only where the whole interval lies beyond [`LEAST`].

use std::collections::BTreeMap;

use super::changes::MeasureChange;
use super::result::{RunResult, Side};
use crate::model::Plan;
use crate::verdict::Verdict;

/// The least change that is worth a word: a tenth.
const LEAST: f64 = 1.1;
/// The least difference that is worth a word, in milliseconds: what a scheduler does.
const LEAST_MS: f64 = 5.0;
/// Student's t at 99.9 % (two-sided), by degrees of freedom from 1 on.
const T: [f64; 15] =
    [636.6, 31.60, 12.92, 8.610, 6.869, 5.959, 5.408, 5.041, 4.781, 4.587, 4.437, 4.318, 4.221, 4.140, 4.073];
/// The same for many.
const T_OF_MANY: f64 = 4.0;
/// Times are measured in whole milliseconds: no spread is less than that.
const RESOLUTION_MS: f64 = 0.5;

/// What a run measured, each as its median, in milliseconds.
pub fn measured(verdict: &Verdict, plan: &Plan) -> BTreeMap<String, f64> {
    let measures = &verdict.measures;
    // Where a request waits for it, all that is measured is when somebody looked.
    let lags = !plan.waits_for_the_peer();
    #[expect(clippy::cast_precision_loss, reason = "times of a run")]
    let of = |all: Vec<u64>| median(all.into_iter().map(|ms| ms as f64).collect());
    let lag = measures.replication_lag.filter(|_| lags).map(|lag| {
        #[expect(clippy::cast_precision_loss, reason = "times of a run")]
        let median = lag.median_us as f64;
        median / 1000.0
    });
    let deployment = if plan.topology.has_farm() { "farm" } else { "deployment" };
    let all = [
        ("first answer after a fault", of(measures.failovers.iter().map(|one| one.since_fault_ms).collect())),
        ("eviction of a dead member", of(measures.evictions.iter().map(|one| one.ms).collect())),
        ("replication lag", lag),
        (deployment, of(measures.farm.iter().map(|one| one.ms).collect())),
        ("state transfer", of(measures.state_transfers.iter().map(|one| one.ms).collect())),
    ];
    all.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

/// Each measure that runs of both sides have.
pub(super) fn changes(before: &Side, now: &Side) -> Vec<MeasureChange> {
    let mut pairs: BTreeMap<&String, Vec<(f64, f64)>> = BTreeMap::new();
    for run in now.deciding() {
        let same = |other: &&RunResult| (&other.name, other.role) == (&run.name, run.role);
        let Some(other) = before.deciding().find(same) else { continue };
        // A pair is of one kind of run: what other runs measure is another thing.
        if !run.is_measured() {
            continue;
        }
        for (measure, value) in &run.measured {
            if let Some(old) = other.measured.get(measure) {
                pairs.entry(measure).or_default().push((*old, *value));
            }
        }
    }
    pairs.into_iter().filter_map(|(measure, pairs)| change(measure, &pairs)).collect()
}

/// What pairs of values say.
fn change(measure: &str, pairs: &[(f64, f64)]) -> Option<MeasureChange> {
    let floor = |value: f64| value.max(RESOLUTION_MS);
    let ratios: Vec<f64> = pairs.iter().map(|(old, new)| (floor(*new) / floor(*old)).ln()).collect();
    let count = ratios.len();
    #[expect(clippy::cast_precision_loss, reason = "a few pairs")]
    let n = count as f64;
    let mean = ratios.iter().sum::<f64>() / n;
    let before_ms = median(pairs.iter().map(|(old, _)| *old).collect())?;
    let now_ms = median(pairs.iter().map(|(_, new)| *new).collect())?;
    let half = (count > 1).then(|| {
        let spread = (ratios.iter().map(|ratio| (ratio - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
        let least = RESOLUTION_MS / floor(before_ms.min(now_ms));
        T.get(count - 2).copied().unwrap_or(T_OF_MANY) * spread.max(least) / n.sqrt()
    });
    let interval = half.map(|half| ((mean - half).exp(), (mean + half).exp()));
    let is_beyond = interval.is_some_and(|(low, high)| low > LEAST || high < 1.0 / LEAST);
    let claimed = is_beyond && (now_ms - before_ms).abs() > LEAST_MS;
    let noise = half.map(f64::exp);
    Some(MeasureChange {
        measure: measure.to_owned(),
        pairs: count,
        before_ms,
        now_ms,
        ratio: mean.exp(),
        interval,
        noise,
        claimed,
    })
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        count if count % 2 == 1 => Some(values[middle]),
        _ => Some(f64::midpoint(values[middle - 1], values[middle])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers as if by chance, the same each time.
    struct Chance(u64);

    impl Chance {
        fn next(&mut self) -> f64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            #[expect(clippy::cast_precision_loss, reason = "31 bits")]
            let bits = (self.0 >> 33) as f64;
            (bits + 0.5) / f64::from(1_u32 << 31)
        }

        /// A time about `ms`: mostly near it, one in ten much later, as on a busy machine.
        fn time(&mut self, ms: f64) -> f64 {
            let normal = (-2.0 * self.next().ln()).sqrt() * (std::f64::consts::TAU * self.next()).cos();
            let late = if self.next() < 0.1 { 1.0 + self.next() } else { 1.0 };
            (ms * (0.15 * normal).exp() * late).round()
        }

        fn pairs(&mut self, count: usize, before: f64, now: f64) -> Vec<(f64, f64)> {
            (0..count).map(|_| (self.time(before), self.time(now))).collect()
        }
    }

    #[test]
    fn hundred_gates_of_a_side_against_itself_give_at_most_one_false_claim() {
        for count in [2, 3, 4, 6, 10] {
            let mut chance = Chance(7);
            let claims = (0..500).filter(|_| change("x", &chance.pairs(count, 300.0, 300.0)).expect("pairs").claimed);
            // Five measures each.
            assert!(claims.count() <= 1, "{count} pairs");
        }
    }

    #[test]
    fn twice_the_time_is_found_with_six_pairs_and_said_with_its_interval() {
        let mut chance = Chance(11);
        let found = (0..100).filter(|_| change("x", &chance.pairs(6, 300.0, 600.0)).expect("pairs").claimed).count();
        // Where one time in ten is late, six pairs show it now and then; where none is, always.
        assert!(found >= 20, "{found} of 100 on a machine on which one time in ten is late");
        let quiet: Vec<(f64, f64)> =
            [(500., 1010.), (520., 1000.), (495., 1040.), (505., 990.), (515., 1002.), (498., 1020.)].into();
        let change = change("failover", &quiet).expect("pairs");
        assert_eq!(
            change.line(),
            "failover: 502 ms before, 1006 ms now: changed, ×2.00 (1.82 to 2.20 at 99.9 %), noise floor ×1.10, 6 pairs"
        );
    }

    #[test]
    fn one_pair_claims_nothing_and_a_millisecond_is_no_change() {
        let one = change("x", &[(100.0, 900.0)]).expect("a pair");
        assert!(!one.claimed && one.interval.is_none() && one.line().contains("nothing is claimed"));
        let tiny = change("x", &[(1.0, 2.0); 12]).expect("pairs");
        assert!(!tiny.claimed, "{}", tiny.line());
    }
}
