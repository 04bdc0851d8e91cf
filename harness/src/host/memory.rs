//! How much memory is available: what the machine has free, and what the control group of this process leaves of it.

use camino::Utf8Path;

/// What a node of a small cluster needs, in mebibytes: 145 resident with the default flags, and room to breathe.
pub const NODE_MEBIBYTES: u64 = 300;

const GROUP: &str = "sys/fs/cgroup";

/// Mebibytes that may be used now; `None` where this system does not report it.
pub fn free_mebibytes() -> Option<u64> {
    free_below(Utf8Path::new("/"))
}

fn free_below(root: &Utf8Path) -> Option<u64> {
    let machine = available(root);
    let groups = [("memory.max", "memory.current"), ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes")];
    let left = groups.iter().filter_map(|(limit, used)| {
        let (limit, used) = (number(root, limit)?, number(root, used)?);
        Some(limit.saturating_sub(used.saturating_sub(cached(root))) / (1024 * 1024))
    });
    left.chain(machine).min()
}

/// Bytes of files that the group would drop for a process in need; they are counted as used.
fn cached(root: &Utf8Path) -> u64 {
    let stat = |path| fs_err::read_to_string(root.join(GROUP).join(path)).ok();
    let Some(text) = stat("memory.stat").or_else(|| stat("memory/memory.stat")) else { return 0 };
    let line = text.lines().find_map(|line| line.strip_prefix("inactive_file "));
    line.and_then(|bytes| bytes.trim().parse().ok()).unwrap_or(0)
}

/// `MemAvailable` of `/proc/meminfo`.
fn available(root: &Utf8Path) -> Option<u64> {
    let text = fs_err::read_to_string(root.join("proc/meminfo")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kibibytes| kibibytes / 1024)
}

/// The number in a file; a group without a limit has the word `max` there, or a number beyond any machine.
fn number(root: &Utf8Path, path: &str) -> Option<u64> {
    fs_err::read_to_string(root.join(GROUP).join(path)).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn available_in(files: &[(&str, &str)]) -> Option<u64> {
        let root = tempfile::tempdir().expect("a folder");
        let root = Utf8Path::from_path(root.path()).expect("UTF-8");
        for (path, content) in files {
            let path = root.join(path);
            fs_err::create_dir_all(path.parent().expect("a file is in a folder")).expect("made");
            fs_err::write(path, content).expect("written");
        }
        free_below(root)
    }

    #[test]
    fn the_tighter_of_machine_and_control_group_counts() {
        let machine = ("proc/meminfo", "MemTotal:  8388608 kB\nMemAvailable:    4194304 kB\n");
        let limit = "sys/fs/cgroup/memory.max";
        let used = ("sys/fs/cgroup/memory.current", "1073741824\n");
        assert_eq!(available_in(&[]), None);
        assert_eq!(available_in(&[machine]), Some(4096));
        assert_eq!(available_in(&[machine, (limit, "max\n"), used]), Some(4096));
        assert_eq!(available_in(&[machine, (limit, "2147483648\n"), used]), Some(1024));
        assert_eq!(available_in(&[machine, (limit, "536870912\n"), used]), Some(0), "it is over its limit");
        let files = ("sys/fs/cgroup/memory.stat", "anon 1\ninactive_file 536870912\nactive_file 7\n");
        assert_eq!(
            available_in(&[machine, (limit, "2147483648\n"), used, files]),
            Some(1536),
            "files are dropped in need"
        );
        let (old, old_used) =
            ("sys/fs/cgroup/memory/memory.limit_in_bytes", "sys/fs/cgroup/memory/memory.usage_in_bytes");
        assert_eq!(available_in(&[machine, (old, "3221225472"), (old_used, "1073741824")]), Some(2048));
        assert_eq!(available_in(&[machine, (old, "9223372036854771712"), (old_used, "1073741824")]), Some(4096));
    }
}
