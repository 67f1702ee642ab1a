//! The kinds that have words or a grammar of their own: each ties a text's meaning to how it is described and shown.
//!
//! One line of `keys` names one of these. The grammars are in `grammars`.

use std::net::SocketAddr;

use super::grammars;
use super::kind::{Choice, Text};
use super::{AccessOnly, Level, LogFormat, Match, Policy, SameSite, Secure};

pub(super) const POLICY: Choice<Policy> = Choice(&[("round_robin", Policy::RoundRobin)]);

/// How a session is recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Cookie,
}

pub(super) const MODE: Choice<Mode> = Choice(&[("cookie", Mode::Cookie)]);

pub(super) const SAME_SITE: Choice<SameSite> =
    Choice(&[("strict", SameSite::Strict), ("lax", SameSite::Lax), ("none", SameSite::None)]);

pub(super) const SECURE: Choice<Secure> =
    Choice(&[("auto", Secure::Auto), ("always", Secure::Always), ("never", Secure::Never)]);

pub(super) const LEVEL: Choice<Level> = Choice(&[
    ("error", Level::Error),
    ("warn", Level::Warn),
    ("info", Level::Info),
    ("debug", Level::Debug),
    ("trace", Level::Trace),
]);

pub(super) const FORMAT: Choice<LogFormat> =
    Choice(&[("auto", LogFormat::Auto), ("text", LogFormat::Text), ("json", LogFormat::Json)]);

pub(super) const ONLY: Choice<AccessOnly> = Choice(&[("all", AccessOnly::All), ("errors", AccessOnly::Errors)]);

pub(super) const ADDRESS: Text<SocketAddr> = Text {
    pattern: "^(\\[[0-9A-Fa-f:.%]+\\]|[0-9.]+):[0-9]+$",
    example: "\"0.0.0.0:8080\"",
    parse: grammars::address,
    show: ToString::to_string,
};

pub(super) const BACKEND_ADDRESS: Text<String> = Text {
    pattern: "^.+:[0-9]+$",
    example: "\"10.0.0.11:3000\"",
    parse: grammars::backend_address,
    show: String::clone,
};

pub(super) const BACKEND_NAME: Text<String> = Text {
    pattern: "^[A-Za-z0-9_.:\\[\\]-]+$",
    example: "\"web-1\"",
    parse: grammars::backend_name,
    show: String::clone,
};

pub(super) const HOST: Text<String> = Text {
    pattern: "^[^/*]+$|^\\*\\.[^/*]+$",
    example: "\"*.example.com\"",
    parse: grammars::host,
    show: String::clone,
};

pub(super) const PATH: Text<String> =
    Text { pattern: "^=?/", example: "\"/shop\"", parse: grammars::path, show: String::clone };

pub(super) const METHOD: Text<String> =
    Text { pattern: "^[^\\s\"]+$", example: "\"GET\"", parse: grammars::method, show: String::clone };

/// The name of a listener or pool that must be defined; `check` looks.
pub(super) const REFERENCE: Text<String> =
    Text { pattern: "^[a-z0-9_-]+$", example: "\"shop\"", parse: |text| Ok(text.to_owned()), show: String::clone };

pub(super) const MATCH: Text<Match> =
    Text { pattern: "^[^*]*\\*?$", example: "\"value\"", parse: grammars::matcher, show: show_match };

fn show_match(value: &Match) -> String {
    match value {
        Match::Exact(text) => text.clone(),
        Match::Present => "*".to_owned(),
        Match::Prefix(text) => format!("{text}*"),
    }
}

pub(super) const PATTERN: Text<String> =
    Text { pattern: ".", example: "\"conf.d/*.toml\"", parse: grammars::include, show: String::clone };

pub(super) const COOKIE_NAME: Text<String> =
    Text { pattern: "^[^\\s;=,\"]+$", example: "\"limpet-shop\"", parse: grammars::cookie_name, show: String::clone };

pub(super) const COOKIE_PATH: Text<String> =
    Text { pattern: "^/[^;]*$", example: "\"/\"", parse: grammars::cookie_path, show: String::clone };

pub(super) const COOKIE_DOMAIN: Text<Option<String>> = Text {
    pattern: "^[^;/:]*$",
    example: "\"example.com\"",
    parse: grammars::cookie_domain,
    show: |domain| domain.clone().unwrap_or_default(),
};
