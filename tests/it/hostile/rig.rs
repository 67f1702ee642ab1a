//! The arena of the tables: one limpet, two recording backends, and a configuration in which every rule that a row
//! speaks of has something to act on.
//!
//! A table whose rows wait for a deadline makes it short; all others stay long, so that a busy machine changes
//! nothing. The configuration ends in `[timeouts]`, for a table to go on from there.

use std::time::Duration;

use super::play::Arena;
use crate::harness::{Journal, Limpet, RawBackend};

/// A running arena.
#[derive(Debug)]
pub(crate) struct Rig {
    pub(crate) limpet: Limpet,
    pub(crate) arena: Arena,
    _backends: [RawBackend; 2],
}

impl Rig {
    /// Starts it all, with more lines of configuration.
    pub(crate) async fn start(more: &str) -> Rig {
        let journal = Journal::default();
        let backends = [RawBackend::start("app", &journal).await, RawBackend::start("admin", &journal).await];
        let toml = TOML.replace("APP", &backends[0].address.to_string());
        let toml = toml.replace("ADMIN", &backends[1].address.to_string()) + more;
        let limpet = Limpet::start(&toml).await;
        let arena =
            Arena { web: limpet.address("web"), trusted: limpet.address("trusted"), patience: PATIENCE, journal };
        Rig { limpet, arena, _backends: backends }
    }
}

/// Above all of the configuration's deadlines that a row can meet.
const PATIENCE: Duration = Duration::from_secs(5);

const TOML: &str = r#"
[listeners.web]
address = "127.0.0.1:0"

[listeners.trusted]
address = "127.0.0.1:0"
trusted_proxies = ["127.0.0.0/8"]

[routes.all]
pool = "app"

[routes.admin]
paths = ["/admin"]
pool = "admin"

[routes.named]
hosts = ["named.test"]
pool = "admin"

[routes.home]
hosts = ["home.test"]
pool = "home"

[pools.app]
backends = ["APP"]

[pools.admin]
backends = ["ADMIN"]

[pools.home]
backends = ["APP"]
sticky = "cookie"

[workers]
count = 1

[status]
address = "127.0.0.1:0"

[log]
format = "json"

[timeouts]
backend_keep_alive = "500ms"
"#;
