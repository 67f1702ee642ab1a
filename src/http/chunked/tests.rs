//! Chunked bodies as tables (RFC 9112, section 7.1): what they hold, and by which rule they are refused; each in one
//! piece, in every two pieces, and byte by byte.
//!
//! The bounds are tested at their edges. What an independent reader makes of the same bytes is for the fuzz targets.

use proptest::prelude::*;

use super::*;

/// The data, the bytes used, and whether the end was seen.
type Body = (Vec<u8>, usize, bool);

fn decode(pieces: &[&[u8]]) -> Result<Body, Rule> {
    let mut decoder = Chunked::new(None);
    let (mut body, mut used) = (Vec::new(), 0);
    for piece in pieces {
        let mut piece = piece.to_vec();
        let decoded = decoder.decode(&mut piece).map_err(|reject| reject.rule)?;
        body.extend_from_slice(&piece[decoded.data]);
        used += decoded.consumed;
        if decoder.is_done() {
            break;
        }
    }
    Ok((body, used, decoder.is_done()))
}

/// Decodes in one piece, and makes sure that no other way to cut it changes anything.
#[track_caller]
fn decode_however(input: &[u8]) -> Result<Body, Rule> {
    let whole = decode(&[input]);
    let bytes: Vec<&[u8]> = input.chunks(1).collect();
    assert_eq!(decode(&bytes), whole, "byte by byte: {}", input.escape_ascii());
    for at in 0..input.len() {
        let (front, back) = input.split_at(at);
        assert_eq!(decode(&[front, back]), whole, "cut at {at}: {}", input.escape_ascii());
    }
    whole
}

/// RFC 9112, sections 7.1, 7.1.1 and 7.1.2.
#[test]
fn bodies_that_are_whole() {
    for (input, data, left) in [
        ("0\r\n\r\n", "", ""),
        ("5\r\nhello\r\n0\r\n\r\n", "hello", ""),
        ("5\r\nhello\r\n1\r\n \r\n00\r\n\r\n", "hello ", ""),
        ("a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n", "01234567890123456789", ""),
        ("0000000000000005\r\nhello\r\n0000000000000000\r\n\r\n", "hello", ""),
        ("7\r\n0\r\n\r\n0\r\r\n0\r\n\r\n", "0\r\n\r\n0\r", ""),
        ("5;a\r\nhello\r\n0;b=c\r\n\r\n", "hello", ""),
        ("5;a=b;c=\"d;\\\"e\\\\ \t\u{e9}\";f\r\nhello\r\n0\r\n\r\n", "hello", ""),
        ("5;a=\"\"\r\nhello\r\n0\r\n\r\n", "hello", ""),
        ("0\r\nX: y\r\nEmpty:\r\n\r\n", "", ""),
        ("0\r\nContent-Length: 9\r\nHost: b\r\nTransfer-Encoding: chunked\r\n\r\n", "", ""),
        ("0\r\nX:\t \u{e9} \r\n\r\n", "", ""),
        ("0\r\n\r\nGET /x HTTP/1.1\r\n", "", "GET /x HTTP/1.1\r\n"),
        ("1\r\nx\r\n0\r\n\r\n\0", "x", "\0"),
        ("0\r\n\r\n0\r\n\r\n", "", "0\r\n\r\n"),
    ] {
        let used = input.len() - left.len();
        let expected = (data.as_bytes().to_vec(), used, true);
        assert_eq!(decode_however(input.as_bytes()), Ok(expected), "{}", input.escape_debug());
    }
}

#[test]
fn bodies_that_are_not_over() {
    for (input, data) in [
        ("", ""),
        ("5", ""),
        ("5\r", ""),
        ("5;a=\"", ""),
        ("5\r\nhel", "hel"),
        ("5\r\nhello", "hello"),
        ("5\r\nhello\r", "hello"),
        ("5\r\nhello\r\n", "hello"),
        ("0\r\n", ""),
        ("0\r\nX: y\r\n", ""),
        ("0\r\n\r", ""),
        ("7fffffffffffffff\r\nx", "x"),
    ] {
        let expected = (data.as_bytes().to_vec(), input.len(), false);
        assert_eq!(decode_however(input.as_bytes()), Ok(expected), "{}", input.escape_debug());
    }
}

