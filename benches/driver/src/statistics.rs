//! What is made of figures.

use std::time::Duration;

use hdrhistogram::Histogram;

/// What one run of one contestant gave.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    /// Requests in a second.
    pub(crate) rate: f64,
    /// Microseconds.
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    /// Microseconds of the server's processor for each request.
    pub(crate) cpu: f64,
    /// Requests that were answered with 5xx, and count nowhere else.
    pub(crate) failed: usize,
}

pub(crate) type Figure = fn(&Sample) -> f64;

/// The three columns besides the rate are better when they are lower.
pub(crate) const COLUMNS: [(&str, Figure); 4] = [
    ("throughput", |sample| sample.rate),
    ("p50", |sample| sample.p50),
    ("p99", |sample| sample.p99),
    ("processor time", |sample| sample.cpu),
];

#[allow(clippy::cast_precision_loss, reason = "no figure here is above 2^52")]
pub(crate) fn number(count: u64) -> f64 {
    count as f64
}

pub(crate) fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// Latencies in nanoseconds, to three digits.
pub(crate) fn histogram() -> Histogram<u64> {
    Histogram::new(3).unwrap_or_else(|error| panic!("three digits are a precision: {error}"))
}

pub(crate) fn record(histogram: &mut Histogram<u64>, time: Duration) {
    // One of more than half a millennium is not recorded.
    histogram.record(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)).unwrap_or_default();
}

/// A quantile in microseconds.
pub(crate) fn quantile(histogram: &Histogram<u64>, quantile: f64) -> f64 {
    number(histogram.value_at_quantile(quantile)) / 1e3
}

pub(crate) fn median(figures: impl IntoIterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = figures.into_iter().collect();
    sorted.sort_by(f64::total_cmp);
    let (low, high) = (sorted.len().saturating_sub(1) / 2, sorted.len() / 2);
    match (sorted.get(low), sorted.get(high)) {
        (Some(low), Some(high)) => f64::midpoint(*low, *high),
        _ => f64::NAN,
    }
}

/// The median of the ratios of each round, so that a round in which the machine was slow counts no more than others.
pub(crate) fn ratio(of: &[Sample], to: &[Sample], figure: Figure) -> f64 {
    median(of.iter().zip(to).map(|(of, to)| figure(of) / figure(to)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_is_of_one_round() {
        let with = |rate| Sample { rate, p50: 0.0, p99: 0.0, cpu: 0.0, failed: 0 };
        let (of, to) = ([with(10.0), with(1.0), with(20.0)], [with(20.0), with(2.0), with(10.0)]);
        assert!((ratio(&of, &to, |sample| sample.rate) - 0.5).abs() < f64::EPSILON);
        assert!(median([]).is_nan());
        assert!((median([3.0, 1.0]) - 2.0).abs() < f64::EPSILON);
    }
}
