//! What is counted for whoever runs the server: requests and decisions, never people. Labels are words of the program and
//! the bundle; nothing that a caller sends becomes one.
//!
//! Clause 5.2a. Does not know: who serves it (`http/health.rs`, on an address of its own).

use std::{sync::atomic::AtomicU64, time::Duration};

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};

/// The word for staff among [`READERS`].
const STAFF: &str = "officer";
/// The words for who reads.
const READERS: [&str; 7] = ["person", "representative", "service", STAFF, "viewer", "recipient", "system"];

/// Upper ends of the classes of durations. Unit: seconds.
const BUCKETS_S: [f64; 8] = [0.001, 0.002, 0.005, 0.01, 0.05, 0.25, 1.0, 5.0];

/// One class of requests.
#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
pub struct RequestLabels {
    /// The pattern of the address, such as `/me/fields/{name}/edit`.
    pub route: String,
    /// Status of the answer.
    pub status: u16,
}

/// One class of decisions.
#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
pub struct DecisionLabels {
    /// `granted`, or the word of the refusal.
    pub verdict: &'static str,
}

/// One class of reads.
#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
pub struct ReadLabels {
    /// Who read: `service`, `officer`, `person` and so on.
    pub by: &'static str,
}

/// One class of messages that somebody signed out.
#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
pub struct SignOutLabels {
    /// `delivered` or `failed`.
    pub outcome: &'static str,
}

/// One class of budgets of people.
#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
pub struct BudgetLabels {
    /// `service`, `batch` or `staff`.
    pub of: &'static str,
}

/// One place where data are or go, as it is declared.
#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
pub struct PlaceLabels {
    /// `store`, `replica`, `letters` and so on.
    pub of: &'static str,
    /// ISO 3166 code of the country.
    pub territory: String,
}

/// Everything that is counted.
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    decisions: Family<DecisionLabels, Counter>,
    reads: Family<ReadLabels, Counter>,
    human_ratio: Gauge<f64, AtomicU64>,
    duration: Histogram,
    throttled: Counter,
    over_budget: Family<BudgetLabels, Counter>,
    planted: Family<ReadLabels, Counter>,
    places: Family<PlaceLabels, Gauge>,
    sign_outs: Family<SignOutLabels, Counter>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("kepil"),
            requests: Family::default(),
            decisions: Family::default(),
            reads: Family::default(),
            human_ratio: Gauge::default(),
            duration: Histogram::new(BUCKETS_S),
            throttled: Counter::default(),
            over_budget: Family::default(),
            planted: Family::default(),
            places: Family::default(),
            sign_outs: Family::default(),
        };
        let registry = &mut metrics.registry;
        registry.register("requests", "Requests by route and status", metrics.requests.clone());
        registry.register("decisions", "Decisions of the gate on reads, by verdict", metrics.decisions.clone());
        registry.register("reads", "Reads that were granted, by who read", metrics.reads.clone());
        let text = "Reads by staff among all reads that were granted since the start (clause 5.2b)";
        registry.register("human_read_ratio", text, metrics.human_ratio.clone());
        let text = "How long answers took";
        registry.register_with_unit("request_duration", text, Unit::Seconds, metrics.duration.clone());
        registry.register("throttled", "Tries refused because there were too many", metrics.throttled.clone());
        let text = "Asks refused because a budget of people was used up (clause 3.4g)";
        registry.register("over_budget", text, metrics.over_budget.clone());
        let text = "Asks about planted people, who do not exist, by who asked (clause 3.4g)";
        registry.register("planted_reads", text, metrics.planted.clone());
        let text = "Places where this node keeps data or sends them, as declared (clause 3.5a)";
        registry.register("places", text, metrics.places.clone());
        registry.register("sign_outs", "Sign-outs that clients were told, by outcome", metrics.sign_outs.clone());
        metrics
    }
}

impl Metrics {
    /// Counts an answer.
    pub fn answered(&self, route: &str, status: u16, took: Duration) {
        self.requests.get_or_create(&RequestLabels { route: route.to_owned(), status }).inc();
        self.duration.observe(took.as_secs_f64());
    }

    /// Counts a decision.
    pub fn decided(&self, verdict: &'static str) {
        self.decisions.get_or_create(&DecisionLabels { verdict }).inc();
    }

    /// Counts a read that was granted, by a word for who read.
    pub fn read_by(&self, by: &'static str) {
        self.reads.get_or_create(&ReadLabels { by }).inc();
        let count = |by| self.reads.get_or_create(&ReadLabels { by }).get();
        let all: u64 = READERS.into_iter().map(count).sum();
        let human = f64::from(u32::try_from(count(STAFF)).unwrap_or(u32::MAX));
        self.human_ratio.set(human / f64::from(u32::try_from(all.max(1)).unwrap_or(u32::MAX)));
    }

    /// Reads by staff, and all reads, since the start.
    #[must_use]
    pub fn human_reads(&self) -> (u64, u64) {
        let count = |by| self.reads.get_or_create(&ReadLabels { by }).get();
        (count(STAFF), READERS.into_iter().map(count).sum())
    }

    /// Counts a try that was refused because there were too many.
    pub fn throttled(&self) {
        self.throttled.inc();
    }

    /// Notes a place where data are or go.
    pub fn placed(&self, of: &'static str, territory: &str) {
        self.places.get_or_create(&PlaceLabels { of, territory: territory.to_owned() }).inc();
    }

    /// Counts an ask about somebody who does not exist, by a word for who asked.
    pub fn planted_read(&self, by: &'static str) {
        self.planted.get_or_create(&ReadLabels { by }).inc();
    }

    /// Counts an ask that was refused because a budget of people was used up.
    pub fn over_budget(&self, of: &'static str) {
        self.over_budget.get_or_create(&BudgetLabels { of }).inc();
    }

    /// Counts a try to tell a client of a sign-out.
    pub fn told_sign_out(&self, outcome: &'static str) {
        self.sign_outs.get_or_create(&SignOutLabels { outcome }).inc();
    }

    /// Everything in the text format of `OpenMetrics`; empty when it cannot be written.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = String::new();
        encode(&mut out, &self.registry).map(|()| out).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_is_told_by_route_and_verdict() {
        let metrics = Metrics::default();
        metrics.answered("/v1/reads", 200, Duration::from_millis(2));
        metrics.decided("granted");
        ["service", "officer", "service", "service"].into_iter().for_each(|by| metrics.read_by(by));
        assert_eq!(metrics.human_reads(), (1, 4));
        let text = metrics.text();
        assert!(text.contains("kepil_requests_total{route=\"/v1/reads\",status=\"200\"} 1"), "{text}");
        assert!(text.contains("kepil_decisions_total{verdict=\"granted\"} 1"), "{text}");
        assert!(text.contains("kepil_reads_total{by=\"officer\"} 1"), "{text}");
        assert!(text.contains("kepil_human_read_ratio 0.25"), "{text}");
    }
}
