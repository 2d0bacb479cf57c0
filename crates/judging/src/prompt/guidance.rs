//! What a judge should look at, by what is judged: a text or code, a trajectory, a change, two candidates.

use domain::submission::Candidate;

/// A paragraph for each kind of part that a candidate has.
pub(super) fn of(candidate: &Candidate<'_>) -> String {
    let paragraphs = [
        (candidate.outputs.is_some(), COMPARISON),
        (
            candidate.output.is_some() || candidate.outputs.is_some(),
            OUTPUT,
        ),
        (candidate.trajectory.is_some(), TRAJECTORY),
        (candidate.change.is_some(), CHANGE),
    ];
    let mut text = String::new();
    for (_, paragraph) in paragraphs.into_iter().filter(|(applies, _)| *applies) {
        text.push_str("\n\n");
        text.push_str(paragraph);
    }
    text
}

const OUTPUT: &str = "Where the output is code, follow it line by line with ordinary and with awkward input (empty, \
    one element, very large, wrong type), and say which input breaks it; do not take a comment or a name for what the \
    code does. Where it is text, check each claim against the material, and count a claim that the material neither \
    supports nor contradicts as unsupported, not as wrong.";

const TRAJECTORY: &str = "The trajectory is the course of the agent's work, message by message. Judge what the agent did, \
    not what it announced: a claim counts only if a tool's answer bears it out. Look for calls with wrong or invented \
    arguments, answers of tools that were ignored or misread, steps repeated without need, actions that nobody asked for, \
    and whether what it said at the end agrees with what had happened.";

const CHANGE: &str = "The candidate is a patch. Judge the files as they are after it: what the patch adds, what it removes, \
    and what it leaves untouched although it should not. Where the base is given, check that the patch fits it. Where a test \
    log is given, it is evidence: a test that failed or did not run outweighs any description; tests that passed show only \
    what they test. A patch that weakens or removes a test to make it pass has not solved the task.";

const COMPARISON: &str = "Two candidates, A and B, are judged against each other. Which of them is called A is chance and says \
    nothing. For each criterion say which one is better, or `tie` where neither is better in a way that matters.";
