//! The binary: a process around [`limpet::main`].
//!
//! Arguments are read, and exit codes chosen, by the commands in the library, where tests reach them. Nothing else may
//! come in here.

use std::process::ExitCode;

fn main() -> ExitCode {
    limpet::main()
}
