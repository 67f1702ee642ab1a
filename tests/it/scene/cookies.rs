//! Cookies as a client sees them: a Set-Cookie taken apart, and the Cookie field that goes back.
//!
//! It is the tests' own reading of RFC 6265bis and knows nothing of tokens.

use crate::harness::Answer;

/// One Set-Cookie field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SetCookie {
    pub(crate) name: String,
    pub(crate) value: String,
    /// What follows the value, in order, as it was written.
    pub(crate) attributes: Vec<String>,
}

impl SetCookie {
    /// Every Set-Cookie of an answer.
    pub(crate) fn all(answer: &Answer) -> Vec<SetCookie> {
        let texts =
            answer.fields.all("set-cookie").into_iter().map(|value| String::from_utf8_lossy(value).into_owned());
        texts.map(|text| SetCookie::parse(&text)).collect()
    }

    /// The only one of this name; none if there is none.
    pub(crate) fn named(answer: &Answer, name: &str) -> Option<SetCookie> {
        let mut found: Vec<_> = SetCookie::all(answer).into_iter().filter(|cookie| cookie.name == name).collect();
        assert!(found.len() < 2, "several cookies {name}: {found:?}");
        found.pop()
    }

    fn parse(text: &str) -> SetCookie {
        let mut parts = text.split(';').map(str::trim);
        let (name, value) = parts.next().and_then(|pair| pair.split_once('=')).unwrap_or_default();
        SetCookie { name: name.to_owned(), value: value.to_owned(), attributes: parts.map(str::to_owned).collect() }
    }

    pub(crate) fn has(&self, attribute: &str) -> bool {
        self.attributes.iter().any(|one| one == attribute)
    }

    /// The request field that brings it back.
    pub(crate) fn field(&self) -> String {
        format!("Cookie: {}={}", self.name, self.value)
    }
}

/// The token that an answer of the pool `app` sets, as a request field; none if it sets none.
pub(crate) fn cookie(answer: &Answer) -> Option<String> {
    SetCookie::named(answer, "limpet-app").map(|cookie| cookie.field())
}
