//! Keys and tokens, known by how they begin.

use std::ops::Range;

use super::{Kind, Needs, neighbours, pattern};

const MASK: &str = "[key]";

pub(super) fn kinds() -> Vec<Kind> {
    vec![
        // `user:password@` of a URL.
        Kind {
            mask: MASK,
            needs: Needs::Any(&["://"]),
            // The last `@` ends it: a password may have some.
            candidate: pattern(r"://[^\s/?#:]*:[^\s/?#]+@"),
            check: |text, found| {
                let user = found.start + 3;
                let found = user..found.end - 1;
                // A password that is masked already says more than the whole masked.
                let is_masked = text.get(found.clone())?.ends_with(":***");
                (!is_masked).then_some(found)
            },
        },
        // Our own: a key's id is public, its secret is not. A metric's name has no such id.
        prefixed("autorater_", r"autorater_[0-9A-Fa-f]{16}_[0-9A-Za-z]+"),
        // What our webhooks are signed with.
        prefixed("whsec_", r"whsec_[\w+/=-]{16,}"),
        Kind {
            mask: MASK,
            needs: Needs::Any(&["earer ", "EARER ", "asic ", "ASIC "]),
            candidate: pattern(r"(?i:bearer|basic) +[A-Za-z0-9._~+/=-]{8,}"),
            check: after_scheme,
        },
        prefixed("eyJ", r"eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)*"),
        prefixed("sk-", r"sk-[\w-]{16,}"),
        prefixed("sk_", r"[a-z]?sk_[\w-]{16,}"),
        prefixed("rk_", r"rk_(?:live|test)_\w{10,}"),
        prefixed("npm_", r"npm_\w{30,}"),
        prefixed("ya29.", r"ya29\.[\w-]{16,}"),
        // Amazon's access keys.
        prefixed("A", r"A(?:KIA|SIA|GPA|IDA|ROA|IPA|NPA|NVA)[A-Z0-9]{16}"),
        prefixed("gh", r"gh[pousr]_\w{20,}"),
        prefixed("github_pat_", r"github_pat_\w{20,}"),
        prefixed("glpat-", r"glpat-[\w-]{16,}"),
        prefixed("xox", r"xox[a-z]-[\w-]{10,}"),
        prefixed("AIza", r"AIza[\w-]{30,}"),
        prefixed("hf_", r"hf_\w{20,}"),
        prefixed("xai-", r"xai-[\w-]{16,}"),
        prefixed(
            "PRIVATE KEY-----",
            r"-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*(?:-----END [A-Z ]*PRIVATE KEY-----)?",
        ),
    ]
}

fn prefixed(prefix: &'static str, candidate: &str) -> Kind {
    // A static slice of one: the word is looked for before the pattern is.
    let needs: &'static [&'static str] = Box::leak(Box::new([prefix]));
    Kind {
        mask: MASK,
        needs: Needs::Any(needs),
        candidate: pattern(candidate),
        check: by_itself,
    }
}

/// Not within a word, and not a name of lower-case words as steps have them.
fn by_itself(text: &str, found: Range<usize>) -> Option<Range<usize>> {
    let (before, _) = neighbours(text, &found);
    let candidate = text.get(found.clone())?;
    let is_random = candidate
        .bytes()
        .any(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
    let in_word = before.is_some_and(|letter| letter.is_alphanumeric() && letter.is_ascii());
    (is_random && !in_word).then_some(found)
}

/// The token behind `Bearer` or `Basic`; a plain word there is a sentence's.
fn after_scheme(text: &str, found: Range<usize>) -> Option<Range<usize>> {
    let candidate = text.get(found.clone())?;
    let token = candidate.rsplit(' ').next()?;
    let is_token = token.len() >= 24
        || token
            .bytes()
            .any(|byte| byte.is_ascii_digit() || byte == b'=');
    is_token.then_some(found.end - token.len()..found.end)
}
