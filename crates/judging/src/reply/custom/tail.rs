//! What follows a value in its line, and whether it leaves the value as it is.
//!
//! A value stands where nothing follows, or what it is out of, or a reason that is set apart. A reason may hold numbers:
//! those that count or name something (`2 errors`, `lines 2-3`), and those in a clause with a subject of its own
//! (`it prints 3`). Any other value makes it two readings: a correction (`4, no, 3`), a range (`4 (3-5)`), a sum
//! (`5, minus 1`), a scale in unknown words (`4 (na 10)`), the next mark of a list (`1. It runs. 2. It is short.`).

use super::label::{self, Kind};
use super::rival::{ARITHMETIC, CORRECTING, Piece, equates, has_rival, pieces};
use super::sentence::{sentences, words};
use super::{lines, number, rated};

/// How far behind a value something that takes it back is looked for, in bytes: a flood is not gone through from each.
const NEAR: usize = 240;

/// The most words, besides a value, of a further sentence that is nothing but another value: `No wait, 2.`
const MOST_BESIDE: usize = 2;

/// Words that begin a clause which says something of what is judged, and gives no value.
const SUBJECTS: &str = "it its this that these those the there they he she a an all some both only because as since given due \
    for while although which who i we code answer response output candidate solution assistant \
    car parce weil da denn porque pues ya perché poiché потому так \
    es er sie dies das die der il elle cela ce la le les ella esto eso las los lo essa isso questo он она оно это они";

/// Those of scripts without blanks between words, which stand at the beginning of a run of letters.
const UNSPACED: &str = "它 他 她 这 這 那 该 因为 因為 代码 函数 回答 それ これ コード";

/// Words that may stand before those.
pub(super) const JOINS: &str = "and but so";

/// Words that begin a sentence which takes back what is said before it.
const TAKING_BACK: &str = "no nope wait actually correction sorry rather or make hmm oops instead revised scratch edit update apologies \
    reflection second reconsidering nein doch korrektur corrección correction correzione correção исправление 更正 訂正 quatsch non pardon нет";

/// Words behind which another choice is compared with the own one.
const COMPARED: &str = "than over not unlike to of versus vs with beats against que als чем";

/// Words that, alone in a clause, leave a value open.
const OPENING: &str = "minimum maximum min max approx approximately roughly about maybe perhaps possibly tentative \
    tentatively provisional provisionally draft lower upper bound estimate estimated guess probably likely unsure uncertain \
    unclear pending borderline arguably hypothetical hypothetically example sample placeholder template curved before without excluding";

/// Words that do so behind `not` and `low`.
const CERTAIN: &str = "sure certain final confident confidence certainty";

/// Words that may stand beside these.
const BESIDE_OPEN: &str = "i i'm am is it's a an the my just only still very rather quite with not low for any illustration";

/// Words between a smaller value and a better one, where a scale counts down: `lower is better`.
const BETWEEN_DEGREES: &str =
    "is are the means score scores number numbers value values rating ratings ist est es sind";

/// Months, where a number with a point before them is a day.
const MONTHS: &str = "january february march april may june july august september october november december januar jänner februar märz mai \
    juni juli oktober dezember janvier février mars avril juin juillet août septembre octobre novembre décembre place platz rank rang";

/// What stands near behind a value.
pub(super) fn near(text: &str, from: usize, to: usize) -> &str {
    let rest = text.get(from..to).unwrap_or_default();
    rest.get(..rest.floor_char_boundary(NEAR))
        .unwrap_or_default()
}

