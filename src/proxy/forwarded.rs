//! Who the client is, and the fields that tell the backend: X-Forwarded-*, Via, X-Request-Id.
//!
//! They are written afresh. What a request already carries is believed from trusted proxies only; from anyone else
//! it is dropped, for it would be a lie about somebody's address (RFC 7239, section 8.1).

use std::net::IpAddr;
use std::rc::Rc;

use crate::config::Networks;
use crate::http::{Fields, Name, Request, Rewrite, tokens};

/// A request that passed here so often goes in a circle (RFC 9110, section 7.6.3).
const MAX_VIA: usize = 8;
/// How limpet names itself in Via.
const VIA: &str = "1.1 limpet";

/// The other end of a client's connection.
#[derive(Debug)]
pub(crate) struct From {
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

impl From {
    pub(crate) fn new(listener: u16, address: IpAddr, proxies: &Rc<Networks>) -> From {
        let address = address.to_canonical();
        From {
            listener,
            address,
            text: address.to_string().into_boxed_str(),
            trusted: proxies.contains(address),
            proxies: Rc::clone(proxies),
            tls: false,
        }
    }

    /// The client's address: the right-most hop that is no trusted proxy. To be asked before the fields are written.
    pub(crate) fn client(&self, fields: &Fields) -> IpAddr {
        let mut client = self.address;
        if !self.trusted {
            return client;
        }
        let mut hops: Vec<&[u8]> = fields.all(Name::XForwardedFor).flat_map(tokens).collect();
        while let Some(hop) = hops.pop() {
            let Some(address) = std::str::from_utf8(hop).ok().and_then(|hop| hop.parse::<IpAddr>().ok()) else {
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

/// Writes the request's forwarding fields. `id` becomes its id, unless a trusted proxy gave it one.
pub(crate) fn write_fields(request: &mut Request, from: &From, id: &[u8; 32]) {
    let fields = &mut request.fields;
    if from.trusted {
        append(fields, Name::XForwardedFor, "X-Forwarded-For", &from.text);
        append(fields, Name::Via, "Via", VIA);
    } else {
        let passed = via_ours(fields).count();
        fields.retain(|name, _, _| !is_told(name));
        fields.push("X-Forwarded-For", from.text.as_bytes());
        // From peers nobody trusts only our own marks stay: they end circles.
        match passed {
            0 => fields.push("Via", VIA.as_bytes()),
            _ => fields.push("Via", vec![VIA; passed + 1].join(", ").as_bytes()),
        }
    }
    if !fields.has(Name::XForwardedProto) {
        fields.push("X-Forwarded-Proto", from.scheme().as_bytes());
    }
    if !fields.has(Name::XRequestId) {
        fields.push("X-Request-Id", id);
    }
    if !request.fields.has(Name::XForwardedHost) && !request.authority().is_empty() {
        request.push_authority("X-Forwarded-Host");
    }
}

/// Fields that only a trusted proxy may send.
fn is_told(name: Name) -> bool {
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
