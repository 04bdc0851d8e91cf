//! What Tomcat's own changelog, which every distribution has, says between two releases.

use tomee_harness::model::TomcatVersion;
use tomee_harness::tomcat::distribution::{Distribution, Product};

/// How many entries are shown.
const MOST: usize = 12;

/// The place of a release in the changelog, and its entries about the cluster.
#[derive(Debug, Clone, Default, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Changelog {
    /// The anchor of the later release, behind `changelog.html#`.
    pub(super) anchor: Option<String>,
    /// The file that has it.
    pub(super) file: Option<String>,
    /// The entries of each release behind the earlier one, up to the later one, under `Cluster` and `Tribes`.
    pub(super) entries: Vec<String>,
}

/// What happened behind one release up to another, both of one branch.
pub(super) fn between(earlier: &Distribution, later: &Distribution) -> Changelog {
    let path = later.home.join("webapps/docs/changelog.html");
    let (Product::Tomcat, Ok(text)) = (later.product, fs_err::read_to_string(&path)) else {
        return Changelog::default();
    };
    let versions = [earlier, later].map(|one| one.tomcat_version.parse::<TomcatVersion>());
    let [Ok(from), Ok(to)] = versions else { return Changelog::default() };
    let mut found = Changelog { file: Some(path.to_string()), ..Changelog::default() };
    for section in text.split("<h3 id=\"").skip(1) {
        let anchor = section.split('"').next().unwrap_or_default();
        let version = anchor.strip_prefix("Tomcat_").and_then(|rest| rest.split('_').next());
        let Some(version) = version.and_then(|version| version.parse::<TomcatVersion>().ok()) else { continue };
        if version == to {
            found.anchor = Some(anchor.to_owned());
        }
        if from < version && version <= to {
            found.entries.extend(entries(section).into_iter().map(|entry| format!("{version}: {entry}")));
        }
    }
    found.entries.truncate(MOST);
    found
}

/// The entries of a release about the cluster.
fn entries(section: &str) -> Vec<String> {
    let parts = section.split("<h4 id=\"").skip(1);
    let of_cluster = parts.filter(|part| {
        let id = part.split('"').next().unwrap_or_default();
        ["/Cluster", "/Tribes"].iter().any(|name| id.ends_with(name))
    });
    let items = of_cluster.flat_map(|part| part.split("<li>").skip(1));
    items.map(|item| plain(item.split("</li>").next().unwrap_or_default())).collect()
}

/// A piece of HTML as text.
fn plain(html: &str) -> String {
    let mut text = String::new();
    let mut is_tag = false;
    for c in html.chars() {
        match c {
            '<' => is_tag = true,
            '>' => is_tag = false,
            _ if !is_tag => text.push(c),
            _ => {}
        }
    }
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_entries_about_the_cluster_are_found_as_text() {
        let section = r#"Tomcat_10.1.47_(x)">Tomcat 10.1.47</h3>
            <h4 id="Tomcat_10.1.47_(x)/Catalina">Catalina</h4><ul><li>no</li></ul>
            <h4 id="Tomcat_10.1.47_(x)/Cluster">Cluster</h4><ul><li><img alt="Fix: ">A <code>&lt;Manager&gt;</code>
            is fixed. (who)</li><li>Two.</li></ul><h4 id="Tomcat_10.1.47_(x)/Other">Other</h4><ul><li>no</li></ul>"#;
        assert_eq!(entries(section), ["A <Manager> is fixed. (who)", "Two."]);
    }
}
