//! The functions that a model calls, whole or put together from pieces.

mod fit;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::message_pieces::Pieces;
use crate::wire;

/// A call, or a piece of one.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct FunctionCall {
    /// Which of several, where they come in pieces. Some count from 1, some count blocks of text as well, and some say
    /// nothing.
    #[serde(deserialize_with = "wire::lenient")]
    index: Option<u64>,
    #[serde(deserialize_with = "wire::name")]
    id: Option<String>,
    #[serde(deserialize_with = "wire::lenient")]
    function: Option<Function>,
}

/// The function of a call.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Function {
    #[serde(deserialize_with = "wire::name")]
    name: Option<String>,
    arguments: Option<Box<RawValue>>,
}

impl FunctionCall {
    /// The only one.
    pub(crate) fn of(function: Function) -> Self {
        Self {
            function: Some(function),
            ..Self::default()
        }
    }
}

impl Function {
    /// A function that was called.
    pub(crate) fn new(name: Option<String>, arguments: Option<Box<RawValue>>) -> Self {
        Self { name, arguments }
    }
}

/// The function that a model was asked to call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AskedFunction<'c> {
    pub(crate) name: &'c str,
    /// The JSON schema of its arguments.
    pub(crate) schema: &'c RawValue,
}

/// What functions were called with, as far as it was asked for.
#[derive(Debug, PartialEq)]
pub(crate) enum Arguments {
    /// Of the function that was asked for, by its name or without one; empty where it was not called.
    Own(String),
    /// Of the only call there is, of a function that nobody asked for: they fit what was asked for.
    Renamed(String),
}

/// The calls of an answer.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct FunctionCalls(Vec<CallBuilder>);

#[derive(Debug, Default, PartialEq)]
struct CallBuilder {
    index: Option<u64>,
    id: Option<String>,
    name: Option<String>,
    arguments: Pieces,
}

impl FunctionCalls {
    /// Adds a piece of a call; says whether there were arguments in it.
    pub(crate) fn add(&mut self, call: &FunctionCall) -> bool {
        let Some(function) = &call.function else {
            return false;
        };
        let found = self
            .0
            .iter()
            .rposition(|other| match (call.index, other.index) {
                (Some(index), Some(of_other)) => index == of_other,
                _ => true,
            });
        // A call begins with an id and a name; some give each piece an id of its own.
        let is_new = |other: &CallBuilder| {
            function.name.is_some()
                && call.id.is_some()
                && other.id.is_some()
                && other.id != call.id
        };
        let found = found.filter(|place| self.0.get(*place).is_some_and(|other| !is_new(other)));
        let place = found.unwrap_or_else(|| {
            self.0.push(CallBuilder {
                index: call.index,
                ..CallBuilder::default()
            });
            self.0.len() - 1
        });
        let Some(gathered) = self.0.get_mut(place) else {
            return false;
        };
        gathered.id = gathered.id.take().or_else(|| call.id.clone());
        gathered.name = gathered.name.take().or_else(|| function.name.clone());
        let given = function.arguments.as_deref().map_or("", RawValue::get);
        gathered.arguments.add_json(given)
    }

    /// Adds a whole call; says whether there were arguments in it.
    pub(crate) fn add_whole(&mut self, call: FunctionCall) -> bool {
        call.function
            .is_some_and(|function| self.add_function(function))
    }

    /// Adds a function that was called; says whether there were arguments in it.
    pub(crate) fn add_function(&mut self, function: Function) -> bool {
        let given = function.arguments.as_deref().map_or("", RawValue::get);
        let mut arguments = Pieces::default();
        let has_some = arguments.add_json(given);
        self.0.push(CallBuilder {
            name: function.name,
            arguments,
            ..CallBuilder::default()
        });
        has_some
    }

    /// Adds the arguments of a function whose name did not come with them.
    pub(crate) fn add_arguments(&mut self, text: &str) {
        let mut arguments = Pieces::default();
        arguments.add(text);
        self.0.push(CallBuilder {
            arguments,
            ..CallBuilder::default()
        });
    }

    /// Whether no function was called with anything.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.iter().all(|call| call.arguments.is_empty())
    }

    /// The arguments that answer what was asked for. `None` where several calls say different things.
    pub(crate) fn arguments(self, asked: Option<AskedFunction<'_>>) -> Option<Arguments> {
        let name = asked.map(|asked| asked.name);
        let is_ours = |call: &CallBuilder| call.name.is_none() || call.name.as_deref() == name;
        if let ([only], Some(asked)) = (self.0.as_slice(), asked)
            && !is_ours(only)
        {
            // Some models give the function another name. Whether it is meant, its arguments show.
            let arguments = self.0.into_iter().next()?.arguments.end()?;
            let fits = arguments.trim() != "{}" && fit::fits(asked.schema, &arguments);
            return Some(if fits {
                Arguments::Renamed(arguments)
            } else {
                Arguments::Own(String::new())
            });
        }
        let mut said: Option<String> = None;
        // What one of several other functions was to be called with is no answer.
        for call in self.0.into_iter().filter(is_ours) {
            if call.arguments.is_empty() {
                continue;
            }
            let arguments = call.arguments.end()?;
            if said.as_ref().is_some_and(|said| *said != arguments) {
                return None;
            }
            said = Some(arguments);
        }
        Some(Arguments::Own(said.unwrap_or_default()))
    }
}

/// What tests ask for: a verdict on one criterion, `merit`.
#[cfg(test)]
pub(crate) fn verdict() -> AskedFunction<'static> {
    const SCHEMA: &str = r#"{"type":"object","required":["criteria","summary"],"properties":{"summary":{"type":"string"},
        "criteria":{"type":"object","required":["merit"],"properties":{"merit":
        {"type":"object","required":["rationale","score"],"properties":{"rationale":{"type":"string"},"score":{"type":"number"}}}}}}}"#;
    AskedFunction {
        name: "verdict",
        schema: serde_json::from_str(SCHEMA).unwrap(),
    }
}
