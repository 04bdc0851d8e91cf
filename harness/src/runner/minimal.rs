//! A scenario with fewer steps that shows the same: more than one step is left out at a time.

/// The places of the steps that are left, of so many. `shows` is asked of some of them, in their order: it says which of these
/// were done, where they show the same, and nothing where they do not. What is left is such that without any single one of
/// it the same does not show.
///
/// # Errors
/// Whatever `shows` meets with.
pub async fn minimal<E>(
    count: usize,
    mut shows: impl AsyncFnMut(&[usize]) -> Result<Option<Vec<usize>>, E>,
) -> Result<Vec<usize>, E> {
    let mut kept: Vec<usize> = (0..count).collect();
    let mut size = count.div_ceil(2).max(1);
    loop {
        let (mut to, mut is_fewer) = (kept.len(), false);
        // From the end: what comes late rests on what came before.
        while to > 0 && kept.len() > 1 {
            let from = to.saturating_sub(size);
            let rest: Vec<usize> = [&kept[..from], &kept[to..]].concat();
            to = from;
            if let Some(done) = shows(&rest).await?.filter(|done| done.len() < kept.len()) {
                (kept, is_fewer) = (done, true);
                to = to.min(kept.len());
            }
        }
        match size {
            1 if is_fewer => {}
            1 => return Ok(kept),
            _ => size = size.div_ceil(2),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use proptest::prelude::*;

    use super::minimal;

    /// Leaves out of so many steps what these do not need, and counts the runs.
    fn left_of(count: usize, needed: &[usize]) -> (Vec<usize>, usize) {
        let mut runs = 0;
        let shows = async |steps: &[usize]| {
            runs += 1;
            Ok::<_, Infallible>(needed.iter().all(|step| steps.contains(step)).then(|| steps.to_vec()))
        };
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let Ok(left) = runtime.block_on(minimal(count, shows));
        (left, runs)
    }

    proptest! {
        #[test]
        fn what_is_left_is_what_is_needed(needed in proptest::collection::btree_set(0_usize..40, 1..6)) {
            let needed: Vec<usize> = needed.into_iter().collect();
            prop_assert_eq!(left_of(40, &needed).0, needed);
        }
    }

    #[test]
    fn many_steps_go_at_a_time() {
        let (left, runs) = left_of(64, &[0, 40]);
        assert_eq!(left, [0, 40]);
        assert!(runs < 40, "{runs}");
    }

    /// A step that cannot follow is left out by who runs them; what is left then is what was run.
    #[test]
    fn what_was_not_done_is_not_left() {
        let shows = async |steps: &[usize]| {
            // 5 cannot follow without 2.
            let done: Vec<usize> = steps.iter().copied().filter(|step| *step != 5 || steps.contains(&2)).collect();
            Ok::<_, Infallible>(done.contains(&0).then_some(done))
        };
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let Ok(left) = runtime.block_on(minimal(8, shows));
        assert_eq!(left, [0]);
    }
}
