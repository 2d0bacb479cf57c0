//! Strengths of candidates from comparisons of two at a time.

use crate::solve::{inverse, times};
use crate::{Interval, Z_95, real};

/// A comparison of two candidates, by their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Game {
    /// The first one is better.
    Won(usize, usize),
    /// Neither is.
    Tied(usize, usize),
}

/// How strong a candidate is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Strength {
    /// The natural logarithm of its strength; those of all candidates sum to 0. Between two candidates without ties the odds are
    /// the exponential of the difference.
    pub log_strength: f64,
    /// Its 95 % interval, from the observed information.
    pub interval: Interval,
}

/// A fitted model.
#[derive(Debug, Clone, PartialEq)]
pub struct BradleyTerry {
    /// Each candidate's strength, by its number.
    pub strengths: Vec<Strength>,
    /// How ready the judge is to see a tie (Davidson's ν): 0 where there was none, and at 1 a tie between equals is as likely as
    /// either's win.
    pub tie: f64,
}

const MAX_STEPS: usize = 100;
const CONVERGED: f64 = 1e-10;

/// Fits strengths to games among so many candidates by maximum likelihood.
///
/// Ties after R. R. Davidson, "On extending the Bradley-Terry model to accommodate ties in paired comparison experiments", Journal
/// of the American Statistical Association 65 (1970), pp. 317-328. `None` with fewer than two candidates, where a game names one that there is not or one against itself, and where no finite
/// strengths fit best: some candidates never lost to (or tied with) the others.
#[must_use]
pub fn bradley_terry(candidates: usize, games: &[Game]) -> Option<BradleyTerry> {
    let is_known = |game: &Game| {
        let (Game::Won(left, right) | Game::Tied(left, right)) = *game;
        left < candidates && right < candidates && left != right
    };
    if candidates < 2 || !games.iter().all(is_known) || !is_connected(candidates, games) {
        return None;
    }
    let ties = games.iter().any(|game| matches!(game, Game::Tied(..)));
    let mut model = Model {
        logs: vec![0.0; candidates],
        tie: ties.then_some(0.0),
    };
    for _ in 0..MAX_STEPS {
        let (gradient, information) = model.slopes(games);
        let covariance = inverse(&information)?;
        let mut step = times(&covariance, &gradient);
        let longest = step
            .iter()
            .fold(0.0, |most: f64, each| most.max(each.abs()));
        if longest < CONVERGED {
            return Some(model.fitted(&covariance));
        }
        // A full step may overshoot far from the summit: the likelihood has to rise.
        let before = model.likelihood(games);
        while model.after(&step).likelihood(games) < before - 1e-12 {
            step.iter_mut().for_each(|each| *each /= 2.0);
        }
        model = model.after(&step);
    }
    None
}

/// Whether each candidate can be reached from each other one along wins and ties.
fn is_connected(candidates: usize, games: &[Game]) -> bool {
    let reached = |forwards: bool| {
        let mut seen = vec![false; candidates];
        let mut open = vec![0];
        seen[0] = true;
        while let Some(at) = open.pop() {
            for game in games {
                let next = match *game {
                    Game::Won(winner, loser) if forwards && winner == at => loser,
                    Game::Won(winner, loser) if !forwards && loser == at => winner,
                    Game::Tied(left, right) if left == at => right,
                    Game::Tied(left, right) if right == at => left,
                    Game::Won(..) | Game::Tied(..) => continue,
                };
                if !std::mem::replace(&mut seen[next], true) {
                    open.push(next);
                }
            }
        }
        seen.into_iter().all(|each| each)
    };
    reached(true) && reached(false)
}

#[derive(Clone)]
struct Model {
    logs: Vec<f64>,
    /// The logarithm of the tie parameter, where there are ties.
    tie: Option<f64>,
}

impl Model {
    /// The probabilities that left wins, right wins, neither does.
    fn chances(&self, left: usize, right: usize) -> [f64; 3] {
        let half = (self.logs[left] - self.logs[right]) / 2.0;
        let tie = self.tie.map_or(0.0, f64::exp);
        let all = half.exp() + (-half).exp() + tie;
        [half.exp() / all, (-half).exp() / all, tie / all]
    }

    fn likelihood(&self, games: &[Game]) -> f64 {
        let of = |game: &Game| match *game {
            Game::Won(winner, loser) => self.chances(winner, loser)[0].ln(),
            Game::Tied(left, right) => self.chances(left, right)[2].ln(),
        };
        games.iter().map(of).sum()
    }

    /// The gradient of the log-likelihood, and the information: its negative second derivatives. A constant is added to the
    /// latter, which fixes the sum of the logarithms without changing anything else.
    fn slopes(&self, games: &[Game]) -> (Vec<f64>, Vec<Vec<f64>>) {
        let (count, size) = (
            self.logs.len(),
            self.logs.len() + usize::from(self.tie.is_some()),
        );
        let mut gradient = vec![0.0; size];
        let mut information = vec![vec![0.0; size]; size];
        for row in information.iter_mut().take(count) {
            row.iter_mut().take(count).for_each(|each| *each = 1.0);
        }
        for game in games {
            let (Game::Won(left, right) | Game::Tied(left, right)) = *game;
            let [wins, loses, ties] = self.chances(left, right);
            // What is expected of half the difference, and how that varies.
            let expected = wins - loses;
            let (seen, tied) = match game {
                Game::Won(..) => (1.0, 0.0),
                Game::Tied(..) => (0.0, 1.0),
            };
            let slope = (seen - expected) / 2.0;
            gradient[left] += slope;
            gradient[right] -= slope;
            let bend = (wins + loses - expected * expected) / 4.0;
            information[left][left] += bend;
            information[right][right] += bend;
            information[left][right] -= bend;
            information[right][left] -= bend;
            if self.tie.is_some() {
                gradient[count] += tied - ties;
                information[count][count] += ties * (1.0 - ties);
                let mixed = -ties * expected / 2.0;
                for (candidate, sign) in [(left, 1.0), (right, -1.0)] {
                    information[candidate][count] += sign * mixed;
                    information[count][candidate] += sign * mixed;
                }
            }
        }
        (gradient, information)
    }

    fn after(&self, step: &[f64]) -> Self {
        let mut logs: Vec<f64> = self
            .logs
            .iter()
            .zip(step)
            .map(|(log, by)| log + by)
            .collect();
        let middle = logs.iter().sum::<f64>() / real(logs.len());
        logs.iter_mut().for_each(|log| *log -= middle);
        let tie = self.tie.zip(step.last()).map(|(tie, by)| tie + by);
        Self { logs, tie }
    }

    fn fitted(&self, covariance: &[Vec<f64>]) -> BradleyTerry {
        let count = real(self.logs.len());
        let strength = |(index, log): (usize, &f64)| {
            // The constant stands in the covariance as well.
            let variance = covariance[index][index] - 1.0 / (count * count);
            let half = Z_95 * variance.max(0.0).sqrt();
            Strength {
                log_strength: *log,
                interval: Interval {
                    low: log - half,
                    high: log + half,
                },
            }
        };
        BradleyTerry {
            strengths: self.logs.iter().enumerate().map(strength).collect(),
            tie: self.tie.map_or(0.0, f64::exp),
        }
    }
}
