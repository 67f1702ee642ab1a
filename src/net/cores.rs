//! How many workers `workers.count = 0` stands for: one a core that this process may use.
//!
//! The affinity mask and the cgroup quota are respected. In a container without a quota it is four at most: there
//! the machine's cores are everybody's, and a thread for each of them would be neither wanted nor expected.

use std::fs;
use std::path::Path;

/// The number of cores to use, at least 1.
pub(crate) fn cores() -> usize {
    // Covers the affinity mask and a cgroup's quota.
    let available = std::thread::available_parallelism().map_or(1, usize::from);
    resolve(available, in_container(), has_quota(Path::new("/sys/fs/cgroup")))
}

const WITHOUT_QUOTA: usize = 4;

fn resolve(available: usize, in_container: bool, has_quota: bool) -> usize {
    if in_container && !has_quota { available.min(WITHOUT_QUOTA) } else { available }
}

/// The marks that Docker, Podman and Kubernetes leave.
fn in_container() -> bool {
    let marks = ["/.dockerenv", "/run/.containerenv", "/var/run/secrets/kubernetes.io"];
    marks.iter().any(|mark| Path::new(mark).exists())
}

/// As a container sees its own group: version 2 says `max` where there is no quota, version 1 says -1.
fn has_quota(group: &Path) -> bool {
    let read = |file: &str| fs::read_to_string(group.join(file)).ok();
    let v2 = read("cpu.max").is_some_and(|text| !text.starts_with("max"));
    let v1 = read("cpu/cpu.cfs_quota_us").is_some_and(|text| !text.starts_with('-'));
    v2 || v1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_at_most_where_nothing_is_said_in_a_container() {
        for (available, in_container, has_quota, expected) in
            [(16, false, false, 16), (16, true, false, 4), (16, true, true, 16), (2, true, false, 2)]
        {
            assert_eq!(resolve(available, in_container, has_quota), expected);
        }
    }

    #[test]
    fn no_group_is_no_quota() {
        assert!(!has_quota(Path::new("/nowhere")));
    }
}
