//! Sets of networks: who is believed, who is let in.
//!
//! An IPv4 address inside an IPv6 one (RFC 4291, section 2.5.5.2) is the IPv4 address, on both sides of a comparison:
//! a dual-stack socket reports clients that way, and a rule for 10.0.0.0/8 means them too.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// A set of networks, as CIDRs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Networks(Vec<Network>);

impl Networks {
    /// Loopback, link-local, RFC 1918, RFC 6598 and unique local addresses (RFC 4193).
    pub(crate) fn private() -> Self {
        let v4 = |a, b, prefix| Network { base: IpAddr::V4(Ipv4Addr::new(a, b, 0, 0)), prefix };
        let v6 =
            |first, last, prefix| Network { base: IpAddr::V6(Ipv6Addr::new(first, 0, 0, 0, 0, 0, 0, last)), prefix };
        Networks(vec![
            v4(127, 0, 8),
            v4(169, 254, 16),
            v4(10, 0, 8),
            v4(172, 16, 12),
            v4(192, 168, 16),
            v4(100, 64, 10),
            v6(0, 1, 128),
            v6(0xfe80, 0, 10),
            v6(0xfc00, 0, 7),
        ])
    }

    /// Reads CIDRs, addresses and the word `private`. The error is the entry that is none of these.
    pub(crate) fn parse<'e>(entries: impl IntoIterator<Item = &'e str>) -> Result<Self, &'e str> {
        let one = |entry: &'e str| match entry {
            "private" => Ok(Networks::private()),
            _ => entry.parse().map(|network| Networks(vec![network])).map_err(|_: NetworkFault| entry),
        };
        entries.into_iter().map(one).collect::<Result<Vec<_>, _>>().map(Networks::join)
    }

    pub(super) fn join(parts: impl IntoIterator<Item = Networks>) -> Self {
        Networks(parts.into_iter().flat_map(|part| part.0).collect())
    }

    pub(crate) fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(address))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Network> {
        self.0.iter()
    }
}

/// One CIDR. The base has no bit set beyond the prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Network {
    base: IpAddr,
    /// At most 32, or 128.
    prefix: u8,
}

impl Network {
    /// Every address of a family.
    pub(super) fn is_everything(&self) -> bool {
        self.prefix == 0
    }

    fn contains(&self, address: IpAddr) -> bool {
        match (self.base, address) {
            (IpAddr::V4(base), IpAddr::V4(address)) => {
                cut(address.to_bits().into(), 32, self.prefix) == base.to_bits().into()
            }
            (IpAddr::V6(base), IpAddr::V6(address)) => cut(address.to_bits(), 128, self.prefix) == base.to_bits(),
            _ => false,
        }
    }
}

/// The bits of an address with those after the prefix cleared.
fn cut(bits: u128, width: u8, prefix: u8) -> u128 {
    let host = u32::from(width - prefix);
    bits.checked_shr(host).and_then(|kept| kept.checked_shl(host)).unwrap_or(0)
}

/// Why a text is not a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NetworkFault {
    Address,
    Prefix,
    /// Bits are set beyond the prefix; here is the network that the prefix says.
    Host(Network),
}

impl FromStr for Network {
    type Err = NetworkFault;

