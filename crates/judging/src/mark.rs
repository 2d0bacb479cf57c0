//! The plan's mark, its nonce: it fences material off in prompts, and is nothing that anybody else should see. A judge
//! quotes it now and then, and a candidate that is shown it could forge a fence for the next evaluation of its kind.

/// How our own lines carry the mark, and what is left of them without it.
const FORMS: [(&str, &str, &str); 4] = [
    // A message or a call: `[mark] 3. tool`.
    ("[", "] ", ""),
    ("[", "]", ""),
    // A fence: `<input mark>`, `</argument B1.merit mark>`.
    (" ", ">", ">"),
    ("", "", "…"),
];

/// Whether a text holds the mark, in whatever case.
pub(crate) fn is_in(text: &str, nonce: &str) -> bool {
    !nonce.is_empty()
        && text
            .to_ascii_lowercase()
            .contains(&nonce.to_ascii_lowercase())
}

/// Takes the mark out of a text.
pub(crate) fn remove_from(text: &mut String, nonce: &str) {
    if is_in(text, nonce) {
        *text = removed(text, nonce);
    }
}

/// A text without a plan's mark, its nonce: for words that may quote a prompt.
#[must_use]
pub fn removed(text: &str, nonce: &str) -> String {
    let nonce = nonce.to_ascii_lowercase();
    let mut text = text.to_owned();
    for (before, behind, instead) in FORMS {
        let form = format!("{before}{nonce}{behind}");
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        // Lower case of ASCII only: every byte keeps its place.
        for (found, _) in text.to_ascii_lowercase().match_indices(&form) {
            out.push_str(text.get(at..found).unwrap_or_default());
            out.push_str(instead);
            at = found + form.len();
        }
        out.push_str(text.get(at..).unwrap_or_default());
        text = out;
    }
    text
}

/// A text without the lines that carry the mark: they are ours, not the material's.
pub(crate) fn without_lines(text: &str, nonce: &str) -> String {
    let lines = text.split_inclusive('\n');
    lines.filter(|line| !is_in(line, nonce)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONCE: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn our_lines_stay_readable_without_the_mark() {
        for (with, without) in [
            ("[MARK] 3. tool (ls)\nx", "3. tool (ls)\nx"),
            ("a\n[MARK] tool call: f({})", "a\ntool call: f({})"),
            (
                "<candidate A MARK>\nx\n</candidate A MARK>",
                "<candidate A>\nx\n</candidate A>",
            ),
            ("between MARK and [MARK].", "between … and ."),
            ("MARK", "…"),
        ] {
            for nonce in [NONCE.to_owned(), NONCE.to_uppercase()] {
                let mut text = with.replace("MARK", &nonce);
                remove_from(&mut text, NONCE);
                assert_eq!(text, without);
            }
        }
        let mut other = "[0123456789abcdef] é".to_owned();
        remove_from(&mut other, NONCE);
        assert_eq!(other, "[0123456789abcdef] é");
    }
}
