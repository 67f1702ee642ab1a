//! Who the client is, and the fields that tell the backend: X-Forwarded-*, Via, X-Request-Id.
//!
//! They are written afresh. What a request already carries is believed from trusted proxies only; from anyone else
//! it is dropped, for it would be a lie about somebody's address (RFC 7239, section 8.1).

use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;

use crate::config::Networks;
use crate::http::{Fields, Name, Request, Rewrite, Version, tokens};

/// A request that passed here so often goes in a circle (RFC 9110, section 7.6.3).
const MAX_VIA: usize = 8;

/// The other end of a client's connection.
#[derive(Debug)]
pub(crate) struct ClientEnd {
    /// Index of the listener that accepted it.
    pub(crate) listener: u16,
    pub(crate) address: IpAddr,
    /// The address as text, made once.
    pub(crate) text: Box<str>,
    /// The peer is one of the listener's trusted proxies.
    pub(crate) trusted: bool,
    proxies: Rc<Networks>,
    /// The client's connection is encrypted.
    pub(crate) tls: bool,
}

impl ClientEnd {
    pub(crate) fn new(listener: u16, address: IpAddr, proxies: &Rc<Networks>) -> ClientEnd {
        let address = address.to_canonical();
        ClientEnd {
            listener,
            address,
            text: address.to_string().into_boxed_str(),
            trusted: proxies.contains(address),
            proxies: Rc::clone(proxies),
            tls: false,
        }
    }

    /// The client's address: the right-most hop that is no trusted proxy. To be asked before [`write_fields`].
    pub(crate) fn client(&self, fields: &Fields) -> IpAddr {
        let mut client = self.address;
        if !self.trusted {
            return client;
        }
        let mut hops: Vec<&[u8]> = fields.all(Name::XForwardedFor).flat_map(tokens).collect();
        while let Some(hop) = hops.pop() {
            let Some(address) = std::str::from_utf8(hop).ok().and_then(address_of) else {
                break;
            };
            client = address.to_canonical();
            if !self.proxies.contains(client) {
                break;
            }
        }
        client
    }

    /// The client spoke TLS, to us or to a proxy that we trust.
    pub(crate) fn is_https(&self, fields: &Fields) -> bool {
        let told = || fields.get(Name::XForwardedProto).is_some_and(|proto| proto.eq_ignore_ascii_case(b"https"));
        self.tls || self.trusted && told()
    }

    fn scheme(&self) -> &'static str {
        if self.tls { "https" } else { "http" }
    }
}

/// How often this request has passed a limpet.
pub(crate) fn is_loop(fields: &Fields) -> bool {
    via_ours(fields).count() >= MAX_VIA
}

fn via_ours(fields: &Fields) -> impl Iterator<Item = &[u8]> {
    let ours = |entry: &&[u8]| entry.rsplit(|byte| *byte == b' ').next() == Some(b"limpet");
    fields.all(Name::Via).flat_map(tokens).filter(ours)
}

/// Writes the request's forwarding fields, and takes out what only limpet may say. `id` becomes its id, unless a trusted proxy gave it one.
pub(crate) fn write_fields(request: &mut Request, end: &ClientEnd, id: &[u8; 32]) {
    let via = if request.version == Version::Http10 { "1.0 limpet" } else { "1.1 limpet" };
    let fields = &mut request.fields;
    fields.remove(Name::Limpet);
    if end.trusted {
        append(fields, Name::XForwardedFor, "X-Forwarded-For", &end.text);
        append(fields, Name::Via, "Via", via);
    } else {
        let passed = via_ours(fields).count();
        fields.retain(|name, _, _| !is_believed_of_proxies_only(name));
        fields.push("X-Forwarded-For", end.text.as_bytes());
        // From clients that nobody trusts only our own marks stay: they end circles.
        match passed {
            0 => fields.push("Via", via.as_bytes()),
            _ => fields.push("Via", vec![via; passed + 1].join(", ").as_bytes()),
        }
    }
    if !fields.has(Name::XForwardedProto) {
        fields.push("X-Forwarded-Proto", end.scheme().as_bytes());
    }
    if !fields.has(Name::XRequestId) {
        fields.push("X-Request-Id", id);
    }
    if !request.fields.has(Name::XForwardedHost) && !request.authority().is_empty() {
        request.push_authority("X-Forwarded-Host");
    }
}

/// An element of X-Forwarded-For: an address, with a port as some proxies write it.
fn address_of(hop: &str) -> Option<IpAddr> {
    hop.parse().ok().or_else(|| Some(hop.parse::<SocketAddr>().ok()?.ip()))
}

/// Fields that only a trusted proxy may send.
fn is_believed_of_proxies_only(name: Name) -> bool {
    matches!(
        name,
        Name::XForwardedFor
            | Name::XForwardedHost
            | Name::XForwardedProto
            | Name::XForwardedOther
            | Name::XRealIp
            | Name::XRequestId
            | Name::Forwarded
            | Name::Via
    )
}

