//! From which network address a request was sent: that of the connection, or the one that a proxy of ours wrote down.
//!
//! Issue 3, item 9; clause 3.4g. `X-Forwarded-For` is read from the right and believed only as far as the proxies that the
//! deployment names: whatever stands left of them, anybody can write. The address itself goes nowhere: what is passed on
//! are two keyed hashes. Start reading at [`Sender::of`].

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    str::FromStr,
};

use axum::{
    extract::ConnectInfo,
    http::{HeaderMap, request::Parts},
};
use kepil_domain::vault::Keys;

use crate::App;

const FORWARDED: &str = "x-forwarded-for";
/// How many hops are read. Unit: addresses.
const HOPS_MAX: usize = 16;

/// Neighbouring addresses, such as `10.0.0.0/8`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Network {
    first: IpAddr,
    bits: u8,
}

/// Why a text is no network.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a network is written as an address and how many bits of it count, such as `10.0.0.0/8`")]
pub struct NetworkError;

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let (address, bits) = text.split_once('/').ok_or(NetworkError)?;
        let address = address.parse::<IpAddr>().map_err(|_| NetworkError)?;
        let bits = bits.parse::<u8>().map_err(|_| NetworkError)?;
        let bits_max = if address.is_ipv4() { 32 } else { 128 };
        let first = cut(address, bits);
        // Bits beyond the network would say something that is not meant.
        if bits > bits_max || first != address { Err(NetworkError) } else { Ok(Self { first, bits }) }
    }
}

impl Network {
    fn contains(self, address: IpAddr) -> bool {
        self.first.is_ipv4() == address.is_ipv4() && cut(address, self.bits) == self.first
    }
}

/// `address` with nothing but its first `bits`.
fn cut(address: IpAddr, bits: u8) -> IpAddr {
    match address {
        IpAddr::V4(v4) => {
            let mask = u32::MAX.checked_shl(32_u32.saturating_sub(bits.into())).unwrap_or(0);
            Ipv4Addr::from_bits(v4.to_bits() & mask).into()
        }
        IpAddr::V6(v6) => {
            let mask = u128::MAX.checked_shl(128_u32.saturating_sub(bits.into())).unwrap_or(0);
            Ipv6Addr::from_bits(v6.to_bits() & mask).into()
        }
    }
}

/// From where a request was sent. Two keyed hashes: the address is not kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Sender {
    /// Of the address; of the first 64 bits where one subscriber has them all.
    pub address: [u8; 16],
    /// Of its network: the first 24 bits, or 48 where addresses are long.
    pub network: [u8; 16],
}

impl Sender {
    /// From where the request of `parts` was sent. `None` when that is not known: a connection from this very machine is
    /// a proxy's that the deployment did not name.
    #[must_use]
    pub fn of(app: &App, parts: &Parts) -> Option<Self> {
        let ConnectInfo(peer) = parts.extensions.get::<ConnectInfo<SocketAddr>>()?;
        let address = believed(peer.ip(), &parts.headers, &app.config.proxies)?;
        Some(Self::hashed(app.store.keys(), address))
    }

    fn hashed(keys: &Keys, address: IpAddr) -> Self {
        let (own, around) = if address.is_ipv4() { (32, 24) } else { (64, 48) };
        let hash = |label, bits| keys.hash_for(label, cut(address, bits).to_string().as_bytes());
        Self { address: hash("sender address", own), network: hash("sender network", around) }
    }
}

/// The nearest address that is none of our `proxies`, going from the connection to the left of what they wrote down.
fn believed(peer: IpAddr, headers: &HeaderMap, proxies: &[Network]) -> Option<IpAddr> {
    let is_ours = |address: IpAddr| proxies.iter().any(|network| network.contains(address));
    // Bytes, not text: what cannot be read is a hop too, and hides none that a proxy wrote behind it.
    let lines = headers.get_all(FORWARDED).into_iter().rev();
    let mut hops = lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b',')).take(HOPS_MAX);
    let mut address = peer.to_canonical();
    while is_ours(address) {
        // A proxy that wrote nothing, or nothing that can be read, is the last of whom anything is known.
        let Some(next) = hops.next().and_then(read_hop) else { break };
        address = next;
    }
    (!address.is_loopback() && !address.is_unspecified()).then_some(address)
}

