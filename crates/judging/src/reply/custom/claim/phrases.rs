//! The words by which a sentence claims a choice, or says something else.

use super::super::choice::NOUNS;
use super::super::label::{self, Kind};
use super::super::lines;
use super::super::sentence::words;
use super::CONCLUDES;

/// Whether a word is one of choosing.
pub(in super::super) fn leads(word: &str) -> bool {
    lines::is_among(LEADS, word)
}

/// Words of choosing.
const LEADS: &str = "choose chose choosing select selected pick prefer recommend recommending favor favour vote opt go \
    going goes lean leaning edge choice answer verdict output decision winner selection preference judgment judgement \
    conclusion chosen";

/// Words that may stand between such a word and the choice.
const BETWEEN: &str =
    "is be was should would will the a as for therefore to with of using one toward towards";

/// What is said of the better one, with a form of `to be` before.
const BETTER: &str = "better best winner preferred preferable superior stronger strongest";

/// Words that may stand before those.
const DEGREES: &str =
    "the a an my in fact much far still overall therefore thus also more one final";

/// Words that may follow those: the same thing once more.
const MORE: &str =
    "answer response output submission one choice option assistant candidate model overall here";

/// Words that begin a reason, or another clause.
const CLAUSES: &str =
    "because as since due given and but while whereas although though with by even despite so";

/// Words that say that neither is better, and those that do where they stand beside a word for both.
const EVEN: [&str; 2] = ["tie tied", "equivalent equal equally draw same"];

/// Words for the two candidates.
const BOTH: &str = "both neither two they";

/// Words that open a sentence or name what follows.
const OPENERS: &str = "therefore thus so hence overall finally conclusion summary explanation reason reasoning \
    comparison evaluation analysis judgment judgement verdict decision final result answer output assessment winner in \
    the my is and to with i choose but no however actually instead based on";

/// Whether words of choosing lead to a choice, and whether they are a noun that names a candidate too.
pub(super) fn led_to(before: &str) -> Option<bool> {
    let mut is_passed = false;
    for word in words(before).rev() {
        let is_noun = lines::is_among(NOUNS, &word);
        if lines::is_among(LEADS, &word) && (is_passed || !is_noun) {
            return Some(is_noun);
        }
        if lines::is_among(BETTER, &word) && is_passed {
            return Some(false);
        }
        // `the answer is 1` has its word of choosing behind `is`; `the answer 1` only names a candidate.
        if lines::is_among(BETWEEN, &word) {
            is_passed |= matches!(word.as_str(), "is" | "be" | "was");
        } else if !is_noun {
            return None;
        }
    }
    None
}

/// What stands behind a candidate's answer: behind the marks that close it, and `'s answer`.
pub(super) fn possessed(behind: &str) -> &str {
    let closed = behind.trim_start_matches(|each: char| {
        lines::is_wrapper(each) && !matches!(each, '\'' | '’' | '(' | '（')
    });
    let Some(rest) = ["'s", "’s", "'", "’"]
        .iter()
        .find_map(|own| closed.strip_prefix(own))
    else {
        return closed;
    };
    let word = rest.trim_start();
    let end = word
        .find(|each: char| !each.is_alphabetic())
        .unwrap_or(word.len());
    let (noun, behind) = word.split_at_checked(end).unwrap_or_default();
    if lines::is_among(NOUNS, noun) || lines::is_among(WORKS, noun) {
        behind
    } else {
        rest
    }
}

/// What a candidate may have made, as a whole.
const WORKS: &str = "code solution implementation program essay story translation";

/// Whether a claim may end here: the sentence does, or a mark, a reason, another clause or one of `also` follows.
pub(super) fn is_tail(behind: &str, also: &'static str) -> bool {
    let closed = behind.trim_start_matches(lines::is_wrapper);
    let (next, _) = split_word(closed);
    lines::is_over(closed)
        || closed.starts_with([',', ';', ':', '.', '!', '，', '；', '：', '。', '—'])
        || [" (", " -", " –", " —"]
            .iter()
            .any(|mark| closed.starts_with(mark))
        || (closed.starts_with(' ')
            && (lines::is_among(CLAUSES, &next) || lines::is_among(also, &next)))
}

