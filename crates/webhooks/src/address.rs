//! Which addresses a webhook may be sent to: those of the public internet, and what the operator allows.
//!
//! Whoever may post an evaluation chooses where a worker connects to (server-side request forgery, CWE-918). The ranges are
//! those of the IANA special-purpose registries (RFC 6890), and what cloud providers answer at beside them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use thiserror::Error;

/// Not of the public internet.
const PRIVATE_V4: [(Ipv4Addr, u8); 17] = [
    // This host, RFC 1122.
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    // Private, RFC 1918.
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    // Behind a carrier's NAT, RFC 6598; one cloud's metadata.
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    // Loopback.
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    // Link-local, RFC 3927; most clouds' metadata.
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    // IETF protocol assignments, RFC 6890; one cloud's metadata.
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    // Documentation, RFC 5737.
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    // 6to4 relays, RFC 7526.
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    // Benchmarks, RFC 2544.
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    // Multicast, reserved, broadcast.
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
    // A public address at which one cloud answers each of its machines.
    (Ipv4Addr::new(168, 63, 129, 16), 32),
    // AS112, answered inside of many networks.
    (Ipv4Addr::new(192, 175, 48, 0), 24),
];

/// Of these only is the public internet, RFC 4291.
const GLOBAL_V6: (Ipv6Addr, u8) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// Within [`GLOBAL_V6`], and not of the public internet.
const PRIVATE_V6: [(Ipv6Addr, u8); 4] = [
    // IETF protocol assignments: Teredo, benchmarks, ORCHID.
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    // Documentation, RFC 3849 and RFC 9637.
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
    // 6to4: any IPv4 address inside, RFC 7526.
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
];

/// Where NAT64 puts an IPv4 address, RFC 6052.
const NAT64: (Ipv6Addr, u8) = (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96);

/// Ranges beside the public internet that webhooks may be sent to. The default has none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllowedNetworks(Vec<IpNet>);

/// What is no list of ranges.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is no range of addresses")]
pub struct NetworkError(String);

impl AllowedNetworks {
    /// Whether a webhook may be sent to an address. An IPv4 address is judged alike however it is written into an IPv6 one.
    #[must_use]
    pub fn permit(&self, address: IpAddr) -> bool {
        let canonical = canonical(address);
        is_public(canonical)
            || self
                .0
                .iter()
                .any(|range| range.contains(&canonical) || range.contains(&address))
    }

    /// The ranges, as they were given.
    #[must_use]
    pub fn ranges(&self) -> &[IpNet] {
        &self.0
    }
}

/// Ranges in CIDR notation or single addresses, separated by commas: `10.0.0.0/8,::1`.
impl FromStr for AllowedNetworks {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let parts = text.split(',').map(str::trim);
        let ranges = parts.filter(|part| !part.is_empty()).map(|part| {
            let single = || part.parse::<IpAddr>().map(IpNet::from);
            let range = part.parse::<IpNet>().or_else(|_| single());
            range.map_err(|_| NetworkError(part.chars().take(50).collect()))
        });
        ranges.collect::<Result<_, _>>().map(Self)
    }
}

/// The IPv4 address that an IPv6 address stands for: mapped (RFC 4291), or behind NAT64.
fn canonical(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else {
        return address;
    };
    if let Some(mapped) = v6.to_ipv4_mapped() {
        return IpAddr::V4(mapped);
    }
    if is_in_v6(v6, NAT64) {
        let [.., a, b, c, d] = v6.octets();
        return IpAddr::V4(Ipv4Addr::new(a, b, c, d));
    }
    address
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => !PRIVATE_V4.iter().any(|range| is_in_v4(v4, *range)),
        IpAddr::V6(v6) => {
            is_in_v6(v6, GLOBAL_V6) && !PRIVATE_V6.iter().any(|range| is_in_v6(v6, *range))
        }
    }
}

fn is_in_v4(address: Ipv4Addr, (network, length): (Ipv4Addr, u8)) -> bool {
    Ipv4Net::new(network, length).is_ok_and(|range| range.contains(&address))
}

fn is_in_v6(address: Ipv6Addr, (network, length): (Ipv6Addr, u8)) -> bool {
    Ipv6Net::new(network, length).is_ok_and(|range| range.contains(&address))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(allowed: &str, address: &str, expected: bool) {
        let allowed: AllowedNetworks = allowed.parse().unwrap();
        let permitted = allowed.permit(address.parse().unwrap());
        assert_eq!(permitted, expected, "{address} with {allowed:?}");
    }

    #[test]
    fn only_the_public_internet_may_be_reached() {
        for public in [
            "1.1.1.1",
            "8.8.8.8",
            "172.15.255.255",
            "172.32.0.1",
            "100.63.255.255",
            "100.128.0.1",
            "198.20.0.1",
            "223.255.255.255",
            "2606:4700::1111",
            "2a00:1450::1",
            "64:ff9b::8.8.8.8",
            "::ffff:8.8.8.8",
        ] {
            check("", public, true);
        }
        for private in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.100.100.200",
            "127.0.0.1",
            "127.255.255.254",
            "168.63.129.16",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.192",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::8.8.8.8",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::127.0.0.1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:2::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "2002:808:808::",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            check("", private, false);
        }
    }

    #[test]
    fn an_operator_allows_ranges_however_their_addresses_are_written() {
        let allowed = "10.1.0.0/16, ::1,127.0.0.1";
        for address in ["10.1.2.3", "::ffff:10.1.2.3", "::1", "127.0.0.1"] {
            check(allowed, address, true);
        }
        for address in ["10.2.0.1", "127.0.0.2", "::ffff:10.2.0.1", "fe80::1"] {
            check(allowed, address, false);
        }
        for wrong in [
            "10.1.0.0/33",
            "localhost",
            "10.1",
            "::1/129",
            "10.0.0.0/8;::1",
        ] {
            assert!(wrong.parse::<AllowedNetworks>().is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn a_mapped_address_is_judged_as_the_one_it_maps(bits: u32) {
            let none = AllowedNetworks::default();
            let v4 = Ipv4Addr::from_bits(bits);
            let nat64: Ipv6Addr = format!("64:ff9b::{v4}").parse().unwrap();
            let expected = none.permit(v4.into());
            prop_assert_eq!(none.permit(v4.to_ipv6_mapped().into()), expected);
            prop_assert_eq!(none.permit(nat64.into()), expected);
        }
    }
}
