//! A measurement, and the line that says it.

use serde_json::{Value as Json, json};

/// What a measurement is held against.
#[derive(Clone, Copy, Debug)]
pub enum Limit {
    /// The value must be at least this.
    AtLeast(f64),
    /// The value must be at most this.
    AtMost(f64),
    /// The value must be at least this part of the peer's, measured in the same run.
    PartOf {
        /// What the peer reached.
        peer: f64,
        /// The part.
        part: f64,
    },
    /// The value must be at most so many times the peer's, measured in the same run.
    Times {
        /// What the peer reached.
        peer: f64,
        /// How many times.
        times: f64,
    },
    /// Nothing; the peer's value is there to compare.
    Beside(f64),
    /// Nothing.
    None,
}

/// What a bench found.
#[derive(Clone, Debug)]
pub struct Measure {
    /// Its name.
    pub bench: &'static str,
    /// What was measured.
    pub value: f64,
    /// In which unit.
    pub unit: &'static str,
    /// What it is held against.
    pub limit: Limit,
}

impl Measure {
    /// Ours beside the limit or the peer.
    pub fn ratio(&self) -> Option<f64> {
        let beside = match self.limit {
            Limit::AtLeast(limit) | Limit::AtMost(limit) => limit,
            Limit::PartOf { peer, .. } | Limit::Times { peer, .. } | Limit::Beside(peer) => peer,
            Limit::None => return None,
        };
        // Nothing can be put beside nothing, such as allocations beside a limit of none.
        (beside != 0.0).then(|| self.value / beside)
    }

    /// Whether the limit is kept.
    pub fn is_ok(&self) -> bool {
        match self.limit {
            Limit::AtLeast(limit) => self.value >= limit,
            Limit::AtMost(limit) => self.value <= limit,
            Limit::PartOf { peer, part } => self.value >= part * peer,
            Limit::Times { peer, times } => self.value <= times * peer,
            Limit::Beside(_) | Limit::None => true,
        }
    }

    /// One line of JSON.
    pub fn line(&self) -> String {
        let (limit, peer) = match self.limit {
            Limit::AtLeast(limit) | Limit::AtMost(limit) => (Some(limit), None),
            Limit::PartOf { peer, part } => (Some(part), Some(peer)),
            Limit::Times { peer, times } => (Some(times), Some(peer)),
            Limit::Beside(peer) => (None, Some(peer)),
            Limit::None => (None, None),
        };
        let mut line = json!({
            "bench": self.bench,
            "value": rounded(self.value),
            "unit": self.unit,
            "limit": limit,
            "ratio": self.ratio().map(rounded),
            "ok": self.is_ok(),
        });
        if let Some(peer) = peer {
            line["peer"] = rounded(peer);
        }
        line.to_string()
    }
}

/// Three digits are more than a busy machine can tell.
fn rounded(value: f64) -> Json {
    if value.abs() >= 1000.0 {
        json!(value.round() as i64)
    } else {
        json!((value * 1000.0).round() / 1000.0)
    }
}

/// The largest of a few runs.
pub fn best_of<E>(runs: usize, mut run: impl FnMut() -> Result<f64, E>) -> Result<f64, E> {
    (0..runs).try_fold(0.0, |best: f64, _| Ok(best.max(run()?)))
}

/// The median of each of two measurements, which are taken by turns.
pub fn medians<E>(
    turns: usize,
    mut one: impl FnMut() -> Result<f64, E>,
    mut other: impl FnMut() -> Result<f64, E>,
) -> Result<(f64, f64), E> {
    let (mut ones, mut others) = (Vec::new(), Vec::new());
    for _ in 0..turns {
        ones.push(one()?);
        others.push(other()?);
    }
    Ok((median(ones), median(others)))
}

/// The value that half of them exceed.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    quantile(&values, 0.5)
}

/// The value below which `part` of the sorted values lie.
pub fn quantile(sorted: &[f64], part: f64) -> f64 {
    let at = (sorted.len() as f64 * part) as usize;
    sorted
        .get(at.min(sorted.len().saturating_sub(1)))
        .copied()
        .unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_holds_value_limit_and_ratio() {
        let measure = |limit| Measure {
            bench: "b",
            value: 50.0,
            unit: "u",
            limit,
        };
        let line = |limit| measure(limit).line();
        assert_eq!(
            line(Limit::AtLeast(100.0)),
            r#"{"bench":"b","limit":100.0,"ok":false,"ratio":0.5,"unit":"u","value":50.0}"#
        );
        assert!(measure(Limit::AtMost(100.0)).is_ok());
        let beside = Limit::PartOf {
            peer: 100.0,
            part: 0.3,
        };
        assert!(
            line(beside).contains(r#""limit":0.3,"ok":true,"peer":100.0,"ratio":0.5"#),
            "{}",
            line(beside)
        );
        let times = |times| measure(Limit::Times { peer: 30.0, times }).is_ok();
        assert_eq!([times(1.6), times(1.7)], [false, true]);
        assert!(line(Limit::AtMost(0.0)).contains(r#""ratio":null"#));
    }

    #[test]
    fn quantiles_stay_inside() {
        assert_eq!(quantile(&[1.0, 2.0, 3.0], 0.5), 2.0);
        assert_eq!(quantile(&[1.0, 2.0, 3.0], 1.0), 3.0);
        assert!(quantile(&[], 0.5).is_nan());
    }
}