/// What follows up to a reason.
pub(super) fn behind_reason(behind: &str) -> &str {
    // `as long as it is short` is no reason.
    let reasons = behind.match_indices(" as ").map(|(at, _)| at);
    let reasons = reasons.filter(|at| {
        !behind.get(at + " as ".len()..).is_some_and(|rest| {
            ["long as", "far as"]
                .iter()
                .any(|as_long| rest.starts_with(as_long))
        })
    });
    let ends = [" because", " since", " due", "; ", ". "];
    let ends = ends.iter().filter_map(|reason| behind.find(reason));
    let end = ends.chain(reasons).min();
    behind
        .get(..end.unwrap_or(behind.len()))
        .unwrap_or_default()
}

/// Whether a choice is said to be the better one; it may be said once more behind that.
pub(in super::super) fn is_better(behind: &str, named: &str) -> bool {
    let Some(place) = behind_words(behind, |index, word| match index {
        0 => matches!(word, "is" | "was" | "are" | "remains" | "wins"),
        _ => {
            lines::is_among(DEGREES, word)
                || (word.ends_with("ly")
                    && !lines::is_among("equally hardly barely nearly only possibly", word))
        }
    }) else {
        return false;
    };
    let rest = behind.get(place..).unwrap_or_default();
    let first = words(behind).next().unwrap_or_default();
    let (word, rest) = split_word(rest);
    if first == "wins" {
        return is_tail(
            behind.trim_start().get("wins".len()..).unwrap_or_default(),
            "",
        );
    }
    if !lines::is_among(BETTER, &word) {
        return false;
    }
    let mut rest = rest;
    loop {
        let (more, behind) = split_word(rest);
        if more.is_empty() || !(lines::is_among(MORE, &more) || more == named.to_lowercase()) {
            break;
        }
        rest = behind;
    }
    let (next, behind) = split_word(rest);
    match next.as_str() {
        "than" | "over" | "to" => is_compared(behind, named),
        "of" => words(behind).take(2).eq(["the", "two"]),
        // `better for beginners` is not better.
        _ => is_tail(rest, ""),
    }
}

/// Whether the judge says of a choice that it takes it: `B has my vote`, `B is the one I would use`.
pub(super) fn is_taken(behind: &str) -> bool {
    let place = behind_words(behind, |index, word| match index {
        0 => matches!(word, "is" | "remains" | "has" | "gets"),
        _ => lines::is_among("my the one what that which i i'd we we'd would", word),
    });
    let (lead, rest) = behind
        .split_at_checked(place.unwrap_or_default())
        .unwrap_or_default();
    let (word, rest) = split_word(rest);
    words(lead).any(|word| lines::is_among("my i i'd we we'd", &word))
        && (leads(&word) || lines::is_among("favourite favorite use take keep", &word))
        && is_tail(rest, "")
}

/// Whether a comparison has a candidate behind it.
fn is_compared(rest: &str, named: &str) -> bool {
    // `A is better than B`.
    let is_letter = |word: &str| named.len() == 1 && word.trim_end_matches("'s").len() == 1;
    words(rest).take(3).enumerate().any(|(at, word)| {
        lines::is_among(NOUNS, &word)
            || lines::is_among("other second first latter former", &word)
            || at == 0 && is_letter(&word)
    })
}

