//! Compares a forwarded request with what the table demands of it.
//!
//! Each demand is one thing that a reader of the row wants to be sure of at the backend; that the request is strict
//! HTTP/1.1 is checked for all of them elsewhere.

use super::judge::Evidence;
use super::notation::Program;
use super::verdict::Demand;
use crate::harness::{Field, Fields, Seen, quote};

/// Why `seen` is not as demanded.
pub(crate) fn fault(evidence: &Evidence, demand: &Demand, seen: &Seen) -> Option<String> {
    let bytes = |program: &Program| program.bytes(evidence.case.filling(&evidence.outcome.id));
    let request = &seen.request;
    match demand {
        Demand::Method(method) => differs("method", request.method.as_bytes(), method.as_bytes()),
        Demand::Target(target) => differs("target", request.target.as_bytes(), &bytes(target)),
        Demand::Body(body) => differs("body", &request.body, &bytes(body)),
        Demand::Backend(backend) => differs("backend", seen.backend.as_bytes(), backend.as_bytes()),
        Demand::Framing(framing) if *framing == request.framing => None,
        Demand::Framing(framing) => Some(format!("framing is {:?}, not {framing:?}", request.framing)),
        Demand::Has(line) => other_than("field", &request.fields, &field(&bytes(line))),
        Demand::Trailer(line) => other_than("trailer", &request.trailers, &field(&bytes(line))),
        Demand::Lacks(name) => {
            let values = request.fields.all(name);
            (!values.is_empty()).then(|| format!("field {name} came through: {}", show(&values)))
        }
        Demand::Not(line) => {
            let field = field(&bytes(line));
            let came = request.fields.all(&field.name).contains(&&field.value[..]);
            came.then(|| format!("field {} came through: {}", field.name, show(&[&field.value])))
        }
        Demand::NoTrailers if request.trailers.0.is_empty() => None,
        Demand::NoTrailers => Some(format!("trailers came through: {:?}", request.trailers)),
        Demand::Logged => {
            let lines = evidence.lines?.iter();
            let count = lines.filter(|line| line.get("url.path").as_ref() == Some(&request.target)).count();
            (count != 1).then(|| format!("{count} access-log lines for {}", request.target))
        }
    }
}

fn differs(what: &str, is: &[u8], wanted: &[u8]) -> Option<String> {
    (is != wanted).then(|| format!("{what} is {}, not {}", quote(is, 120), quote(wanted, 120)))
}

/// Anything but exactly one line, of the wanted value.
fn other_than(what: &str, fields: &Fields, wanted: &Field) -> Option<String> {
    let values = fields.all(&wanted.name);
    let wrong = values != [&wanted.value[..]];
    wrong.then(|| format!("{what} {} is {}, not {}", wanted.name, show(&values), show(&[&wanted.value])))
}

/// `Name: value` of a demand.
fn field(line: &[u8]) -> Field {
    let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
    let value = line.get(colon + 1..).unwrap_or_default();
    let name = String::from_utf8_lossy(&line[..colon]).into_owned();
    Field { name, value: value.strip_prefix(b" ").unwrap_or(value).to_vec() }
}

fn show(values: &[&[u8]]) -> String {
    if values.is_empty() {
        return "absent".to_owned();
    }
    values.iter().map(|value| quote(value, 120)).collect::<Vec<_>>().join(" and ")
}