/// Whether what follows a score in its line leaves it as it is. `most` is the form's largest.
pub(super) fn leaves_score(text: &str, value: f64, most: f64, from: usize, to: usize) -> bool {
    let rest = near(text, from, to);
    let is_ordinal = rest
        .strip_prefix(". ")
        .is_some_and(|next| next.trim_start().starts_with(char::is_lowercase));
    let Some((breath, further)) = split(rest) else {
        return true;
    };
    // `7. Mai`.
    let is_date = rest.strip_prefix('.').is_some_and(|next| {
        let mut said = words(next);
        let month = said
            .next()
            .is_some_and(|word| lines::is_among(MONTHS, &word));
        month && said.next().is_none_or(|next| next.parse::<u16>().is_ok())
    });
    let is_labelled = |sentence: &str| {
        let criterion = "";
        let answers = false;
        // That is read by itself, and differs or is taken.
        sentence.contains("[[")
            || label::behind(sentence, Kind::Score { criterion, answers }).is_some()
            || words(sentence).any(|word| matches!(word.as_str(), "rate" | "rated"))
            || !rated::claims(sentence, 0..sentence.len(), criterion, most).is_empty()
    };
    !is_ordinal
        && !is_date
        && !is_open(breath)
        && !counts_down(breath)
        && !number::is_left_open(text, from, to)
        && !has_rival(&pieces(breath), value, most)
        && !further.into_iter().any(|sentence| {
            let pieces = pieces(sentence);
            let is_beside = is_short(&pieces) || takes_back(sentence);
            !is_labelled(sentence)
                && (equates(&pieces, value) || (is_beside && has_rival(&pieces, value, most)))
        })
}

/// Whether what follows a choice in its line leaves it as it is. `rival` gives the place behind a choice that means
/// something else, where one begins.
pub(super) fn leaves_choice(
    text: &str,
    from: usize,
    to: usize,
    rival: impl Fn(usize) -> Option<usize>,
) -> bool {
    let rest = near(text, from, to);
    let is_mark = |each: char| {
        matches!(
            each,
            ',' | ';'
                | '('
                | ')'
                | '['
                | ']'
                | '–'
                | '—'
                | '.'
                | '!'
                | '?'
                | '，'
                | '；'
                | '。'
                | '（'
                | '）'
        )
    };
    let breath = split(rest).map_or(rest, |(breath, _)| breath);
    if is_open(breath) || is_turned_round(breath) {
        return false;
    }
    !rest.char_indices().any(|(at, _)| {
        let Some(end) = rival(from + at).map(|end| end - from) else {
            return false;
        };
        let (Some(before), Some(behind)) = (rest.get(..at), rest.get(end..)) else {
            return false;
        };
        let is_further = at >= breath.len();
        if is_further && rest.contains("[[") {
            return false;
        }
        let before = before.rsplit(is_mark).next().unwrap_or_default();
        let behind = behind.split(is_mark).next().unwrap_or_default();
        let said: Vec<String> = words(before).collect();
        let is_corrected =
            said.iter().any(|word| lines::is_among(CORRECTING, word)) || takes_back(before);
        let is_alone = said.is_empty() || is_corrected;
        let next = words(behind).next();
        // `Yes for style, No for content`.
        let is_over =
            next.is_none_or(|next| said.is_empty() && lines::is_among("for in on if when", &next));
        let label = format!("{}:", before.trim_end_matches([':', '：', ' ']));
        let kind = Kind::Decision {
            criterion: "",
            last: true,
        };
        is_over
            && (is_alone || (!is_further && said.len() <= MOST_BESIDE + 1))
            && (is_corrected || !begins_with_subject(said.iter().map(String::as_str)))
            && (is_corrected
                || !said
                    .last()
                    .is_some_and(|word| lines::is_among(COMPARED, word)))
            && !(before.trim_end().ends_with([':', '：'])
                && label::behind(label.trim_start(), kind).is_some())
    })
}

/// Whether a reason begins behind a value, without a mark: `4 because it misses a case`.
pub(super) fn is_reason(rest: &str) -> bool {
    rest.starts_with(' ') && words(rest).next().is_some_and(|word| gives_reason(&word))
}

/// Whether a word begins a reason.
pub(super) fn gives_reason(word: &str) -> bool {
    let reasons = "because since due weil da denn car parce porque pues perché poiché потому";
    lines::is_among(reasons, word)
}

/// Whether a number that begins a reply counts what is said behind it: `3: that many errors are in it`.
pub(super) fn is_count(rest: &str) -> bool {
    words(rest)
        .take(3)
        .any(|word| lines::is_among("many number times viele anzahl nombre número numero", &word))
}