/// Appends an element to the last field of this name.
fn append(fields: &mut Fields, known: Name, name: &str, element: &str) {
    let mut lines = fields.all(known).count();
    if lines == 0 {
        fields.push(name, element.as_bytes());
        return;
    }
    fields.rewrite(known, |value, fresh| {
        lines -= 1;
        if lines > 0 {
            return Rewrite::Keep;
        }
        fresh.extend_from_slice(value);
        fresh.extend_from_slice(b", ");
        fresh.extend_from_slice(element.as_bytes());
        Rewrite::Replace
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: [u8; 32] = *b"0123456789abcdef0123456789abcdef";

    fn from(address: &str, trusted: &[&str]) -> ClientEnd {
        let proxies = Networks::parse(trusted.iter().copied()).unwrap_or_default();
        ClientEnd::new(0, address.parse().unwrap(), &Rc::new(proxies))
    }

    /// The forwarding fields that a backend gets for a request with these fields.
    fn told(end: &ClientEnd, fields: &[(&str, &str)]) -> Vec<String> {
        let host = ("Host", "shop.example.com:8080");
        let mut request = Request::sample("GET", "/", &[&[host], fields].concat());
        write_fields(&mut request, end, &ID);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        request.fields.iter().skip(1).map(|(_, name, value)| format!("{}: {}", text(name), text(value))).collect()
    }

    #[test]
    fn a_stranger_is_not_believed() {
        let lies = [
            ("X-Forwarded-For", "127.0.0.1"),
            ("x-forwarded-proto", "https"),
            ("X-Forwarded-Host", "admin"),
            ("X-Forwarded-Port", "1"),
            ("X-Real-IP", "::1"),
            ("Forwarded", "for=127.0.0.1"),
            ("Via", "1.1 elsewhere"),
            ("X-Request-Id", "mine"),
        ];
        let told = told(&from("203.0.113.9", &["10.0.0.0/8"]), &lies);
        let truth = [
            "X-Forwarded-For: 203.0.113.9",
            "Via: 1.1 limpet",
            "X-Forwarded-Proto: http",
            "X-Request-Id: 0123456789abcdef0123456789abcdef",
            "X-Forwarded-Host: shop.example.com:8080",
        ];
        assert_eq!(told, truth);
    }

    #[test]
    fn a_trusted_proxy_is_believed_and_added_to() {
        let fields = [
            ("X-Forwarded-For", "198.51.100.7"),
            ("X-Forwarded-Proto", "https"),
            ("X-Forwarded-Host", "www.example.com"),
            ("Via", "2 edge"),
            ("X-Request-Id", "abc"),
        ];
        let expected = [
            "X-Forwarded-For: 198.51.100.7, 10.0.0.1",
            "X-Forwarded-Proto: https",
            "X-Forwarded-Host: www.example.com",
            "Via: 2 edge, 1.1 limpet",
            "X-Request-Id: abc",
        ];
        assert_eq!(told(&from("10.0.0.1", &["10.0.0.0/8"]), &fields), expected);
    }

    #[test]
    fn the_client_is_the_right_most_hop_that_is_no_proxy_of_ours() {
        let proxy = from("10.0.0.1", &["10.0.0.0/8"]);
        for (list, client) in [
            ("198.51.100.7", "198.51.100.7"),
            ("127.0.0.1, 198.51.100.7, 10.0.0.2", "198.51.100.7"),
            ("198.51.100.7:5678, 10.0.0.2", "198.51.100.7"),
            ("[2001:db8::7]:5678", "2001:db8::7"),
            ("10.0.0.3, 10.0.0.2", "10.0.0.3"),
            ("198.51.100.7, nonsense, 10.0.0.2", "10.0.0.2"),
            ("", "10.0.0.1"),
        ] {
            let request = Request::sample("GET", "/", &[("X-Forwarded-For", list)]);
            assert_eq!(proxy.client(&request.fields), client.parse::<IpAddr>().unwrap(), "{list}");
            let stranger = from("203.0.113.9", &["10.0.0.0/8"]);
            assert_eq!(stranger.client(&request.fields), stranger.address);
        }
    }

    #[test]
    fn circles_end_also_among_strangers() {
        let (stranger, mut via) = (from("203.0.113.9", &[]), "1.0 other".to_owned());
        for passed in 0..MAX_VIA {
            let mut request = Request::sample("GET", "/", &[("Via", &via)]);
            assert!(!is_loop(&request.fields), "after {passed}");
            write_fields(&mut request, &stranger, &ID);
            via = String::from_utf8(request.fields.get(Name::Via).unwrap().to_vec()).unwrap();
        }
        assert!(is_loop(&Request::sample("GET", "/", &[("Via", &via)]).fields), "{via}");
    }
}
