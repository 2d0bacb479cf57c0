//! Sentences behind a value that give another one, or take it back: `A 3 seems fairer.`, `Half of that for the missing tests.`, `I
//! did not read the answer.`, `That is what the candidate wrote.`
//!
//! A sentence of a few words whose only number counts and names nothing gives a value, in whatever language. A longer one does so
//! where it says of the number that it fits, or reckons with what stands above. Sentences that say nothing else than that the value is
//! made up, quoted, or given unseen are known by all of their words.

use super::choice::NOUNS;
use super::rival::{ARITHMETIC, PARTS, Piece, counted, is_denied, is_named, pieces};
use super::sentence::words;
use super::tail::begins_with_subject;
use super::{attribution, digits, lines, score};

/// The most words of a sentence that gives a number and says nothing else.
const MOST_WORDS: usize = 4;

/// The most characters of a sentence, in a script without blanks, that names a part of the value.
const MOST_WIDE: usize = 7;

/// The most words of a sentence that does nothing but say what the value is.
const LONGEST: usize = 12;

/// Words for a number that fits, and those between the two.
const FITTING: &str = "fits fit suits fairer fair better apt appropriate closer nearer honest truer adequate accurate juster";
const BEFORE_FITTING: &str = "is was would may might could should be seems feels looks to me the much far a rather more perhaps really";
pub(super) const ARTICLES: &str = "a an ein eine un une una um uma uno";

/// Words that reckon with what they point at, and those that begin to reckon with a number.
const PORTIONS: &str = "half twice double triple thrice third thirds quarter quarters fifth fifths tenth percent hälfte drittel viertel moitié tiers quart mitad tercio metà terzo половина";
const RECKONED: &str =
    "that it this of der davon de la di from the score above cela ça eso esto ciò";
const POINTED: &str = "that it this davon cela ça eso esto ciò above score";
const CUTTING: &str = "halve double triple divide multiply cut reduce";
const RECKONING: &str = "minus plus add deduct subtract dock knock take remove shave";
const BEHIND_SIGN: &str = "off away of another";
const LESSENED: &str = "less lower off fewer down more higher up weniger mehr";

/// Words of what a judge thinks, and those that begin its conclusion.
const OPINION: &str =
    "think thought say believe feel lean now settle denke finde pense crois pienso creo";
const BESIDE_OPINION: &str = "and but so then it it's that this these have has had come came to as of be been at by only just about on with now then instead";
const CONCLUDING: &str = "overall so thus therefore hence all in finally insgesamt also donc globalement así total итого";

/// Words behind such a number that do not say what it counts.
const REASONS: &str = "for because since as due if from off to in weil für pour por per";

/// Words of sentences by which a judge says that it did not look.
const SPEAKERS: &str = "i we i've i'd ich wir je j'ai nous yo io eu я мы";
const DENYING: &str = "not never didn't haven't couldn't cannot can't without nicht nie pas jamais no non não не hardly barely";
const LOOKING: &str = "read see seen saw look looked open opened access view viewed receive received examine examined evaluate evaluated \
    assess assessed judge judged gelesen gesehen geprüft lu vu leído visto letto lido читал прочитал видел";
const BESIDE_LOOKING: &str = "did do have had was were been could able to actually really even fully properly carefully closely at all any of it \
    this that these the a an whole entire full actual text code file attachment yet so far candidate user question in ever be honest habe \
    haben die den das der antwort text l'ai ai la le réponse texte he leído respuesta ho risposta ответ текст";

/// Words for a value that nobody found by judging, and those of a sentence that says so.
const VAIN: &str = "guess guessed guessing guesswork random arbitrary invented fabricated geraten erfunden hasard inventé inventado";
const BESIDE_VAIN: &str = "a an the it is was are that this my just only merely pure wild complete completely score scores number rating grade \
    verdict value above i we have to had nur c'est es ist made up";

/// Whether a sentence gives another score than `value`, which is one of 0 to `most`.
pub(super) fn gives_score(sentence: &str, value: f64, most: f64) -> bool {
    let sentence = without_list_mark(sentence);
    // An item of a list is one of several.
    if sentence.trim_start().starts_with(['-', '*', '•', '|']) {
        return false;
    }
    let is_asking = sentence.trim_end().ends_with(['?', '？']);
    let pieces = pieces(sentence);
    let clauses = || pieces.split(|piece| *piece == Piece::Mark);
    let is_rival = |clause: &[Piece], at: usize| {
        let number = match (clause.get(at), clause.get(at + 1)) {
            (Some(Piece::Number(number)), Some(Piece::Percent)) => number * most / 100.0,
            (Some(Piece::Number(number)), _) => *number,
            _ => return false,
        };
        (0.0..=most).contains(&number)
            && number.total_cmp(&value).is_ne()
            && !is_named(clause, at)
            && !is_denied(clause, at)
    };
    let fits = || {
        clauses().any(|clause| {
            (0..clause.len()).any(|at| is_rival(clause, at) && is_fitting(clause, at))
        })
    };
    let is_sole = |clause: &[Piece], at: usize| {
        counted(clause, at).is_none_or(is_copula) && !is_aside(clause, at)
    };
    !is_asking
        && (fits()
            || is_alone(sentence, &pieces)
                && clauses().any(|clause| {
                    let words = || clause.iter().filter_map(word);
                    (!begins_with_subject(words()) || is_opinion(words()))
                        && (0..clause.len()).any(|at| is_rival(clause, at) && is_sole(clause, at))
                })
            || clauses().any(|clause| {
                let (thinks, concludes) = (thinks(clause), concludes(clause));
                (0..clause.len())
                    .any(|at| is_rival(clause, at) && (thinks || concludes && is_sole(clause, at)))
            }))
}

