//! Arguments and exit codes; everything else is the library's.
//!
//! A process begins here and ends with the code of its command.

#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    limpet::main()
}
