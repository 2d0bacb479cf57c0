//! What a check has found so far.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use api::{Check, CheckUsage, Flip, FlippedCase, MovedCase, StudyCoverage, Usage};
use domain::rubric::{RubricReference, parse_reference};
use domain::{EvaluationId, Tenant};
use service::problem::Problem;
use storage::Database;
use storage::agreement::LabelledEvaluations;
use storage::evaluations::Evaluation;
use storage::studies::{self, Case, Study, StudyKind};
use uuid::Uuid;

use super::super::verdict::{self, Verdict};
use super::super::{progress, read, usage};
use super::{AFTER, Asked, BEFORE, JUDGED};
use crate::agreement::{self, Question};
use crate::routes::agreement::{has_criterion, question};

/// So many of the cases that moved are named at most.
const MAX_MOVED: usize = 10;

/// A check as it stands. `None`: there is none of this rubric and id.
///
/// # Errors
/// 400 where the version has no such criterion; 503.
pub(crate) async fn find(
    database: &Database,
    tenant: &Tenant,
    rubric: &RubricReference,
    id: Uuid,
    criterion: Option<String>,
) -> Result<Option<Check>, Problem> {
    let found = studies::find::<Asked>(database, tenant, StudyKind::Check, id).await?;
    let Some(study) = found else {
        return Ok(None);
    };
    let reference = parse_reference(&study.body.rubric);
    let reference = reference.map_err(|it| Problem::internal(anyhow::anyhow!(it)))?;
    let is_named = rubric
        .version
        .is_none_or(|it| Some(it) == reference.version);
    if reference.name != rubric.name || !is_named {
        return Ok(None);
    }
    let read = Read::of(database, tenant, study, criterion).await?;
    let labels = read.labelled(database, tenant).await?;
    let mut sides = Vec::with_capacity(2);
    for (label, found) in [&read.study.body.rubric, &read.study.body.against]
        .into_iter()
        .zip(labels)
    {
        // Of what was judged by several versions the checked one says the threshold and the scale.
        let named = match label.as_str() {
            JUDGED => reference.clone(),
            label => parse_reference(label).map_err(|it| Problem::internal(anyhow::anyhow!(it)))?,
        };
        let asked = match (read.criterion(), sides.first()) {
            // The version before has no such criterion: nothing is known of it.
            (Some(criterion), Some((after, _)))
                if !has_criterion(database, tenant, &named, criterion).await? =>
            {
                Question {
                    rubric: label.clone(),
                    alike: Vec::new(),
                    ..Question::clone(after)
                }
            }
            (criterion, _) => question(database, tenant, &named, label, criterion, &found).await?,
        };
        sides.push((asked, found));
    }
    // Intervals take as long as some hundred other answers.
    let answer = actix_web::web::block(move || answer(id, &read, sides)).await;
    answer.map_err(Problem::internal)
}

/// A check with all that it looks at.
struct Read {
    study: Study<Asked>,
    criterion: Option<String>,
    evaluations: HashMap<EvaluationId, Evaluation>,
    /// By labelled evaluation, the newest first: what it was, and what it is.
    pairs: Vec<Pair>,
}

type Pair = (EvaluationId, EvaluationId, EvaluationId);

