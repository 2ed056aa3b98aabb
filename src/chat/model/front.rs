//! What is in front: where goes what is typed, and what counts as read; and whom an answer goes to.

use super::Model;
use crate::chat::circle::Circle;
use crate::chat::event::Person;
use crate::chat::problem::Problem;
use crate::chat::text::Line;

impl Model {
    /// Brings a joined room to the front: what is typed goes there, and what it says counts as read. False if it is not
    /// joined.
    pub fn bring_to_front(&mut self, name: &Line) -> bool {
        self.turn_to(&Circle::room(name))
    }

    /// The same for what is said with one person alone: then what the room says does not count as read.
    pub fn turn_to(&mut self, circle: &Circle) -> bool {
        let Some(room) = self.room_mut(&circle.room) else { return false };
        if circle.with.is_none() {
            (room.unread, room.mentions) = (0, 0);
        }
        self.front = Some(circle.clone());
        true
    }

    /// What was brought to the front.
    pub fn front(&self) -> Option<&Circle> {
        self.front.as_ref()
    }

    /// Whoever wrote to this node alone last, and in which room.
    pub fn last_direct(&self) -> Result<(&Line, &Person), Problem> {
        let (name, id) = self.last_direct.as_ref().ok_or(Problem::Nobody)?;
        let person = self.room(Some(name))?.people.get(id).ok_or(Problem::Nobody)?;
        Ok((name, person))
    }
}