/// An address as proxies write it: alone, or with a port.
fn read_hop(bytes: &[u8]) -> Option<IpAddr> {
    let text = str::from_utf8(bytes).ok()?.trim();
    let alone = text.parse::<IpAddr>().ok();
    let bare = || text.strip_prefix('[')?.strip_suffix(']')?.parse::<IpAddr>().ok();
    let with_port = || text.parse::<SocketAddr>().ok().map(|socket| socket.ip());
    alone.or_else(bare).or_else(with_port).map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use kepil_domain::{
        Installation,
        vault::{EpochKey, EpochNo, Secrets},
    };
    use kepil_store::OsEntropy;

    use super::*;

    fn of(peer: &str, lines: &[&'static str], proxies: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(FORWARDED, HeaderValue::from_static(line));
        }
        let proxies: Vec<Network> = proxies.iter().map(|text| text.parse().unwrap()).collect();
        believed(peer.parse().unwrap(), &headers, &proxies).map(|address| address.to_string())
    }

    #[test]
    fn the_connection_counts_and_not_what_a_stranger_writes() {
        assert_eq!(of("198.51.100.7", &["203.0.113.9"], &[]).unwrap(), "198.51.100.7");
        assert_eq!(of("198.51.100.7", &["203.0.113.9"], &["127.0.0.1/32"]).unwrap(), "198.51.100.7");
        assert_eq!(of("127.0.0.1", &["203.0.113.9"], &[]), None, "a proxy that nobody named");
        assert_eq!(of("::ffff:198.51.100.7", &[], &[]).unwrap(), "198.51.100.7", "one address has one form");
    }

    #[test]
    fn a_named_proxy_is_believed_and_nothing_left_of_it() {
        let own = ["127.0.0.1/32", "10.0.0.0/8", "2001:db8::/32"];
        for (lines, expected) in [
            (&["203.0.113.9"][..], "203.0.113.9"),
            (&["8.8.8.8, 203.0.113.9"], "203.0.113.9"),
            (&["8.8.8.8", "203.0.113.9, 10.1.2.3"], "203.0.113.9"),
            (&["8.8.8.8, 203.0.113.9:4711"], "203.0.113.9"),
            (&["[2001:db9::1]:443, 2001:db8::7"], "2001:db9::1"),
            (&["[2001:db9::1]"], "2001:db9::1"),
            (&["10.1.2.3"], "10.1.2.3"),
            (&["8.8.8.8, unknown, 10.1.2.3"], "10.1.2.3"),
        ] {
            assert_eq!(of("127.0.0.1", lines, &own).as_deref(), Some(expected), "{lines:?}");
        }
        for nothing in [&[][..], &[""], &["unknown"], &["127.0.0.1"], &["203.0.113.9, 0.0.0.0"]] {
            assert_eq!(of("127.0.0.1", nothing, &own), None, "{nothing:?}");
        }
    }

    #[test]
    fn a_line_that_cannot_be_read_is_a_hop_and_hides_none() {
        let of = |lines: &[&[u8]]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(FORWARDED, HeaderValue::from_bytes(line).unwrap());
            }
            let own = ["127.0.0.1/32", "10.0.0.0/8"].map(|network| network.parse().unwrap());
            believed("127.0.0.1".parse().unwrap(), &headers, &own).map(|address| address.to_string())
        };
        assert_eq!(of(&[b"8.8.8.8", b"\xff", b"10.1.2.3"]).as_deref(), Some("10.1.2.3"), "none is made up behind it");
        assert_eq!(of(&[b"8.8.8.8", b"\xff"]), None);
        assert_eq!(of(&[b"\xff, 203.0.113.9"]).as_deref(), Some("203.0.113.9"), "what the proxy added is read");
    }

    #[test]
    fn a_network_is_written_in_one_way() {
        for good in ["0.0.0.0/0", "10.0.0.0/8", "127.0.0.1/32", "::/0", "2001:db8::/32", "::1/128"] {
            assert!(good.parse::<Network>().is_ok(), "{good}");
        }
        for bad in ["", "10.0.0.0", "10.0.0.1/8", "10.0.0.0/33", "x/8", "10.0.0.0/-1", "::1/129", "2001:db8::1/32"] {
            assert_eq!(bad.parse::<Network>(), Err(NetworkError), "{bad}");
        }
    }

    #[test]
    fn neighbours_share_a_network_and_one_subscriber_has_one_address() {
        let keys = Keys::new(
            Installation([1; 16]),
            Secrets::random(0, &mut OsEntropy).unwrap(),
            EpochKey::from_bytes(EpochNo(1), [1; 32]),
        );
        let hashed = |text: &str| Sender::hashed(&keys, text.parse().unwrap());
        let (one, next, far) = (hashed("203.0.113.1"), hashed("203.0.113.2"), hashed("203.0.114.1"));
        assert!(one.network == next.network && one.address != next.address && one.network != far.network);
        assert_eq!(
            hashed("2001:db8::1"),
            hashed("2001:db8::ffff:1"),
            "the last 64 bits are the subscriber's to choose"
        );
        assert_eq!(hashed("2001:db8:0:1::").network, hashed("2001:db8:0:2::").network);
    }
}
