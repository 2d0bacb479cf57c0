//! The part of Jinja that prompts may use.
//!
//! It has no assignment, no concatenation, no list of values and no filter that multiplies a text without bound. So
//! the engine never holds a text that is much longer than the longest value, which neither its count of steps nor the
//! bound on the output would prevent.
//!
//! Tags are short, and so are chains of `elif`: the engine goes down one level of its stack for each filter, operator
//! and `elif` in a row, and a stack that overflows ends the process. So its own words are counted before it makes a
//! syntax tree of them, and the tree is looked at before it is compiled.

use minijinja::machinery::ast::{BinOpKind, CallArg, Expr, Stmt};
use minijinja::machinery::{Span, Token, WhitespaceConfig, parse, tokenize};
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, Error, UndefinedBehavior, filters, functions, tests};

use super::filter;
use super::names::listed;

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
const FUNCTION: &str = "range";
/// The variable of the engine in a loop.
const LOOP: &str = "loop";
const LISTS: &str = "lists hold texts in quotes and numbers only";

/// What a template uses that is not available. The engine may compile it only when this is empty.
pub(super) fn refused(source: &str) -> Vec<String> {
    let mut problems = in_tags(source);
    if problems.is_empty() {
        match parse(source, "", SyntaxConfig, WhitespaceConfig::default()) {
            Ok(template) => Tree(&mut problems).statement(&template),
            Err(error) => problems.push(worded(&error)),
        }
    }
    problems.sort_unstable();
    problems.dedup();
    problems
}

/// Whether a name is the language's own.
pub(super) fn is_own(name: &str) -> bool {
    name == FUNCTION || name == LOOP
}

/// An error of the engine, without the template's name.
pub(super) fn worded(error: &Error) -> String {
    let what = error
        .detail()
        .map_or_else(|| error.kind().to_string(), str::to_owned);
    match error.line() {
        Some(line) => format!("line {line}: {what}"),
        None => what,
    }
}

/// What is wrong with the words of the tags, before they are made a tree.
fn in_tags(source: &str) -> Vec<String> {
    let mut problems = Vec::new();
    let (mut length, mut elifs, mut begins_statement) = (0, 0, false);
    for token in tokenize(source, false, SyntaxConfig, WhitespaceConfig::default()) {
        let (token, span) = match token {
            Ok(found) => found,
            Err(error) => {
                let error = worded(&error);
                problems.push(format!("{error}; outside of quotes a tag holds ASCII only"));
                return problems;
            }
        };
        let line = span.start_line;
        match token {
            Token::TemplateData(_) | Token::VariableStart | Token::BlockStart => length = 0,
            _ => length += 1,
        }
        if length == MAX_TOKENS + 1 {
            problems.push(format!(
                "line {line}: a tag may hold {MAX_TOKENS} words and signs at most"
            ));
        }
        match &token {
            Token::Ident(word) if begins_statement => {
                elifs += usize::from(*word == "elif");
                if !STATEMENTS.contains(word) {
                    let known = listed(STATEMENTS.into_iter().chain(["raw", "endraw"]));
                    problems.push(format!(
                        "`{{% {word} %}}` is not available; there are {known}"
                    ));
                }
            }
            Token::Int(_) | Token::Int128(_) | Token::Float(_) if !is_plain(source, span) => {
                problems.push(format!("line {line}: a number is not plain digits"));
            }
            _ => {}
        }
        begins_statement = matches!(token, Token::BlockStart);
    }
    if elifs > MAX_ELIFS {
        problems.push(format!(
            "there may be {MAX_ELIFS} `{{% elif %}}` at most; there are {elifs}"
        ));
    }
    problems
}

/// Whether a number is of digits, and no word begins where it ends.
fn is_plain(source: &str, span: Span) -> bool {
    let at = |offset: u32| usize::try_from(offset).ok();
    let number = at(span.start_offset).and_then(|start| source.get(start..at(span.end_offset)?));
    let after = at(span.end_offset).and_then(|end| source.get(end..)?.chars().next());
    number.is_some_and(|number| {
        number
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.')
    }) && !after.is_some_and(|after| after.is_ascii_alphanumeric() || after == '_')
}

/// Goes through a syntax tree and notes what is not available.
struct Tree<'p>(&'p mut Vec<String>);

