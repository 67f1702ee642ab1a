//! The kinds that have words or a grammar of their own: each ties a text's meaning to how it is described and shown.
//!
//! One line of `keys` names one of these. The grammars are in `texts`.

use std::net::SocketAddr;

use super::kind::{Choice, Text};
use super::texts;
use super::{AccessOnly, Level, LogFormat, Match, Policy, SameSite, Secure};

pub(crate) const POLICY: Choice<Policy> = Choice(&[("round_robin", Policy::RoundRobin)]);

/// How a session is recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Cookie,
}

pub(crate) const MODE: Choice<Mode> = Choice(&[("cookie", Mode::Cookie)]);

pub(crate) const SAME_SITE: Choice<SameSite> =
    Choice(&[("strict", SameSite::Strict), ("lax", SameSite::Lax), ("none", SameSite::None)]);

pub(crate) const SECURE: Choice<Secure> =
    Choice(&[("auto", Secure::Auto), ("always", Secure::Always), ("never", Secure::Never)]);

pub(crate) const LEVEL: Choice<Level> = Choice(&[
    ("error", Level::Error),
    ("warn", Level::Warn),
    ("info", Level::Info),
    ("debug", Level::Debug),
    ("trace", Level::Trace),
]);

pub(crate) const FORMAT: Choice<LogFormat> =
    Choice(&[("auto", LogFormat::Auto), ("text", LogFormat::Text), ("json", LogFormat::Json)]);

pub(crate) const ONLY: Choice<AccessOnly> = Choice(&[("all", AccessOnly::All), ("errors", AccessOnly::Errors)]);

pub(crate) const ADDRESS: Text<SocketAddr> = Text {
    pattern: "^(\\[[0-9A-Fa-f:.%]+\\]|[0-9.]+):[0-9]+$",
    example: "\"0.0.0.0:8080\"",
    parse: texts::address,
    show: ToString::to_string,
};

pub(crate) const BACKEND_ADDRESS: Text<String> =
    Text { pattern: "^.+:[0-9]+$", example: "\"10.0.0.11:3000\"", parse: texts::backend_address, show: String::clone };

pub(crate) const BACKEND_NAME: Text<String> =
    Text { pattern: "^[A-Za-z0-9_.:\\[\\]-]+$", example: "\"web-1\"", parse: texts::backend_name, show: String::clone };

pub(crate) const HOST: Text<String> =
    Text { pattern: "^[^/*]+$|^\\*\\.[^/*]+$", example: "\"*.example.com\"", parse: texts::host, show: String::clone };

pub(crate) const PATH: Text<String> =
    Text { pattern: "^=?/", example: "\"/shop\"", parse: texts::path, show: String::clone };

pub(crate) const METHOD: Text<String> =
    Text { pattern: "^[^\\s\"]+$", example: "\"GET\"", parse: texts::method, show: String::clone };

/// The name of a listener or pool that must be defined; `check` looks.
pub(crate) const REFERENCE: Text<String> =
    Text { pattern: "^[a-z0-9_-]+$", example: "\"shop\"", parse: |text| Ok(text.to_owned()), show: String::clone };

pub(crate) const MATCH: Text<Match> =
    Text { pattern: "^[^*]*\\*?$", example: "\"value\"", parse: texts::matcher, show: show_match };

fn show_match(value: &Match) -> String {
    match value {
        Match::Exact(text) => text.clone(),
        Match::Present => "*".to_owned(),
        Match::Prefix(text) => format!("{text}*"),
    }
}

pub(crate) const PATTERN: Text<String> =
    Text { pattern: ".", example: "\"conf.d/*.toml\"", parse: texts::include, show: String::clone };

pub(crate) const COOKIE_NAME: Text<String> =
    Text { pattern: "^[^\\s;=,\"]+$", example: "\"limpet-shop\"", parse: texts::cookie_name, show: String::clone };

pub(crate) const COOKIE_PATH: Text<String> =
    Text { pattern: "^/[^;]*$", example: "\"/\"", parse: texts::cookie_path, show: String::clone };

pub(crate) const COOKIE_DOMAIN: Text<Option<String>> = Text {
    pattern: "^[^;/:]*$",
    example: "\"example.com\"",
    parse: texts::cookie_domain,
    show: |domain| domain.clone().unwrap_or_default(),
};
