//! One line a row: name, ratio, goal, spread, absolute, verdict.

/// Where results go.
pub struct Report {
    /// As JSON lines.
    pub is_json: bool,
}

/// Which side of its goal a ratio must be on.
#[derive(Clone, Copy)]
pub enum Goal {
    /// Not below.
    AtLeast(f64),
    /// Not above.
    AtMost(f64),
}

impl Report {
    /// Prints the row of these ratios, one a round.
    pub fn row(&self, name: &str, mut ratios: Vec<f64>, goal: Goal, absolute: &str) {
        ratios.sort_by(f64::total_cmp);
        let ratio = ratios[ratios.len() / 2];
        let spread = ratios[ratios.len() - 1] - ratios[0];
        let (is_met, goal) = match goal {
            Goal::AtLeast(least) => (ratio >= least, format!("≥ {least}")),
            Goal::AtMost(most) => (ratio <= most, format!("≤ {most}")),
        };
        let verdict = if is_met { "met" } else { "short" };
        if self.is_json {
            let row = serde_json::json!({
                "row": name, "ratio": ratio, "goal": goal, "spread": spread, "absolute": absolute, "verdict": verdict,
            });
            println!("{row}");
        } else {
            println!("{name:<22} {ratio:>8.3}  {goal:<8} ±{spread:<7.3} {verdict:<6} {absolute}");
        }
    }
}

/// The middle of some figures.
pub fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