impl Read {
    async fn of(
        database: &Database,
        tenant: &Tenant,
        study: Study<Asked>,
        criterion: Option<String>,
    ) -> Result<Self, Problem> {
        let ids: BTreeSet<EvaluationId> = study.cases.iter().map(|case| case.judged).collect();
        let evaluations = read(database, tenant, ids).await?;
        let of = |variant: &'static str| {
            let cases = study.cases.iter();
            cases.filter(move |case: &&Case| case.variant == variant)
        };
        let before: HashMap<EvaluationId, EvaluationId> =
            of(BEFORE).map(|case| (case.of, case.judged)).collect();
        let pairs = of(AFTER)
            .filter_map(|case| Some((case.of, *before.get(&case.of)?, case.judged)))
            .collect();
        Ok(Self {
            study,
            criterion,
            evaluations,
            pairs,
        })
    }

    fn criterion(&self) -> Option<&str> {
        self.criterion.as_deref()
    }

    /// What it is and what it was, each beside what people say.
    async fn labelled(
        &self,
        database: &Database,
        tenant: &Tenant,
    ) -> Result<[LabelledEvaluations; 2], Problem> {
        let ids: Vec<EvaluationId> = self.pairs.iter().map(|(of, ..)| *of).collect();
        let ratings = studies::ratings(database, tenant, &ids, self.criterion()).await?;
        let side = |judged: fn(&Pair) -> EvaluationId| {
            let labelled = self.pairs.iter().filter_map(|pair| {
                let (ratings, evaluation) =
                    (ratings.get(&pair.0)?, self.evaluations.get(&judged(pair))?);
                let ratings = ratings.clone();
                Some(verdict::labelled(
                    evaluation,
                    self.criterion(),
                    pair.0,
                    ratings,
                ))
            });
            let newest: Vec<_> = labelled.collect();
            LabelledEvaluations {
                count: newest.len() as u64,
                newest,
            }
        };
        Ok([side(|pair| pair.2), side(|pair| pair.1)])
    }

    /// What one side took.
    fn usage(&self, judged: fn(&Pair) -> EvaluationId) -> Usage {
        let evaluations = self
            .pairs
            .iter()
            .filter_map(|pair| self.evaluations.get(&judged(pair)));
        usage(evaluations)
    }

    /// The verdict of one of its evaluations.
    fn verdict(&self, id: EvaluationId, side: &str) -> Result<Verdict, String> {
        let evaluation = self.evaluations.get(&id);
        let verdict = evaluation.map_or(Err("not_ended"), |it| verdict::of(it, self.criterion()));
        verdict.map_err(|reason| format!("{reason}_{side}"))
    }
}

fn answer(id: Uuid, read: &Read, sides: Vec<(Question, LabelledEvaluations)>) -> Option<Check> {
    let (mut changes, mut reasons, mut moved) = (Vec::new(), BTreeMap::new(), Vec::new());
    let mut flips: BTreeMap<(String, String), Vec<FlippedCase>> = BTreeMap::new();
    for (of, was, is) in &read.pairs {
        let both = read
            .verdict(*was, BEFORE)
            .and_then(|was| Ok((was, read.verdict(*is, AFTER)?)));
        let (before, after) = match both {
            Ok(both) => both,
            Err(reason) => {
                *reasons.entry(reason).or_default() += 1;
                continue;
            }
        };
        let change = after.value - before.value;
        let case = FlippedCase {
            id: *of,
            before: *was,
            after: *is,
        };
        changes.push(change);
        if change != 0.0 {
            moved.push(MovedCase { change, case });
        }
        if let (Some(from), Some(to)) = (before.word, after.word)
            && from != to
        {
            flips.entry((from, to)).or_default().push(case);
        }
    }
    moved.sort_by(|one, other| other.change.abs().total_cmp(&one.change.abs()));
    moved.truncate(MAX_MOVED);
    let mut sides = sides.into_iter();
    let ((after, said_after), (before, said_before)) = (sides.next()?, sides.next()?);
    let how = agreement::resampling(&after);
    let asked = &read.study.body;
    let (status, judging) = progress(&read.study.cases, &read.evaluations);
    let chosen = read.pairs.len() as u64;
    Some(Check {
        id,
        rubric: asked.rubric.clone(),
        against: asked.against.clone(),
        status,
        created_at: read.study.created_at,
        criterion: read.criterion.clone(),
        sample: asked.sample.shown(read.pairs.len()),
        judging,
        usage: CheckUsage {
            before: read.usage(|pair| pair.1),
            after: read.usage(|pair| pair.2),
        },
        moved,
        coverage: StudyCoverage {
            chosen,
            compared: changes.len() as u64,
            share: crate::figures::share(changes.len() as u64, chosen),
            reasons,
        },
        flips: flips
            .into_iter()
            .map(|((from, to), cases)| Flip {
                from,
                to,
                count: cases.len() as u64,
                cases,
            })
            .collect(),
        score_change: agreement::estimate(&changes, how, ::agreement::mean),
        accuracy_change: agreement::accuracy_change((&before, &said_before), (&after, &said_after)),
        after: agreement::answer(after, &said_after),
        before: agreement::answer(before, &said_before),
    })
}
