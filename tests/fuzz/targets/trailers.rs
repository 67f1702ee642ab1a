//! The target `trailers` under libFuzzer: which trailers of a request go on.
//!
//! What it checks stands in the library, where `replay` finds it too.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| limpet_fuzz::run("trailers", input));
