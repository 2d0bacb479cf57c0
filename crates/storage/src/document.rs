//! Records that hold texts of others: JSON, compressed, in `bytea` (text and jsonb refuse U+0000).

use std::cell::RefCell;
use std::io::Read as _;

use serde::Serialize;
use serde::de::DeserializeOwned;
use zstd::bulk::Compressor;
use zstd::zstd_safe::{self, DCtx, ResetDirective};

use crate::error::{Error, Result};

/// The fastest level: source code shrinks about fourfold at a few hundred MB/s.
const LEVEL: i32 = 1;

/// No stored record is larger when unpacked: a bound against a damaged one.
const LARGEST: u64 = 512 * 1024 * 1024;

/// Room that is made beforehand for what a record says of its size; more is made as it is needed.
const MAX_RESERVED: u64 = 1024 * 1024;

thread_local! {
    /// Kept, because making its tables takes longer than compressing a small record.
    static COMPRESSOR: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
    /// Likewise: half of what it takes to read a small record.
    static DECOMPRESSION: RefCell<DCtx<'static>> = RefCell::new(DCtx::create());
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
    let said = zstd_safe::get_frame_content_size(bytes).ok().flatten();
    let reserved = said.unwrap_or_default().min(MAX_RESERVED);
    let mut body = Vec::with_capacity(usize::try_from(reserved).unwrap_or_default());
    DECOMPRESSION.with_borrow_mut(|context| {
        // The last record may have ended in its middle.
        context
            .reset(ResetDirective::SessionOnly)
            .map_err(|code| wrong(zstd_safe::get_error_name(code).to_owned()))?;
        zstd::stream::read::Decoder::with_context(bytes, context)
            .take(LARGEST + 1)
            .read_to_end(&mut body)
            .map_err(|error| wrong(error.to_string()))
    })?;
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
    fn a_record_that_is_cut_off_spoils_no_other() {
        let text = "a record ".repeat(100_000);
        let packed = pack(text.as_bytes()).unwrap();
        for cut in [packed.len() / 2, packed.len() - 1] {
            let (part, _) = packed.split_at(cut);
            assert!(unpack("record", part).is_err(), "cut at {cut}");
            assert_eq!(unpack("record", &packed).unwrap(), text.as_bytes());
        }
    }

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
