//! Arguments and exit codes; everything else is the library's.

fn main() {
    limpet::thin();
}