    fn from_str(text: &str) -> Result<Self, NetworkFault> {
        let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let written: IpAddr = address.parse().map_err(|_| NetworkFault::Address)?;
        let width = |address: IpAddr| if address.is_ipv4() { 32 } else { 128 };
        let plain = |prefix: &&str| prefix.len() <= 3 && prefix.bytes().all(|b| b.is_ascii_digit());
        let prefix = prefix.map_or(Ok(width(written)), |prefix| {
            Some(prefix).filter(plain).and_then(|prefix| prefix.parse::<u8>().ok()).ok_or(NetworkFault::Prefix)
        })?;
        if prefix > width(written) {
            return Err(NetworkFault::Prefix);
        }
        // ::ffff:10.0.0.0/104 is 10.0.0.0/8; with a shorter prefix it is an IPv6 network that holds no IPv4 address.
        let (base, prefix) = match (written, written.to_canonical()) {
            (IpAddr::V6(_), base @ IpAddr::V4(_)) if prefix >= 96 => (base, prefix - 96),
            _ => (written, prefix),
        };
        let network = match base {
            IpAddr::V4(v4) => {
                // INVARIANT: cutting 32 bits leaves 32 bits.
                let bits = cut(v4.to_bits().into(), 32, prefix) as u32;
                Network { base: IpAddr::V4(Ipv4Addr::from_bits(bits)), prefix }
            }
            IpAddr::V6(v6) => Network { base: IpAddr::V6(Ipv6Addr::from_bits(cut(v6.to_bits(), 128, prefix))), prefix },
        };
        if network.base == base { Ok(network) } else { Err(NetworkFault::Host(network)) }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.base, self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_is_what_the_manual_says() {
        let inside = "127.0.0.1 127.255.0.9 169.254.1.1 10.0.0.1 10.255.255.255 172.16.0.1 172.31.255.255 192.168.9.9 \
                      100.64.0.1 100.127.255.255 ::1 fe80::1 febf::1 fc00::1 fdff::1 ::ffff:10.1.2.3 ::ffff:127.0.0.1";
        let outside = "128.0.0.1 169.253.1.1 9.255.255.255 11.0.0.0 172.15.0.1 172.32.0.0 192.167.1.1 192.169.0.1 \
                       100.63.255.255 100.128.0.0 0.0.0.0 :: ::2 fec0::1 fe00::1 2001:db8::1 ::ffff:8.8.8.8";
        for (list, expected) in [(inside, true), (outside, false)] {
            for address in list.split_whitespace() {
                assert_eq!(Networks::private().contains(address.parse().unwrap()), expected, "{address}");
            }
        }
    }

    #[test]
    fn networks_hold_their_addresses() {
        for (network, address, expected) in [
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.0", false),
            ("10.0.0.1", "10.0.0.1", true),
            ("10.0.0.1", "10.0.0.2", false),
            ("0.0.0.0/0", "255.1.2.3", true),
            ("0.0.0.0/0", "::1", false),
            ("0.0.0.0/0", "::ffff:1.2.3.4", true),
            ("::/0", "2001:db8::1", true),
            ("::/0", "1.2.3.4", false),
            ("::/0", "::ffff:1.2.3.4", false),
            ("2001:db8::/32", "2001:db8:ffff::1", true),
            ("2001:db8::/32", "2001:db9::", false),
            ("::ffff:10.0.0.0/104", "10.9.9.9", true),
            ("::ffff:10.0.0.0/104", "11.9.9.9", false),
            ("192.0.2.128/25", "192.0.2.127", false),
            ("192.0.2.128/25", "192.0.2.200", true),
        ] {
            let set = Networks::parse([network]).unwrap();
            assert_eq!(set.contains(address.parse().unwrap()), expected, "{address} in {network}");
        }
    }

    #[test]
    fn what_is_not_a_network_is_refused() {
        for (text, fault) in [
            ("", NetworkFault::Address),
            ("10.0.0", NetworkFault::Address),
            ("010.0.0.0/8", NetworkFault::Address),
            ("web/8", NetworkFault::Address),
            ("10.0.0.0/", NetworkFault::Prefix),
            ("10.0.0.0/33", NetworkFault::Prefix),
            ("10.0.0.0/+8", NetworkFault::Prefix),
            ("::/129", NetworkFault::Prefix),
            ("10.0.0.0/8/8", NetworkFault::Prefix),
        ] {
            assert_eq!(text.parse::<Network>(), Err(fault), "{text}");
        }
        let Err(NetworkFault::Host(meant)) = "10.1.2.3/8".parse::<Network>() else { panic!("bits beyond the prefix") };
        assert_eq!(meant.to_string(), "10.0.0.0/8");
        assert_eq!(Networks::parse(["private", "nobody"]), Err("nobody"));
    }
}
