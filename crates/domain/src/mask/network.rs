//! Addresses of mail and of machines.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use super::{Kind, Needs, is_apart, pattern};

/// Letters before the `@`; RFC 5321 has 64.
const MAX_LOCAL: usize = 200;

pub(super) fn email() -> Kind {
    Kind {
        mask: "[email]",
        needs: Needs::Any(&["@", "%40"]),
        // `%40` as in the query of a URL.
        candidate: pattern(r"(?:@|%40)[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]*[\p{L}\p{N}])+"),
        check: |text, found| {
            let domain = text.get(found.clone())?.rsplit('.').next()?;
            let is_name = domain.chars().count() > 1 && domain.starts_with(char::is_alphabetic);
            let local = text
                .get(..found.start)?
                .char_indices()
                .rev()
                .take(MAX_LOCAL);
            let is_local = |letter: char| letter.is_alphanumeric() || "._+'-".contains(letter);
            let (start, _) = local.take_while(|(_, letter)| is_local(*letter)).last()?;
            is_name.then_some(start..found.end)
        },
    }
}

pub(super) fn kinds() -> Vec<Kind> {
    vec![
        Kind {
            mask: "[ip]",
            needs: Needs::Any(&[":"]),
            candidate: pattern(r"(?:[0-9A-Fa-f]{0,4}:){2,8}[0-9A-Fa-f.]{0,45}"),
            check: v6,
        },
        Kind {
            mask: "[ip]",
            needs: Needs::Any(&["."]),
            candidate: pattern(r"\d{1,3}(?:\.\d{1,3}){3}"),
            check: |text, found| {
                let address: Ipv4Addr = text.get(found.clone())?.parse().ok()?;
                let is_own = address.is_loopback() || address.is_unspecified();
                (!is_own && is_apart(text, &found)).then_some(found)
            },
        },
    ]
}

/// The longest part that is an address: before it may stand a name and a colon, behind it a port.
fn v6(text: &str, found: Range<usize>) -> Option<Range<usize>> {
    let mut start = found.start;
    loop {
        let mut end = found.end;
        for _ in 0..3 {
            let part = text.get(start..end)?;
            if is_foreign(part) && is_apart(text, &(start..end)) {
                return Some(start..end);
            }
            end = start + part.rfind([':', '.'])?;
        }
        start += text.get(start..found.end)?.find(':')? + 1;
    }
}

/// With a digit: `ab::cd` is a path in a program.
fn is_foreign(part: &str) -> bool {
    let Ok(address) = part.parse::<Ipv6Addr>() else {
        return false;
    };
    let is_own = address.is_loopback() || address.is_unspecified();
    !is_own && part.len() > 4 && part.bytes().any(|byte| byte.is_ascii_digit())
}
