//! A few words that are all that stands behind a verdict: `It is a tie.`, `Never mind.`, `Too high.`, `That leaves 3.`
//!
//! What takes a verdict back is short, and there is no list of all that it may say. So it is the other way round: so few words are
//! only left where they show that they explain. They are a reason, have a label, or say of what is judged something else than how
//! good it is. All else may speak of the verdict, and is asked about.

use super::choice::NOUNS;
use super::sentence::{sentences, words};
use super::{digits, label, lines, remark, score, tail};

/// The most words of a text that has to show what it is; a longer one explains. Behind 41,000 recorded verdicts some six hundred are
/// so short, and each of them shows it; of 16 words seven do not.
const MOST: usize = 12;

/// The most words between a value and a clause that is set apart from it: `A is better, but …`.
const MOST_BEFORE: usize = 2;

/// How many letters of a script without blanks are counted as a word.
const WIDE_WORD: usize = 2;

/// Parts of what is judged, and who made it, besides its own names.
const PARTS: &str = "it its it's reply replies code snippet method function function's program text author user input version example step line \
    lines error fault mistake bug issue test claim source fact detail draft explanation nothing there er es sie lo il erklärung explication explicación spiegazione объяснение antwort réponse respuesta risposta ответ код";
const WIDE_PARTS: [&str; 6] = ["代码", "代碼", "函数", "回答", "答案", "コード"];

/// Words that may stand before the subject of a sentence.
const BEFORE: &str = "the a an no more one both each every all some most many half of only two three four five first second third thirds other in \
    total at least and but so overall however therefore thus still also note that der die das le la el les los un";

/// Words that say of nothing more than how good it is, or that it is: a verdict may be taken back in them.
const EMPTY: &str = "a an the this that these those it it's is are was were be been being am do does did doing done not no never nor or and but so \
    as of for to in on at by with from than then still also only just too very quite rather really actually indeed should would could may might \
    must can cannot can't isn't doesn't didn't wasn't don't aren't won't wouldn't shouldn't has have had get gets got give gives gave given leave \
    leaves take taken off one two three four five six seven eight nine ten half zero more less most least better best worse worst higher lower \
    high low greater good bad right wrong true false fair fine enough same equal equally tie tied ties draw both neither either none other \
    another opposite win wins won lose loses lost pass passes passed fail fails failed deserve deserves deserved merit merits seem seems winner loser \
    change changes changed differ differs vary varies hold holds held stand stands above below first second third last final overall before after now again there if unless which though yet";

/// Words of who speaks, and what points at what is said above.
const SPEAKING: &str = "i i'm i'd i've we me my mine this that these those above sorry ich je";

/// Whether what stands behind a value, which ends at `from`, is as short as what takes a value back, and shows nothing that explains
/// it: what is said behind the value's own sentence, and what is set apart in that. `upholds` says of a sentence whether it says the same
/// as the verdict, where it does nothing but say which candidate is right.
pub(super) fn is_unexplained(
    text: &str,
    (from, to): (usize, usize),
    upholds: impl Fn(&str) -> Option<bool>,
) -> bool {
    let rest = text.get(from..to).unwrap_or_default();
    let line = rest.find('\n').unwrap_or(rest.len());
    let own = sentences(rest, 0..line);
    let behind = own.first().map_or(line, |own| own.end);
    let (own, behind) = rest.split_at_checked(behind).unwrap_or_default();
    let of_number = text
        .get(..from)
        .is_some_and(|before| before.ends_with(char::is_numeric));
    is_beside(tail::near(own, 0, own.len()), of_number)
        || is_short(behind) && !said(behind).any(|it| upholds(it).unwrap_or_else(|| explains(it)))
}

/// Whether a clause of the value's own sentence is set apart from it and explains nothing: right behind the value, or behind `is better` where
/// it speaks of the judge or of what is said before it, or says nothing else. With `of_number` the value is one.
fn is_beside(own: &str, of_number: bool) -> bool {
    // A choice in quotes has its meaning behind it: `"0" - Neither is better.`
    if own.starts_with('"') {
        return false;
    }
    let open = ['(', '（', '['];
    let is_mark =
        |each: char| each.is_whitespace() || lines::is_wrapper(each) && !open.contains(&each);
    // Behind what the value is out of.
    let from = if of_number { score::end(own) } else { 0 };
    let own = own
        .get(from..)
        .unwrap_or_default()
        .trim_start_matches(is_mark);
    if let Some(inside) = own.strip_prefix(open) {
        let (inside, behind) = inside.split_once([')', '）', ']']).unwrap_or((inside, ""));
        return !is_understood(inside, of_number) || is_beside(behind, of_number);
    }
    let apart = [',', ';', '–', '—', '，', '；'];
    let (at, remark) = match own.strip_prefix(apart).or_else(|| own.strip_prefix('-')) {
        Some(remark) => (0, remark),
        None => match own.split_once(apart) {
            Some((before, remark)) if words(before).count() <= MOST_BEFORE => {
                (before.len(), remark)
            }
            _ => return false,
        },
    };
    let is_known = remark::knows(remark) && !words(remark).eq(["not"]);
    let is_left = explains(remark) || is_known || praises_first(remark);
    let speaks = || words(remark).any(|word| lines::is_among(SPEAKING, &word));
    is_short(remark) && !is_left && (at == 0 || speaks() || !words(remark).any(|word| tells(&word)))
}

