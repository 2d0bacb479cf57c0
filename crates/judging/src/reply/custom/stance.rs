//! Clauses behind a verdict in which the judge says what it thinks of that verdict: `but I disagree`, `Do not use this score.`, `This
//! rating is void.`
//!
//! Short ones are known by all of their words, so that what is said of the candidate is none: one that holds to a verdict or lets it
//! go, one that denies that or not, and those that may stand beside. Longer ones name the verdict or the judge's giving it, and show no
//! reason for it.

use super::sentence::words;
use super::{digits, label, lines, remark, tail, terse};

/// The most words of such a clause.
const LONGEST: usize = 10;

/// The most words that may open its sentence before it.
const MOST_OPENING: usize = 3;

/// Words by which somebody believes in a verdict, and by which it is kept: either is denied.
const BELIEVING: &str = "agree agreed believe convinced sure certain think persuaded einverstanden stimme zustimme zu glaube überzeugt d'accord crois convaincu acuerdo creo convencido \
    согласен";
const KEEPING: &str = "true right correct valid real final actual reliable meaningful mine trust trusted use used rely relied count counts counted take taken \
    cite quote report keep kept stand apply applies verwenden verwendet benutzen gilt utilisez utiliser n'utilisez valable use utilice utilizar usar válida использовать";

/// Words by which somebody doubts it, and by which it is let go.
const DOUBTING: &str = "disagree doubt doubtful distrust dispute wrong false incorrect untrue mistaken nonsense rubbish bezweifle zweifle falsch doute j'en faux dudo falso неверно";
const DROPPING: &str = "reject ignore ignored disregard disregarded discard discarded scratch forget strike retract retracted withdraw withdrawn delete deleted \
    void invalid null meaningless worthless unreliable ignoriere ignorieren ungültig ignorez nulle ignora nula inválida игнорируйте";

/// Words that begin a bidding.
const BIDDING: &str = "do don't never please bitte n'utilisez no";

/// Words that turn either round.
const DENYING: &str = "not no never nope don't doesn't isn't wasn't cannot can't won't shouldn't mustn't nothing nicht kein keine ne n'utilisez pas jamais non не нет";

/// Words that may stand beside them: whose they are, and what points at the verdict.
const SPEAKING: &str = "i i'm my me we ich je j'en yo estoy я";
const POINTING: &str = "this that it above these those everything all which so dies das diese cela ça cette la esto eso esta es это эту ce";
const BESIDE: &str = "the a an of as am is are was be been being do does did should must may can could will would please bitte but and or though although however yet still \
    just only simply clearly completely absolutely plain quite really very entirely fully myself personally in on with to by for at all case fact here now to treat \
    consider considered regarded alas course fast given aber doch mais pero ich bin suis su das den der die est ist c'est s'il vous plaît por favor lo que en de";

/// What a judge says in scripts without blanks, and what it bids, of a word for a verdict.
const WIDE: &str = "我不同意 我不认同 我不相信 我怀疑 我不赞成 同意しません そう思いません";
const WIDE_BIDS: &str = "不要使用 不要采用 请勿使用 忽略 無視 使わないで 作废";
const WIDE_VALUES: &str = "评分 分数 得分 评价 判定 評価 スコア";
const MOST_WIDE: usize = 14;

/// Whether a clause says of the verdict above it, in the judge's own name or by a word for it, that it does not hold.
pub(super) fn rejects(clause: &str) -> bool {
    let has_wide = |all: &str| all.split(' ').any(|said| clause.contains(said));
    if clause.trim().chars().count() <= MOST_WIDE
        && (has_wide(WIDE) || has_wide(WIDE_BIDS) && has_wide(WIDE_VALUES))
    {
        return true;
    }
    // `To be clear, …`
    let clause = match clause.split_once(", ") {
        Some((opening, rest)) if words(opening).count() <= MOST_OPENING => rest,
        _ => clause,
    };
    let said: Vec<String> = words(clause).collect();
    let is = |word: &String, list| lines::is_among(list, word);
    let has = |list| said.iter().any(|word| is(word, list));
    let is_value = |word: &String| {
        label::is_score(word) || is(word, "verdict verdicts number decision evaluación")
    };
    // `I would not use it` speaks of the candidate.
    let is_belief = |list: &str| list == BELIEVING || list == DOUBTING;
    let is_known = |word: &String| {
        [
            BELIEVING, KEEPING, DOUBTING, DROPPING, DENYING, SPEAKING, POINTING, BESIDE,
        ]
        .iter()
        .any(|list| is(word, list))
            || is_value(word)
    };
    if !(1..=LONGEST).contains(&said.len()) || !said.iter().all(is_known) {
        return false;
    }
    let (speaks, names) = (has(SPEAKING), said.iter().any(is_value));
    // `Don't count this.`
    let bids = has(POINTING) && said.first().is_some_and(|word| is(word, BIDDING));
    let turned =
        |list| has(list) && (speaks && is_belief(list) || names || bids && list == KEEPING);
    if has(DENYING) {
        turned(BELIEVING) || turned(KEEPING)
    } else {
        // `Ignore the above.`, `I retract this.`
        let drops = has(POINTING) && said.iter().take(2).any(|word| is(word, DROPPING));
        turned(DOUBTING) || turned(DROPPING) || drops
    }
}

