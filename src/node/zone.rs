//! Which time of day it is where this machine stands, by its own zone file. Where none can be read, nothing is claimed.

use tz::TimeZone;

use crate::base::time::Unix;

/// This machine's time zone, with its summers and winters, as it was when this was read.
#[derive(Clone, Debug)]
pub struct Zone(Option<TimeZone>);

impl Zone {
    /// What `TZ` says, else the system.
    pub fn here() -> Zone {
        Zone::read(variable().as_deref())
    }

    fn read(named: Option<&str>) -> Zone {
        // Elsewhere the crate would answer with UTC, whatever time it is.
        let known = cfg!(unix) || named.is_some();
        Zone(known.then(|| TimeZone::from_posix_tz(named.unwrap_or("localtime")).ok()).flatten())
    }

    /// How many minutes east of Greenwich the clocks on the wall are at an instant, if it is known.
    pub fn minutes_east(&self, at: Unix) -> Option<i64> {
        let seconds = i64::try_from(at.0 / 1_000).ok()?;
        let here = self.0.as_ref()?.find_local_time_type(seconds).ok()?;
        Some(i64::from(here.ut_offset()) / 60)
    }
}

#[expect(clippy::disallowed_methods, reason = "the zone is the user's, as every program reads it")]
fn variable() -> Option<String> {
    std::env::var("TZ").ok().filter(|zone| !zone.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summer_and_winter_are_told_apart_and_what_is_no_zone_claims_nothing() {
        let (winter, summer) = (Unix(1_767_225_600_000), Unix(1_782_864_000_000));
        let paris = Zone::read(Some("CET-1CEST,M3.5.0,M10.5.0/3"));
        assert_eq!(paris.minutes_east(winter), Some(60));
        assert_eq!(paris.minutes_east(summer), Some(120));
        let west = Zone::read(Some("<-0330>3:30"));
        assert_eq!(west.minutes_east(winter), Some(-210));
        assert_eq!(Zone::read(Some("nowhere at all")).minutes_east(winter), None);
        assert_eq!(Zone::read(Some("UTC0")).minutes_east(winter), Some(0));
    }
}
