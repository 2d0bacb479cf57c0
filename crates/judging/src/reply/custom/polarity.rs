//! Whether a reply says of what is judged the contrary of its own truth: `Yes. The answer is incorrect.`
//!
//! Only clauses count that say that and nothing else, and only where the criterion's name tells which of the two is true.

use super::sentence::words;
use super::{lines, tail};

/// Words that such a clause is made of, besides those that say which.
const BESIDE: &str = "the a an answer response output reply candidate code solution submission it this that is was are so therefore thus hence \
    and but because since as fully completely clearly entirely totally simply factually verdict in fact also";

/// Words that say that something is right, and that it is not.
const RIGHT: &str = "correct right true accurate valid passes passed";
const WRONG: &str = "incorrect wrong false inaccurate invalid fails failed";

/// Whether a clause behind a value that ends at the beginning of `rest` says the contrary of `holds`.
pub(super) fn is_contrary(rest: &str, criterion: &str, holds: bool) -> bool {
    let name: Vec<String> = words(&criterion.replace(['_', '-'], " ")).collect();
    let Some(sense) = sense(&name) else {
        return false;
    };
    let near = tail::near(rest, 0, rest.len());
    let clauses = near.split(['.', ',', ';', ':', '!', '?', '\n', '–', '—', '(', ')']);
    clauses
        .filter_map(|clause| said(clause, &sense))
        .any(|said| said != holds)
}

/// Words of a question that a good answer is not the answer `Yes` to.
const CONTRARY: &str = "not no any without nothing isn't doesn't don't wrong incorrect incorrectly false inaccurate invalid fail fails failed failing error errors \
    erroneous mistake mistakes mistaken bug bugs bug fault faults faulty flaw flaws flawed issue issues problem problems missing lack lacks lacking unsafe \
    harmful dangerous toxic biased bad worse poor misleading unhelpful incomplete reject rejected rejection hallucination hallucinations hallucinate violate violates \
    violation omit omits omitted contradict contradicts unsupported unclear falsch fehler fehlerhaft nicht kein faux erreur erreurs incorrecte \
    mal incorrecto error errores falso sbagliato errore неверно неправильно ошибка ошибки не";

/// Whether what leads to a choice is a question that turns the criterion round: `Is it wrong? Yes`, `Are there errors? No`. Words of
/// the criterion's own name do not.
pub(super) fn is_turned(before: &str, criterion: &str) -> bool {
    let lead = before.trim_end_matches(lines::is_gap);
    // `Is it wrong? Answer: Yes`.
    let lead = lead.trim_end_matches([':', '：']).trim_end();
    let lead = match lead.rsplit_once(['?', '？']) {
        Some((question, label))
            if words(label).count() <= MOST_LABEL && !label.contains(['.', '!']) =>
        {
            question
        }
        _ => return false,
    };
    let start = lead
        .rfind(['.', '!', '?', '\n', '。', '？'])
        .map_or(0, |at| at + 1);
    let question = lead.get(start..).unwrap_or_default();
    let name: Vec<String> = words(&criterion.replace(['_', '-'], " ")).collect();
    let fails = sense(&name).map(|sense| sense.fails).unwrap_or_default();
    // Another question than the criterion's says nothing of it.
    let holds = sense(&name).map(|sense| sense.holds).unwrap_or_default();
    let said: Vec<String> = words(question).collect();
    let is_noun = |at: usize| {
        let before = at.checked_sub(1).and_then(|before| said.get(before));
        before.is_some_and(|word| lines::is_among("the this that an its", word))
    };
    let is_own = |(at, word): (usize, &String)| {
        name.iter()
            .any(|named| named.chars().take(STEM).eq(word.chars().take(STEM)))
            || holds.contains(word)
            || lines::is_among(POSITIVE, word) && !(word == "answer" && is_noun(at))
    };
    let is_latin = question.contains(|each: char| each.is_ascii_alphabetic());
    is_latin && !said.iter().enumerate().any(is_own)
        || said.iter().any(|word| {
            !name.contains(word)
                && (lines::is_among(CONTRARY, word) || fails.contains(word) || is_negated(word))
        })
        || ["错", "錯", "误", "誤", "不", "間違", "틀"]
            .iter()
            .any(|sign| question.contains(sign))
}

/// Whether a word is one for what should be, with a syllable before it that denies it: `untrue`, `imprecise`.
fn is_negated(word: &str) -> bool {
    let bare = ["un", "in", "im", "il", "ir", "dis", "non", "mis"]
        .iter()
        .find_map(|not| word.strip_prefix(not));
    bare.is_some_and(|bare| {
        [POSITIVE, RIGHT]
            .iter()
            .any(|list| lines::is_among(list, bare))
    })
}

/// Words of a question that asks whether something is as it should be.
const POSITIVE: &str = "correct right accurate valid good well acceptable adequate meet meets satisfy satisfies match matches pass passes fulfil fulfils \
    fulfill fulfills answer answers address addresses follow follows complete help helps helpful agree agrees support supports supported work works run runs";

/// How many letters of two words are the same where they are of one stem.
const STEM: usize = 5;

/// The most words of a label between a question and its answer.
const MOST_LABEL: usize = 3;

/// The truth that a word or two say of a criterion: `no`, `incorrect`, `not safe`.
pub(super) fn truth(text: &str, criterion: &str) -> Option<bool> {
    let word = text.trim().to_lowercase();
    match word.as_str() {
        "true" | "yes" | "pass" | "passed" | "passes" => return Some(true),
        "false" | "no" | "fail" | "failed" | "fails" => return Some(false),
        _ => {}
    }
    let name: Vec<String> = words(&criterion.replace(['_', '-'], " ")).collect();
    said(text, &sense(&name)?)
}

/// The words for a criterion that holds, and for one that does not.
struct Sense {
    holds: Vec<String>,
    fails: Vec<String>,
}

/// The sense of a criterion's name, where it is one word, or all say that something is right: `correct`, `is correct`.
fn sense(name: &[String]) -> Option<Sense> {
    let mut named = name
        .iter()
        .filter(|word| !lines::is_among("is the answer", word));
    let (Some(name), None) = (named.next(), named.next()) else {
        return None;
    };
    let name = name.strip_suffix("ness").unwrap_or(name);
    let list = |words: &str| words.split(' ').map(str::to_owned).collect();
    if lines::is_among(RIGHT, name) || name == "accuracy" {
        return Some(Sense {
            holds: list(RIGHT),
            fails: list(WRONG),
        });
    }
    Some(Sense {
        holds: vec![name.to_owned()],
        fails: ["in", "un", "im", "ir"]
            .map(|not| format!("{not}{name}"))
            .into(),
    })
}

/// What a clause says, where that is all it does.
fn said(clause: &str, sense: &Sense) -> Option<bool> {
    let mut found = None;
    let mut is_denied = false;
    for word in words(clause) {
        if sense.holds.contains(&word) || sense.fails.contains(&word) {
            found = found.is_none().then(|| sense.holds.contains(&word));
            found?;
        } else if lines::is_among("not isn't wasn't", &word) {
            is_denied = !is_denied;
        } else if !lines::is_among(BESIDE, &word) {
            return None;
        }
    }
    found.map(|holds| holds != is_denied)
}