/// Whether a sentence goes on behind a comma in words that are no reason: `Note: 3, see the appendix`.
pub(super) fn goes_on(rest: &str) -> bool {
    let next = rest.trim_start().strip_prefix([',', '，', ';']);
    next.is_some_and(|next| {
        let words: Vec<String> = words(next).collect();
        !begins_with_subject(words.iter().map(String::as_str))
    })
}

/// What belongs to the value's own sentence, and the sentences behind it.
fn split(rest: &str) -> Option<(&str, Vec<&str>)> {
    let sentences = sentences(rest, 0..rest.len());
    let mut said = sentences.into_iter().filter_map(|at| rest.get(at));
    Some((said.next()?, said.collect()))
}

/// Whether a clause right behind a value says only that the value is no certain one: `4 (approx.)`, `4 (not sure)`, `4 (?)`.
pub(in crate::reply) fn is_open(breath: &str) -> bool {
    let clause = breath
        .trim_start()
        .trim_start_matches(['(', '（', '[', ',', ';']);
    let clause = clause
        .split([')', '）', ']', ',', ';'])
        .next()
        .unwrap_or_default();
    let said: Vec<String> = words(clause).collect();
    let is = |word: &String, list| lines::is_among(list, word);
    let is_denied = said.iter().any(|word| is(word, "not low"));
    let opens = |word: &String| is(word, OPENING) || is_denied && is(word, CERTAIN);
    clause.trim().starts_with('?')
        || said.iter().any(opens)
            && said
                .iter()
                .all(|word| opens(word) || is(word, BESIDE_OPEN) || label::is_reduction(word))
}

/// Whether a clause says that the candidates were judged under each other's names: `(with the order reversed)`.
fn is_turned_round(breath: &str) -> bool {
    let said: Vec<String> = words(breath).collect();
    let is = |word: &String, list| lines::is_among(list, word);
    said.windows(2).any(|pair| {
        matches!(pair, [names, turned]
            if is(names, "order labels letters positions sides names places are were")
                && is(turned, "reversed swapped flipped inverted switched exchanged"))
    })
}

/// Words that say that a value is good.
const BETTER: &str = "better best good wins besser beste mieux meilleur mejor";

/// Whether a clause says that the smaller values are the better ones: `lower is better`, `the lower the better`.
pub(in crate::reply) fn counts_down(breath: &str) -> bool {
    prefers_less(breath)
        || words(breath).any(|word| lines::is_among("reversed inverted inverse", &word))
}

/// Whether a clause says in so many words that less is better.
pub(super) fn prefers_less(clause: &str) -> bool {
    let said: Vec<String> = words(clause).collect();
    let is = |word: &String, list| lines::is_among(list, word);
    let smaller =
        "lower smaller less fewer lowest smallest low niedriger kleiner weniger moins menor menos";
    said.iter().enumerate().any(|(at, word)| {
        let behind = said.iter().skip(at + 1);
        let mut behind = behind.skip_while(|next| is(next, BETWEEN_DEGREES));
        let next = behind.next();
        let meets = |list| next.is_some_and(|next| is(next, list));
        (is(word, smaller) && meets(BETTER))
            || (is(word, "higher larger greater more höher mayor")
                && meets("worse worst bad schlechter peor pire"))
    })
}

fn is_short(sentence: &[Piece]) -> bool {
    let is_word = |piece: &&Piece| matches!(piece, Piece::Word(_));
    sentence.iter().filter(is_word).count() <= MOST_BESIDE
}

pub(super) fn takes_back(sentence: &str) -> bool {
    let mut said = words(sentence);
    let first = said.next().unwrap_or_default();
    lines::is_among(ARITHMETIC, &first)
        || is_taking_back(&first)
        || said.next().is_some_and(|word| is_taking_back(&word))
}

/// Whether a word begins a sentence that takes something back.
pub(super) fn is_taking_back(word: &str) -> bool {
    lines::is_among(TAKING_BACK, word) || label::is_correcting(word)
}

pub(super) fn begins_with_subject<'w>(words: impl Iterator<Item = &'w str>) -> bool {
    let mut words = words.skip_while(|word| lines::is_among(JOINS, word));
    words.next().is_some_and(|word| {
        lines::is_among(SUBJECTS, word) || UNSPACED.split(' ').any(|begin| word.starts_with(begin))
    })
}
