//! Characters that nobody sees: a byte order mark, spaces without width, soft hyphens, marks of writing direction, those
//! of private use; and marks on others.
//!
//! A reply is read as it looks. Were such a character a part of it, a verdict behind one would not be seen, and an
//! earlier one taken in its stead.

use std::borrow::Cow;
use std::ops::Range;

/// A text as it looks.
pub(super) struct Seen<'t> {
    /// Without what is not seen.
    pub(super) text: Cow<'t, str>,
    /// The places of [`Self::text`] before which something is left out, with the bytes that are left out up to there.
    cuts: Vec<(usize, usize)>,
}

impl<'t> Seen<'t> {
    /// With `plain` what only decorates is left out too.
    pub(super) fn of(text: &'t str, plain: bool) -> Self {
        let is_left_out = |each| is_unseen(each) || (plain && is_decoration(each));
        let mut boxes = if plain { boxes(text) } else { Vec::new() };
        if plain {
            boxes.extend(closings(text));
        }
        boxes.extend(escapes(text));
        let tags = if plain { tags(text) } else { Vec::new() };
        if boxes.is_empty()
            && tags.is_empty()
            && !text.contains(|each| is_left_out(each) || is_combining(each))
        {
            let text = Cow::Borrowed(text);
            return Self {
                text,
                cuts: Vec::new(),
            };
        }
        let mut seen = String::with_capacity(text.len());
        let mut cuts: Vec<(usize, usize)> = Vec::new();
        let mut left_out = 0;
        for (place, each) in text.char_indices() {
            let is_box = boxes.iter().any(|at| at.contains(&place));
            let tag = tags.partition_point(|(at, _)| at.end <= place);
            let tag = tags.get(tag).filter(|(at, _)| at.contains(&place));
            if let Some((at, ends_line)) = tag {
                // A blank line stands for the tag of a block.
                if *ends_line && at.start == place {
                    seen.push('\n');
                    continue;
                }
                left_out += each.len_utf8();
                cuts.pop_if(|(at, _)| *at == seen.len());
                cuts.push((seen.len(), left_out));
                continue;
            }
            // A mark that stands on no letter or digit stands on nothing that is read.
            let is_stray = is_combining(each)
                && !seen.ends_with(|base: char| base.is_alphanumeric() || is_combining(base));
            if !is_left_out(each) && !is_stray && !is_box {
                seen.push(each);
                continue;
            }
            left_out += each.len_utf8();
            cuts.pop_if(|(at, _)| *at == seen.len());
            cuts.push((seen.len(), left_out));
        }
        Self {
            text: Cow::Owned(seen),
            cuts,
        }
    }

    /// Where a place of the seen text stands in the whole one.
    pub(super) fn whole(&self, at: &Range<usize>) -> Range<usize> {
        let left_out = |cuts: usize| {
            let last = cuts.checked_sub(1).and_then(|last| self.cuts.get(last));
            last.map_or(0, |(_, bytes)| *bytes)
        };
        let start = left_out(self.cuts.partition_point(|(place, _)| *place <= at.start));
        let end = left_out(self.cuts.partition_point(|(place, _)| *place < at.end));
        at.start + start..(at.end + end).max(at.start + start)
    }
}

/// How a formula frames its result, what it may hold, in bytes, and how many are looked at: more are no verdict but a flood.
const BOX: &str = "\\boxed{";
const LONGEST_BOXED: usize = 40;
const MOST_BOXES: usize = 20;

/// The places of the marks that frame a result: of `\boxed{4}` all but the `4`.
fn boxes(text: &str) -> Vec<Range<usize>> {
    let framed = |(at, _): (usize, &str)| {
        let inside = at + BOX.len();
        let near = text.get(inside..text.floor_char_boundary(inside + LONGEST_BOXED))?;
        let end = near
            .find(['{', '}', '\n'])
            .filter(|end| near.get(*end..).is_some_and(|rest| rest.starts_with('}')))?;
        Some([at..inside, inside + end..inside + end + 1])
    };
    let all = text.match_indices(BOX).take(MOST_BOXES).filter_map(framed);
    all.flatten().collect()
}

/// The places of emphasis that closes behind the end of a sentence, as far as `MOST_CLOSINGS`: of `**Yes.** It runs.` the second `**`.
fn closings(text: &str) -> impl Iterator<Item = Range<usize>> {
    const MOST_CLOSINGS: usize = 200;
    let closing = |(stop, mark): (usize, &str)| {
        let at = stop + mark.len() - 1;
        let rest = text.get(at..)?.trim_start_matches('*');
        let end = text.len() - rest.len();
        (rest.is_empty() || rest.starts_with(char::is_whitespace)).then_some(at..end)
    };
    let all = [".*", "!*", "。*"]
        .into_iter()
        .flat_map(|mark| text.match_indices(mark));
    all.take(MOST_CLOSINGS).filter_map(closing)
}