/// RFC 9112, section 7.1: sizes are hexadecimal digits, and nothing else ends a line or a chunk but CRLF.
#[test]
fn sizes_and_lines() {
    for (input, expected) in [
        ("\r\n", Rule::ChunkSize),
        (";a\r\n", Rule::ChunkSize),
        ("0x5\r\nhello", Rule::ChunkSize),
        ("+5\r\nhello", Rule::ChunkSize),
        ("-0\r\n", Rule::ChunkSize),
        ("0_5\r\nhello", Rule::ChunkSize),
        (" 5\r\nhello", Rule::ChunkSize),
        ("5 \r\nhello", Rule::ChunkSize),
        ("5\t;a\r\nhello", Rule::ChunkSize),
        ("5 foo\r\n", Rule::ChunkSize),
        ("5\nhello\r\n", Rule::ChunkSize),
        ("g\r\n", Rule::ChunkSize),
        ("\u{ff15}\r\nhello", Rule::ChunkSize),
        ("ZZ\r\n", Rule::ChunkSize),
        ("8000000000000000\r\n", Rule::ChunkSize),
        ("FFFFFFFFFFFFFFFF\r\n", Rule::ChunkSize),
        ("10000000000000005\r\nhello", Rule::ChunkSize),
        ("00000000000000005\r\nhello", Rule::ChunkSize),
        ("5\r\r\nhello", Rule::ChunkLine),
        ("5\rhello", Rule::ChunkLine),
        ("5\r;a\r\nhello", Rule::ChunkLine),
        ("2\r\r;a\r\n", Rule::ChunkLine),
        ("5\r\nhello0\r\n\r\n", Rule::ChunkLine),
        ("5\r\nhelloXX0\r\n\r\n", Rule::ChunkLine),
        ("5\r\nhello\n0\r\n\r\n", Rule::ChunkLine),
        ("5\r\nhello\r\r\n0\r\n\r\n", Rule::ChunkLine),
        ("5\r\nhello\rX", Rule::ChunkLine),
        ("5\r\nhello\r\n\r\n", Rule::ChunkSize),
    ] {
        assert_eq!(decode_however(input.as_bytes()), Err(expected), "{}", input.escape_debug());
    }
}

/// RFC 9112, section 7.1.1, without the white space that it lets a recipient bear with.
#[test]
fn extensions_are_well_formed() {
    for line in [
        "5;",
        "5;=",
        "5;=b",
        "5;a=",
        "5;a;",
        "5;a=;b",
        "5;a b",
        "5; a",
        "5;a =b",
        "5;a= b",
        "5;a=b c",
        "5;a=\"b\"c",
        "5;a=b\"c\"",
        "5;a=\"\0\"",
        "5;a=\"\x07\"",
        "5;a=\"x\r\ny\"",
        "5;a=\"\\\x01\"",
        "5;a\0",
        "5;\u{e9}",
        "5;a=\u{e9}",
        "5;a=b\nhello",
        "5;a=\nX",
        "5;a==b",
        "5;a=\"\n\"",
        "5;a=\"\x7f\"",
    ] {
        let input = format!("{line}\r\nhello\r\n0\r\n\r\n");
        assert_eq!(decode_however(input.as_bytes()), Err(Rule::ChunkExtension), "{}", line.escape_debug());
    }
    for line in ["5;a\rX", "5;a=b\r\rX", "5;a=\"b\"\r;"] {
        assert_eq!(decode_however(line.as_bytes()), Err(Rule::ChunkLine), "{}", line.escape_debug());
    }
}

