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
