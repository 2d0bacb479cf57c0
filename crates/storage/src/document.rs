//! Records that hold texts of others: JSON, compressed, in `bytea` (text and jsonb refuse U+0000).

use std::cell::RefCell;
use std::io::Read as _;

use serde::Serialize;
use serde::de::DeserializeOwned;
use zstd::bulk::Compressor;

use crate::error::{Error, Result};

/// The fastest level: source code shrinks about fourfold at a few hundred MB/s.
const LEVEL: i32 = 1;

/// No stored record is larger when unpacked: a bound against a damaged one.
const LARGEST: u64 = 512 * 1024 * 1024;

thread_local! {
    /// Kept, because making its tables takes longer than compressing a small record.
    static COMPRESSOR: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
}

pub(crate) fn pack(bytes: &[u8]) -> Result<Vec<u8>> {
    let packed = COMPRESSOR.with_borrow_mut(|kept| {
        let compressor = match kept {
            Some(compressor) => compressor,
            None => kept.insert(Compressor::new(LEVEL)?),
        };
        compressor.compress(bytes)
    });
    packed.map_err(|error: std::io::Error| Error::Unreadable {
        what: "record",
        problem: error.to_string(),
    })
}

pub(crate) fn unpack(what: &'static str, bytes: &[u8]) -> Result<Vec<u8>> {
    let wrong = |problem: String| Error::Unreadable { what, problem };
    let decoder = zstd::stream::read::Decoder::with_buffer(bytes)
        .map_err(|error| wrong(error.to_string()))?;
    let mut body = Vec::new();
    decoder
        .take(LARGEST + 1)
        .read_to_end(&mut body)
        .map_err(|error| wrong(error.to_string()))?;
    if body.len() as u64 > LARGEST {
        Err(wrong("it is larger than any that was stored".to_owned()))
    } else {
        Ok(body)
    }
}

pub(crate) fn write<T: Serialize>(what: &'static str, record: &T) -> Result<Vec<u8>> {
    let json = serde_json::to_vec(record).map_err(|error| Error::Unreadable {
        what,
        problem: error.to_string(),
    })?;
    pack(&json)
}

pub(crate) fn read<T: DeserializeOwned>(what: &'static str, bytes: &[u8]) -> Result<T> {
    // Not the error's own words: they quote the record, and this ends in a log.
    serde_json::from_slice(&unpack(what, bytes)?).map_err(|error| Error::Unreadable {
        what,
        problem: format!(
            "{:?} error at line {} column {}",
            error.classify(),
            error.line(),
            error.column()
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unreadable_record_is_not_quoted() {
        let packed = write("plan", &"a candidate's words").unwrap();
        let problem = read::<u64>("plan", &packed).unwrap_err().to_string();
        assert_eq!(
            problem,
            "a stored plan cannot be read: Data error at line 1 column 21"
        );
    }
}
