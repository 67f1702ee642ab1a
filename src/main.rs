//! Arguments and exit codes; everything else is the library's.

use std::process::ExitCode;

fn main() -> ExitCode {
    limpet::main()
}
