//! Ports and multicast groups for one run, never the same for two runs at once.
//!
//! Every port of the range has a lock file in a folder that all runs of a user share. A [`PortLease`] holds the lock of
//! its port: the lock ends with the lease or with the process, however that ends, so there is nothing to clean up.

use std::hash::{BuildHasher, RandomState};
use std::io;
use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::ops::RangeInclusive;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::sync::atomic::{AtomicU64, Ordering};

use camino::{Utf8Path, Utf8PathBuf};
use fs_err::File;

/// The ports that are leased. They lie below the ephemeral ports of Linux (32768 on) and macOS (49152 on), so the
/// kernel does not give them to outgoing connections, and above what servers commonly listen on.
pub const PORTS: RangeInclusive<u16> = 20_000..=31_999;

/// Why there is no port.
#[derive(Debug, thiserror::Error)]
pub enum PortError {
    /// The folder of the locks cannot be used.
    #[error("the port lock folder {folder} cannot be used")]
    Folder {
        /// The folder.
        folder: Utf8PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The folder of the locks belongs to somebody else, who could take the locks away.
    #[error("the port lock folder {folder} does not belong to this user")]
    NotOurs {
        /// The folder.
        folder: Utf8PathBuf,
    },
    /// A lock could not be tried.
    #[error("port {port} cannot be locked")]
    Lock {
        /// The port.
        port: u16,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A given port is leased by another run, or in use.
    #[error("port {0} is leased by another run or in use")]
    Taken(u16),
    /// Every port is leased or in use.
    #[error("no free port available from {} to {}: each is leased by another run or in use", PORTS.start(), PORTS.end())]
    NoneFree,
}

/// Leases ports, in an order of its own so that runs do not queue for the same ones.
#[derive(Debug)]
pub struct PortPool {
    folder: Utf8PathBuf,
    next: AtomicU64,
}

/// A port that no other lease has, until this is dropped.
#[derive(Debug)]
#[must_use = "the port may be leased to another run as soon as the lease is dropped"]
pub struct PortLease {
    port: u16,
    _lock: File,
}

/// A multicast address and UDP port that no other lease has, until this is dropped.
///
/// Both are unique: a socket bound to the port hears every group of the machine that uses the same port.
#[derive(Debug)]
#[must_use = "the group may be leased to another run as soon as the lease is dropped"]
pub struct MulticastLease {
    /// The group, in the site-local scope `239.255.0.0/16` (RFC 2365).
    pub address: Ipv4Addr,
    /// The UDP port.
    pub port: u16,
    _lock: File,
}

impl PortPool {
    /// The pool that all runs of this user share: `tomee-harness-UID/ports` in the folder for temporary files.
    ///
    /// # Errors
    /// The folder cannot be made or belongs to somebody else.
    pub fn of_user() -> Result<Self, PortError> {
        let temporary = Utf8PathBuf::from_path_buf(std::env::temp_dir()).map_err(|path| PortError::Folder {
            folder: path.to_string_lossy().into_owned().into(),
            source: io::Error::new(io::ErrorKind::InvalidFilename, "the path is not UTF-8"),
        })?;
        let own = temporary.join(format!("tomee-harness-{}", nix::unistd::geteuid()));
        make_private(&own)?;
        Self::at(&own.join("ports"))
    }

    /// A pool with its locks in `folder`, which is made if it is missing. Only pools of one folder know of each other.
    ///
    /// # Errors
    /// The folder cannot be made or belongs to somebody else.
    pub fn at(folder: &Utf8Path) -> Result<Self, PortError> {
        make_private(folder)?;
        let start = RandomState::new().hash_one(std::process::id());
        Ok(Self { folder: folder.to_owned(), next: AtomicU64::new(start) })
    }

    /// Leases `count` TCP ports on which nobody listens.
    ///
    /// # Errors
    /// No port is free, or the locks cannot be used.
    pub fn lease(&self, count: usize) -> Result<Vec<PortLease>, PortError> {
        (0..count).map(|_| self.take(tcp_is_free).map(|(port, lock)| PortLease { port, _lock: lock })).collect()
    }

    /// Leases this port, if nobody listens on it.
    ///
    /// # Errors
    /// It is leased or in use, or the locks cannot be used.
    pub fn lease_this(&self, port: u16) -> Result<PortLease, PortError> {
        match self.try_lock(port)? {
            Some(lock) if tcp_is_free(port) => Ok(PortLease { port, _lock: lock }),
            _ => Err(PortError::Taken(port)),
        }
    }

    /// Gives other ports for `taken` ones: the way on when a server could not bind because a stranger took a port
    /// between lease and start. The old leases end after the new ones are there, so none comes back.
    ///
    /// # Errors
    /// As [`PortPool::lease`]; the old leases end all the same.
    pub fn replace(&self, taken: Vec<PortLease>) -> Result<Vec<PortLease>, PortError> {
        let fresh = self.lease(taken.len());
        drop(taken);
        fresh
    }

    /// Leases a multicast address with a UDP port on which nobody listens.
    ///
    /// # Errors
    /// No port is free, or the locks cannot be used.
    pub fn lease_multicast(&self) -> Result<MulticastLease, PortError> {
        let (port, lock) = self.take(udp_is_free)?;
        let [high, low] = port.to_be_bytes();
        Ok(MulticastLease { address: Ipv4Addr::new(239, 255, high, low), port, _lock: lock })
    }

    fn take(&self, is_free: fn(u16) -> bool) -> Result<(u16, File), PortError> {
        for _ in PORTS {
            let port = self.candidate();
            if let Some(lock) = self.try_lock(port)?
                && is_free(port)
            {
                return Ok((port, lock));
            }
        }
        Err(PortError::NoneFree)
    }

    fn candidate(&self) -> u16 {
        let (first, count) = (*PORTS.start(), PORTS.end() - PORTS.start() + 1);
        let step = self.next.fetch_add(1, Ordering::Relaxed) % u64::from(count);
        first + u16::try_from(step).unwrap_or(0)
    }

    fn try_lock(&self, port: u16) -> Result<Option<File>, PortError> {
        let path = self.folder.join(format!("{port}.lock"));
        let open = || File::options().create(true).truncate(false).write(true).open(&path);
        let failed = |source| PortError::Lock { port, source };
        let file = match open() {
            // Somebody tidied the folder for temporary files.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                make_private(&self.folder)?;
                open()
            }
            other => other,
        }
        .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => return Ok(None),
            Err(std::fs::TryLockError::Error(source)) => return Err(failed(source)),
        }
        // A lock on a file that was removed in between says nothing: the next to come makes a new file.
        let ours = file.metadata().map_err(failed)?;
        let there = fs_err::metadata(&path).is_ok_and(|there| there.ino() == ours.ino() && there.dev() == ours.dev());
        Ok(there.then_some(file))
    }
}

