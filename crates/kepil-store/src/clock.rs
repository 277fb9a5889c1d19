//! Clock and randomness of the running node: the one place below the server that reads either.

use kepil_domain::{Day, Entropy, Moment, NoEntropy, Tick};

/// Gives the time. The demo has one that can be moved.
pub trait Clock: Send + Sync {
    /// Now, with the day of the policy's zone.
    fn now(&self) -> Moment;
    /// The day of the policy's zone at a moment. Unit: milliseconds since the Unix epoch.
    fn day_of(&self, unix_ms: i64) -> Day;
    /// The monotonic reading: never moved, not even by the demo.
    fn tick(&self) -> Tick;
}

/// The clock of the machine, with days counted in one zone.
pub struct SystemClock {
    start: std::time::Instant,
    offset_s: std::sync::atomic::AtomicI64,
    zone: jiff::tz::TimeZone,
}

impl SystemClock {
    /// A clock that counts days in the zone called `zone` (IANA name).
    ///
    /// # Errors
    /// [`crate::StoreError::Unusable`] when there is no such zone.
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    pub fn new(zone: &str) -> Result<Self, crate::StoreError> {
        let zone = jiff::tz::TimeZone::get(zone)
            .map_err(|_| crate::StoreError::Unusable(format!("no time zone is called `{zone}`")))?;
        Ok(Self { start: std::time::Instant::now(), offset_s: 0.into(), zone })
    }

    /// Sets the clock off from the machine's. Unit: seconds. For the demo only.
    pub fn set_offset_s(&self, offset_s: i64) {
        self.offset_s.store(offset_s, std::sync::atomic::Ordering::Relaxed);
    }

    /// How far the clock is off from the machine's. Unit: seconds.
    pub fn offset_s(&self) -> i64 {
        self.offset_s.load(std::sync::atomic::Ordering::Relaxed)
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    fn now(&self) -> Moment {
        let now = jiff::Timestamp::now();
        let unix_ms = now.as_millisecond() + self.offset_s() * 1000;
        Moment { unix_ms, day: self.day_of(unix_ms) }
    }

    fn day_of(&self, unix_ms: i64) -> Day {
        let at = jiff::Timestamp::from_millisecond(unix_ms).unwrap_or(jiff::Timestamp::MAX);
        Day::of(self.zone.to_datetime(at).date()).unwrap_or_default()
    }

    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    fn tick(&self) -> Tick {
        Tick(u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX))
    }
}

/// The randomness of the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsEntropy;

impl Entropy for OsEntropy {
    #[expect(clippy::disallowed_methods, reason = "this is the source of randomness")]
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), NoEntropy> {
        getrandom::fill(bytes).map_err(|_| NoEntropy)
    }
}
