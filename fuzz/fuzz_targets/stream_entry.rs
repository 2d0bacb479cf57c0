//! Entries of the work stream: what is read says the same when it is written, and stays below its bound.
#![no_main]

use std::collections::HashMap;

use queue::stream::Entry;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let fields: HashMap<String, String> = text
        .split('\n')
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    if let Some(entry) = Entry::parse(&fields) {
        let written = entry.fields();
        let written = written
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value));
        assert_eq!(Entry::parse(&written.collect()), Some(entry));
    }
});