impl PortLease {
    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Whether nobody listens on the port now. Distinguishes a stranger's port from another reason for a failed start.
    pub fn is_free(&self) -> bool {
        tcp_is_free(self.port)
    }
}

/// Binding both detects listeners on all addresses also where a bind to one address would hide them (macOS).
fn tcp_is_free(port: u16) -> bool {
    [Ipv4Addr::UNSPECIFIED, Ipv4Addr::LOCALHOST].iter().all(|address| TcpListener::bind((*address, port)).is_ok())
}

fn udp_is_free(port: u16) -> bool {
    UdpSocket::bind((Ipv4Addr::UNSPECIFIED, port)).is_ok()
}

/// Makes a folder for this user alone. In a folder for temporary files another user could have laid one before.
fn make_private(folder: &Utf8Path) -> Result<(), PortError> {
    let failed = |source| PortError::Folder { folder: folder.to_owned(), source };
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
    let there = fs_err::symlink_metadata(folder).map_err(failed)?;
    if !there.is_dir() || there.uid() != nix::unistd::geteuid().as_raw() {
        return Err(PortError::NotOurs { folder: folder.to_owned() });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::Duration;

    use super::*;
    use crate::host::wait::{Look, TimedOut, until};

    fn folder() -> (tempfile::TempDir, Utf8PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = Utf8PathBuf::from_path_buf(folder.path().join("ports")).expect("UTF-8");
        (folder, path)
    }

    /// A pool whose next candidate is `port`.
    fn pool_at(folder: &Utf8Path, port: u16) -> PortPool {
        let pool = PortPool::at(folder).expect("a pool");
        pool.next.store(u64::from(port - PORTS.start()), Ordering::Relaxed);
        pool
    }

    fn ports(leases: &[PortLease]) -> Vec<u16> {
        leases.iter().map(PortLease::port).collect()
    }

    #[test]
    fn eight_runs_at_once_never_get_the_same_port() {
        let (_keep, folder) = folder();
        let runs: Vec<Vec<PortLease>> = std::thread::scope(|scope| {
            // All begin at the same port, which is the worst that chance can do.
            let runs: Vec<_> =
                (0..8).map(|_| scope.spawn(|| pool_at(&folder, 24_000).lease(20).expect("ports"))).collect();
            runs.into_iter().map(|run| run.join().expect("no panic")).collect()
        });
        let distinct: BTreeSet<u16> = runs.iter().flatten().map(PortLease::port).collect();
        assert_eq!(distinct.len(), 160);
        assert!(distinct.iter().all(|port| PORTS.contains(port)));
    }

    #[tokio::test]
    async fn a_port_is_leased_again_only_after_its_lease_ends() {
        let (_keep, folder) = folder();
        let first = pool_at(&folder, 25_000).lease(1).expect("a port");
        let taken = first[0].port();
        let beside = pool_at(&folder, taken).lease(1).expect("a port");
        assert_ne!(beside[0].port(), taken);
        drop(first);
        // A process that another test is forking holds a copy of the lock until it becomes a program of its own.
        let again: Result<(), TimedOut> = until("the port", Duration::from_secs(10), async || {
            let ports = ports(&pool_at(&folder, taken).lease(1).expect("a port"));
            Ok(if ports == [taken] { Look::Ready(()) } else { Look::NotYet(format!("{ports:?}")) })
        })
        .await;
        again.expect("its lease has ended");
    }

    #[test]
    fn a_port_on_which_somebody_listens_is_skipped() {
        let (_keep, folder) = folder();
        for address in [Ipv4Addr::LOCALHOST, Ipv4Addr::UNSPECIFIED] {
            let free = pool_at(&folder, 26_000).lease(1).expect("a port");
            let port = free[0].port();
            let _stranger = TcpListener::bind((address, port)).expect("free a moment ago");
            assert!(!free[0].is_free());
            drop(free);
            assert_ne!(ports(&pool_at(&folder, port).lease(1).expect("a port")), [port], "listener on {address}");
        }
    }

    #[test]
    fn a_given_port_is_leased_once_and_not_where_somebody_listens() {
        let (_kept, folder) = folder();
        let pool = PortPool::at(&folder).expect("a pool");
        // The kernel's choice, so that no other test has it.
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        assert!(matches!(pool.lease_this(port), Err(PortError::Taken(taken)) if taken == port));
        drop(listener);
        let lease = pool.lease_this(port).expect("it is free now");
        let other = PortPool::at(&folder).expect("another run's pool");
        assert!(matches!(other.lease_this(port), Err(PortError::Taken(_))));
        drop(lease);
        assert_eq!(other.lease_this(port).expect("the lease has ended").port(), port);
    }

    #[test]
    fn replaced_ports_do_not_come_back() {
        let (_keep, folder) = folder();
        let pool = pool_at(&folder, 27_000);
        let leases = pool.lease(3).expect("ports");
        let old = ports(&leases);
        pool.next.store(u64::from(old[0] - PORTS.start()), Ordering::Relaxed);
        let fresh = ports(&pool.replace(leases).expect("ports"));
        assert!(fresh.iter().all(|port| !old.contains(port)), "{old:?} became {fresh:?}");
    }

    #[test]
    fn multicast_groups_differ_in_address_and_port() {
        let (_keep, folder) = folder();
        let groups: Vec<MulticastLease> =
            (0..4).map(|_| pool_at(&folder, 28_000).lease_multicast().expect("a group")).collect();
        let addresses: BTreeSet<Ipv4Addr> = groups.iter().map(|group| group.address).collect();
        let ports: BTreeSet<u16> = groups.iter().map(|group| group.port).collect();
        assert_eq!((addresses.len(), ports.len()), (4, 4));
        assert!(addresses.iter().all(Ipv4Addr::is_multicast));
    }

    #[test]
    fn a_udp_port_in_use_is_skipped_for_multicast() {
        let (_keep, folder) = folder();
        let free = pool_at(&folder, 29_000).lease_multicast().expect("a group");
        let port = free.port;
        let _stranger = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, port)).expect("free a moment ago");
        drop(free);
        assert_ne!(pool_at(&folder, port).lease_multicast().expect("a group").port, port);
    }

    #[test]
    fn a_folder_that_was_tidied_away_is_made_again() {
        let (_keep, folder) = folder();
        let pool = PortPool::at(&folder).expect("a pool");
        fs_err::remove_dir_all(&folder).expect("removed");
        assert_eq!(pool.lease(2).expect("ports").len(), 2);
    }

    #[test]
    fn a_link_in_place_of_the_folder_is_refused() {
        let (keep, folder) = folder();
        fs_err::os::unix::fs::symlink(keep.path(), &folder).expect("a link");
        assert!(matches!(PortPool::at(&folder), Err(PortError::NotOurs { .. })));
    }
}
