//! URLs of webhooks: what is taken is https to the public internet, and is the same when it is read from the database.
#![no_main]

use std::net::IpAddr;

use webhooks::{MAX_URL_BYTES, Policy, Target};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let policy = Policy::default();
    let Ok(target) = Target::parse(text, &policy) else {
        return;
    };
    let url = target.url();
    assert_eq!(url.scheme(), "https");
    assert!(url.username().is_empty() && url.password().is_none() && url.fragment().is_none());
    assert!(url.as_str().len() <= MAX_URL_BYTES);
    assert_ne!(target.name().is_some(), target.address().is_some());
    match target.address() {
        Some(IpAddr::V4(address)) => {
            assert!(!address.is_private() && !address.is_loopback() && !address.is_link_local());
            assert!(
                !address.is_unspecified() && !address.is_broadcast() && !address.is_multicast()
            );
        }
        Some(IpAddr::V6(address)) => {
            assert!(!address.is_loopback() && !address.is_unspecified() && !address.is_multicast());
            let mapped = address.to_ipv4_mapped();
            assert!(mapped.is_none_or(|address| !address.is_private() && !address.is_loopback()));
        }
        None => {}
    }
    assert_eq!(Target::parse(url.as_str(), &policy), Ok(target.clone()));
});
