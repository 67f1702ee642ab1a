//! What the machine allows: file descriptors and memory, and so how many connections.
//!
//! Asked once, at start; limits that a configuration sets come on top and are not known here, and cores are counted in
//! `cores`. Home of `rustix`.

use std::fs;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Descriptors kept back for listeners, logs, status and whatever else is open beside connections.
const RESERVE: u64 = 64;
/// What a busy connection may need, in bytes, buffers on both sides and the kernel's own left out.
const BYTES_EACH: u64 = 64 * 1024;

/// Raises the soft limit of file descriptors to the hard one; says what it is now.
pub(crate) fn raise_descriptor_limit() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    // A refusal leaves the limit as it was, and the count below goes by that.
    let _ = setrlimit(Resource::Nofile, raised);
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

/// How many client connections fit: each may need a descriptor on both sides, and memory.
pub(crate) fn connection_capacity(descriptors: u64) -> usize {
    let by_descriptors = descriptors.saturating_sub(RESERVE) / 2;
    let by_memory = memory_limit().map_or(u64::MAX, |bytes| bytes / BYTES_EACH);
    usize::try_from(by_descriptors.min(by_memory).max(1)).unwrap_or(usize::MAX)
}

/// The least of the machine's memory and the control group's limit (version 2, then 1), in bytes.
fn memory_limit() -> Option<u64> {
    let groups = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"];
    let group = groups.iter().filter_map(|path| fs::read_to_string(path).ok()?.trim().parse::<u64>().ok());
    group.chain(fs::read_to_string("/proc/meminfo").ok().and_then(|text| total_memory(&text))).min()
}

fn total_memory(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptors_bound_connections() {
        assert_eq!(connection_capacity(RESERVE + 20), 10);
        assert_eq!(connection_capacity(0), 1);
    }

    #[test]
    fn reads_the_machines_memory() {
        assert_eq!(total_memory("MemTotal:       24575 kB\nMemFree: 1 kB\n"), Some(24575 * 1024));
        assert_eq!(total_memory("nothing"), None);
    }
}
