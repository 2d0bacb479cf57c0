//! The score that a sentence gives: `the usefulness score for this snippet is 1`, `I would rate it as 2`.
//!
//! The number stands behind a word for a score, the criterion's name, or a word of rating. The sentence names no other
//! number, no other criterion, and does not deny, suppose or compare: in the clause before the number every word is one of
//! those that such a sentence is made of. `I am unable to assign a score of 4` and `The other answer receives a score of 4`
//! have words that are not, and say nothing.

use std::ops::Range;

use super::choice::NOUNS;
use super::claim::is_partial;
use super::retraction::ARTICLES;
use super::score::{self, Score};
use super::sentence::{sentences, words};
use super::{Match, attribution, label, lines, number, scale, tail, wide};

/// Words right before the number.
const LINKS: &str = "of is as at be a an was de di mit um un uma ein eine una";

/// Words of rating.
const RATES: &str = "call rate rated score scored grade graded evaluate give given giving assign award go settle \
    gebe vergebe bewerte donne accorde j'accorde attribue j'attribue doy asigno otorgo assegno dou atribuo ставлю даю оцениваю";

/// Words that may stand between such a word, or one for a score, and the number, besides what is rated.
const BETWEEN: &str = "it this that these the a an for of to its my would should can be is with on code given entire whole above der die das dieser diese den ich mit à \
     cette ce la le les une un una l de di del esta esa le questa alla этому";

/// What may be rated, besides candidates.
const RATED: &str = "one snippet solution program problem question task summary text translation story essay conversation \
    dialogue reply message case instance function implementation \
    antwort lösung réponse respuesta risposta resposta ответ ответу";

/// Words that may stand before a word for a score: any other names another criterion, or a bound (`maximum score`).
const BEFORE: &str = "receives receive received gets get deserves deserve deserved assign assigned give given gives giving award \
    has earns earn scores i with would so and low high fair good moderate perfect full verdient mérite merece merita заслуживает";

/// Words that make the sentence say something else.
const TURNS: &str = "not never cannot can't don't doesn't isn't won't wouldn't neither nor or if unless whether than between \
    could might may least most about around nearly almost below above under over maximum minimum range scale up \
    nicht kein keine wenn falls sofern ne pas si serait sería ni не если бы";

/// Words that may stand in the clause before the number, besides all of the above.
const CLAUSE: &str = "we i'd we'd i'll therefore thus hence overall finally conclusion in final based on analysis evaluation review all which \
    current provided present generated think believe feel i'm am say ich würde wir je nous yo я daher deshalb somit insgesamt donc por eso tanto поэтому";

/// What makes `would` and `should` a judge's way of saying it, and no condition.
const SPEAKERS: &str = "i we ich wir";

/// Words that may follow the number, besides a mark.
const BEHIND: &str = "because as since due given with based";

/// Whether a word is one of rating.
pub(super) fn is_of_rating(word: &str) -> bool {
    lines::is_among(RATES, word) || lines::is_among(BEFORE, word)
}

/// The scores that the sentences of a line give.
pub(super) fn claims(
    text: &str,
    line: Range<usize>,
    criterion: &str,
    most: f64,
) -> Vec<Match<Score>> {
    let words = text.get(line.clone()).unwrap_or_default();
    if label::is_of_something_else(words) && !is_named(words, criterion) {
        return Vec::new();
    }
    let to = line.end;
    sentences(text, line)
        .into_iter()
        .filter_map(|sentence| {
            let wide = || wide::claim(text, sentence.clone(), to, most);
            claim(text, sentence.clone(), to, (criterion, most)).or_else(wide)
        })
        .collect()
}

fn is_named(said: &str, criterion: &str) -> bool {
    let said: Vec<String> = words(said).collect();
    let mut named = words(criterion).peekable();
    named.peek().is_some() && named.all(|word| said.contains(&word))
}

