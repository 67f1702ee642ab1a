//! Fields that end at this hop, taken out before a message is forwarded, either way (RFC 9110, section 7.6.1).
//!
//! One function for requests and responses, so that both directions keep the same list. It knows no connection: whether
//! one stays open was read from the head before these fields went.

use super::fields::{Fields, Name};
use super::value;

/// Removes the connection's own fields and those that the sender's Connection field names. Transfer-Encoding stays:
/// its one legal value says how limpet itself frames the body; Trailer is seen to by who frames it.
pub(crate) fn strip_hop_by_hop(fields: &mut Fields) {
    if fields.has(Name::Connection) {
        let named: Vec<Vec<u8>> = named_fields(fields);
        if !named.is_empty() {
            fields.retain(|_, name, _| !named.iter().any(|gone| gone.eq_ignore_ascii_case(name)));
        }
    }
    const OURS: [Name; 7] = [
        Name::Connection,
        Name::KeepAlive,
        Name::ProxyConnection,
        Name::ProxyAuthorization,
        Name::Te,
        Name::Upgrade,
        Name::Http2Settings,
    ];
    for name in OURS {
        fields.remove(name);
    }
}

/// A client could strip what guards a backend by naming it here, so only fields without a meaning to us are heeded.
fn named_fields(fields: &Fields) -> Vec<Vec<u8>> {
    fields
        .all(Name::Connection)
        .flat_map(value::tokens)
        .filter(|token| Name::of(token) == Name::Other)
        .filter(|token| !token.eq_ignore_ascii_case(b"close"))
        .map(<[u8]>::to_vec)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(list: &[(&str, &str)]) -> Vec<String> {
        let mut fields = Fields::default();
        for (name, value) in list {
            fields.push(name, value.as_bytes());
        }
        strip_hop_by_hop(&mut fields);
        fields.iter().map(|(_, name, _)| String::from_utf8(name.to_vec()).unwrap()).collect()
    }

    /// RFC 9110, section 7.6.1.
    #[test]
    fn fields_of_the_connection_end_here() {
        for name in [
            "Connection",
            "Keep-Alive",
            "Proxy-Connection",
            "Proxy-Authorization",
            "TE",
            "Upgrade",
            "HTTP2-Settings",
            "upgrade",
            "tE",
        ] {
            assert_eq!(left(&[("Host", "a"), (name, "x"), (name, "y"), ("Left", "z")]), ["Host", "Left"], "{name}");
        }
        let stays = ["Transfer-Encoding", "Content-Length", "Proxy-Authenticate", "Cookie", "Via", "Expect", "Trailer"];
        for name in stays {
            assert_eq!(left(&[(name, "x")]), [name]);
        }
    }

    /// RFC 9110, section 7.6.1: what Connection names goes, but nobody can name what guards a backend.
    #[test]
    fn connection_takes_only_what_has_no_meaning_to_us() {
        for (connection, name, goes) in [
            ("x-secret", "X-Secret", true),
            ("close, ,X-SECRET", "x-secret", true),
            ("x-secret;q=1", "X-Secret", false),
            ("x", "X-Secret", false),
            ("", "X-Secret", false),
            ("close", "Close", false),
            ("Cookie", "Cookie", false),
            ("Set-Cookie", "Set-Cookie", false),
            ("Authorization", "Authorization", false),
            ("Content-Length", "Content-Length", false),
            ("Transfer-Encoding", "Transfer-Encoding", false),
            ("Host", "Host", false),
            ("Expect", "Expect", false),
            ("X-Forwarded-For", "X-Forwarded-For", false),
            ("X-Forwarded-Ssl", "X-Forwarded-Ssl", false),
            ("Forwarded", "Forwarded", false),
            ("Via", "Via", false),
            ("X-Request-Id", "X-Request-Id", false),
            ("Limpet-Session", "Limpet-Session", false),
        ] {
            let kept = left(&[("Connection", "keep-alive"), (name, "x"), ("Connection", connection), (name, "y")]);
            assert_eq!(kept.is_empty(), goes, "Connection: {connection} of {name}: {kept:?}");
        }
    }
}
