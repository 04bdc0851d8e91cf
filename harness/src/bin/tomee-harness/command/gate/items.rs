//! The runs of a gate: those of each side, alternating, and the one of both.

use camino::{Utf8Path, Utf8PathBuf};
use tomee_harness::gate::{self, Choice};

use super::work::Item;
use super::{Asked, own_app};
use crate::args::gate::GateArgs;
use crate::exit::Failure;

/// The run that has old and new in one cluster.
pub(super) fn rolling(args: &GateArgs, sides: &[Asked]) -> Result<Option<Item>, Failure> {
    let ([now, before], true) = (sides, args.rolling) else { return Ok(None) };
    let app = |side: &Asked| side.war.as_deref().map(|war| own_app(args, war)).transpose();
    let (old, new) = (app(before)?, app(now)?);
    let [old, new] = [(before, &old), (now, &new)]
        .map(|(side, app)| gate::Rolled { topology: &side.loaded.topology, app: app.as_ref() });
    let choice = gate::rolling(old, new).map_err(Failure::usage)?;
    choice.plan.check("process", &tomee_harness::runtime::process::capabilities()).map_err(Failure::usage)?;
    Ok(Some(Item::of(0, &choice, before)))
}

/// Leaves all runs out but one.
pub(super) fn leave_out(only: &str, sides: &mut [Asked], rolling: &mut Option<Item>) -> Result<(), Failure> {
    let all = sides.iter().flat_map(|side| side.choices.iter().map(|choice| choice.name));
    let mut all: Vec<&str> = all.chain(rolling.iter().map(|item| item.choice.name)).collect();
    all.dedup();
    if !all.contains(&only) {
        return Err(Failure::usage(format!("there is no run {only}, expected one of {}", all.join(", "))));
    }
    let left_out = |name: &str| format!("{name}: --only {only}");
    for side in sides.iter_mut() {
        let (kept, left) = std::mem::take(&mut side.choices).into_iter().partition(|choice| choice.name == only);
        side.choices = kept;
        side.left_out = (left as Vec<Choice>).iter().map(|choice| left_out(choice.name)).collect();
    }
    if let (Some(item), Some(first)) = (&*rolling, sides.first_mut())
        && item.choice.name != only
    {
        first.left_out.push(left_out(item.choice.name));
        *rolling = None;
    }
    Ok(())
}

impl Item {
    /// A run of a side, with what the nodes are of another.
    fn of(side: usize, choice: &Choice, of: &Asked) -> Self {
        let (claims, war) = (of.loaded.claims.clone(), of.war.clone());
        Self { side, name: choice.name.to_owned(), choice: choice.clone(), folder: Utf8PathBuf::new(), claims, war }
    }

    /// The same run once more.
    fn again(&self, pair: usize) -> Self {
        Self { name: format!("{}#{pair}", self.name), ..self.clone() }
    }
}

/// The runs of all sides, alternating, and those that are repeated: each side is as often the first of a pair.
pub(super) fn all(sides: &[Asked], rolling: Option<Item>, folder: &Utf8Path, pairs: usize) -> Vec<Item> {
    let most = sides.iter().map(|side| side.choices.len()).max().unwrap_or_default();
    let places = (0..most).flat_map(|place| (0..sides.len()).map(move |side| (side, place)));
    let of_place = |(side, place): (usize, usize)| {
        let asked: &Asked = &sides[side];
        Some(Item::of(side, asked.choices.get(place)?, asked))
    };
    let mut items: Vec<Item> = places.filter_map(of_place).collect();
    items.extend(rolling);
    let first: Vec<Item> = (0..sides.len()).filter_map(|side| of_place((side, 0))).collect();
    for pair in 2..=pairs {
        let once_more = first.iter().map(|item| item.again(pair));
        if pair.is_multiple_of(2) { items.extend(once_more.rev()) } else { items.extend(once_more) }
    }
    for item in &mut items {
        let name = item.name.replace('#', "-");
        item.folder = folder.join(if item.side == 0 { name } else { format!("against-{name}") });
    }
    items
}
