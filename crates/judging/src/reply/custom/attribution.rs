//! Clauses that say whose words stand beside them, and so that they are not the judge's: `they say`, `says the candidate`, `according
//! to the user`, `or so it seems`, `The candidate wrote this.`, `That is what it claims.`
//!
//! They are known by all of their words: one of saying, one for somebody else, and those that may stand beside.

use super::choice::NOUNS;
use super::lines;
use super::sentence::words;

/// Words of saying.
const SAYING: &str = "say says said saying write writes wrote written claim claims claimed stated states reports reported demand \
    demands demanded ask asks asked want wants wanted requested requests tell tells told think thinks thought believe believes \
    suggest suggests assert asserts insist insists argue argues seem seems seemed quotes quoted quotation copied copy verbatim according instructed ordered \
    taken put puts sagt sagte schreibt schrieb steht behauptet dit écrit affiche selon dice escribe según scrive пишет говорит";

/// Words for what a text holds, or gives out.
const SHOWING: &str = "give gives gave print prints printed return returns returned show shows contain contains appear appears \
    appeared comes from words gibt aus";

/// Words for somebody else.
const WHO: &str = "user users author authors writer student students agent text some others people many nobody someone somebody reader readers \
    critics judges he she prompt kandidat antwort nutzer réponse candidat utilisateur respuesta candidato risposta ответ";

/// Words that point at one.
const POINTED: &str = "it they them one es sie il elle";

/// What somebody holds, and what is done to a judge who says it for them.
const CLAIMS: &str = "claim story idea instruction rumour rumor order request";
const TOLD: &str = "told instructed asked ordered directed";

/// Words that may stand beside those.
const BESIDE: &str = "the a an this that these those above block line is was are were what which as so or to of in its itself his her their here there not me just only \
    directly words own be by like i least at that's it's value score verdict rating die der das den dem in es so was la le les el los en ce c'est que ça лишь это";

/// The most words of such a clause.
const MOST: usize = 9;

/// Whether a clause does nothing else but say whose words stand beside it.
pub(super) fn attributes(clause: &str) -> bool {
    let said: Vec<String> = words(clause).collect();
    let has = |list| said.iter().any(|word| lines::is_among(list, word));
    let is_named = |word: &str| {
        lines::is_among(WHO, word) || lines::is_among(NOUNS, word.trim_end_matches("'s"))
    };
    let is_known = |word: &String| {
        is_named(word)
            || lines::is_among(CLAIMS, word)
            || [SAYING, SHOWING, POINTED, BESIDE]
                .iter()
                .any(|list| lines::is_among(list, word))
    };
    // `It shows this.` says something of the candidate.
    let is_claim = matches!(said.as_slice(), [.., the, claim] if the == "the" && lines::is_among(CLAIMS, claim));
    let has_who = is_claim
        || said.iter().any(|word| is_named(word))
        || has(POINTED) && has(SAYING)
        || has("quoted quotation copied verbatim");
    is_told(&said)
        || (2..=MOST + 2).contains(&said.len())
            && !has("i my we")
            && (has(SAYING) || has(SHOWING) || is_claim)
            && has_who
            && said.iter().all(is_known)
}

/// Whether a clause says no more than that the judge was told: `so I am told`.
fn is_told(said: &[String]) -> bool {
    let is = |word: &String, list| lines::is_among(list, word);
    said.last().is_some_and(|word| is(word, TOLD))
        && said.iter().any(|word| is(word, "i i'm i've we"))
        && said.iter().all(|word| {
            is(word, TOLD)
                || is(
                    word,
                    "i i'm i've we am was were have been or so as at least what just",
                )
        })
}

/// Whether what follows a value begins with such a clause, in its own sentence or as the next one.
pub(super) fn follows(rest: &str) -> bool {
    let bare = rest.trim_start_matches(|each: char| {
        each.is_whitespace()
            || lines::is_wrapper(each)
            || matches!(each, ',' | ';' | '.' | '!' | '-' | '–' | '—' | '，' | '。')
    });
    let line = bare.lines().next().unwrap_or_default();
    let clause = line.split([',', ';', '.', '!', '，', '。', ')']).next();
    clause.is_some_and(attributes)
}

/// The clauses that marks set apart in a sentence.
pub(super) fn clauses(breath: &str) -> impl Iterator<Item = &str> {
    breath
        .split([',', ';', '–', '—', '(', ')', '，', '；', '（'])
        .flat_map(|clause| clause.split(" - "))
}

/// Whether what stands behind the value in its own sentence ends in such a clause: `A is better, as they say, less is more`.
pub(super) fn ends(breath: &str) -> bool {
    clauses(breath)
        .skip(1)
        .filter(|clause| words(clause).next().is_some())
        .last()
        .is_some_and(attributes)
}
