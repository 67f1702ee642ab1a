//! Every key of the configuration has an effect that a test sees on a running limpet.
//!
//! [`seen`] names for each leaf of the schema the tests that set it to something other than its default and watch what
//! changes; a key without an entry fails. That values parse is tested beside the code that reads them.

mod cookies;
mod files;
mod limits;
mod listeners;
mod log;
mod pools;
mod routes;
mod status;
mod timeouts;
mod workers;

use crate::schema::leaves;
use crate::walk::{Entry, entry, walk};

fn seen() -> Vec<Entry> {
    vec![
        entry("include", files::an_included_file_counts),
        entry("limits.max_body_size", limits::a_body_beyond_its_limit_is_refused),
        entry("limits.max_connections", limits::connections_beyond_their_limit_wait),
        entry("limits.max_header_fields", limits::a_head_has_no_more_fields_than_allowed),
        entry("limits.max_header_size", limits::a_head_is_no_larger_than_allowed),
        entry("listeners.NAME.address", listeners::clients_connect_to_its_address_and_no_other),
        entry("listeners.NAME.trusted_proxies", listeners::only_a_trusted_proxy_is_believed),
        entry("log.access.only", log::only_errors_are_in_the_access_log_if_so_asked),
        entry("log.access.only", log::the_access_log_can_be_off),
        entry("log.format", log::the_log_is_text_if_so_asked),
        entry("log.level", log::less_important_lines_are_left_out),
        entry("pools.NAME.backends[].address", pools::a_backend_is_reached_at_its_address),
        entry("pools.NAME.backends[].name", pools::a_backend_is_known_by_its_name),
        entry("pools.NAME.policy", pools::round_robin_asks_one_after_the_other),
        entry("pools.NAME.sticky.domain", cookies::its_domain),
        entry("pools.NAME.sticky.http_only", cookies::hidden_from_scripts_or_not),
        entry("pools.NAME.sticky.mode", pools::a_sticky_pool_sets_a_cookie_and_another_does_not),
        entry("pools.NAME.sticky.name", cookies::its_name),
        entry("pools.NAME.sticky.partitioned", cookies::partitioned),
        entry("pools.NAME.sticky.path", cookies::its_path),
        entry("pools.NAME.sticky.same_site", cookies::same_site_is_told_to_the_browser),
        entry("pools.NAME.sticky.same_site", cookies::same_site_decides_who_gets_a_cookie_across_sites),
        entry("pools.NAME.sticky.secure", cookies::secure_follows_the_client_or_does_not),
        entry("routes.NAME.hosts", routes::by_host),
        entry("routes.NAME.listeners", routes::by_listener),
        entry("routes.NAME.match_headers", routes::by_header),
        entry("routes.NAME.match_query", routes::by_query),
        entry("routes.NAME.methods", routes::by_method),
        entry("routes.NAME.paths", routes::by_path),
        entry("routes.NAME.pool", routes::each_route_has_its_pool),
        entry("status.address", status::it_listens_at_its_address_or_not_at_all),
        entry("status.allow", status::only_who_is_allowed_is_answered),
        entry("status.deny", status::who_is_denied_is_told_so),
        entry("timeouts.backend_keep_alive", timeouts::an_idle_backend_connection_is_closed_after_its_time),
        entry("timeouts.backend_keep_alive", timeouts::a_backend_connection_is_not_kept_if_so_asked),
        entry("timeouts.body", timeouts::a_body_that_stops_coming_is_408),
        entry("timeouts.body", timeouts::a_body_that_a_backend_does_not_take_is_504),
        entry("timeouts.connect", timeouts::a_backend_that_does_not_answer_a_connect_is_504),
        entry("timeouts.first_byte", timeouts::a_backend_that_does_not_answer_a_request_is_504),
        entry("timeouts.head", timeouts::half_a_head_is_408),
        entry("timeouts.head", timeouts::a_connection_without_a_byte_is_closed),
        entry("timeouts.idle", timeouts::a_response_that_stops_coming_is_broken_off),
        entry("timeouts.idle", timeouts::a_response_that_a_client_does_not_take_is_broken_off),
        entry("timeouts.keep_alive", timeouts::an_idle_client_connection_is_closed_after_its_time),
        entry("timeouts.keep_alive", timeouts::client_connections_are_not_kept_if_so_asked),
        entry("workers.count", workers::each_worker_takes_connections),
    ]
}

#[test]
fn every_key_has_a_test_that_sees_its_effect() {
    walk(&leaves().into_iter().map(|leaf| leaf.path).collect(), &seen());
}
