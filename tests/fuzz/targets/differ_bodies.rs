//! The target `differ_bodies` under libFuzzer: chunked bodies against the oracles.
//!
//! What it checks stands in the library, where `replay` finds it too.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| limpet_fuzz::run("differ_bodies", input));
