//! Why a message was refused: one word for each rule, with the status that answers it.
//!
//! The words are labels of metrics and fields of log lines, so they stay as they are. A rule broken by a client is
//! answered with its status; the same rule broken by a backend is 502, whatever stands here.

/// A refused message: which rule, and where in the head or body it was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reject {
    pub(crate) rule: Rule,
    /// Offset in bytes from the start of the head, or of the body's input.
    pub(crate) at: u32,
}

impl Reject {
    pub(crate) fn new(rule: Rule, at: usize) -> Reject {
        Reject { rule, at: u32::try_from(at).unwrap_or(u32::MAX) }
    }
}

macro_rules! rules {
    ($($(#[$doc:meta])* $rule:ident $label:literal $status:literal;)+) => {
        /// A rule of HTTP/1 that limpet holds its peers to.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Rule { $($(#[$doc])* $rule,)+ }

        impl Rule {
            /// The word in metrics and logs.
            pub(crate) fn label(self) -> &'static str {
                match self { $(Rule::$rule => $label,)+ }
            }

            /// The answer to a client that breaks the rule.
            pub(crate) fn status(self) -> u16 {
                match self { $(Rule::$rule => $status,)+ }
            }
        }
    };
}

rules! {
    /// A name that some backends read as another, guarded field: `_` or `.` in the place of `-`.
    AliasField "alias_field" 400;
    /// A line that ends without CR.
    BareLf "bare_lf" 400;
    ChunkExtension "chunk_extension" 400;
    ChunkLine "chunk_line" 400;
    ChunkSize "chunk_size" 400;
    ConflictingLength "conflicting_length" 400;
    Connect "connect" 405;
    /// A Connection field that names a field it may not, or too many.
    ConnectionField "connection_field" 400;
    Expectation "expectation" 417;
    FieldLine "field_line" 400;
    Fragment "fragment" 400;
    HeadTooLarge "head_too_large" 431;
    Host "host" 400;
    InvalidLength "invalid_length" 400;
    LeadingLines "leading_lines" 400;
    /// Content-Length beside Transfer-Encoding.
    LengthAndCoding "length_and_coding" 400;
    MaxForwards "max_forwards" 400;
    MethodTooLong "method_too_long" 501;
    /// A field value that goes on in the next line.
    ObsFold "obs_fold" 400;
    RequestLine "request_line" 400;
    StatusLine "status_line" 400;
    Target "target" 400;
    TargetTooLong "target_too_long" 414;
    TooManyFields "too_many_fields" 431;
    TraceContent "trace_content" 400;
    Trailer "trailer" 400;
    TransferCoding "transfer_coding" 400;
    TransferCodingUnknown "transfer_coding_unknown" 501;
    /// An upgrade that would become a tunnel.
    Upgrade "upgrade" 501;
    Version "version" 505;
}