/// The places of the sequences that colour text on a terminal, as far as `MOST_TAGS`: of `\u{1B}[1mScore\u{1B}[0m` all but the word.
fn escapes(text: &str) -> Vec<Range<usize>> {
    let sequence = |(at, _): (usize, &str)| {
        let near = text.get(at..text.floor_char_boundary(at + LONGEST_BOXED))?;
        let behind = near.strip_prefix("\u{1B}")?;
        let end = match behind.strip_prefix('[') {
            Some(rest) => rest.find(|each: char| ('@'..='~').contains(&each))? + "[m".len(),
            // A title, which a bell ends.
            None => behind.strip_prefix(']')?.find('\u{7}')? + "]\u{7}".len(),
        };
        Some(at..at + "\u{1B}".len() + end)
    };
    let all = text.match_indices('\u{1B}').take(MOST_TAGS);
    all.filter_map(sequence).collect()
}

/// Tags that emphasise, and those of blocks; of others, such as `<s>` and `<example>`, it counts what they are.
const EMPHASIS: &str = "b strong i em u code span mark";
const BLOCKS: &str = "p br div li ul ol h1 h2 h3 h4 h5 h6";

/// The longest such tag, in bytes, and how many are looked at.
const LONGEST_TAG: usize = 10;
const MOST_TAGS: usize = 2000;

/// The places of tags that say nothing, in order, and whether each ends a line.
fn tags(text: &str) -> Vec<(Range<usize>, bool)> {
    let tag = |(at, _): (usize, &str)| {
        let near = text.get(at..text.floor_char_boundary(at + LONGEST_TAG))?;
        let end = near.find('>')?;
        let name = near.get(1..end)?.trim_matches(['/', ' ']).to_lowercase();
        let is = |list: &str| list.split(' ').any(|each| each == name);
        let is_block = is(BLOCKS);
        (is_block || is(EMPHASIS)).then(|| (at..at + end + 1, is_block))
    };
    text.match_indices('<')
        .take(MOST_TAGS)
        .filter_map(tag)
        .collect()
}

/// Whether a character is a picture that says nothing beside a value: a star, a tick, a medal. Those that doubt or deny
/// (❓, ❌, 🤔, 👎), those that reckon (➕) and arrows are none.
pub(super) fn is_decoration(each: char) -> bool {
    !each.is_ascii()
        && "★☆✓✔☑✅✨⭐⚡❤➤🌟🏅🏆🏁👉👍💯📈📊📌📋📝🔍🔎🔥🎉🎯🟢🟡🔵🤖🥇🙂😊".contains(each)
}

/// Whether a character is a mark on the one before, in scripts of letters: an accent, a stroke through it.
pub(super) fn is_combining(each: char) -> bool {
    matches!(each,
        '\u{300}'..='\u{36F}' | '\u{483}'..='\u{489}' | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}'
        | '\u{20D0}'..='\u{20FF}' | '\u{FE20}'..='\u{FE2F}')
}

/// Whether the line around a place holds letters or digits with a stroke through them.
pub(super) fn is_struck(text: &str, at: &Range<usize>) -> bool {
    let before = text.get(..at.start).unwrap_or_default();
    let behind = text.get(at.end..).unwrap_or_default();
    let start = before.rfind('\n').unwrap_or(0);
    let end = behind
        .find('\n')
        .map_or(text.len(), |length| at.end + length);
    let text = text.get(start..end).unwrap_or_default();
    let mut before = ' ';
    text.chars().any(|each| {
        let base = std::mem::replace(&mut before, each);
        base.is_alphanumeric()
            && matches!(
                each,
                '\u{334}'
                    ..='\u{338}'
                        | '\u{20D2}'
                        | '\u{20D3}'
                        | '\u{20E5}'
                        | '\u{20E6}'
                        | '\u{20EA}'
                        | '\u{20EB}'
            )
    })
}

/// Whether a character is not shown: those that Unicode calls ignorable by default, and control characters.
fn is_unseen(each: char) -> bool {
    matches!(each,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
        | '\u{200B}'..='\u{200F}' | '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}'
        | '\u{2800}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFC}'
        | '\u{E000}'..='\u{F8FF}' | '\u{1D159}'
        | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
        // A backspace takes away what stands before it.
        || (each.is_control() && !matches!(each, '\n' | '\r' | '\t' | '\u{8}' | '\u{7F}'))
}
