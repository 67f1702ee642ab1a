//! Sets of networks: what an address is asked against.
//!
//! A stand-in with the two calls that the status listener and its tests need; the full reading of CIDRs replaces it.
//! Imports nobody.

use std::net::{IpAddr, Ipv4Addr};

use super::{Network, Networks};

impl Networks {
    /// Loopback and the private networks of IPv4.
    pub(crate) fn private() -> Self {
        let v4 = |a, b, prefix| Network { base: IpAddr::V4(Ipv4Addr::new(a, b, 0, 0)), prefix };
        Networks(vec![v4(127, 0, 8), v4(10, 0, 8), v4(172, 16, 12), v4(192, 168, 16)])
    }

    pub(crate) fn contains(&self, address: IpAddr) -> bool {
        let IpAddr::V4(address) = address.to_canonical() else { return false };
        self.0.iter().any(|network| match network.base {
            IpAddr::V4(base) => (base.to_bits() ^ address.to_bits()) >> (32 - network.prefix) == 0,
            IpAddr::V6(_) => false,
        })
    }
}