/// Whether a clause says what the judge thinks: `I now think 2`.
fn is_opinion<'w>(mut words: impl Iterator<Item = &'w str>) -> bool {
    words
        .find(|word| !lines::is_among("and but so by now then", word))
        .is_some_and(|word| lines::is_among(SPEAKERS, word))
        && words.any(|word| lines::is_among(OPINION, word))
}

/// Whether a longer clause does nothing but say what number the judge thinks of: `I now believe it is a 2`.
fn thinks(clause: &[Piece]) -> bool {
    let is_over =
        |piece: &&Piece| word(piece).is_some_and(|word| lines::is_among("now then instead", word));
    let last = clause.iter().rev().find(|piece| !is_over(piece));
    is_opinion(clause.iter().filter_map(word))
        && matches!(last, Some(Piece::Number(_) | Piece::Percent))
        && clause.iter().filter_map(word).all(|word| {
            [SPEAKERS, OPINION, ARTICLES, BEFORE_FITTING, BESIDE_OPINION]
                .iter()
                .any(|list| lines::is_among(list, word))
        })
}

/// Whether a clause of a longer sentence concludes with a number: `…; overall 2.`
fn concludes(clause: &[Piece]) -> bool {
    let mut said = clause.iter().filter_map(word);
    said.next()
        .is_some_and(|word| lines::is_among(CONCLUDING, word))
        && clause.len() <= MOST_WORDS
        && matches!(clause.last(), Some(Piece::Number(_) | Piece::Percent))
}

/// Whether a number belongs to what stands before it (`a test for 3`), or is one of another time (`2 before the fix`).
fn is_aside(clause: &[Piece], at: usize) -> bool {
    let is = |piece: Option<&Piece>, list| {
        piece
            .and_then(word)
            .is_some_and(|word| lines::is_among(list, word))
    };
    let before = at.checked_sub(1).and_then(|before| clause.get(before));
    is(before, "for of from in by on line") || is(clause.get(at + 1), "before earlier previously")
}

/// Whether a sentence has few words and one number, and no marks of formulas, programs or labels.
fn is_alone(sentence: &str, pieces: &[Piece]) -> bool {
    let numbers = pieces
        .iter()
        .filter(|piece| matches!(piece, Piece::Number(_)));
    let words = pieces.iter().filter_map(word).count();
    numbers.count() == 1
        && (1..=MOST_WORDS).contains(&words)
        && !sentence.contains([
            '(', ')', '[', ']', '{', '}', '=', '<', '>', '`', '"', ':', '：', '|', '#', '_', '/',
            '\\', '+', '&',
        ])
}

fn word(piece: &Piece) -> Option<&str> {
    match piece {
        Piece::Word(word) => Some(word),
        _ => None,
    }
}

/// Without the number of an item of a list: `2. It runs.`
fn without_list_mark(sentence: &str) -> &str {
    let bare = sentence.trim_start_matches(|each: char| {
        each.is_whitespace() || matches!(each, '-' | '*' | '•' | '#' | '>')
    });
    let rest = bare.trim_start_matches(|each: char| each.is_ascii_digit());
    if rest.len() < bare.len() && rest.starts_with(['.', ')', ':']) {
        rest.get(1..).unwrap_or_default()
    } else {
        sentence
    }
}

/// Whether what stands right behind a number in a script without blanks only ends the sentence: `3です`, `3点吧`.
pub(super) fn is_copula(word: &str) -> bool {
    let rest = ["点", "點", "分", "점"]
        .iter()
        .find_map(|unit| word.strip_prefix(unit))
        .unwrap_or(word);
    let ends = "です だ でした とします とする である かな 吧 了 才对 更合适 입니다";
    word.chars().all(|each| !each.is_ascii()) && (rest.is_empty() || lines::is_among(ends, rest))
}

