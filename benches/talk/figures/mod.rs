//! The figures, each in a file of its own: what is done, and what of it is compared with what.

mod delivery;
mod flood;
mod garbage;
mod idle;
mod meet;
mod together;

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    /// One short pass of each.
    pub(crate) quick: bool,
    /// Rooms of so many members alone, where a figure has several. None: all of them.
    pub(crate) members: Option<usize>,
}

impl Scale {
    /// Those of these sizes that were asked for.
    fn sizes<const N: usize>(self, all: [usize; N]) -> impl Iterator<Item = usize> {
        all.into_iter().filter(move |size| self.members.is_none_or(|asked| asked == *size))
    }

    /// The one or the other.
    fn pick<T>(self, full: T, quick: T) -> T {
        if self.quick { quick } else { full }
    }
}

/// Something that is measured.
pub(crate) struct Figure {
    /// As it is asked for.
    pub(crate) name: &'static str,
    /// Measures and prints it.
    pub(crate) measure: fn(Scale),
}

/// All of them.
pub(crate) const FIGURES: &[Figure] = &[
    Figure { name: "meet", measure: meet::through_an_address },
    Figure { name: "lan", measure: meet::on_a_lan },
    Figure { name: "together", measure: together::measure },
    Figure { name: "delivery", measure: delivery::everybody_knows_everybody },
    Figure { name: "one-address", measure: delivery::one_address },
    Figure { name: "flood", measure: flood::measure },
    Figure { name: "idle", measure: idle::measure },
    Figure { name: "garbage", measure: garbage::measure },
];