fn claim(
    text: &str,
    sentence: Range<usize>,
    to: usize,
    (criterion, most): (&str, f64),
) -> Option<Match<Score>> {
    let body = text.get(sentence.clone())?;
    // A key of an object that breaks off says nothing.
    let closed = body.trim_end_matches(lines::is_wrapper);
    if body.contains(['{', '}']) || closed.ends_with(['?', '？']) {
        return None;
    }
    // `Based on step 2, …` is no part of what is said of the score; but `Given a source, …` supposes one, and `According to the
    // candidate, …` is not the judge's.
    let (opening, _) = body.split_once(", ").unwrap_or_default();
    let scale = scale::opens(opening);
    let mut said = words(opening);
    let is_led = said.next().is_some_and(|word| match word.as_str() {
        "given" => !said
            .next()
            .is_some_and(|next| lines::is_among(ARTICLES, &next)),
        word => lines::is_among("based according considering following after", word),
    });
    if attribution::attributes(opening) {
        return None;
    }
    let from = sentence.start
        + if is_led || scale.is_some() {
            opening.len() + 1
        } else {
            0
        };
    let at = from + text.get(from..sentence.end)?.find(char::is_numeric)?;
    let (spot, end) = score::at(text, at, sentence.end)?;
    let what = spot.what.labelled(scale)?;
    let spot = Match { what, ..spot };
    let before = text.get(from..at)?;
    if number::is_mark(text, &(from..to), (at - from, end), spot.what.number) {
        return None;
    }
    // `It does not help and receives a score of 1`.
    let clause = before.rsplit_once(" and ").map(|(_, clause)| clause);
    let is_verb = |word: String| lines::is_among(BEFORE, &word);
    let before = clause
        .filter(|clause| words(clause).next().is_some_and(is_verb))
        .unwrap_or(before);
    // `Slightly helpful (score of 1) for solving it`.
    let is_bracketed = before.contains(['(', '（'])
        && text
            .get(spot.at.end..)
            .is_some_and(|rest| rest.starts_with([')', '）']));
    let before = before.rsplit(['(', '（', ';']).next()?;
    let behind = text.get(end..sentence.end)?;
    // `For effort, I give it a 4.`
    let (earlier, _) = before.rsplit_once([',', '，']).unwrap_or_default();
    let is_aspect = |clause: &str| is_partial(clause) && !is_named(clause, criterion);
    if earlier.split([',', '，']).any(is_aspect) {
        return None;
    }
    // Nothing stands before it at the beginning of a sentence, and behind a bracket that opens: `… most of the cases (4/5).`
    let apart = before.chars().next_back().map_or(at == from, |each| {
        each.is_whitespace() || (lines::is_wrapper(each) && each != '<')
    });
    let is_one = !behind.contains(char::is_numeric);
    let turned = words(before).any(|word| lines::is_among(TURNS, &word))
        || words(behind).any(|word| lines::is_among("if unless or", &word));
    // `I give it 4 stars`.
    let has_unit = text
        .get(spot.at.end..end)
        .is_some_and(|unit| unit.contains(char::is_alphabetic));
    // `The code scores 4 for helpfulness`.
    let is_scored = before.ends_with("scores ") && behind.starts_with(" for ");
    // `This answer gets a 4 from me`, `Ich würde 4 von 5 Punkten vergeben`.
    let behind = [" from me", " vergeben", " geben"]
        .iter()
        .find_map(|end| behind.strip_prefix(end))
        .unwrap_or(behind);
    let behind = PRAISING
        .split(' ')
        .find_map(|word| behind.strip_prefix(' ')?.strip_prefix(word))
        .unwrap_or(behind);
    let before = without_praise(before);
    let is_award = || {
        let is_last = text.get(to..).is_some_and(|rest| rest.trim().is_empty());
        is_last && is_awarded(&before, spot.what.of.is_some()) && lines::is_over(behind)
    };
    let given = apart
        && is_one
        && !turned
        && (is_plain(&before, behind, criterion)
            && is_given(
                &before,
                criterion,
                spot.what.of.is_some() || has_unit || is_scored,
            )
            && (is_bracketed || is_tail(behind, criterion))
            || is_award())
        && tail::leaves_score(text, spot.what.number, most, end, to);
    given.then_some(spot)
}

/// Words that praise a score as the right one: `a solid 4`.
const PRAISING: &str =
    "solid clear strong firm solide solider klare klarer starke sólido claro chiaro";

/// Without such a word right before the number, where one stands between it and an article, or begins the sentence.
fn without_praise(before: &str) -> String {
    let bare = before.trim_end();
    let (lead, word) = bare.rsplit_once(' ').unwrap_or(("", bare));
    let is_praise = lines::is_among(PRAISING, &word.to_lowercase());
    let article = words(lead).next_back();
    match article {
        _ if !is_praise => before.to_owned(),
        None => "a ".to_owned(),
        Some(article) if lines::is_among(ARTICLES, &article) => format!("{lead} "),
        Some(_) => before.to_owned(),
    }
}

