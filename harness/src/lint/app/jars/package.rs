//! Whose a package is.

use std::collections::HashSet;
use std::sync::LazyLock;

/// First words of packages that name no owner, as those of countries do not.
const TOP: [&str; 12] = ["biz", "com", "coop", "dev", "edu", "gov", "info", "int", "mil", "name", "net", "org"];

/// Packages of many owners, whose next word names one.
static SHARED: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    "at/ac at/co au/com au/edu br/com br/gov cn/com com/bitbucket com/example com/github com/gitlab com/googlecode fr/gouv \
     hu/gov il/co in/co io/github io/gitlab jp/ac jp/co kr/co mx/com net/java net/sf net/sourceforge nz/co tr/com uk/ac uk/co"
        .split_whitespace()
        .collect()
});

/// Packages of the platform, and of libraries that apps have in `WEB-INF/lib`.
static LIBRARIES: LazyLock<HashSet<&str>> =
    LazyLock::new(|| include_str!("libraries.txt").split_whitespace().collect());

/// The first words of a path, without the slash behind them.
fn start(path: &str, words: usize) -> Option<&str> {
    path.match_indices('/').nth(words - 1).map(|(at, _)| &path[..at])
}

/// Whether a class is of the platform or of a library that is not the app's own.
pub(super) fn is_library(class: &str) -> bool {
    (1..=3).filter_map(|words| start(class, words)).any(|package| LIBRARIES.contains(package))
}

/// The words of a class's package that name its owner: `com/acme/` of `com/acme/shop/Cart.class`. None where it has no
/// package, or one of many owners.
pub(super) fn owner(class: &str) -> Option<&str> {
    let first = start(class, 1)?;
    if first.len() != 2 && !TOP.contains(&first) {
        return part(class, 1);
    }
    part(class, if SHARED.contains(start(class, 2)?) { 3 } else { 2 })
}

/// The first words of a class's package, with the slash behind them.
pub(super) fn part(class: &str, words: usize) -> Option<&str> {
    Some(&class[..=start(class, words)?.len()])
}

#[cfg(test)]
mod tests {
    use super::{is_library, owner, part};

    #[test]
    fn a_package_names_its_owner_by_one_to_three_words() {
        for (class, is) in [
            ("com/acme/shop/Cart.class", Some("com/acme/")),
            ("de/acme/Cart.class", Some("de/acme/")),
            ("uk/co/acme/shop/Cart.class", Some("uk/co/acme/")),
            ("io/github/ann/shop/Cart.class", Some("io/github/ann/")),
            ("shop/web/Cart.class", Some("shop/")),
            ("io/github/Cart.class", None),
            ("com/Cart.class", None),
            ("Cart.class", None),
        ] {
            assert_eq!(owner(class), is, "{class}");
        }
        assert_eq!(part("org/apache/roller/ui/Page.class", 3), Some("org/apache/roller/"));
    }

    #[test]
    fn a_library_is_known_by_whole_words_of_its_package() {
        for (class, is) in [
            ("org/apache/commons/lang3/StringUtils.class", true),
            ("javax/servlet/Filter.class", true),
            ("net/sf/json/Parser.class", true),
            ("net/sf/shop/Cart.class", false),
            ("org/apachesson/Shop.class", false),
            ("playground/Shop.class", false),
        ] {
            assert_eq!(is_library(class), is, "{class}");
        }
    }
}