/// RFC 9112, section 7.1.2; RFC 9110, section 5.
#[test]
fn trailers_are_field_lines() {
    for trailer in [
        "X",
        "X\r\n",
        "\n",
        "\rX",
        ": y\r\n",
        "X : y\r\n",
        "X Y: z\r\n",
        " X: y\r\n",
        "X: y\n",
        "X: y\r\n z\r\n",
        "X: \0\r\n",
        "X: a\rb\r\n",
        "X: \x7f\r\n",
        "\u{e9}: y\r\n",
        "X: y\r\n\n",
        "X: y\r\r\n",
        "POST / HTTP/1.1\r\nX: y\r\n",
        "X: y\r\n\rX",
    ] {
        let input = format!("0\r\n{trailer}\r\n");
        assert_eq!(decode_however(input.as_bytes()), Err(Rule::Trailer), "{}", trailer.escape_debug());
    }
}

#[test]
fn extensions_and_trailers_are_bounded() {
    let chunk = |extension: usize| format!("1;{}\r\nx\r\n", "a".repeat(extension));
    let body = |chunks: usize, extension: usize| format!("{}0\r\n\r\n", chunk(extension).repeat(chunks)).into_bytes();
    let lines = |count: usize| format!("0\r\n{}\r\n", "X: y\r\n".repeat(count)).into_bytes();
    let long = |bytes: usize| format!("0\r\nX:{}\r\n\r\n", "v".repeat(bytes - "X:\r\n\r\n".len())).into_bytes();
    // Of an extension its CR is counted too.
    for (name, input, expected) in [
        ("longest extension", body(1, 1023), None),
        ("extension and one", body(1, 1024), Some(Rule::ChunkExtension)),
        ("most extensions", body(16, 1023), None),
        ("extensions and one", body(17, 1023), Some(Rule::ChunkExtension)),
        ("small extensions", body(8192, 1), None),
        ("small extensions and one", body(8193, 1), Some(Rule::ChunkExtension)),
        ("most trailer fields", lines(100), None),
        ("trailer fields and one", lines(101), Some(Rule::Trailer)),
        ("longest trailer", long(16 * 1024), None),
        ("trailer and one", long(16 * 1024 + 1), Some(Rule::Trailer)),
    ] {
        let bytes: Vec<&[u8]> = input.chunks(1).collect();
        assert_eq!(decode(&[&input]).err(), expected, "{name}");
        assert_eq!(decode(&bytes).err(), expected, "{name}, byte by byte");
    }
}

#[test]
fn data_of_several_chunks_comes_as_one_piece() {
    let mut input = *b"3\r\nabc\r\n1;x\r\nd\r\n2\r\nef";
    let decoded = Chunked::new(None).decode(&mut input).unwrap();
    assert_eq!(decoded.consumed, input.len());
    assert_eq!(&input[decoded.data], b"abcdef");
}

#[test]
fn heads_of_chunks() {
    for (size, expected) in [
        (1, "1\r\n"),
        (9, "9\r\n"),
        (10, "a\r\n"),
        (15, "f\r\n"),
        (16, "10\r\n"),
        (255, "ff\r\n"),
        (256, "100\r\n"),
        (65_535, "ffff\r\n"),
        (65_536, "10000\r\n"),
        (usize::MAX >> 1, "7fffffffffffffff\r\n"),
    ] {
        let mut out = Vec::new();
        chunk_head(size, &mut out);
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}

proptest! {
    #[test]
    fn what_is_encoded_is_decoded(
        chunks in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..40), 0..6),
        cuts in proptest::collection::vec(any::<proptest::sample::Index>(), 0..6),
    ) {
        let mut encoded = Vec::new();
        for chunk in &chunks {
            chunk_head(chunk.len(), &mut encoded);
            encoded.extend_from_slice(chunk);
            encoded.extend_from_slice(b"\r\n");
        }
        encoded.extend_from_slice(b"0\r\n\r\n");
        let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(encoded.len())).collect();
        places.extend([0, encoded.len()]);
        places.sort_unstable();
        let pieces: Vec<&[u8]> = places.windows(2).map(|pair| &encoded[pair[0]..pair[1]]).collect();
        prop_assert_eq!(decode(&pieces), Ok((chunks.concat(), encoded.len(), true)));
    }
}