/// Whether a choice is rated as the better one, or given the edge.
pub(super) fn is_rated(before: &str, behind: &str) -> bool {
    let mut leads = words(before)
        .rev()
        .skip_while(|word| word == "the" || lines::is_among(NOUNS, word));
    let Some(verb) = leads.next() else {
        return false;
    };
    if lines::is_among(
        "rate consider judge deem find view regard declare call rank",
        &verb,
    ) {
        let (next, rest) = split_word(behind);
        let rest = if matches!(next.as_str(), "as" | "to") {
            rest
        } else {
            behind
        };
        let mut said = words(rest).skip_while(|word| {
            word == "be" || lines::is_among(DEGREES, word) || word.ends_with("ly")
        });
        return said
            .next()
            .is_some_and(|word| lines::is_among(BETTER, &word));
    }
    let mut given = words(behind)
        .skip_while(|word| lines::is_among("a the slight clear", word) || word.ends_with("ly"));
    lines::is_among("give award", &verb)
        && given.next().is_some_and(|word| match word.as_str() {
            "higher" | "better" => given.next().is_some_and(|noun| label::is_score(&noun)),
            word => lines::is_among("edge win nod preference victory", word),
        })
}

/// Whether a sentence says before its choice that neither is better, and then names the choice behind a colon, or gives a verdict on
/// both: `The rating for both is "0"`.
pub(super) fn is_even_before(before: &str) -> bool {
    let bare = before.trim_end_matches(lines::is_gap);
    let said: Vec<String> = words(bare).collect();
    let is_of_both = said
        .iter()
        .any(|word| lines::is_among("both between", word))
        && said.iter().any(|word| label::is_score(word) || leads(word));
    let is_quoted = bare.len() < before.trim_end().len();
    if is_quoted && is_of_both && said.last().is_some_and(|word| word == "is") {
        return true;
    }
    bare.ends_with([':', '：'])
        && words(bare)
            .any(|word| word == "neither" || EVEN.iter().any(|even| lines::is_among(even, &word)))
}

/// Whether a sentence finds both alike, but for what it only names as a reason.
pub(super) fn is_even(before: &str, behind: &str) -> bool {
    let has = |part: &str, list: &'static str| words(part).any(|word| lines::is_among(list, &word));
    let [tied, alike] = EVEN;
    let both = |part: &str| has(part, BOTH);
    has(before, tied)
        || (has(before, alike) && (both(before) || both(behind)))
        || (has(behind, alike) && both(behind))
}

/// Whether a sentence says that both are alike: `the two are equivalent`, not `both give equal detail`.
pub(super) fn finds_both_alike(sentence: &str) -> bool {
    let said: Vec<String> = words(sentence).collect();
    said.iter().any(|word| lines::is_among(BOTH, word)) && is_alike(&said)
}

fn is_alike(said: &[String]) -> bool {
    let is =
        |word: &String| lines::is_among("are is were be seem essentially roughly about both", word);
    said.windows(2).any(|pair| matches!(pair, [before, even] if is(before) && EVEN.iter().any(|list| lines::is_among(list, even))))
}

/// Whether a sentence does nothing else but say that both are alike: `Therefore, the two assistants are equivalent.`, `It is a tie.`
pub(super) fn says_alike(sentence: &str) -> bool {
    let said: Vec<String> = words(sentence).collect();
    let beside = "are as a an it it's would we find think rate consider maintain this that good quality helpful of";
    let is_known = |word: &String| {
        let noun = word.strip_suffix('s').unwrap_or(word);
        let lists = [EVEN[0], EVEN[1], BOTH, OPENERS, beside];
        lists.iter().any(|list| lines::is_among(list, word))
            || lines::is_among(NOUNS, noun)
            || word.len() == 1
    };
    let is_tie = said.ends_with(&["a", "tie"].map(str::to_owned));
    let is_of_both = said
        .iter()
        .any(|word| word == "and" || lines::is_among(BOTH, word));
    said.iter().all(is_known)
        && !said
            .iter()
            .any(|word| lines::is_among("but no however neither", word))
        && (is_tie || is_of_both && is_alike(&said))
}

/// Whether a sentence is a choice and nothing else but an opening, such as `Therefore, "1"`.
pub(super) fn stands_alone(before: &str, behind: &str, named: &str) -> bool {
    let opened = words(before).next().is_some();
    lines::is_over(behind)
        && words(before)
            .all(|word| lines::is_among(OPENERS, &word) || lines::is_among(NOUNS, &word))
        && (opened || named.chars().count() > 1)
        // `no good`.
        && !words(before).next_back().is_some_and(|word| word == "no" && before.ends_with(' '))
}

