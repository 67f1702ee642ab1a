//! Messages for tests of what stands above `http`: written in one line, without a connection.
//!
//! Only the parser makes a [`Request`] or [`Response`] otherwise; a sample skips its rules, so it must never be
//! compiled into the product.

use super::{Fields, Framing, Method, Request, Response, Span, Version};

impl Request {
    /// A request with this target; its host comes from the field Host.
    pub(crate) fn sample(method: &str, target: &str, list: &[(&str, &str)]) -> Request {
        let mut fields = fields(list);
        let host = list.iter().find(|(name, _)| name.eq_ignore_ascii_case("host")).map_or("", |(_, value)| value);
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (target, None),
        };
        Request {
            method: Method::of(method.as_bytes()),
            version: Version::Http11,
            framing: Framing::None,
            expects_continue: false,
            keep_alive: true,
            max_forwards: None,
            method_text: fields.add_text(method.as_bytes()),
            target: fields.add_text(target.as_bytes()),
            path: fields.add_text(path.as_bytes()),
            query: query.map(|query| fields.add_text(query.as_bytes())),
            authority: fields.add_text(host.as_bytes()),
            host: fields.add_text(host.as_bytes()),
            fields,
        }
    }
}

impl Response {
    pub(crate) fn sample(status: u16, list: &[(&str, &str)]) -> Response {
        let (version, framing) = (Version::Http11, Framing::None);
        Response { status, version, framing, keep_alive: true, fields: fields(list), reason: Span::default() }
    }
}

fn fields(list: &[(&str, &str)]) -> Fields {
    let mut fields = Fields::default();
    for (name, value) in list {
        fields.push(name, value.as_bytes());
    }
    fields
}
