//! What the memory of this process may not become: a core dump, or a page of a swap that others read. Clause 5.1.

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

/// Turns core dumps off, and keeps other processes of the same user from reading the memory.
///
/// # Errors
/// What the system said.
pub fn seal() -> std::io::Result<()> {
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    Ok(set_dumpable_behavior(DumpableBehavior::NotDumpable)?)
}

/// Whether the machine has swap that is not encrypted, as far as can be seen: on no mapped device.
pub fn has_open_swap() -> bool {
    is_open(&std::fs::read_to_string("/proc/swaps").unwrap_or_default())
}

fn is_open(swaps: &str) -> bool {
    let mut devices = swaps.lines().skip(1).filter_map(|line| line.split_whitespace().next());
    devices.any(|device| !["/dev/dm-", "/dev/mapper/", "/dev/zram"].iter().any(|sealed| device.starts_with(sealed)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn swap_on_a_bare_disk_is_seen() {
        let head = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n";
        let with = |device: &str| is_open(&format!("{head}/dev/dm-1 partition 8 0 -2\n{device} partition 8 0 -3\n"));
        assert!(!is_open(head) && !is_open("") && !with("/dev/zram0") && !with("/dev/mapper/swap"));
        assert!(with("/dev/sda2") && with("/swapfile"));
    }
}
