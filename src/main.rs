//! Arguments and exit codes; everything else is the library's.
//!
//! It knows the command line (`limpet::cli`) and nothing behind it.

fn main() {}
