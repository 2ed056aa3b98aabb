//! Who came and who went, one after the other: a line for all of it, where a line for each would push the talk away.

use super::event::{MemberLine, Person};
use super::name::MemberChange;
use crate::base::time::Mono;

/// What follows within so long of the first stands on its line; so the clock before the line is right for all of it.
const TOGETHER_MS: u64 = 60_000;
/// Moves on one line.
const MOST: usize = 64;

/// People who came and went shortly after each other.
#[derive(Debug)]
pub struct Moves {
    since: Mono,
    moved: Vec<(MemberChange, Person)>,
}

impl Moves {
    /// The first of them; `None` if the line says more than that somebody came or went.
    pub fn first(line: &MemberLine, now: Mono) -> Option<Moves> {
        let plain = line.by.is_none() && line.until.is_none();
        let moves = plain && line.reason.as_ref().is_none_or(|why| why.is_empty()) && is_move(line.change);
        moves.then(|| Moves { since: now, moved: vec![(line.change, line.who.clone())] })
    }

    /// Takes in those that came after; gives them back if they belong on a line of their own.
    pub fn join(&mut self, later: Moves) -> Result<(), Moves> {
        if later.since.since(self.since) >= TOGETHER_MS || self.moved.len() >= MOST {
            return Err(later);
        }
        for (change, who) in later.moved {
            // Whoever comes and goes again and again is told of once in each way.
            self.moved.retain(|(before, known)| *before != change || known.id != who.id);
            self.moved.push((change, who));
        }
        Ok(())
    }

    /// When the first of them moved.
    pub fn since(&self) -> Mono {
        self.since
    }

    /// Neighbours that did the same, together.
    pub fn groups(&self) -> impl Iterator<Item = (MemberChange, &[(MemberChange, Person)])> {
        self.moved
            .chunk_by(|(one, _), (other, _)| one == other)
            .filter_map(|group| Some((group.first()?.0, group)))
    }
}

fn is_move(change: MemberChange) -> bool {
    matches!(change, MemberChange::Join | MemberChange::Leave | MemberChange::Away | MemberChange::Back)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::id::MemberId;
    use crate::base::nick::Nick;
    use crate::chat::name::Role;
    use crate::chat::telling;
    use crate::chat::text::Line;

    fn line(nick: &str, change: MemberChange) -> MemberLine {
        let id = MemberId([nick.len() as u8; 32]);
        let who = Person::plain(id, Nick::parse(nick).unwrap(), Line::clean("otter-lamp"), Role::Member);
        MemberLine::of(Line::clean("lobby"), change, who)
    }

    /// The lines that these moves make.
    fn told(moves: &[(&str, MemberChange, u64)]) -> Vec<String> {
        let mut lines: Vec<Moves> = Vec::new();
        for &(nick, change, at) in moves {
            let next = Moves::first(&line(nick, change), Mono(at)).unwrap();
            let next = match lines.last_mut() {
                Some(last) => last.join(next),
                None => Err(next),
            };
            lines.extend(next.err());
        }
        let names = |person: &Person| person.nick.as_str().to_owned();
        lines.iter().map(|moves| telling::moved(moves, &names, ", ").text).collect()
    }

    #[test]
    fn who_came_and_went_within_a_minute_is_one_sentence() {
        use MemberChange::{Away, Join, Leave};
        assert_eq!(told(&[("ana", Join, 0)]), ["ana joined"]);
        let several = [("carla", Join, 0), ("dan", Join, 9), ("otto", Leave, 50_000)];
        assert_eq!(told(&several), ["carla and dan joined, otto left"]);
        assert_eq!(told(&[("a", Away, 0), ("bo", Away, 0), ("cyd", Away, 0)]), ["a, bo and cyd are away"]);
        let late = [("ana", Join, 0), ("otto", Join, 59_999), ("carla", Join, 60_000)];
        assert_eq!(told(&late), ["ana and otto joined", "carla joined"]);
    }

    #[test]
    fn a_crowd_is_counted_and_whoever_flaps_is_told_of_once() {
        use MemberChange::{Join, Leave};
        let nicks: Vec<String> = (1..=20).map(|n| "x".repeat(n)).collect();
        let crowd: Vec<(&str, MemberChange, u64)> =
            nicks.iter().map(|nick| (nick.as_str(), Join, 0)).collect();
        assert_eq!(told(&crowd), ["x, xx, xxx, xxxx, xxxxx and 15 others joined"]);
        let flaps: Vec<(&str, MemberChange, u64)> =
            (0..200).map(|n| ("ana", if n % 2 == 0 { Join } else { Leave }, n)).collect();
        assert_eq!(told(&flaps), ["ana joined, ana left"]);
    }

    #[test]
    fn what_somebody_else_did_or_gave_a_reason_for_has_a_line_of_its_own() {
        let plain = line("ana", MemberChange::Leave);
        let by = MemberLine { by: Some(plain.who.clone()), ..plain.clone() };
        let why = MemberLine { reason: Some(Line::clean("late")), ..plain.clone() };
        let role = MemberLine { change: MemberChange::Role, ..plain.clone() };
        assert!(Moves::first(&plain, Mono(0)).is_some());
        assert!([by, why, role].iter().all(|line| Moves::first(line, Mono(0)).is_none()));
    }
}
