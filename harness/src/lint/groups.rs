//! Which clusters of several nodes belong together.

use std::collections::HashMap;

use super::Cluster;
use crate::config::read::Element;

/// Where a cluster stands: the names of its Engine and, unless it stands in that, of its Host.
type Place<'i> = (Option<&'i str>, Option<Option<String>>);

/// Those of Engines and Hosts of one name, and else the first that has no counterpart on the other node, and so on.
pub(super) fn groups<'i>(nodes: impl Iterator<Item = Vec<Cluster<'i>>>) -> Vec<Vec<Cluster<'i>>> {
    let mut groups: Vec<Vec<Cluster<'i>>> = vec![];
    let mut places: HashMap<Place<'i>, usize> = HashMap::new();
    for clusters in nodes {
        let before = groups.len();
        let mut is_taken = vec![false; before];
        let mut left = vec![];
        for cluster in clusters {
            match places.get(&place(&cluster)).copied().filter(|at| *at < before && !is_taken[*at]) {
                Some(at) => {
                    is_taken[at] = true;
                    groups[at].push(cluster);
                }
                None => left.push(cluster),
            }
        }
        for cluster in left {
            let free = |at: &usize| !is_taken[*at] && may_be_one(&groups[*at][0], &cluster);
            let same_host = |at: &usize| place(&groups[*at][0]).1 == place(&cluster).1;
            let all: Vec<usize> = (0..before).filter(free).collect();
            if let Some(at) = all.iter().copied().find(same_host).or(all.first().copied()) {
                is_taken[at] = true;
                groups[at].push(cluster);
            } else {
                places.entry(place(&cluster)).or_insert(groups.len());
                groups.push(vec![cluster]);
            }
        }
    }
    groups
}

fn place<'i>(cluster: &Cluster<'i>) -> Place<'i> {
    let name = |host: Element<'i>| host.value("name").map(str::to_ascii_lowercase);
    (cluster.engine.value("name"), cluster.host.map(name))
}

/// Two of other names are one unless one of the nodes has the other's Host, which then is another one.
fn may_be_one(first: &Cluster<'_>, other: &Cluster<'_>) -> bool {
    let has = |cluster: &Cluster<'_>, host: Option<Element<'_>>| {
        let name = host.and_then(|host| host.value("name")).filter(|_| cluster.host.is_some());
        let same =
            |own: Element<'_>| own.value("name").zip(name).is_some_and(|(own, name)| own.eq_ignore_ascii_case(name));
        cluster.engine.all("Host").any(|own| same(own) && cluster.host != Some(own))
    };
    !has(first, other.host) && !has(other, first.host)
}
