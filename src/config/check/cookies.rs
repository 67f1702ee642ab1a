//! Cookies of sticky pools: attributes that browsers refuse together, and two pools that write one cookie.
//!
//! The rules are those of RFC 6265bis, section 5.7, and of partitioned cookies (CHIPS). `secure = "auto"` leaves
//! `Secure` out on a plain connection, so it does not do where `Secure` is required.

use crate::config::code::Code;
use crate::config::keys::{Pool, Sticky, Written};
use crate::config::report::Problem;
use crate::config::section::Named;
use crate::config::source::{Place, Placed};
use crate::config::{SameSite, Secure};

pub(super) fn check(written: &Written, problems: &mut Vec<Problem>) {
    let mut jars: Vec<Jar<'_>> = Vec::new();
    for pool in &written.pools {
        let Some(sticky) = &pool.value.sticky else { continue };
        check_attributes(sticky, problems);
        let jar = Jar { pool, sticky, scopes: scopes(pool, sticky, written) };
        if let Some(other) = jars.iter().find(|other| other.clashes(&jar)) {
            problems.push(clash(other, &jar));
        }
        warn_of_foreign(pool, sticky, written, problems);
        jars.push(jar);
    }
}

fn check_attributes(sticky: &Sticky, problems: &mut Vec<Problem>) {
    let mut refuse = |title: String, here: Option<Place>, label: &str, there: Option<Place>, help: &str| {
        let place = here.or(sticky.place);
        let there = there.filter(|there| Some(*there) != place);
        problems.push(Problem::new(Code::CookieRule, title).at(place, label).also(there, "and this").help(help));
    };
    let name = sticky.name.value.to_ascii_lowercase();
    let (is_host, is_secure) = (name.starts_with("__host-"), name.starts_with("__secure-"));
    let reason = if sticky.same_site.value == SameSite::None {
        Some(("same_site = \"none\"", sticky.same_site.place))
    } else if sticky.partitioned.value {
        Some(("partitioned = true", sticky.partitioned.place))
    } else if is_host || is_secure {
        Some(("this name", sticky.name.place))
    } else {
        None
    };
    if let Some((what, place)) = reason.filter(|_| sticky.secure.value != Secure::Always) {
        let title = format!("browsers refuse a cookie with {what} that is not always secure");
        refuse(title, place, "needs secure = \"always\"", sticky.secure.place, "add secure = \"always\"");
    }
    if is_host && sticky.domain.value.is_some() {
        let title = "browsers refuse a `__Host-` cookie with a domain".to_owned();
        refuse(title, sticky.domain.place, "not with such a name", sticky.name.place, "remove `domain`, or rename");
    }
    if is_host && sticky.path.value != "/" {
        let title = "browsers refuse a `__Host-` cookie with a path other than /".to_owned();
        refuse(title, sticky.path.place, "not with such a name", sticky.name.place, "remove `path`, or rename");
    }
}

/// A pool's cookie, and where browsers send it.
struct Jar<'w> {
    pool: &'w Named<Pool>,
    sticky: &'w Sticky,
    scopes: Vec<Scope<'w>>,
}

impl Jar<'_> {
    /// A browser keeps one of the two, or sends both: sessions of one pool are lost at each visit to the other.
    fn clashes(&self, other: &Jar<'_>) -> bool {
        let (a, b) = (&self.sticky.path.value, &other.sticky.path.value);
        self.sticky.name.value == other.sticky.name.value
            && (covers(a, b) || covers(b, a))
            && self.scopes.iter().any(|scope| other.scopes.iter().any(|other| scope.overlaps(other)))
    }
}

fn clash(first: &Jar<'_>, second: &Jar<'_>) -> Problem {
    let (one, other) = (&first.pool.name.value, &second.pool.name.value);
    let place = |jar: &Jar<'_>| jar.sticky.name.place.or(jar.sticky.place);
    let name = &second.sticky.name.value;
    Problem::new(Code::CookieClash, format!("pools `{one}` and `{other}` write one cookie, `{name}`"))
        .at(place(second), "reaches the same hosts and paths")
        .also(place(first), "as this one")
        .help("give one of them another `name`, or cookie paths that do not cover each other")
}

/// RFC 6265bis, section 5.1.4.
fn covers(cookie_path: &str, path: &str) -> bool {
    path.strip_prefix(cookie_path)
        .is_some_and(|rest| rest.is_empty() || cookie_path.ends_with('/') || rest.starts_with('/'))
}

/// Hosts that a cookie is sent to.
struct Scope<'w> {
    /// None: any host.
    base: Option<&'w str>,
    /// The base itself, and every name below it.
    itself: bool,
    below: bool,
}

impl Scope<'_> {
    fn overlaps(&self, other: &Scope<'_>) -> bool {
        let (Some(a), Some(b)) = (self.base, other.base) else { return true };
        (a == b && (self.itself && other.itself || self.below && other.below))
            || (is_below(a, b) && other.below)
            || (is_below(b, a) && self.below)
    }
}

fn is_below(name: &str, base: &str) -> bool {
    name.strip_suffix(base).is_some_and(|rest| rest.ends_with('.'))
}

fn hosts_of<'w>(pool: &'w Named<Pool>, written: &'w Written) -> impl Iterator<Item = Option<&'w str>> {
    let uses = |name: &Option<Placed<String>>| name.as_ref().is_some_and(|name| name.value == pool.name.value);
    written.routes.iter().filter(move |route| uses(&route.value.pool)).flat_map(|route| {
        let any = route.value.hosts.is_empty().then_some(None);
        route.value.hosts.iter().map(|host| Some(host.value.as_str())).chain(any)
    })
}

fn scopes<'w>(pool: &'w Named<Pool>, sticky: &'w Sticky, written: &'w Written) -> Vec<Scope<'w>> {
    hosts_of(pool, written)
        .map(|host| match (&sticky.domain.value, host) {
            (Some(domain), _) => Scope { base: Some(domain), itself: true, below: true },
            (None, None) => Scope { base: None, itself: true, below: true },
            (None, Some(host)) => match host.strip_prefix("*.") {
                Some(base) => Scope { base: Some(base), itself: false, below: true },
                None => Scope { base: Some(host), itself: true, below: false },
            },
        })
        .collect()
}

fn warn_of_foreign(pool: &Named<Pool>, sticky: &Sticky, written: &Written, problems: &mut Vec<Problem>) {
    let Some(domain) = &sticky.domain.value else { return };
    let base = |host: &'_ str| host.strip_prefix("*.").unwrap_or(host).to_owned();
    let foreign = hosts_of(pool, written).flatten().map(base).find(|base| base != domain && !is_below(base, domain));
    if let Some(host) = foreign {
        problems.push(
            Problem::new(Code::ForeignDomain, format!("browsers refuse this cookie from `{host}`"))
                .at(sticky.domain.place, format!("`{host}` is not part of this domain"))
                .help("leave `domain` out for a cookie of the host alone"),
        );
    }
}
