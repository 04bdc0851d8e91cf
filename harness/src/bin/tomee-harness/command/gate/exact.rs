//! From a line of releases to the release that a gate names in all it says.

use tomee_harness::model::ServerSpec;
use tomee_harness::model::topology::JvmSpec;
use tomee_harness::tomcat::distribution::{Caches, Distribution, DistributionError, Maven};
use tomee_harness::tomcat::java::Java;

use crate::args::gate::GateArgs;
use crate::block_on::block_on;
use crate::exit::Failure;
use crate::progress::Progress;

/// The arguments with each server named exactly.
pub(super) fn servers(args: &GateArgs, jvm: &JvmSpec, progress: &Progress) -> Result<GateArgs, Failure> {
    let mut args = args.clone();
    for server in [&mut args.server, &mut args.against_server].into_iter().flatten() {
        if server.line().is_some() {
            let found = distribution(server, jvm, progress).map_err(|error| failure(&error))?;
            *server = found.exactly(server);
        }
    }
    Ok(args)
}

/// The files of a server.
pub(super) fn distribution(
    server: &ServerSpec,
    jvm: &JvmSpec,
    progress: &Progress,
) -> Result<Distribution, DistributionError> {
    let (caches, maven) = (Caches::of_user()?, maven(jvm));
    let found = block_on(async { Ok(Distribution::resolve(server, &caches, &maven, progress).await) });
    found.map_err(|failure| DistributionError::Io(std::io::Error::other(failure.error)))?
}

/// Maven with the Java that nodes have.
pub(super) fn maven(jvm: &JvmSpec) -> Maven {
    let java_home = Java::find(jvm.home.as_deref()).ok().map(|java| java.home);
    Maven { java_home, ..Maven::default() }
}

/// A server that cannot be had.
pub(super) fn failure(error: &DistributionError) -> Failure {
    let hint = error.hint();
    Failure::environment(tomee_harness::host::error_chain::DisplayErrorChain(error).to_string()).hint(hint)
}
