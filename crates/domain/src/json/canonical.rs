//! The JSON Canonicalization Scheme (RFC 8785), written straight from the parsed document.

use std::cmp::Ordering;

use super::Json;
use super::plain::Specials;

/// From this length on a string that is as it should be goes out as it is: to copy megabytes, only to hash them, would
/// take as long as to read them.
const LONG_STRING: usize = 4_096;

/// The canonical form, piece by piece.
pub(super) fn pieces(value: &Json<'_>, take: &mut impl FnMut(&[u8])) {
    let mut gathered = Vec::new();
    write(value, &mut gathered, take);
    take(&gathered);
}

fn write(value: &Json<'_>, out: &mut Vec<u8>, take: &mut impl FnMut(&[u8])) {
    match value {
        Json::Null => out.extend_from_slice(b"null"),
        Json::Bool(true) => out.extend_from_slice(b"true"),
        Json::Bool(false) => out.extend_from_slice(b"false"),
        Json::Number(token) => write_number(token, out),
        Json::String(text) => match text.canonical() {
            Some(raw) => {
                out.push(b'"');
                if raw.len() < LONG_STRING {
                    out.extend_from_slice(raw.as_bytes());
                } else {
                    take(out);
                    out.clear();
                    take(raw.as_bytes());
                }
                out.push(b'"');
            }
            None => write_string(text, out),
        },
        Json::Array(items) => {
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write(item, out, take);
            }
            out.push(b']');
        }
        Json::Object(members) => {
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort_unstable_by(|(left, _), (right, _)| utf16_order(left, right));
            out.push(b'{');
            for (index, (key, member)) in sorted.into_iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_string(key, out);
                out.push(b':');
                write(member, out, take);
            }
            out.push(b'}');
        }
    }
}

/// RFC 8785 §3.2.3: keys are ordered by their UTF-16 code units. For ASCII that is the order of the bytes.
fn utf16_order(left: &str, right: &str) -> Ordering {
    if left.is_ascii() && right.is_ascii() {
        left.cmp(right)
    } else {
        left.encode_utf16().cmp(right.encode_utf16())
    }
}

/// RFC 8785 §3.2.2.3. Integers keep their digits: up to 2^53 − 1 that is what the RFC says, beyond it is our
/// one addition, so that two different 64-bit ids never become one.
fn write_number(token: &str, out: &mut Vec<u8>) {
    let integer = !token.bytes().any(|byte| matches!(byte, b'.' | b'e' | b'E'));
    if integer {
        let digits = if token == "-0" { "0" } else { token };
        out.extend_from_slice(digits.as_bytes());
        return;
    }
    // The parser let only finite doubles through, so this always parses.
    let number: f64 = token.parse().unwrap_or_default();
    out.extend_from_slice(ryu_js::Buffer::new().format_finite(number).as_bytes());
}

/// RFC 8785 §3.2.2.2.
fn write_string(text: &str, out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let bytes = text.as_bytes();
    // A line of source code has two or three characters to escape.
    out.reserve(bytes.len() + bytes.len() / 8 + 2);
    out.push(b'"');
    let (mut specials, mut at) = (Specials::of(bytes), 0);
    loop {
        let special = specials.next(at);
        out.extend_from_slice(bytes.get(at..special).unwrap_or_default());
        let Some(&byte) = bytes.get(special) else {
            break;
        };
        at = special + 1;
        let short = match byte {
            b'"' => b'"',
            b'\\' => b'\\',
            0x08 => b'b',
            b'\t' => b't',
            b'\n' => b'n',
            0x0C => b'f',
            b'\r' => b'r',
            _ => {
                out.extend_from_slice(b"\\u00");
                out.push(HEX[usize::from(byte >> 4)]);
                out.push(HEX[usize::from(byte & 0xF)]);
                continue;
            }
        };
        out.extend_from_slice(&[b'\\', short]);
    }
    out.push(b'"');
}
