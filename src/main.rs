//! The binary: the library's `main`, and nothing of its own.
//!
//! Arguments and exit codes are in `cli`; a process begins here and ends with the code of its command.

#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    limpet::main()
}
