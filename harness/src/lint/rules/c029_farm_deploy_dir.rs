//! Rule C029, farm-deploy-dir.

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
    for cluster in input.clusters().filter(|cluster| !cluster.is_alone()) {
        let (Some(deployer), Some(host)) = (cluster.deployer(), cluster.host) else { continue };
        let (Some(deploy_dir), Some(app_base)) = (deployer.value("deployDir"), host.value_or("appBase", "webapps"))
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
        if deploy_dir.starts_with('/') != app_base.starts_with('/') && cluster.node.base.is_none() {
            finding.sure(Confidence::Medium);
        }
        finding.help(format!("write `deployDir=\"{app_base}\"`")).set(
            Applicability::Safe,
            deployer,
            "deployDir",
            app_base,
        );
    }
}

/// Whether both name one folder. Relative ones begin at `CATALINA_BASE`.
fn is_same(node: &Node, a: &str, b: &str) -> bool {
    let (a, b) = (node.canonical(a.trim()), node.canonical(b.trim()));
    let (absolute, relative) = if a.starts_with('/') { (&a, &b) } else { (&b, &a) };
    a == b
        || node.base.is_none()
            && absolute.starts_with('/')
            && absolute.ends_with(&format!("/{}", relative.trim_start_matches('/')))
}
