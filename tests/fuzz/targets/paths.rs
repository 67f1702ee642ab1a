//! The target `paths` under libFuzzer: paths and queries.
//!
//! What it checks stands in the library, where `replay` finds it too.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| limpet_fuzz::run("paths", input));
