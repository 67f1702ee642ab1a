//! What a client connection costs while nothing is asked on it: its future, before the runtime's own share.
//!
//! A budget of bytes, because idle connections are the many: whatever is alive across the wait for the next request
//! is paid for by each of them.

/// Bytes of the future.
const MOST: usize = 1_536;

#[test]
fn future_is_small() {
    let bytes = limpet::lab::connection_bytes();
    println!("the future of an idle connection: {bytes} bytes, of at most {MOST}");
    assert!(bytes <= MOST, "{bytes} bytes");
}
