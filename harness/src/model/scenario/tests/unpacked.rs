//! What becomes of what a node had unpacked when its archive is replaced.

use super::two;
use crate::model::scenario::Scenario;
use crate::model::{StepKind, Unpacked};

fn scenario(with: &str) -> String {
    format!(
        "name = \"a\"\n[[step]]\ndeploy = \"counter\"\n[[step]]\nstop = \"n2\"\n\
         [[step]]\nrestart = \"n2\"\nwith = {{ {with} }}\n"
    )
}

#[test]
fn what_was_unpacked_goes_with_the_old_archive_unless_it_is_kept_by_name() {
    for (with, expected) in [
        ("war = \"counter\"", Unpacked::Removed),
        ("war = \"counter\", unpacked = \"removed\"", Unpacked::Removed),
        ("war = \"counter\", unpacked = \"kept\"", Unpacked::Kept),
    ] {
        let scenario = Scenario::parse(scenario(with).as_bytes()).expect("it is valid");
        let plans = scenario.plans(&two()).expect("plans");
        let restart = plans[0].plan.steps.iter().find_map(|step| match &step.kind {
            StepKind::Restart { unpacked, .. } => Some((*unpacked, step.title.clone())),
            _ => None,
        });
        let (found, title) = restart.expect("a restart");
        assert_eq!(found, expected, "{with}");
        assert_eq!(title.ends_with("keeping what was unpacked before"), expected == Unpacked::Kept, "{title}");
        let stored = serde_json::to_string(&plans[0].plan).expect("JSON");
        assert_eq!(stored.contains("unpacked"), expected == Unpacked::Kept, "{stored}");
    }
}

#[test]
fn what_is_not_replaced_has_nothing_unpacked() {
    let refused = |with: &str| {
        let scenario = Scenario::parse(scenario(with).as_bytes());
        scenario.and_then(|scenario| scenario.plans(&two())).expect_err("it is refused").to_string()
    };
    assert!(refused("unpacked = \"kept\", jvm-args = [\"-Da=b\"]").contains("`unpacked` is not valid without `war`"));
    assert!(refused("war = \"counter\", unpacked = \"gone\"").contains("unknown variant"));
}