/// Whether nothing but an article, and a word that concludes, stands before a number: `Overall, a 4.` One with its scale needs no
/// article: `I'd say 4/5.`
fn is_awarded(before: &str, is_out_of: bool) -> bool {
    let mut said = words(before).rev().peekable();
    let is_article = |word: &String| lines::is_among(ARTICLES, word);
    (said.next_if(is_article).is_some() || is_out_of)
        && said.all(|word| {
            lines::is_among("so overall thus therefore hence in all finally", &word)
                || is_out_of
                    && lines::is_among("i i'd would say this it that is it's giving", &word)
        })
}

/// Whether the last clause before a number has only words that a sentence about a score is made of.
fn is_plain(before: &str, behind: &str, criterion: &str) -> bool {
    let clause = before
        .rsplit([',', '，', ':', '：', '='])
        .find(|clause| words(clause).next().is_some());
    let clause: Vec<String> = words(clause.unwrap_or_default()).collect();
    let known = |word: &str| {
        [LINKS, RATES, BETWEEN, RATED, NOUNS, BEFORE, CLAUSE]
            .iter()
            .any(|known| lines::is_among(known, word))
            || label::is_score(word)
            || label::is_beside(word)
            || words(criterion).any(|named| named == word)
    };
    let word = |at: Option<usize>| at.and_then(|at| clause.get(at));
    // `My score would be 4.`, where the sentence says nothing else.
    let is_own = || {
        clause.iter().any(|word| word == "my")
            && words(before).all(|word| known(&word))
            && (lines::is_over(behind) || tail::is_reason(behind))
    };
    let is_condition = |at: usize| {
        let speaks = word(at.checked_sub(1)).is_some_and(|word| lines::is_among(SPEAKERS, word));
        lines::is_among("would should can würde", &clause[at]) && !speaks && !is_own()
    };
    // `The usefulness for solving the problem is 0`.
    let is_deed = |at: usize| {
        clause[at].ends_with("ing")
            && word(at.checked_sub(1)).is_some_and(|word| word == "for")
            && word(Some(at + 1)).is_some_and(|word| lines::is_among("the this that it", word))
    };
    // `A perfect score is 5` says what a score is.
    let is_bound = (clause.last().is_some_and(|word| word == "is")
        || before.trim_end().ends_with([':', '：', '=']))
        && clause
            .iter()
            .any(|word| lines::is_among("perfect full high low best better top", word));
    !is_bound
        && (0..clause.len()).all(|at| !is_condition(at) && (known(&clause[at]) || is_deed(at)))
}

