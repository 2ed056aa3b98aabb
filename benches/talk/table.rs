//! What a figure is printed as: ours, the baseline of the same run, how they compare, and what was aimed at.

/// What a number counts.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Unit {
    /// Milliseconds.
    Ms,
    /// Bytes.
    Bytes,
    /// So many each second.
    PerSecond,
    /// Pieces.
    Count,
    /// 1,048,576 bytes.
    MiB,
    /// Hundredths.
    Percent,
}

/// What is aimed at.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target {
    /// At most this.
    Most(f64),
    /// At most so many times the baseline.
    MostTimes(f64),
    /// At least so many times the baseline.
    LeastTimes(f64),
}

/// One line of a table.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    what: String,
    unit: Unit,
    ours: f64,
    bare: Option<f64>,
    target: Option<Target>,
}

impl Row {
    /// Something measured of ours.
    pub(crate) fn new(what: impl Into<String>, unit: Unit, ours: f64) -> Row {
        Row { what: what.into(), unit, ours, bare: None, target: None }
    }

    /// And of the baseline.
    pub(crate) fn beside(mut self, bare: f64) -> Row {
        self.bare = Some(bare);
        self
    }

    /// And what was aimed at.
    pub(crate) fn aim(mut self, target: Target) -> Row {
        self.target = Some(target);
        self
    }

    fn ratio(&self) -> Option<f64> {
        self.bare.filter(|bare| *bare > 0.0).map(|bare| self.ours / bare)
    }

    fn met(&self) -> Option<bool> {
        if self.ours.is_nan() {
            return None;
        }
        match self.target? {
            Target::Most(most) => Some(self.ours <= most),
            Target::MostTimes(times) => self.ratio().map(|ratio| ratio <= times),
            Target::LeastTimes(times) => self.ratio().map(|ratio| ratio >= times),
        }
    }

    fn aimed(&self) -> String {
        match self.target {
            None => String::new(),
            Some(Target::Most(most)) => format!("<= {}", show(most, self.unit)),
            Some(Target::MostTimes(times)) => format!("<= {times:.2} x"),
            Some(Target::LeastTimes(times)) => format!(">= {times:.2} x"),
        }
    }
}

/// Prints a table.
pub(crate) fn print(title: &str, rows: &[Row]) {
    println!("\n{title}");
    println!("  {:58} {:>14} {:>14} {:>7}  {:12}", "", "ours", "baseline", "ratio", "target");
    for row in rows {
        let bare = row.bare.map_or_else(|| "-".to_owned(), |bare| show(bare, row.unit));
        let ratio = row.ratio().map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}"));
        let verdict = row.met().map_or("", |met| if met { "met" } else { "MISSED" });
        let ours = show(row.ours, row.unit);
        println!("  {:58} {ours:>14} {bare:>14} {ratio:>7}  {:12} {verdict}", row.what, row.aimed());
    }
}

fn show(number: f64, unit: Unit) -> String {
    match unit {
        // What this system does not tell is not a number, and what did not happen took for ever.
        _ if number.is_nan() => "not known".to_owned(),
        _ if number.is_infinite() => "never".to_owned(),
        Unit::Ms if number < 100.0 => format!("{number:.2} ms"),
        Unit::Ms => format!("{number:.0} ms"),
        Unit::Bytes => format!("{number:.0} B"),
        Unit::PerSecond => format!("{number:.0} /s"),
        Unit::Count => format!("{number:.0}"),
        Unit::MiB => format!("{number:.1} MiB"),
        Unit::Percent => format!("{number:.3} %"),
    }
}

/// The value below which so much of them lies, by nearest rank. Infinite where there is none.
pub(crate) fn percentile(values: &[f64], part: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (sorted.len() as f64 * part).ceil() as usize;
    sorted.get(rank.max(1) - 1).copied().unwrap_or(f64::INFINITY)
}