/// Whether a choice of one character stands in the text without a noun, a quotation mark or the beginning of a clause
/// before it.
pub(super) fn is_bare(before: &str, behind: &str, named: &str) -> bool {
    let is_wrapped = before.ends_with(lines::is_wrapper) && behind.starts_with(lines::is_wrapper);
    let bare = before.trim_end();
    let led = words(bare).next_back().is_none_or(|word| {
        lines::is_among(NOUNS, &word)
            || lines::is_among(CONCLUDES, &word)
            || lines::is_among(LEADS, &word)
            || lines::is_among(BETWEEN, &word)
            || lines::is_among("that think believe say", &word)
    });
    named.chars().count() == 1 && !is_wrapped && !led && !bare.ends_with([',', ':'])
}

/// Whether a clause speaks of a part of the matter: `in style`, `Clarity:`.
pub(in super::super) fn is_partial(clause: &str) -> bool {
    let said: Vec<String> = words(clause).take(3).collect();
    let said: Vec<&str> = said.iter().map(String::as_str).collect();
    let opening = match said.as_slice() {
        ["for", next, ..] => !lines::is_among("this these those that the", next),
        ["in", next, ..] => !lines::is_among(
            "conclusion summary accordance line view the short sum general my this light all our addition contrast comparison fact",
            next,
        ),
        ["to", next, ..] => !lines::is_among("summarize sum summarise conclude me be", next),
        ["when" | "at" | "concerning", ..] | ["on" | "upon", "first", ..] => true,
        // `Style-wise`.
        _ => words(clause).next_back().is_some_and(|word| word == "wise"),
    };
    let named = clause
        .rsplit_once([':', '：'])
        .map_or("", |(named, _)| named);
    // `Style verdict:`.
    let is_of_part = match words(named).collect::<Vec<_>>().as_slice() {
        [part, noun] => leads(noun) && !label::is_known(part) && !lines::is_among(OPENERS, part),
        _ => false,
    };
    let known = words(named).any(|word| {
        lines::is_among(OPENERS, &word)
            || lines::is_among(LEADS, &word)
            || lines::is_among(BETTER, &word)
    });
    opening
        || is_of_part
        || (!named.is_empty()
            && !known
            && label::behind(
                clause,
                Kind::Decision {
                    criterion: "",
                    last: true,
                },
            )
            .is_none())
}

/// The first word and what stands behind it.
fn split_word(text: &str) -> (String, &str) {
    let start = text.trim_start();
    let end = start
        .find(|each: char| !(each.is_alphanumeric() || matches!(each, '\'' | '’')))
        .unwrap_or(start.len());
    let (word, rest) = start.split_at_checked(end).unwrap_or_default();
    (word.to_lowercase(), rest)
}

/// The place behind the words that `is_one` takes, the first of which it has to take.
fn behind_words(text: &str, is_one: impl Fn(usize, &str) -> bool) -> Option<usize> {
    let mut rest = text;
    let mut index = 0;
    loop {
        let (word, behind) = split_word(rest);
        if word.is_empty() || !is_one(index, &word) {
            break;
        }
        rest = behind;
        index += 1;
    }
    (index > 0).then(|| text.len() - rest.len())
}

/// The claim of a choice that is a sentence, without the word that opens it and its full stop: `Output (a) is better`
/// of `Therefore, Output (a) is better.`
pub(in super::super) fn core(choice: &str) -> Option<&str> {
    let ended = choice.trim_end_matches(['.', '!', '。']);
    let opened = ended
        .split_once(", ")
        .filter(|(opening, _)| words(opening).all(|word| lines::is_among(OPENERS, &word)));
    let core = opened.map_or(ended, |(_, core)| core);
    (core.len() < choice.len() && words(core).count() > 2).then_some(core)
}
