//! The command line that does a run again.

use super::kept::Kept;
use super::planned_run::PlannedRun;
use super::whole_path::{whole, whole_server};
use crate::config;
use crate::host::run_dir::SCENARIO_FILE;
use crate::model::ServerSpec;
use crate::model::topology::JvmSpec;

impl PlannedRun {
    /// The command line that does this run again, from any folder. All that a settings file or the environment could say
    /// otherwise is said; `jvm` is what was said beside the scenario.
    /// `server` is the topology's, or the release that its line led to.
    pub(super) fn again(&self, server: &ServerSpec, runtime: &str, jvm: &JvmSpec, kept: &Kept) -> Vec<String> {
        let topology = &self.plan.topology;
        let mut words: Vec<String> = vec!["tomee-harness".to_owned(), "run".to_owned()];
        words.extend(self.source.is_some().then(|| kept.folder().join(SCENARIO_FILE).into_string()));
        let mut say = |flag: &str, value: &dyn std::fmt::Display| words.extend([flag.to_owned(), value.to_string()]);
        say("--runtime", &runtime);
        say("--nodes", &topology.nodes.len());
        say("--server", &whole_server(server));
        say("--manager", &topology.cluster.manager);
        say("--membership", &topology.cluster.membership);
        say("--send-options", &topology.cluster.send_options);
        say("--timing", &topology.timing);
        jvm.home.iter().for_each(|home| say("--java", &whole(home)));
        jvm.args.iter().for_each(|argument| say("--jvm-arg", argument));
        jvm.env.iter().for_each(|(name, value)| say("--env", &config::redact_argument(&format!("{name}={value}"))));
        jvm.libs.iter().for_each(|lib| say("--lib", &kept.place(lib)));
        if let Some(app) = &self.app {
            say("--war", &kept.place(&app.war));
            app.at.iter().for_each(|at| say("--at", at));
            app.paths.iter().for_each(|path| say("--path", path));
            app.within.iter().for_each(|within| say("--within", within));
        }
        words
    }
}
