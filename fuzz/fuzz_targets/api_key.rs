//! API keys and their ids.
#![no_main]

use domain::api_key::{ApiKey, KeyId};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Some(key) = ApiKey::parse(text) {
        assert!(text.is_ascii() && text.len() == "autorater__".len() + 16 + 64);
        assert!(text.starts_with(&format!("autorater_{}_", key.id())));
        assert_eq!(KeyId::parse(key.id().as_str()).as_ref(), Some(key.id()));
        assert!(
            !format!("{key:?}").contains(&text[27..]),
            "the secret is shown"
        );
    }
    if let Some(id) = KeyId::parse(text) {
        assert_eq!(id.as_str(), text);
    }
});