/// Whether a clause says of a number that it is the better one: `a 3 fits better`, `3.5 would be fairer`.
fn is_fitting(clause: &[Piece], at: usize) -> bool {
    let is = |piece: &Piece, list| word(piece).is_some_and(|word| lines::is_among(list, word));
    let has_article = at
        .checked_sub(1)
        .and_then(|before| clause.get(before))
        .is_some_and(|before| is(before, ARTICLES));
    let behind = clause.get(at + 1..).unwrap_or_default();
    let fitting = behind.iter().position(|piece| is(piece, FITTING));
    let leads = fitting.and_then(|fitting| behind.get(..fitting));
    leads.is_some_and(|leads| leads.iter().all(|piece| is(piece, BEFORE_FITTING)))
        // `3 it is.`
        || at == 0 && behind.iter().filter_map(word).eq(["it", "is"])
        || has_article
            && matches!(behind, [next] if is(next, "then instead seems really now overall"))
}

/// Whether a sentence reckons with the value that stands above it: `Half of that for style.`, `Minus one for style.`
pub(super) fn reckons(sentence: &str) -> bool {
    let said: Vec<String> = words(sentence).collect();
    let is = |at: usize, list| said.get(at).is_some_and(|word| lines::is_among(list, word));
    let is_number = |at: usize| {
        is(at, PARTS)
            || is(at, "half")
            || said.get(at).is_some_and(|word| {
                word.chars().all(|each| each.is_ascii_digit()) || digits::word(word).is_some()
            })
    };
    let ends = |at: usize| {
        let at = if said
            .get(at)
            .is_some_and(|word| score::is_unit(word) || lines::is_among("mark marks", word))
        {
            at + 1
        } else {
            at
        };
        said.get(at)
            .is_none_or(|word| lines::is_among(REASONS, word))
    };
    let opening = usize::from(is(0, "so and then but also"));
    // `Two thirds of that.`
    let part = (opening..said.len())
        .find(|at| !is_number(*at) && !is(*at, "un"))
        .unwrap_or(opening);
    let part = if is(opening, PORTIONS) { opening } else { part };
    let behind = (part + 1..said.len())
        .find(|at| !is(*at, RECKONED))
        .unwrap_or(said.len());
    let points = is(part, PORTIONS)
        && (part + 1..behind).any(|at| is(at, POINTED))
        && (part == opening || ends(behind))
        || is(opening, CUTTING) && is(opening + 1, POINTED);
    let at = if is(opening + 1, BEHIND_SIGN) {
        opening + 2
    } else {
        opening + 1
    };
    let signed =
        (is(opening, RECKONING) || is(opening, ARITHMETIC)) && is_number(at) && ends(at + 1);
    let lessened = is_number(opening) && {
        let unit = usize::from(
            said.get(opening + 1)
                .is_some_and(|word| score::is_unit(word)),
        );
        is(opening + 1 + unit, LESSENED) && ends(opening + 2 + unit)
    } || is(part, PORTIONS) && is(part + 1, LESSENED) && ends(part + 2);
    let halved = said.len() <= MOST_WORDS
        && said.iter().any(|word| lines::is_among(PORTIONS, word))
        && said.iter().any(|word| lines::is_among(POINTED, word))
        && said.iter().all(|word| {
            lines::is_among(PORTIONS, word)
                || lines::is_among(RECKONED, word)
                || lines::is_among(ARTICLES, word)
                || lines::is_among("die the", word)
        });
    // `其三分之一。`
    let is_wide_part = sentence.trim().chars().count() <= MOST_WIDE
        && sentence.trim().starts_with(['其', '它'])
        && (sentence.contains("分之") || sentence.contains("一半"));
    points || halved || signed || lessened || is_wide_part
}

/// Whether a sentence says that the value was not found by judging: it is a guess, somebody else's, or nothing was looked at.
pub(super) fn disowns(sentence: &str) -> bool {
    let said: Vec<String> = words(sentence).collect();
    if said.is_empty() || said.len() > LONGEST {
        return false;
    }
    let has = |list| said.iter().any(|word| lines::is_among(list, word));
    let is_all = |lists: &[&'static str]| {
        said.iter().all(|word| {
            lists.iter().any(|list| lines::is_among(list, word)) || lines::is_among(NOUNS, word)
        })
    };
    let first = |list| said.first().is_some_and(|word| lines::is_among(list, word));
    let is_made_up = said.windows(2).any(|pair| pair == ["made", "up"]);
    let is_vain = (has(VAIN) || is_made_up) && said.len() > 1 && is_all(&[VAIN, BESIDE_VAIN]);
    // What is said of a text further up is none of the value.
    let points = first("that this these those the so or above copied quoted taken verbatim");
    let is_reported = points && attribution::attributes(sentence);
    is_unseen(sentence) || is_vain || is_reported
}

/// Whether a judge says in a sentence that it did not look at what it judges.
pub(super) fn is_unseen(sentence: &str) -> bool {
    let said: Vec<String> = words(sentence).collect();
    let has = |list| said.iter().any(|word| lines::is_among(list, word));
    let is_known = |word: &String| {
        [SPEAKERS, DENYING, LOOKING, BESIDE_LOOKING, NOUNS]
            .iter()
            .any(|list| lines::is_among(list, word))
    };
    has(SPEAKERS)
        && has(DENYING)
        && has(LOOKING)
        && said.len() <= LONGEST
        && said.iter().all(is_known)
}
