//! The tags of a Jinja template and the words in them.
//!
//! The engine offers no look at what it parsed, and the bounds on what a prompt can cost rest on what stands in its
//! tags. So they are read here first, by the engine's own rules; what cannot be read here never gets to the engine.

/// A tag.
#[derive(Debug)]
pub(super) struct Tag<'s> {
    /// Whether it is `{% … %}` rather than `{{ … }}`.
    pub(super) statement: bool,
    /// What stands in it.
    pub(super) tokens: Vec<Token<'s>>,
}

impl Tag<'_> {
    /// Whether its first word is this one.
    pub(super) fn begins_with(&self, word: &str) -> bool {
        self.statement && self.tokens.first() == Some(&Token::Word(word))
    }
}

/// A word of a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'s> {
    /// A name or keyword.
    Word(&'s str),
    /// A text in quotes, or a number.
    Literal,
    /// An operator, bracket or the like.
    Sign(&'s str),
}

/// The tags of a template, but not comments and what is raw; the line of the first one that cannot be told otherwise.
pub(super) fn tags(source: &str) -> Result<Vec<Tag<'_>>, usize> {
    let mut tags = Vec::new();
    let mut rest = source;
    while let Some((_, after)) = rest.split_once('{') {
        rest = following(&mut tags, after).ok_or_else(|| {
            let before = source.len() - after.len();
            1 + source
                .bytes()
                .take(before)
                .filter(|byte| *byte == b'\n')
                .count()
        })?;
    }
    Ok(tags)
}

/// What follows the tag, comment or mere brace whose first brace was just passed.
fn following<'s>(tags: &mut Vec<Tag<'s>>, after: &'s str) -> Option<&'s str> {
    if let Some(comment) = after.strip_prefix('#') {
        return Some(comment.split_once("#}")?.1);
    }
    if let Some(statement) = after.strip_prefix('%') {
        return match basic(statement, "raw") {
            Some(raw) => after_raw(raw),
            None => push(tags, true, statement),
        };
    }
    match after.strip_prefix('{') {
        Some(expression) => push(tags, false, expression),
        None => Some(after),
    }
}

/// What follows a tag that consists of one word, given what follows its `{%`.
fn basic<'s>(statement: &'s str, word: &str) -> Option<&'s str> {
    let inner = statement.strip_prefix(['-', '+']).unwrap_or(statement);
    let inner = blanks(inner).strip_prefix(word)?;
    let inner = blanks(inner);
    inner
        .strip_prefix(['-', '+'])
        .unwrap_or(inner)
        .strip_prefix("%}")
}

fn after_raw(mut raw: &str) -> Option<&str> {
    loop {
        let (_, statement) = raw.split_once("{%")?;
        match basic(statement, "endraw") {
            Some(after) => return Some(after),
            None => raw = statement,
        }
    }
}

/// Reads a tag and returns what follows it.
fn push<'s>(tags: &mut Vec<Tag<'s>>, statement: bool, inner: &'s str) -> Option<&'s str> {
    let end = if statement { "%}" } else { "}}" };
    let mut rest = inner.strip_prefix(['-', '+']).unwrap_or(inner);
    let mut tokens = Vec::new();
    let mut depth = 0_usize;
    loop {
        rest = blanks(rest);
        if depth == 0 {
            let tail = rest.strip_prefix(['-', '+']).unwrap_or(rest);
            if let Some(after) = tail.strip_prefix(end).or_else(|| rest.strip_prefix(end)) {
                tags.push(Tag { statement, tokens });
                return Some(after);
            }
        }
        let (token, after) = token(rest)?;
        match token {
            Token::Sign("(" | "[" | "{") => depth += 1,
            Token::Sign(")" | "]" | "}") => depth = depth.checked_sub(1)?,
            _ => {}
        }
        tokens.push(token);
        rest = after;
    }
}

fn token(rest: &str) -> Option<(Token<'_>, &str)> {
    let first = rest.chars().next()?;
    let word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    if first == '"' || first == '\'' {
        return Some((Token::Literal, after_text(rest, first)?));
    }
    if word(first) {
        let end = rest.find(|letter| !word(letter)).unwrap_or(rest.len());
        let (text, after) = rest.split_at_checked(end)?;
        if !first.is_ascii_digit() {
            return Some((Token::Word(text), after));
        }
        // The engine makes a number and a word of `1if`, and a number of `1e3`: plain digits are the same to both.
        let plain = text.bytes().all(|byte| byte.is_ascii_digit());
        return plain.then_some((Token::Literal, after));
    }
    if !first.is_ascii() {
        return None;
    }
    let double = ["//", "**", "==", "!=", ">=", "<="];
    let length = if double.iter().any(|sign| rest.starts_with(sign)) {
        2
    } else {
        1
    };
    let (sign, after) = rest.split_at_checked(length)?;
    Some((Token::Sign(sign), after))
}

/// What follows a text in quotes.
fn after_text(quoted: &str, quote: char) -> Option<&str> {
    let mut characters = quoted.chars();
    characters.next()?;
    loop {
        match characters.next()? {
            '\\' => {
                characters.next()?;
            }
            character if character == quote => return Some(characters.as_str()),
            _ => {}
        }
    }
}

fn blanks(text: &str) -> &str {
    text.trim_start_matches(|character: char| character.is_ascii_whitespace())
}