/// What is dropped, besides what has a name of a score.
const POINTED: &str = "this that it above these those everything verdict number";

/// Words that point at a verdict shortly before its name, and behind it.
const BEFORE_NAME: &str = "this that these those my above";
const BEFORE_OTHERS: &str = "obige obigen diese dieser diesen cette esta esa questa эту эта";
const BEHIND_NAME: &str = "above given";

/// Verbs by which a judge speaks of its giving one, and what it gives there.
const GIVING: &str = "gave give giving wrote write said say put picked chose rated scored judged";
const GIVEN: &str = "it this that one";

/// Words by which a judge says that it took one thing for another.
const MISTAKING: &str = "mixed swapped confused misread misjudged mistook";

/// Words of what does not hold any more, of another one, and of too much or too little.
const UNHOLDING: &str = "longer only merely other another earlier previous wrong instead before until unless if assumes assuming pending more less lower higher \
    meant belongs ignore disregard please hoch niedrig demasiado real";
const EXCESS: &str = "too generous lenient harsh strict kind trop";

/// Words with which a reason for a verdict begins, besides those that always do.
const REASONING: &str =
    "as reflects reflect means indicates based considers takes account accounts";

/// The most words of a sentence in which a judge may speak of itself alone.
const MOST_ALONE: usize = 12;

/// Whether a sentence of any length speaks of the verdict above it, or of how the judge came to give it, and shows no reason, or says before
/// that that it does not hold, is another one's, or is too much or too little: `I wrote this before I had seen the tests.`
pub(super) fn unsays(sentence: &str) -> bool {
    let said: Vec<String> = words(sentence).collect();
    let is = |at: usize, list| said.get(at).is_some_and(|word| lines::is_among(list, word));
    let any = |is_one: &dyn Fn(usize) -> bool| (0..said.len()).any(is_one);
    let has = |list| any(&|at| is(at, list));
    // `i` is a variable.
    let is_speaker = |word: &str| word == "I" || word.starts_with("I'") || word.starts_with("I’");
    // And `World War I` is none of the judge.
    let mut before = None;
    let mut speaks = has("my me ich je we");
    for (at, word) in sentence.split([' ', ',']).enumerate() {
        let is_name = |word: &str| at > 1 && word.starts_with(char::is_uppercase);
        speaks |= is_speaker(word) && !before.is_some_and(is_name);
        before = Some(word);
    }
    let names_it = |at: usize| {
        let shortly = |list| is(at.wrapping_sub(1), list) || is(at.wrapping_sub(2), list);
        let is_foreign = shortly(BEFORE_OTHERS);
        let is_behind = is(at + 1, BEHIND_NAME) || is(at + 2, BEHIND_NAME);
        let is_pointed =
            shortly(BEFORE_NAME) || is_behind || is_foreign || speaks && shortly("the");
        is_pointed
            && said.get(at).is_some_and(|name| {
                label::names_alone(name) == Some(true)
                    || label::is_verdict(name)
                    || name == "number" && (is_behind || has(EXCESS) || has("view opinion"))
                    || is_foreign && label::is_score(name)
            })
            || is(at, "above") && is(at.wrapping_sub(1), "the") && is(at + 1, "is was does did")
    };
    let gives = |at: usize| speaks && is(at, GIVING) && is(at + 1, GIVEN);
    // `I have since seen the tests` gives none.
    let is_since = |at: usize| is(at, "since") && is(at.wrapping_sub(1), "have had i've");
    let reason = said.iter().enumerate().position(|(at, word)| {
        lines::is_among(REASONING, word) || tail::gives_reason(word) && !is_since(at)
    });
    // `I could not give it the best score` says why it is none.
    let is_bound =
        has("give") && has("best full higher highest perfect top maximum") && !has(UNHOLDING);
    let is_denied = !is_bound
        && (0..reason.unwrap_or(said.len()))
            .any(|at| [DENYING, UNHOLDING, EXCESS].iter().any(|list| is(at, list)));
    let is_why = said.windows(2).any(|pair| pair == ["is", "why"]);
    let is_valued = said.iter().any(|word| digits::is_digits(word));
    // `I have to lower that by one`, `I take that back`.
    let changes = |at: usize| {
        is(at, "lower raise reduce revise")
            && is(at + 1, GIVEN)
            && (at + 2 == said.len() || is(at + 2, "by to down"))
            || is(at, "take took") && is(at + 1, GIVEN) && is(at + 2, "back")
    };
    // `I can no longer say which of them is better.`
    let is_undecided = |at: usize| {
        is_denied && is(at, "say tell decide judge") && is(at + 1, "which") && has("better")
    };
    let is_alone = said.len() > MOST_ALONE
        && !has("both first second former latter")
        && !said
            .iter()
            .any(|word| terse::is_judged(word) || remark::counts(word));
    // `I withdraw this verdict because the tests fail.`
    let is_dropped = said.len() <= LONGEST
        && (is(0, DROPPING) || is(1, DROPPING))
        && any(&|at| is(at, POINTED) || said.get(at).is_some_and(|word| label::is_score(word)));
    is_dropped
        || !is_why && (is_denied || reason.is_none() && !is_valued) && any(&names_it)
        || !is_why && is_denied && any(&gives)
        || speaks && (is_alone || any(&|at| is(at, MISTAKING) || changes(at) || is_undecided(at)))
}