/// Whether what stands in brackets right behind a value explains it, or consists of words that leave it as it is: `4 (good)`.
pub(super) fn is_understood(inside: &str, of_number: bool) -> bool {
    let said: Vec<String> = words(inside).collect();
    let is_digits = |word: &String| digits::is_digits(word);
    // A name alone says nothing: `4 (test)`.
    let is_explained = said.len() > 1 && explains(inside) || praises_first(inside);
    // No other value: `4 (higher is better)`, `4 (that is 80%)`, `4 (no penalty)`.
    let is_plain = match said.as_slice() {
        [no, reduction] if no == "no" => label::is_reduction(reduction),
        [first, .., last] if lines::is_among("higher larger more", first) => last == "better",
        [first, ..] if lines::is_among("that it this", first) => {
            of_number && said.iter().any(is_digits)
        }
        _ => false,
    };
    let is_known = remark::knows(inside) && (of_number || !said.iter().all(is_digits));
    let is_long = inside.contains(char::is_alphabetic) && !is_short(inside);
    is_long || is_explained || is_plain || is_known
}

/// Whether a remark says how good what is judged is, and then something of it: `Good, but misses a source`. A participle may be done to
/// the value (`good, halved for style`).
fn praises_first(remark: &str) -> bool {
    let (first, rest) = remark.split_once([',', ';']).unwrap_or_default();
    let mut said = words(rest).skip_while(|word| lines::is_among(tail::JOINS, word));
    let opens = said.next().is_some_and(|word| {
        remark::counts(&word) || lines::is_among(BEFORE, &word) || remark::knows(&word)
    });
    let is_plain = |word: String| {
        !lines::is_among(SPEAKING, &word)
            && !word.ends_with("ed")
            && !digits::is_digits(&word)
            && digits::word(&word).is_none()
            && !tail::is_taking_back(&word)
    };
    remark::knows(first)
        && words(first).any(|word| remark::is_quality(&word))
        && opens
        && words(rest).any(|word| tells(&word))
        && words(rest).all(is_plain)
}

/// Whether a text says something, in so few words.
fn is_short(text: &str) -> bool {
    let count = unframed(text).map(length).try_fold(0, |all, length| {
        Some(all + length).filter(|all| *all <= MOST)
    });
    count.is_some() && unframed(text).any(|line| line.contains(char::is_alphabetic))
}

/// The lines of a text that are no tag and no mark of a fence.
fn unframed(text: &str) -> impl Iterator<Item = &str> {
    let is_frame =
        |line: &&str| line.starts_with("```") || line.starts_with('<') && line.ends_with('>');
    text.lines()
        .map(str::trim)
        .filter(move |line| !is_frame(line))
}

fn said(text: &str) -> impl Iterator<Item = &str> {
    unframed(text).flat_map(|line| {
        let all = sentences(line, 0..line.len()).into_iter();
        all.filter_map(move |at| line.get(at))
    })
}

/// How many words a line has.
fn length(line: &str) -> usize {
    let wide = line.chars().filter(|each| is_wide(*each)).count();
    words(line)
        .filter(|word| !word.contains(is_wide))
        .take(MOST + 1)
        .count()
        + wide.div_ceil(WIDE_WORD)
}

/// Whether a letter is of a script without blanks between words.
fn is_wide(each: char) -> bool {
    each.is_alphabetic() && each >= '\u{2e80}'
}

/// Whether a sentence shows that it explains: by a label, a word for a reason, or as it says something of what is judged.
fn explains(sentence: &str) -> bool {
    let said: Vec<String> = words(sentence).collect();
    let is = |word: &String, list| lines::is_among(list, word);
    let is_labelled = sentence
        .find([':', '：'])
        .and_then(|at| sentence.get(..at))
        .is_some_and(|label| label.contains(char::is_alphabetic));
    // `To get a 5, it would need a source.`
    let aim = sentence
        .split_once(", ")
        .filter(|_| said.first().is_some_and(|word| word == "to"));
    let aim = aim.map_or(0, |(aim, _)| words(aim).count());
    let subject = said
        .iter()
        .skip(aim)
        .find(|word| !is(word, BEFORE) && !digits::is_digits(word));
    let first = said.first().filter(|word| !is(word, SPEAKING));
    let is_letter = |word: &String| matches!(word.trim_end_matches("'s").as_bytes(), [each] if each.is_ascii_alphabetic());
    let speaks = said.iter().any(|word| is(word, SPEAKING));
    let is_of_candidate = subject
        .is_some_and(|word| is_judged(word) || remark::counts(word) && !is(word, EMPTY))
        || !speaks && first.is_some_and(is_letter);
    let praises = !speaks
        && said.iter().enumerate().any(|(at, word)| {
            remark::is_quality(word)
                && !is(word, "correct incorrect")
                && (tells(word)
                    || word == "good"
                        && said.get(at + 1).is_some_and(|next| {
                            is_judged(next) || tells(next) && !next.ends_with("ed")
                        }))
        });
    let counts = said.windows(2).any(
        |pair| matches!(pair, [number, result] if digits::is_digits(number) && is(result, "passed failed")),
    );
    // `I would have given a 5 if it had a source.`
    let is_contrary =
        said.iter().take(3).eq(["i", "would", "have"]) && said.iter().any(|word| word == "if");
    is_labelled
        || is_contrary
        || said.iter().any(|word| tail::gives_reason(word))
        || WIDE_PARTS
            .iter()
            .any(|part| sentence.trim_start().starts_with(part))
        || praises
        || counts
        || matches!(said.as_slice(), [word, next, ..] if word == "as" && !is(next, "a an"))
        || is_of_candidate && said.iter().any(|word| tells(word))
}

/// Whether a word, in small letters, names what is judged, or a part of it.
pub(super) fn is_judged(word: &str) -> bool {
    lines::is_among(PARTS, word) || lines::is_among(NOUNS, word) && word != "number"
}

/// Whether a word says something of what is judged.
fn tells(word: &str) -> bool {
    word.chars().count() > 1
        && !lines::is_among(EMPTY, word)
        && !label::is_reduction(word)
        && !digits::is_digits(word)
}
