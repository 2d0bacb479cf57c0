//! A run as an SVG picture: pods above, evaluations below, over the same time.

use std::fmt::Write as _;

use anyhow::{Context as _, Result};

use super::cut_off::CutOff;
use super::watch::Sample;

const WIDTH: f64 = 860.0;
/// Of each of the two charts.
const HEIGHT: f64 = 170.0;
const LEFT: f64 = 60.0;
const GAP: f64 = 46.0;
/// Above the first chart.
const TOP: f64 = 40.0;
const RIGHT: f64 = 20.0;

/// One line: how it is called, its colour, and its value at each sample.
type Line<'a> = (&'a str, &'a str, Vec<Option<u64>>);

/// The picture.
pub(crate) fn picture(title: &str, samples: &[Sample], cut_off: Option<CutOff>) -> Result<String> {
    let last = samples.last().context("there are no samples")?.at;
    let height = TOP + 2.0 * HEIGHT + 2.0 * GAP;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n\
         <title>{title}</title>\n\
         <rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#fff\"/>\n\
         <text x=\"{LEFT}\" y=\"18\" font-weight=\"bold\">{title}</text>\n"
    );
    let of = |value: fn(&Sample) -> Option<u64>| samples.iter().map(value).collect::<Vec<_>>();
    let pods = [
        (
            "workers asked for",
            "#1f6feb",
            of(|s| Some(s.pods.workers.asked)),
        ),
        ("ready", "#2da44e", of(|s| Some(s.pods.workers.ready))),
    ];
    let evaluations = [
        ("slots wanted", "#bf3989", of(|s| s.wanted)),
        ("waiting", "#9a6700", of(|s| Some(s.waiting))),
        ("running", "#1f6feb", of(|s| Some(s.running))),
    ];
    let times: Vec<f64> = samples.iter().map(|sample| sample.at).collect();
    for (lines, top) in [(&pods[..], TOP), (&evaluations[..], TOP + HEIGHT + GAP)] {
        if let Some(cut_off) = cut_off {
            let (from, to) = (across(cut_off.from, last), across(cut_off.to, last));
            writeln!(
                svg,
                "<rect x=\"{from:.1}\" y=\"{top}\" width=\"{:.1}\" height=\"{HEIGHT}\" fill=\"#ffebe9\"/>",
                to - from
            )?;
        }
        chart(&mut svg, lines, &times, top)?;
    }
    svg.push_str("</svg>\n");
    Ok(svg)
}

/// Axes, lines as steps (what was seen holds until the next look), and what they are.
fn chart(svg: &mut String, lines: &[Line<'_>], times: &[f64], top: f64) -> Result<()> {
    let last = times.last().copied().unwrap_or_default();
    let highest = lines
        .iter()
        .flat_map(|(.., values)| values.iter().flatten());
    let highest = highest.copied().max().unwrap_or_default().max(1);
    let bottom = top + HEIGHT;
    let right = WIDTH - RIGHT;
    writeln!(
        svg,
        "<path d=\"M{LEFT} {top}V{bottom}H{right}\" fill=\"none\" stroke=\"#57606a\"/>\n\
         <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{highest}</text>\n\
         <text x=\"{:.1}\" y=\"{bottom}\" text-anchor=\"end\">0</text>",
        LEFT - 6.0,
        top + 10.0,
        LEFT - 6.0,
    )?;
    for tick in 0_u32..=6 {
        let at = last * f64::from(tick) / 6.0;
        writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{at:.0} s</text>",
            across(at, last),
            bottom + 16.0
        )?;
    }
    let mut beside = LEFT + 10.0;
    for (name, colour, values) in lines {
        writeln!(
            svg,
            "<path d=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>\n\
             <text x=\"{beside}\" y=\"{:.1}\" fill=\"{colour}\">{name}</text>",
            steps(times, values, highest, bottom)?,
            top - 6.0
        )?;
        beside += 140.0;
    }
    Ok(())
}

/// Where a value is not known the line has a gap.
fn steps(times: &[f64], values: &[Option<u64>], highest: u64, bottom: f64) -> Result<String> {
    let last = times.last().copied().unwrap_or_default();
    let mut path = String::new();
    let mut begins = true;
    for (at, value) in times.iter().zip(values) {
        let x = across(*at, last);
        let Some(value) = value else {
            begins = true;
            continue;
        };
        let y = bottom - HEIGHT * as_float(*value)? / as_float(highest)?;
        if begins {
            write!(path, "M{x:.1} {y:.1}")?;
        } else {
            write!(path, "H{x:.1}V{y:.1}")?;
        }
        begins = false;
    }
    Ok(path)
}

fn across(at: f64, last: f64) -> f64 {
    LEFT + (WIDTH - RIGHT - LEFT) * at / last.max(1.0)
}

fn as_float(value: u64) -> Result<f64> {
    Ok(f64::from(u32::try_from(value)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scaling::pods::Services;

    #[test]
    fn what_is_not_known_is_a_gap() {
        let sample = |at, wanted| Sample {
            at,
            pods: Services::default(),
            wanted,
            waiting: 10,
            running: 0,
        };
        let samples = [
            sample(0.0, Some(10)),
            sample(10.0, None),
            sample(20.0, Some(5)),
        ];
        let svg = picture("A run", &samples, None).unwrap();
        let wanted = svg.lines().find(|line| line.contains("#bf3989")).unwrap();
        assert_eq!(wanted.matches('M').count(), 2, "{wanted}");
        assert!(svg.ends_with("</svg>\n"));
    }
}
