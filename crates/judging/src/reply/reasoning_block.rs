//! What a model that thinks aloud says in the end.

mod fence;
mod turns;

use std::ops::Range;

use domain::plan::ReaderVersion;

/// How models mark their thoughts when a plain server leaves them in the text. Letters may be in another case.
const MARKS: [(&str, &str); 16] = [
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<thoughts>", "</thoughts>"),
    ("<reasoning>", "</reasoning>"),
    ("<seed:think>", "</seed:think>"),
    ("[think]", "[/think]"),
    ("◁think▷", "◁/think▷"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("<|start_thinking|>", "<|end_thinking|>"),
    ("<|channel>thought", "<channel|>"),
    ("<unused94>thought", "<unused95>"),
    // The channels of open models, and what is left of them where a server drops special tokens.
    ("<|channel|>analysis", CHANNEL),
    ("<|channel|>commentary", CHANNEL),
    ("here is my thought process:", "here is my response:"),
    ("", STRIPPED),
];

/// What is in the name of a tag around thoughts: `<scratchpad>`, `<analysis>`.
const THINKING: &str =
    "think thought reason analy scratch reflect deliberat monolog ponder draft internal";

/// What is in the name of a tag around an answer, or around text: any other that nothing closes holds thoughts.
const ANSWERING: &str = "score rating verdict answer result final output response choice decision grade evaluat label judg winner prefer \
    strong center assistant start_of function";

/// The shortest name of such a tag; shorter ones are markup (`<b>`), or a choice.
const SHORTEST_NAME: usize = 4;

/// The longest tag, with its attributes, in bytes.
const LONGEST_TAG: usize = 80;

const STRIPPED: &str = "assistantfinal";

/// What begins the channel that holds the answer.
const CHANNEL: &str = "<|channel|>final";

/// How tokens of channels and turns begin, and what ends the head of a message in a channel.
const TOKEN: &str = "<|";
const MESSAGE: &str = "<|message|>";

/// No model thinks in more fences than these.
const MAX_FENCES: u32 = 64;

/// How far behind a channel's name its message begins at most, in bytes.
const MAX_HEAD: usize = 80;

/// Tokens that servers leave at the end of a reply.
const ENDS: &str = "<|return|> <|end|> <|im_end|> <|eot_id|> <|endoftext|> <|end_of_text|> <end_of_turn> </s> <｜end▁of▁sentence｜> <|eot|> \
    <|eom_id|> <|END_OF_TURN_TOKEN|>";

/// Of those, the ones behind which the turn is over: what follows is a next one that the model made up.
const ENDS_OF_TURN: &str =
    "<|im_end|> <|eot_id|> <|endoftext|> <|end_of_text|> <end_of_turn> <｜end▁of▁sentence｜>";

/// Reads what follows the thoughts of a reply; the whole reply where there are none. `read` is given the part to
/// read, in bytes of `text`; `same` says whether two readings say the same; `quotes` says of a part that holds the
/// beginning of a thought whether that is quoted in it.
///
/// A thought may quote the mark that ends it, and so may the answer, since the material that is judged may hold
/// it. So the answer has to read the same behind the first such mark and behind the last; and where the thought
/// does not begin with a mark (servers put it into the prompt), what stands before may be the answer: it must
/// then not read as another one, unless the mark is the only one and no sentence quotes it.
///
/// # Errors
/// As `read`; and when there is no answer, or it is not clear where it begins.
pub(super) fn answer<T>(
    text: &str,
    reader: ReaderVersion,
    read: impl Fn(Range<usize>) -> Result<T, String>,
    same: impl Fn(&T, &T) -> bool,
    quotes: impl Fn(&Range<usize>) -> bool,
) -> Result<T, String> {
    let text = ended(own_turn(text));
    let from = behind_fences(text, |before| read(before).is_ok())?;
    let shifted = |part: &Range<usize>| part.start + from..part.end + from;
    behind_marks(
        text.get(from..).unwrap_or_default(),
        reader,
        |part| read(shifted(&part)),
        same,
        |part| quotes(&shifted(part)),
    )
}

/// Where the fences around thoughts end that stand before an answer. `reads` says whether a part is an answer.
fn behind_fences(text: &str, reads: impl Fn(Range<usize>) -> bool) -> Result<usize, String> {
    let mut from = 0;
    for _ in 0..MAX_FENCES {
        let Some((start, end)) = fence::of_thoughts(text, from) else {
            break;
        };
        let is_first = text
            .get(from..start)
            .is_some_and(|before| before.trim().is_empty());
        if !is_first && reads(from..start) {
            break;
        }
        let Some(end) = end else {
            return Err("it holds no answer, only a thought that does not end".to_owned());
        };
        from = end;
    }
    if from > 0 && text.get(from..).is_none_or(|rest| rest.trim().is_empty()) {
        return Err("it holds no answer behind its thoughts".to_owned());
    }
    Ok(from)
}

/// Reads what follows the thoughts between marks.
fn behind_marks<T>(
    text: &str,
    reader: ReaderVersion,
    read: impl Fn(Range<usize>) -> Result<T, String>,
    same: impl Fn(&T, &T) -> bool,
    quotes: impl Fn(&Range<usize>) -> bool,
) -> Result<T, String> {
    if text.trim().is_empty() {
        return Err("it is empty".to_owned());
    }
    let all = read_answer(text, reader, &read, &same, quotes)?;
    // What is read behind a turn that the model made up, and otherwise before it, is nobody's verdict.
    let is_other =
        turns::of_others(text).any(|at| read(0..at).is_ok_and(|before| !same(&all, &before)));
    if is_other {
        return Err("it goes on with another turn, which gives another verdict".to_owned());
    }
    Ok(all)
}

/// As [`answer`], of one turn.
fn read_answer<T>(
    text: &str,
    reader: ReaderVersion,
    read: impl Fn(Range<usize>) -> Result<T, String>,
    same: impl Fn(&T, &T) -> bool,
    quotes: impl Fn(&Range<usize>) -> bool,
) -> Result<T, String> {
    // Of the same length as the text, so that places are the same.
    let folded = text.to_ascii_lowercase();
    let folded = folded.as_str();
    let tag = begins_tag(folded).filter(|name| holds_thought(folded, name));
    let close = tag.map(|name| format!("</{name}>")).unwrap_or_default();
    let opened = opens(folded)
        || tag.is_some()
        || begins_channel(text)
        || (folded.contains(STRIPPED) && folded.trim_start().starts_with("analysis"));
    let thoughtless = |part: Range<usize>| {
        let body = folded.get(part.clone()).unwrap_or_default();
        let unended = body.lines().any(opens)
            || body
                .lines()
                .filter_map(begins_tag)
                .any(|name| is_thinking(name) && !is_closed(body, name))
            || begins_tag(body).is_some_and(|name| holds_thought(body, name))
            || body.contains("<|channel|>")
            || begins_channel(text.get(part.clone()).unwrap_or_default());
        if unended && !quotes(&part) {
            return Err("it holds no answer, only a thought that does not end".to_owned());
        }
        Ok(part)
    };
    // Where each thought ends and the answer begins, and how far that goes: a channel to the next token.
    let ends = || {
        let closes = MARKS.iter().map(|(_, close)| *close);
        closes
            .chain(Some(close.as_str()).filter(|close| !close.is_empty()))
            .flat_map(|close| {
                folded.match_indices(close).map(move |(at, _)| {
                    let behind = at + close.len();
                    if close != CHANNEL {
                        return (at, behind..text.len());
                    }
                    let rest = folded.get(behind..).unwrap_or_default();
                    let head = rest.find(MESSAGE).filter(|head| *head <= MAX_HEAD);
                    let from = behind + head.map_or(0, |head| head + MESSAGE.len());
                    let length = folded.get(from..).and_then(|rest| rest.find(TOKEN));
                    (at, from..length.map_or(text.len(), |length| from + length))
                })
            })
    };
    let (Some((first, first_part)), Some((last, behind))) = (
        ends().min_by_key(|(at, _)| *at),
        ends().max_by_key(|(at, _)| *at),
    ) else {
        return read(thoughtless(0..text.len())?);
    };
    // A channel that is not the last one is followed by thoughts.
    let beyond = folded.get(behind.end..).unwrap_or_default();
    if beyond.contains("<|channel|>") {
        return Err("it holds no answer behind its thoughts".to_owned());
    }
    if text
        .get(behind.clone())
        .unwrap_or_default()
        .trim()
        .is_empty()
    {
        return Err("it holds no answer behind its thoughts".to_owned());
    }
    let answer_start = behind.start;
    let answer = read(thoughtless(behind)?)?;
    let unclear = || "it is not clear where its thoughts end and its answer begins".to_owned();
    if first != last {
        match read(first_part) {
            Ok(other) if same(&answer, &other) => {}
            _ => return Err(unclear()),
        }
    }
    // The beginning of a thought may stand in the prompt, and a draft in the thought.
    let is_tag = reader >= ReaderVersion::V2
        && ends().count() == 1
        && text
            .get(first..answer_start)
            .is_some_and(|mark| is_closing_tag(mark) && !is_quoted(text, first..answer_start));
    if !opened && !is_tag && read(0..first).is_ok_and(|before| !same(&answer, &before)) {
        return Err(unclear());
    }
    Ok(answer)
}

/// Whether a mark is a tag that closes another one.
fn is_closing_tag(mark: &str) -> bool {
    ["</", "[/", "◁/"].iter().any(|head| mark.starts_with(head))
}

/// Whether a sentence names a mark: in quotation marks, or going on behind it.
fn is_quoted(text: &str, mark: Range<usize>) -> bool {
    let before = text
        .get(..mark.start)
        .and_then(|text| text.chars().next_back());
    let behind = text.get(mark.end..).unwrap_or_default();
    let line = behind.lines().next().unwrap_or_default();
    let next = line.trim_start().chars().next();
    before.is_some_and(|each| matches!(each, '`' | '"' | '\'' | '“' | '‘' | '«' | '('))
        || next.is_some_and(|each| {
            each.is_lowercase()
                || matches!(
                    each,
                    '`' | '"' | '\'' | '”' | '’' | '»' | ')' | ':' | ',' | ';' | '.'
                )
        })
}

/// Whether a text begins with a channel of thoughts whose tokens a server dropped: `analysisWe need to …`. A heading has
/// a mark behind it, and a sentence goes on in small letters.
fn begins_channel(text: &str) -> bool {
    ["analysis", "commentary"].iter().any(|channel| {
        let text = text.trim_start();
        let behind = text
            .strip_prefix("assistant")
            .unwrap_or(text)
            .strip_prefix(channel);
        behind.is_some_and(|behind| match behind.chars().next() {
            Some(' ') => behind.trim_start().starts_with(char::is_uppercase),
            Some(next) => next == '\n' || next.is_alphanumeric() || matches!(next, '"' | '“' | '('),
            None => false,
        })
    })
}

/// A text up to the end of its turn.
fn own_turn(text: &str) -> &str {
    let ends = ENDS_OF_TURN.split(' ').filter_map(|end| text.find(end));
    ends.min().and_then(|at| text.get(..at)).unwrap_or(text)
}

/// A text without the tokens and blanks that end it.
pub(super) fn ended(text: &str) -> &str {
    let mut text = text.trim_end();
    while let Some(rest) = ENDS.split(' ').find_map(|end| text.strip_suffix(end)) {
        text = rest.trim_end();
    }
    text
}

/// The name of the tag that a text, in small letters, begins with: `<think time=3>`, `[scratchpad]`.
fn begins_tag(text: &str) -> Option<&str> {
    let inside = text.trim_start().strip_prefix(['<', '['])?;
    let inside = inside
        .strip_prefix('|')
        .unwrap_or(inside)
        .trim_start_matches(' ');
    let end =
        inside.find(|each: char| !(each.is_alphanumeric() || matches!(each, '_' | '-' | ':')))?;
    let (name, behind) = inside.split_at_checked(end)?;
    let near = behind.get(..behind.floor_char_boundary(LONGEST_TAG))?;
    let head = near.get(..near.find(['>', ']', '\n'])?)?;
    let is_tag = head.is_empty() || head.starts_with([' ', '|']);
    (is_tag && name.len() >= SHORTEST_NAME && name.starts_with(char::is_alphabetic)).then_some(name)
}

fn is_thinking(name: &str) -> bool {
    THINKING.split(' ').any(|stem| name.contains(stem))
}

fn is_closed(text: &str, name: &str) -> bool {
    [format!("</{name}>"), format!("[/{name}]")]
        .iter()
        .any(|close| text.contains(close))
}

/// Whether the tag that a text begins with holds a thought: by its name, or since nothing closes what it opens.
fn holds_thought(text: &str, name: &str) -> bool {
    let is_all = || {
        text.find(['>', ']']).is_none_or(|end| {
            text.get(end + 1..)
                .is_none_or(|rest| rest.trim().is_empty())
        })
    };
    is_thinking(name)
        || (text.trim_start().starts_with('<')
            && !ANSWERING.split(' ').any(|stem| name.contains(stem))
            && !is_closed(text, name)
            && !is_all())
}

/// Whether a text, in small letters, begins with a thought.
fn opens(text: &str) -> bool {
    let begun = text.trim_start().trim_start_matches("<|start|>assistant");
    MARKS
        .iter()
        .any(|(open, _)| !open.is_empty() && begun.starts_with(open))
}
