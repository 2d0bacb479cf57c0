//! The part of Jinja that prompts may use.
//!
//! It has no assignment, no concatenation, no list of values and no filter that multiplies a text without bound. So
//! the engine never holds a text that is much longer than the longest value, which neither its count of steps nor the
//! bound on the output would prevent.
//!
//! Tags are short, and so are chains of `elif`: the engine goes down one level of its stack for each filter, operator
//! and `elif` in a row, and a stack that overflows ends the process.

use minijinja::{Environment, UndefinedBehavior, filters, functions, tests};

use super::filter;
use super::names::listed;
use super::tags::{Tag, Token, tags};

/// Words and signs in a tag at most. Ten times as many are still safe on a stack of 2 MiB.
const MAX_TOKENS: usize = 256;
/// `elif` in a prompt at most.
const MAX_ELIFS: usize = 64;

const STATEMENTS: [&str; 6] = ["if", "elif", "else", "endif", "for", "endfor"];
/// The filters.
pub(super) const FILTERS: [&str; 15] = [
    "capitalize",
    "count",
    "d",
    "default",
    "first",
    "indent",
    "last",
    "length",
    "lower",
    "replace",
    "safe",
    "string",
    "title",
    "trim",
    "upper",
];
/// The tests.
pub(super) const TESTS: [&str; 10] = [
    "defined",
    "undefined",
    "none",
    "string",
    "eq",
    "equalto",
    "ne",
    "in",
    "startingwith",
    "endingwith",
];
/// Words before a bracket that do not call a function or take an item.
const KEYWORDS: [&str; 9] = ["if", "elif", "else", "for", "in", "is", "not", "and", "or"];
/// Words that may stand in a list.
const CONSTANTS: [&str; 6] = ["true", "false", "none", "True", "False", "None"];
/// On texts, `+` is `~`.
const SIGNS: [&str; 4] = ["~", "+", "*", "**"];
const FUNCTION: &str = "range";
/// The variable of the engine in a loop.
const LOOP: &str = "loop";

/// What a template uses that is not available. The engine may see it only when this is empty.
pub(super) fn refused(source: &str) -> Vec<String> {
    let tags = match tags(source) {
        Ok(tags) => tags,
        Err(line) => {
            return vec![format!(
                "line {line}: a tag cannot be read: it is not closed, or holds more than ASCII outside of quotes, or a number that is not plain digits"
            )];
        }
    };
    let mut problems: Vec<String> = tags.iter().flat_map(in_tag).collect();
    let elifs = tags.iter().filter(|tag| tag.begins_with("elif")).count();
    if elifs > MAX_ELIFS {
        problems.push(format!(
            "there may be {MAX_ELIFS} `{{% elif %}}` at most; there are {elifs}"
        ));
    }
    problems.sort_unstable();
    problems.dedup();
    problems
}

/// Whether a name is the language's own.
pub(super) fn is_own(name: &str) -> bool {
    name == FUNCTION || name == LOOP
}

fn in_tag(tag: &Tag<'_>) -> Vec<String> {
    let length = tag.tokens.len();
    if length > MAX_TOKENS {
        return vec![format!(
            "a tag may hold {MAX_TOKENS} words and signs at most; one holds {length}"
        )];
    }
    let mut problems = Vec::new();
    if tag.statement {
        problems.extend(statement(tag));
    }
    // Which bracket is open, and whether it begins a list rather than a call, an item or a group.
    let mut open: Vec<Bracket> = Vec::new();
    let mut before = [None, None];
    for token in &tag.tokens {
        let problem = match *token {
            Token::Word(word) => {
                let listed = open.contains(&Bracket::List) && !CONSTANTS.contains(&word);
                named(before, word).or_else(|| listed.then(|| LISTS.to_owned()))
            }
            Token::Sign(sign) => {
                let problem = signed(before, sign, &open, tag.statement);
                match sign {
                    "(" | "[" | "{" => open.push(Bracket::new(before, sign)),
                    ")" | "]" | "}" => drop(open.pop()),
                    _ => {}
                }
                problem
            }
            Token::Literal => None,
        };
        problems.extend(problem);
        before = [before[1], Some(*token)];
    }
    problems
}

const LISTS: &str = "lists hold texts in quotes and numbers only";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Bracket {
    Call,
    List,
    Other,
}

