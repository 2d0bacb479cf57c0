//! Encoded bodies: however they are cut into chunks, they hold the same bytes or are the same error; and as lines, what splitting
//! them gives.
#![no_main]

use std::io;

use bytes::Bytes;
use futures::{executor::block_on, stream};
use service::http::body::{Encoding, Line, Lines, decoded};
use tokio::io::{AsyncReadExt as _, BufReader};

/// As a body is bounded: more than that is never decoded.
const LIMIT: u64 = 256 * 1024;
const LINE_LIMIT: u64 = 64;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some(([encoding, size], body)) = data.split_first_chunk::<2>() else {
        return;
    };
    let encoding = match encoding % 3 {
        0 => Encoding::Identity,
        1 => Encoding::Gzip,
        _ => Encoding::Zstd,
    };
    let size = usize::from(*size).max(1);
    let whole = read(encoding, body, body.len().max(1));
    let cut = read(encoding, body, size);
    assert_eq!(whole.is_ok(), cut.is_ok(), "{whole:?} and {cut:?}");
    let Ok(bytes) = whole else { return };
    assert_eq!(bytes, cut.unwrap_or_default());
    assert!(bytes.len() as u64 <= LIMIT);
    assert_eq!(lines(&bytes, size), expected_lines(&bytes));
});

fn chunks(
    body: &[u8],
    size: usize,
) -> impl stream::Stream<Item = io::Result<Bytes>> + Unpin + 'static {
    let chunks: Vec<_> = body
        .chunks(size)
        .map(|chunk| Ok(Bytes::copy_from_slice(chunk)))
        .collect();
    stream::iter(chunks)
}

fn read(encoding: Encoding, body: &[u8], size: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let body = decoded(encoding, chunks(body, size));
    block_on(body.take(LIMIT).read_to_end(&mut bytes))?;
    Ok(bytes)
}

fn lines(bytes: &[u8], size: usize) -> Vec<Line> {
    let body = BufReader::with_capacity(size, decoded(Encoding::Identity, chunks(bytes, size)));
    let mut lines = Lines::new(body, LINE_LIMIT);
    let mut found = Vec::new();
    while let Some(line) = block_on(lines.next()).expect("bytes in memory") {
        found.push(line);
    }
    found
}

fn expected_lines(bytes: &[u8]) -> Vec<Line> {
    let mut lines: Vec<_> = bytes.split(|byte| *byte == b'\n').collect();
    // Behind the last line end no line begins.
    if lines.last().is_some_and(|last| last.is_empty()) {
        lines.pop();
    }
    lines
        .into_iter()
        .map(|line| {
            if line.len() as u64 > LINE_LIMIT {
                Line::TooLong
            } else {
                Line::Text(line.to_vec())
            }
        })
        .collect()
}
