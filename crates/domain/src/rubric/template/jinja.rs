//! Prompts in the syntax of Jinja: `{{ name }}`, `{% if name %}`.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use minijinja::value::Object;
use minijinja::{Environment, Error, ErrorKind, Value};

use super::compiled::Failure;
use super::language::worded;
use super::{MAX_RENDERED, language, names};

/// How many instructions of the engine a prompt may take. Each value takes two or three.
pub(super) const STEPS: usize = 100_000;
/// How many it may take however long the values are.
const STEPS_AT_LEAST: usize = 2_000;
/// How many are followed to foresee what a prompt needs, where a post waits for it.
pub(super) const STEPS_FORESEEN: usize = 2_000;
/// An instruction may go through a whole value: so steps times the bytes of the longest value are bounded as well.
const WORK: usize = 16 << 30;

/// The name of the only template of an environment; it does not show.
const NAME: &str = "prompt";

/// A prompt, compiled.
#[derive(Debug)]
pub(super) struct Template<'s> {
    environment: Environment<'s>,
}

impl<'s> Template<'s> {
    /// Compiles a prompt; what is wrong with it otherwise.
    pub(super) fn new(source: &'s str) -> Result<Self, Vec<String>> {
        // First: reading and compiling are not bounded in the engine. It goes as deep as the template does, and puts
        // constants together as it compiles.
        let refused = language::refused(source);
        if !refused.is_empty() {
            return Err(refused);
        }
        let mut environment = language::environment();
        environment
            .add_template(NAME, source)
            .map_err(|error| vec![worded(&error)])?;
        Ok(Self { environment })
    }

    /// The names of values that it uses, as they are written.
    pub(super) fn names(&self) -> BTreeSet<String> {
        let template = self.environment.get_template(NAME);
        let names = template.map(|template| template.undeclared_variables(false));
        names
            .into_iter()
            .flatten()
            .filter(|name| !language::is_own(name))
            .collect()
    }

    /// Fills it in.
    pub(super) fn render(
        &self,
        values: &BTreeMap<&'static str, Cow<'_, str>>,
    ) -> Result<String, Failure> {
        let values = self.shared(values);
        self.attempt(&values, STEPS)
            .map_err(|stopped| match stopped {
                Stopped::Failed(failure) => failure,
                Stopped::Undefined { reason, .. } => match self.lacks(values, STEPS).first() {
                    Some(name) => Failure::Absent(name),
                    None => Failure::Other(reason),
                },
            })
    }

    /// The canonical names of values that it needs beside those that are there, as so many steps show it.
    pub(super) fn lacking(
        &self,
        values: &BTreeMap<&'static str, Cow<'_, str>>,
        steps: usize,
    ) -> Vec<&'static str> {
        self.lacks(self.shared(values), steps)
    }

    /// Adds the value that was asked for last and in vain until all is well, then takes away those that were asked for
    /// under a guard only.
    fn lacks(&self, mut values: BTreeMap<&'static str, Value>, steps: usize) -> Vec<&'static str> {
        let mut added = Vec::new();
        while let Err(Stopped::Undefined {
            last: Some(name), ..
        }) = self.attempt(&values, steps)
        {
            values.insert(name, Value::from("Some text."));
            added.push(name);
        }
        added.retain(|name| {
            let Some(value) = values.remove(name) else {
                return false;
            };
            let needed = matches!(self.attempt(&values, steps), Err(Stopped::Undefined { .. }));
            if needed {
                values.insert(name, value);
            }
            needed
        });
        added
    }

    fn attempt(
        &self,
        values: &BTreeMap<&'static str, Value>,
        most: usize,
    ) -> Result<String, Stopped> {
        let texts = values.values().filter_map(Value::as_str);
        let longest = texts.map(str::len).max().unwrap_or(0);
        let steps = (WORK / longest.max(1)).clamp(STEPS_AT_LEAST, most);
        let mut environment = self.environment.clone();
        environment.set_fuel(Some(u64::try_from(steps).unwrap_or(u64::MAX)));
        let context = Arc::new(Context {
            values: values.clone(),
            absent: Mutex::default(),
        });
        let mut output = Output(Vec::new());
        let rendered = environment.get_template(NAME).and_then(|template| {
            template
                .render_captured_to(Value::from_dyn_object(Arc::clone(&context)), &mut output)
                .map(drop)
        });
        match rendered {
            Ok(()) => String::from_utf8(output.0)
                .map_err(|error| Stopped::Failed(Failure::Other(error.to_string()))),
            Err(error) => Err(stopped(&error, &context)),
        }
    }

    /// The values that it uses, in the engine's form.
    fn shared(
        &self,
        values: &BTreeMap<&'static str, Cow<'_, str>>,
    ) -> BTreeMap<&'static str, Value> {
        let used = self.names();
        used.iter()
            .filter_map(|name| names::canonical(name))
            .filter_map(|name| Some((name, Value::from(values.get(name)?.as_ref()))))
            .collect()
    }
}

/// Why the engine stopped.
enum Stopped {
    Undefined {
        /// The absent value that was asked for last.
        last: Option<&'static str>,
        reason: String,
    },
    Failed(Failure),
}

fn stopped(error: &Error, context: &Context) -> Stopped {
    match error.kind() {
        ErrorKind::UndefinedError => Stopped::Undefined {
            last: *context
                .absent
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
            reason: worded(error),
        },
        ErrorKind::OutOfFuel => Stopped::Failed(Failure::TooManySteps),
        ErrorKind::WriteFailure => Stopped::Failed(Failure::TooLong),
        _ => Stopped::Failed(Failure::Other(worded(error))),
    }
}

/// The values under all their names.
#[derive(Debug)]
struct Context {
    values: BTreeMap<&'static str, Value>,
    /// The absent value that was asked for last.
    absent: Mutex<Option<&'static str>>,
}

impl Object for Context {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let name = names::canonical(key.as_str()?)?;
        let value = self.values.get(name);
        if value.is_none() {
            *self.absent.lock().unwrap_or_else(PoisonError::into_inner) = Some(name);
        }
        value.cloned()
    }
}

/// What is written, up to the bound.
struct Output(Vec<u8>);

impl io::Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_RENDERED {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