impl Bracket {
    fn new(before: [Option<Token<'_>>; 2], sign: &str) -> Self {
        let after_value = match before[1] {
            Some(Token::Word(word)) => !KEYWORDS.contains(&word),
            Some(Token::Sign(sign)) => matches!(sign, ")" | "]"),
            Some(Token::Literal) => true,
            None => false,
        };
        match (sign, after_value) {
            ("(", true) => Self::Call,
            ("[", false) => Self::List,
            _ => Self::Other,
        }
    }
}

/// What is wrong with the kind of a statement.
fn statement(tag: &Tag<'_>) -> Option<String> {
    let known = match tag.tokens.first() {
        Some(Token::Word(word)) => {
            if STATEMENTS.contains(word) {
                None
            } else {
                let known = listed(STATEMENTS.into_iter().chain(["raw", "endraw"]));
                Some(format!(
                    "`{{% {word} %}}` is not available; there are {known}"
                ))
            }
        }
        _ => Some("a `{% %}` begins with no word".to_owned()),
    };
    known.or_else(|| {
        tag.tokens
            .contains(&Token::Word("recursive"))
            .then(|| "loops are not `recursive`".to_owned())
    })
}

/// What is wrong with a name where it stands.
fn named(before: [Option<Token<'_>>; 2], word: &str) -> Option<String> {
    let known = |kind: &str, all: &[&str]| {
        (!all.contains(&word)).then(|| {
            let all = listed(all.iter().copied());
            format!("there is no {kind} `{word}`; there are {all}")
        })
    };
    match before {
        [_, Some(Token::Sign("|"))] => known("filter", &FILTERS),
        [_, Some(Token::Word("is"))] if word != "not" => known("test", &TESTS),
        [Some(Token::Word("is")), Some(Token::Word("not"))] => known("test", &TESTS),
        [of, Some(Token::Sign("."))] if of != Some(Token::Word(LOOP)) => {
            Some(format!("values are texts and have no `.{word}`"))
        }
        _ => None,
    }
}

/// What is wrong with a sign where it stands.
fn signed(
    before: [Option<Token<'_>>; 2],
    sign: &str,
    open: &[Bracket],
    statement: bool,
) -> Option<String> {
    match (sign, before) {
        _ if SIGNS.contains(&sign) => Some(format!(
            "`{sign}` is not available: write values one after another, as in `{{{{ input }}}}{{{{ output }}}}`"
        )),
        ("{", _) => Some("there are no mappings".to_owned()),
        // The engine takes a part of an absent value without complaint.
        (":", _) => Some("parts of texts, as in `[:9]`, are not available".to_owned()),
        // Without brackets, a comma makes a list as well.
        (",", _) => match open.last() {
            Some(Bracket::Call | Bracket::List) => None,
            _ => Some(LISTS.to_owned()),
        },
        ("(", [previous, Some(Token::Word(word))]) => {
            let of_filter = matches!(
                previous,
                Some(Token::Sign("|" | ".") | Token::Word("is" | "not"))
            );
            let own =
                word == FUNCTION || KEYWORDS.contains(&word) || (statement && previous.is_none());
            (!of_filter && !own)
                .then(|| format!("there is no function `{word}`; there is `{FUNCTION}`"))
        }
        _ => None,
    }
}

/// An environment that has what is available and nothing else.
pub(super) fn environment<'s>() -> Environment<'s> {
    let mut environment = Environment::empty();
    environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    environment.set_keep_trailing_newline(true);
    environment.add_function(FUNCTION, functions::range);
    environment.add_filter("capitalize", filter::capitalize);
    environment.add_filter("count", filter::length);
    environment.add_filter("d", filters::default);
    environment.add_filter("default", filters::default);
    environment.add_filter("first", filter::first);
    environment.add_filter("indent", filter::indent);
    environment.add_filter("last", filter::last);
    environment.add_filter("length", filter::length);
    environment.add_filter("lower", filter::lower);
    environment.add_filter("replace", filter::replace);
    // Nothing is escaped: it is here because prompts that are copied have it.
    environment.add_filter("safe", filters::string);
    environment.add_filter("string", filters::string);
    environment.add_filter("title", filter::title);
    environment.add_filter("trim", filter::trim);
    environment.add_filter("upper", filter::upper);
    environment.add_test("defined", tests::is_defined);
    environment.add_test("undefined", tests::is_undefined);
    environment.add_test("none", tests::is_none);
    environment.add_test("string", tests::is_string);
    environment.add_test("eq", tests::is_eq);
    environment.add_test("equalto", tests::is_eq);
    environment.add_test("ne", tests::is_ne);
    environment.add_test("in", tests::is_in);
    environment.add_test("startingwith", tests::is_startingwith);
    environment.add_test("endingwith", tests::is_endingwith);
    environment
}
