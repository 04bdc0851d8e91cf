//! Rule C029, farm-deploy-dir.

use crate::config::read::Element;
use crate::lint::node::is_of_windows;
use crate::lint::{Applicability, Confidence, Findings, Input, Node, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C029",
    name: "farm-deploy-dir",
    severity: Severity::Error,
    confidence: Confidence::High,
    finds: "a FarmWarDeployer whose deployDir is not the Host's appBase",
    why: "The app is copied to every node and never started on any, without a warning: HostConfig looks into the appBase only.",
    bad: r#"<Host appBase="webapps"><Cluster …><Deployer className="org.apache.catalina.ha.deploy.FarmWarDeployer" deployDir="cluster/webapps"/></Cluster></Host>"#,
    good: r#"<Host appBase="webapps"><Cluster …><Deployer className="org.apache.catalina.ha.deploy.FarmWarDeployer" deployDir="webapps"/></Cluster></Host>"#,
    evidence: "documentation, config/cluster-deployer: must be the same value as the Host's appBase; HostConfig.deployApps; runs on Tomcat 9.0, 10.1 and 11.0",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for cluster in input.clusters().filter(|cluster| cluster.host != Some(cluster.element)) {
        let (Some(deployer), Some(host)) = (cluster.deployer(), cluster.host) else { continue };
        let (Some(deploy_dir), Some(app_base)) = (below_base(deployer, "deployDir"), below_base(host, "appBase"))
        else {
            continue;
        };
        if super::c083_sample_deployer::is_sample(&cluster) || is_same(cluster.node, deploy_dir, app_base) {
            continue;
        }
        let message =
            format!("deployDir `{deploy_dir}` is not the Host's appBase `{app_base}`: deployed apps are never started");
        let finding = out.on_value(deployer, "deployDir", message);
        finding.label(host, "appBase", "apps are looked for here only");
        // Where the base is unknown, an absolute path with another end could be the same folder by a link only.
        if is_absolute(deploy_dir) != is_absolute(app_base) && !is_in_place(cluster.node) {
            finding.sure(Confidence::Medium);
        }
        finding.help(format!("write `deployDir=\"{app_base}\"`")).set(
            Applicability::Safe,
            deployer,
            "deployDir",
            host.attribute("appBase").map_or("webapps", |it| &it.written),
        );
    }
}

/// Whether both name one folder. Relative ones begin at `CATALINA_BASE`.
fn is_same(node: &Node, a: &str, b: &str) -> bool {
    let canonical = |path: &str| {
        let path = path.trim();
        if is_absolute(path) && !path.starts_with('/') {
            // A drive of Windows, which does not tell letters apart by their case.
            format!("/{}", path.replace('\\', "/").trim_end_matches('/')).to_ascii_lowercase()
        } else {
            node.canonical(path)
        }
    };
    let (a, b) = (canonical(a), canonical(b));
    let (absolute, relative) = if a.starts_with('/') { (&a, &b) } else { (&b, &a) };
    let is_windows = absolute.as_bytes().get(2) == Some(&b':');
    let relative = if is_windows { relative.to_ascii_lowercase() } else { relative.clone() };
    // The base of a server is not the root: `/webapps` is not `webapps`.
    let ends = absolute
        .strip_suffix(relative.trim_start_matches('/'))
        .is_some_and(|rest| rest.len() > 1 && rest.ends_with('/'));
    a == b || (!is_in_place(node) || is_windows) && absolute.starts_with('/') && !relative.starts_with('/') && ends
}

/// Whether the node is where it runs: of a checkout of its configuration nobody knows what its base will be.
fn is_in_place(node: &Node) -> bool {
    node.base.is_some() && node.is_deployed()
}

/// `/srv/tomcat`, `C:\tomcat` or `C:/tomcat`.
fn is_absolute(path: &str) -> bool {
    path.starts_with('/') || is_of_windows(path)
}

/// A folder, `webapps` where it is not set. Where the base is unknown, what begins with it is relative to it.
fn below_base<'i>(element: Element<'i>, name: &str) -> Option<&'i str> {
    let Some(attribute) = element.attribute(name) else { return (name == "appBase").then_some("webapps") };
    let relative = || attribute.written.strip_prefix("${catalina.base}/").filter(|rest| !rest.contains("${"));
    attribute.known().or_else(relative)
}
