//! The marks that prompts put around what is to be judged.

/// A judged text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Marked<'a> {
    /// Which of two it is, where the mark says so.
    pub(crate) side: Option<Side>,
    /// The text between the marks.
    pub(crate) text: &'a str,
}

/// One of two candidates, by its name and not by its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// A, 1, m.
    First,
    /// B, 2, M.
    Second,
}

/// The texts between `<candidate NONCE>` and `</candidate NONCE>` lines, or the marks of known judge prompts.
pub(crate) fn find(text: &str) -> Vec<Marked<'_>> {
    let found = between_lines(text);
    if found.is_empty() {
        between_quotes(text)
    } else {
        found
    }
}

/// What ends a text.
enum End {
    /// This line.
    Line(String),
    /// The next heading.
    Heading,
}

impl End {
    fn is(&self, line: &str) -> bool {
        match self {
            Self::Line(closer) => line == closer,
            Self::Heading => line.starts_with("# "),
        }
    }
}

fn between_lines(text: &str) -> Vec<Marked<'_>> {
    let mut found = Vec::new();
    let mut open: Option<(usize, Option<Side>, End)> = None;
    let mut offset = 0;
    let mut push = |from: usize, to: usize, side| {
        if let Some(inner) = text.get(from..to) {
            let text = inner.trim_matches(['\n', '\r']);
            found.push(Marked { side, text });
        }
    };
    for line in text.split_inclusive('\n') {
        let start = offset;
        offset += line.len();
        let line = line.trim();
        match &open {
            Some((from, side, end)) if end.is(line) => {
                push(*from, start, *side);
                // A heading ends one text and may begin the next.
                open = opening(line).map(|(side, end)| (offset, side, end));
            }
            Some(_) => {}
            None => open = opening(line).map(|(side, end)| (offset, side, end)),
        }
    }
    if let Some((from, side, End::Heading)) = open {
        push(from, text.len(), side);
    }
    found
}

/// Whose text a line opens, and what ends it.
fn opening(line: &str) -> Option<(Option<Side>, End)> {
    if let Some(tag) = line
        .strip_prefix('<')
        .and_then(|line| line.strip_suffix('>'))
    {
        if let Some(conversation) = tag.strip_prefix("|The Start of Assistant") {
            let end = format!("<|The End of Assistant{conversation}>");
            return Some((named(conversation), End::Line(end)));
        }
        let mut words = tag.split(' ');
        let candidate = words.next() == Some("candidate");
        let name = words.next().unwrap_or_default();
        // The last word is the nonce.
        let side = words.next().and_then(|_| side(name));
        return candidate.then(|| (side, End::Line(format!("</{tag}>"))));
    }
    if let Some(rest) = line.strip_prefix("[The Start of Assistant") {
        return Some((
            named(rest),
            End::Line(format!("[The End of Assistant{rest}")),
        ));
    }
    if let Some(rest) = line.strip_prefix("[Assistant ") {
        return Some((named(rest), End::Line(format!("[End of Assistant {rest}"))));
    }
    let output = line.strip_prefix("# Output (")?.strip_suffix("):")?;
    Some((side(output), End::Heading))
}

/// The side in ` A's Answer]`.
fn named(rest: &str) -> Option<Side> {
    let rest = rest.trim_start();
    let end = rest
        .find(|character: char| !character.is_alphanumeric())
        .unwrap_or(rest.len());
    side(rest.get(..end)?)
}

fn side(name: &str) -> Option<Side> {
    match name {
        "A" | "a" | "1" => Some(Side::First),
        "B" | "b" | "2" => Some(Side::Second),
        _ => None,
    }
}

/// The outputs of the models `m` and `M`, as AlpacaEval lists them.
fn between_quotes(text: &str) -> Vec<Marked<'_>> {
    let output = |name: &str, side| {
        let (_, rest) = text.split_once(&format!("\"model_identifier\": \"{name}\""))?;
        let (_, rest) = rest.split_once("\"output\": \"\"\"")?;
        let (text, _) = rest.split_once("\"\"\"")?;
        let side = Some(side);
        Some(Marked { side, text })
    };
    let mut found: Vec<Marked<'_>> = [output("m", Side::First), output("M", Side::Second)]
        .into_iter()
        .flatten()
        .collect();
    // In the order of the prompt.
    found.sort_by_key(|marked| marked.text.as_ptr() as usize);
    found
}

#[cfg(test)]
mod tests {
    use super::{Marked, Side, find};

    fn sides(text: &str) -> Vec<(Option<Side>, &str)> {
        find(text)
            .into_iter()
            .map(|Marked { side, text }| (side, text))
            .collect()
    }

    #[test]
    fn pairs_are_found_in_whatever_order_they_stand() {
        let (first, second) = (Some(Side::First), Some(Side::Second));
        let expected = [(second, "two"), (first, "one")];
        for text in [
            "<candidate B k1>\ntwo\n</candidate B k1>\n<candidate A k1>\none\n</candidate A k1>",
            "[The Start of Assistant B's Answer]\ntwo\n[The End of Assistant B's Answer]\n\n\
             [The Start of Assistant A's Answer]\none\n[The End of Assistant A's Answer]",
            "<|The Start of Assistant B's Conversation with User|>\ntwo\n<|The End of Assistant B's Conversation with User|>\n\
             <|The Start of Assistant A's Conversation with User|>\none\n<|The End of Assistant A's Conversation with User|>",
            "[Assistant 2]\ntwo\n\n[End of Assistant 2]\n\n[Assistant 1]\none\n\n[End of Assistant 1]\n",
            "# Output (b):\ntwo\n\n# Output (a):\none\n\n# Which is better, Output (a) or Output (b)?",
            "{\"model_identifier\": \"M\", \"output\": \"\"\"two\"\"\"},\n{\"model_identifier\": \"m\", \"output\": \"\"\"one\"\"\"}",
        ] {
            assert_eq!(sides(text), expected, "{text}");
        }
    }

    #[test]
    fn a_nonce_is_no_name() {
        assert_eq!(sides("<candidate A>\none\n</candidate A>"), [(None, "one")]);
        assert_eq!(
            sides("<candidate patch k1>\none\n</candidate patch k1>"),
            [(None, "one")]
        );
        assert_eq!(sides("<candidates>\none\n</candidates>"), []);
    }
}