/// Whether the words before a number say that it is a score.
fn is_given(before: &str, criterion: &str, is_out_of: bool) -> bool {
    let mut back = words(before).rev().peekable();
    let marks = before.trim_end();
    let colon = marks.ends_with([':', '=', '：']);
    let marks = marks.trim_end_matches([':', '=', '：']);
    if colon && (marks.ends_with('/') || marks.trim_end().ends_with(lines::is_comparing)) {
        return false;
    }
    let said: Vec<String> = words(before).collect();
    let rates = |word: &String| lines::is_among(RATES, word) && !label::is_score(word);
    let link = match back.peek() {
        Some(link) if lines::is_among(LINKS, link) => back.next().unwrap_or_default(),
        // `I give it 4 out of 5`.
        _ if colon || is_out_of => String::new(),
        // `Daher vergebe ich die Note 4.`
        Some(noun) if label::is_score(noun) && said.iter().any(rates) => String::new(),
        _ => return false,
    };
    // `It is a 4`.
    let is_article = lines::is_among(ARTICLES, &link);
    let link = back
        .next_if(|word| is_article && matches!(word.as_str(), "is" | "be"))
        .unwrap_or(link);
    // `Which earns it a 4`.
    if matches!(said.as_slice(), [.., earns, it, _] if it == "it" && lines::is_among("earns merits gets", earns))
    {
        back.next();
    }
    // `The answer deserves a 4`.
    let is_verb = back
        .peek()
        .is_some_and(|word| lines::is_among("deserves deserve earns merits gets receives scores verdient mérite merece merita заслуживает", word));
    if is_verb && (link.is_empty() || is_article) {
        return true;
    }
    // Whether `it`, or a candidate, is what is rated: `rate the clarity as 2` rates something else. A judge may give a score to nothing
    // that is named: `I give 4/5`.
    let speaks =
        "i i'd i'll i'm we we'd ich wir je nous j'attribue doy asigno otorgo assegno dou atribuo я";
    let mut is_object = said.iter().any(|word| lines::is_among(speaks, word))
        && !said.iter().any(|word| word == "given");
    let mut is_core = false;
    while let Some(word) = back.next() {
        if label::is_score(&word) || (word.len() > 2 && words(criterion).any(|named| named == word))
        {
            is_core = true;
            break;
        }
        let names_object = matches!(word.as_str(), "it" | "this" | "that")
            || lines::is_among(RATED, &word)
            || lines::is_among(NOUNS, &word);
        let before = back.peek().map(String::as_str);
        // `The given code`, `for solving the problem`.
        if word == "given" && before == Some("the")
            || word.ends_with("ing") && before == Some("for") && is_object
        {
            continue;
        }
        // `The code is rated as 2`.
        if before == Some("is") && lines::is_among("rated scored graded", &word) {
            is_object = true;
        }
        if lines::is_among(RATES, &word) {
            let gives = lines::is_among("give given assign award", &word);
            return is_object
                && match link.as_str() {
                    _ if is_article => !lines::is_among("score scored", &word),
                    "as" | "at" | "mit" => !gives,
                    "" => !colon,
                    _ => false,
                };
        }
        if names_object {
            is_object = true;
        } else if !lines::is_among(BETWEEN, &word) {
            return false;
        }
    }
    let linked = link.is_empty() || lines::is_among("of is as at be de di mit", &link);
    // Up to the beginning of the noun's own words nothing may stand that is not known.
    let known = |word: &String| {
        label::is_score(word)
            || label::is_beside(word)
            || lines::is_among(BEFORE, word)
            || lines::is_among(ARTICLES, word)
            || words(criterion).any(|named| named == *word)
    };
    is_core && linked && back.next().is_none_or(|word| known(&word))
}

/// Whether what stands behind a number ends what is said of it.
fn is_tail(behind: &str, criterion: &str) -> bool {
    if lines::is_clause_over(behind) || behind.trim_start().starts_with([')', ']']) {
        return true;
    }
    let mut said = words(behind);
    match said.next().unwrap_or_default().as_str() {
        // `A score of 2 is appropriate.`
        "is" => {
            let fits = "appropriate fair justified warranted reasonable fitting apt fine";
            let rest = fits
                .split(' ')
                .find_map(|word| behind.strip_prefix(" is ")?.strip_prefix(word));
            rest.is_some_and(|rest| is_tail(rest, criterion))
        }
        "for" | "to" | "in" | "on" => match said.next() {
            Some(word) => {
                matches!(word.as_str(), "being" | "having")
                    || words(criterion).any(|named| named == word)
                    || matches!(word.as_str(), "it" | "this")
                    || (word == "the"
                        // `In the best case`.
                        && !words(behind).any(|word| lines::is_among("best worst", &word))
                        && said.take(2).any(|word| {
                            lines::is_among(RATED, &word)
                                || lines::is_among(NOUNS, &word)
                                || words(criterion).any(|named| named == word)
                        }))
            }
            None => false,
        },
        // `4 as a placeholder`.
        "as" => said
            .next()
            .is_none_or(|next| !lines::is_among(ARTICLES, &next)),
        next => lines::is_among(BEHIND, next),
    }
}

/// The score in brackets that ends a reply of a few words: `Yes (1)`.
pub(super) fn noted(text: &str, line: Range<usize>, most: f64) -> Option<Match<Score>> {
    let body = text.get(line.clone())?;
    let (said, _) = body.split_once(['(', '（'])?;
    let from = line.start + said.len();
    let (spot, end) = score::at(text, from, line.end)?;
    let is_over = lines::is_over(text.get(end..line.end)?)
        && tail::leaves_score(text, spot.what.number, most, end, line.end);
    let is_word = said
        .chars()
        .all(|each| each.is_alphabetic() || matches!(each, ' ' | '\'' | '*'))
        && (1..=3).contains(&words(said).count());
    (is_over && is_word).then_some(spot)
}
