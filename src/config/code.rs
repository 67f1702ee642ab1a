//! Every mistake a configuration can contain, each with the number that is printed beside it.
//!
//! A number never changes its meaning and is never given to another mistake, so that it can be searched for. The
//! hundreds say what kind it is: 1 files and syntax, 2 one value, 3 values that do not fit together, 4 warnings.

use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u16)]
pub(super) enum Code {
    /// A file or directory that cannot be read, or a directory without a `.toml` file.
    Unreadable = 101,
    /// Bytes that are not UTF-8.
    NotUtf8 = 102,
    /// Not TOML.
    Syntax = 103,
    /// An `include` where none may stand, or with a `*` before its last component.
    Include = 104,
    /// A key or table that is defined twice, in one file or in two.
    DefinedTwice = 105,

    UnknownKey = 201,
    WrongType = 202,
    MissingKey = 203,
    /// The name of a listener, route or pool.
    Name = 204,
    /// Two names that are one name in environment variables.
    NamesCollide = 205,
    UnknownVariable = 206,
    /// An environment variable without a value, or one that acts on something switched off.
    Variable = 207,
    Duration = 210,
    Size = 211,
    OutOfRange = 212,
    /// Not one of the words a key takes.
    Choice = 213,
    /// A listener or pool that is named but not defined.
    UnknownReference = 214,
    Address = 215,
    Network = 216,
    Host = 217,
    Path = 218,
    /// A method, or the name or value of a field or query parameter to match.
    Matcher = 219,
    /// A name, path or domain that no cookie can have.
    CookieText = 220,
    /// The name of a backend.
    BackendName = 221,
    /// More listeners, routes, pools or backends of a pool than limpet can number.
    TooMany = 222,

    NoListener = 301,
    /// Two listeners on addresses of which one takes the connections of the other.
    SameAddress = 302,
    NoBackend = 303,
    DuplicateBackend = 304,
    /// Two routes that match the same requests equally.
    RouteTie = 305,
    /// Cookie attributes that browsers refuse together.
    CookieRule = 306,
    /// Two pools whose cookies of one name reach the same hosts.
    CookieClash = 308,

    /// Addresses as backend names, under a cookie without keys.
    AddressAsName = 401,
    UnusedPool = 402,
    /// A route with a matcher that no request satisfies.
    NeverMatches = 403,
    /// A listener on which every request is answered 404.
    UnusedListener = 404,
    /// Everybody is believed about client addresses.
    TrustsEverybody = 405,
    /// An include pattern without a file.
    NothingIncluded = 406,
    /// A cookie domain that a host of its routes is not part of.
    ForeignDomain = 407,
}

impl Code {
    /// A warning stands beside success; everything else refuses the configuration.
    pub(super) fn is_warning(self) -> bool {
        self as u16 >= 400
    }

    /// Part of the configuration was not read, so that what is missing may be there after all.
    pub(super) fn hides_a_part(self) -> bool {
        matches!(self, Code::Unreadable | Code::NotUtf8 | Code::Syntax | Code::TooMany)
    }

    /// Where a part is hidden, this may be nothing but an echo: what is missing may be what could not be read.
    pub(super) fn may_be_an_echo(self) -> bool {
        self as u16 >= 300 || matches!(self, Code::MissingKey | Code::UnknownReference | Code::UnknownVariable)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "L{:04}", *self as u16)
    }
}
