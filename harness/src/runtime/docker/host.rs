//! Where the engine is: a run needs one of this machine, on whose loopback the nodes' ports are published.

use std::net::IpAddr;

use crate::runtime::RuntimeError;

/// The variable that points Docker's clients at an engine.
const HOST_VARIABLE: &str = "DOCKER_HOST";

/// Refuses an engine on another machine, to which [`HOST_VARIABLE`] of this process leads.
///
/// # Errors
/// [`RuntimeError::Environment`], with what can be done about it.
pub(super) fn refuse_remote() -> Result<(), RuntimeError> {
    refuse_remote_at(std::env::var(HOST_VARIABLE).ok().as_deref())
}

fn refuse_remote_at(host: Option<&str>) -> Result<(), RuntimeError> {
    match host.filter(|host| is_remote(host)) {
        None => Ok(()),
        Some(host) => Err(RuntimeError::Environment {
            what: format!(
                "{HOST_VARIABLE} is {host}, an engine on another machine: it would publish the nodes' ports on its own \
                 loopback, where nothing here can reach them"
            ),
            hint: Some(format!(
                "use an engine of this machine: unset {HOST_VARIABLE}, or set it to unix:///var/run/docker.sock or \
                 tcp://127.0.0.1:PORT; or run with --runtime process"
            )),
            source: None,
        }),
    }
}

/// Whether an address with a host in it names another machine. What is no such address is for the client to refuse.
fn is_remote(host: &str) -> bool {
    let Some((scheme, rest)) = host.split_once("://") else { return false };
    if matches!(scheme, "unix" | "npipe") {
        return false;
    }
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let place = authority.rsplit_once('@').map_or(authority, |(_, place)| place);
    let name = match place.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
        Some((address, _)) => address,
        None => place.split_once(':').map_or(place, |(name, _)| name),
    };
    let here =
        name.eq_ignore_ascii_case("localhost") || name.parse().is_ok_and(|address: IpAddr| address.is_loopback());
    !here
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_on_another_machine_is_refused_by_name() {
        for host in ["tcp://elsewhere:2375", "tcp://10.0.0.7:2376", "https://[fd00::7]:2376", "ssh://me@elsewhere"] {
            let error = refuse_remote_at(Some(host)).expect_err(host);
            assert!(error.to_string().starts_with(&format!("DOCKER_HOST is {host}, an engine on another")), "{error}");
        }
        // A name that only begins like one of here.
        for host in ["tcp://127.0.0.1.example:2375", "tcp://localhost.example:2375", "tcp://user@elsewhere:2375"] {
            assert!(refuse_remote_at(Some(host)).is_err(), "{host}");
        }
    }

    #[test]
    fn an_engine_of_this_machine_is_taken() {
        let hosts = [
            "unix:///run/user/1000/docker.sock",
            "npipe:////./pipe/docker_engine",
            "tcp://127.0.0.1:2375",
            "tcp://127.1.2.3:2375",
            "tcp://localhost:2375",
            "http://LOCALHOST",
            "tcp://[::1]:2375",
        ];
        for host in hosts {
            assert!(refuse_remote_at(Some(host)).is_ok(), "{host}");
        }
        assert!(refuse_remote_at(None).is_ok());
    }
}