impl Tree<'_> {
    fn refuse(&mut self, problem: impl Into<String>) {
        self.0.push(problem.into());
    }

    fn known(&mut self, kind: &str, name: &str, all: &[&str]) {
        if !all.contains(&name) {
            let all = listed(all.iter().copied());
            self.refuse(format!("there is no {kind} `{name}`; there are {all}"));
        }
    }

    fn statements(&mut self, statements: &[Stmt<'_>]) {
        for statement in statements {
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &Stmt<'_>) {
        match statement {
            Stmt::Template(template) => self.statements(&template.children),
            Stmt::EmitRaw(_) => {}
            Stmt::EmitExpr(emitted) => self.expression(&emitted.expr),
            Stmt::IfCond(condition) => {
                self.expression(&condition.expr);
                self.statements(&condition.true_body);
                self.statements(&condition.false_body);
            }
            Stmt::ForLoop(found) => {
                if found.recursive {
                    self.refuse("loops are not `recursive`");
                }
                let filter = found.filter_expr.iter();
                for expression in [&found.target, &found.iter].into_iter().chain(filter) {
                    self.expression(expression);
                }
                self.statements(&found.body);
                self.statements(&found.else_body);
            }
            // Their words are refused before.
            _ => self.refuse("a statement is not available"),
        }
    }

    fn expression(&mut self, expression: &Expr<'_>) {
        match expression {
            Expr::Var(_) | Expr::Const(_) => {}
            Expr::UnaryOp(of) => self.expression(&of.expr),
            Expr::BinOp(of) => {
                // On texts, `+` is `~`.
                let sign = match of.op {
                    BinOpKind::Concat => Some("~"),
                    BinOpKind::Add => Some("+"),
                    BinOpKind::Mul => Some("*"),
                    BinOpKind::Pow => Some("**"),
                    _ => None,
                };
                if let Some(sign) = sign {
                    self.sign(sign);
                }
                self.expression(&of.left);
                self.expression(&of.right);
            }
            Expr::Compare(of) => {
                self.expression(&of.expr);
                for operand in &of.ops {
                    self.expression(&operand.expr);
                }
            }
            Expr::IfExpr(of) => {
                self.expression(&of.test_expr);
                self.expression(&of.true_expr);
                of.false_expr.iter().for_each(|expr| self.expression(expr));
            }
            Expr::Filter(of) => {
                self.known("filter", of.name, &FILTERS);
                of.expr.iter().for_each(|expr| self.expression(expr));
                self.arguments(&of.args);
            }
            Expr::Test(of) => {
                self.known("test", of.name, &TESTS);
                self.expression(&of.expr);
                self.arguments(&of.args);
            }
            Expr::GetAttr(of) => {
                if !is_variable(&of.expr, LOOP) {
                    self.refuse(format!("values are texts and have no `.{}`", of.name));
                }
                self.expression(&of.expr);
            }
            Expr::GetItem(of) => {
                self.expression(&of.expr);
                self.expression(&of.subscript_expr);
            }
            // The engine takes a part of an absent value without complaint.
            Expr::Slice(_) => self.refuse("parts of texts, as in `[:9]`, are not available"),
            Expr::Call(of) => {
                match &of.expr {
                    expr if is_variable(expr, FUNCTION) => {}
                    Expr::Var(of) => self.refuse(format!(
                        "there is no function `{}`; there is `{FUNCTION}`",
                        of.id
                    )),
                    expr => {
                        self.refuse("values are texts and cannot be called");
                        self.expression(expr);
                    }
                }
                self.arguments(&of.args);
            }
            Expr::List(of) if of.items.iter().all(is_literal) => {}
            Expr::List(_) => self.refuse(LISTS),
            Expr::Map(_) => self.refuse("there are no mappings"),
        }
    }

    fn arguments(&mut self, arguments: &[CallArg<'_>]) {
        for argument in arguments {
            match argument {
                CallArg::Pos(expression) | CallArg::Kwarg(_, expression) => {
                    self.expression(expression);
                }
                CallArg::PosSplat(_) => self.sign("*"),
                CallArg::KwargSplat(_) => self.sign("**"),
            }
        }
    }

    fn sign(&mut self, sign: &str) {
        self.refuse(format!(
            "`{sign}` is not available: write values one after another, as in `{{{{ input }}}}{{{{ output }}}}`"
        ));
    }
}

fn is_variable(expression: &Expr<'_>, name: &str) -> bool {
    matches!(expression, Expr::Var(variable) if variable.id == name)
}

/// Whether it stands for itself.
fn is_literal(expression: &Expr<'_>) -> bool {
    match expression {
        Expr::Const(_) => true,
        Expr::UnaryOp(of) => is_literal(&of.expr),
        Expr::List(of) => of.items.iter().all(is_literal),
        _ => false,
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
