//! How far evaluations are: bars on a terminal, plain lines elsewhere.

use std::io::IsTerminal as _;

use api::Evaluation;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::paint::{Paint, say, width};
use crate::wrap::cut;

/// Room for the bar and the step.
const BESIDE_TITLE: usize = 30;

/// All evaluations under way.
pub(crate) struct Board {
    bars: Option<MultiProgress>,
}

/// One of them.
pub(crate) struct Row {
    title: String,
    bar: Option<ProgressBar>,
    last: String,
}

impl Board {
    pub(crate) fn new() -> Self {
        let terminal = std::io::stdout().is_terminal() && std::io::stderr().is_terminal();
        Self {
            bars: terminal.then(MultiProgress::new),
        }
    }

    pub(crate) fn row(&self, title: &str) -> Row {
        let room = room();
        let bar = self.bars.as_ref().map(|bars| {
            let bar = bars.add(ProgressBar::new(1));
            // A template is fixed text: if it were wrong, the default style would show.
            if let Ok(style) =
                ProgressStyle::with_template(&format!("{{prefix:{room}}} {{bar:8}} {{msg}}"))
            {
                bar.set_style(style.progress_chars("█▌░"));
            }
            bar.set_prefix(cut(title, room));
            bar
        });
        Row {
            title: title.to_owned(),
            bar,
            last: String::new(),
        }
    }
}

impl Row {
    /// The evaluation existed before: nothing is judged or paid again.
    pub(crate) fn known_already(&mut self) {
        match &self.bar {
            Some(bar) => bar.set_prefix(cut(&format!("{} (recorded)", self.title), room())),
            None => say(format!(
                "{}: judged before, this is the record (--fresh judges again)",
                self.title
            )),
        }
    }

    pub(crate) fn show(&mut self, evaluation: &Evaluation) {
        let progress = &evaluation.progress;
        let (completed, total) = (progress.completed, progress.total.unwrap_or(0));
        let step = &*progress.step;
        let word = verdict(evaluation);
        match &self.bar {
            Some(bar) if evaluation.status.is_terminal() => {
                bar.set_length(1);
                bar.set_position(1);
                bar.finish_with_message(paint_word(&word, evaluation));
            }
            Some(bar) => {
                bar.set_length(total.max(1).into());
                bar.set_position(completed.into());
                let step = if step.is_empty() { &word } else { step };
                bar.set_message(cut(step, BESIDE_TITLE - 11));
            }
            None => {
                let count = if total > 0 {
                    format!(" {completed}/{total}")
                } else {
                    String::new()
                };
                let step = if step.is_empty() || evaluation.status.is_terminal() {
                    String::new()
                } else {
                    format!(" {step}")
                };
                let line = format!("{}: {word}{count}{step}", self.title);
                if line != self.last {
                    say(&line);
                    self.last = line;
                }
            }
        }
    }
}

/// What is left for the title.
fn room() -> usize {
    width().saturating_sub(BESIDE_TITLE).max(10)
}

fn verdict(evaluation: &Evaluation) -> String {
    match &evaluation.assessment {
        Some(assessment) => {
            let score = assessment
                .score
                .map(|score| format!(" {score:.2}"))
                .unwrap_or_default();
            format!("{}{score}", assessment.outcome.as_str())
        }
        None => evaluation.status.to_string(),
    }
}

fn paint_word(word: &str, evaluation: &Evaluation) -> String {
    let paint = Paint::for_stdout();
    if evaluation.is_scored() {
        paint.green(word)
    } else {
        paint.red(word)
    }
}
