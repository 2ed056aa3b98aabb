//! What stands behind a slash command, read word by word. Whatever is missing or too much is answered with the command's
//! own usage.

use super::command::Spec;
use super::duration;
use super::problem::Problem;
use super::request::{Which, Who, duration_problem};
use super::text::{Body, Line};

/// The arguments not read yet.
#[derive(Debug)]
pub struct Args<'a> {
    spec: &'static Spec,
    rest: &'a str,
    cleaned: bool,
}

impl<'a> Args<'a> {
    /// All of what follows the command's name.
    pub(super) fn new(spec: &'static Spec, rest: &'a str) -> Args<'a> {
        Args { spec, rest: rest.trim(), cleaned: false }
    }

    /// The command is used in another way.
    pub(super) fn usage(&self) -> Problem {
        Problem::Usage(self.spec)
    }

    /// The command's name, with its slash.
    pub(super) fn slashed(&self) -> &'static str {
        self.spec.slashed
    }

    /// Cleaning changed something that was read elsewhere.
    pub(super) fn note_cleaned(&mut self, changed: bool) {
        self.cleaned |= changed;
    }

    /// Whether cleaning changed a text.
    pub(super) fn cleaned(&self) -> bool {
        self.cleaned
    }

    /// The next word without taking it.
    pub(super) fn peek(&self) -> Option<&'a str> {
        self.rest.split_whitespace().next()
    }

    /// The next word, if there is one; several words in double quotes are one.
    pub(super) fn maybe(&mut self) -> Option<&'a str> {
        let quoted = self.rest.strip_prefix('"').and_then(|inner| inner.split_once('"'));
        let (word, rest) = match quoted {
            Some(parts) => parts,
            None => self.rest.split_once(char::is_whitespace).unwrap_or((self.rest, "")),
        };
        self.rest = rest.trim_start();
        (!word.is_empty()).then_some(word)
    }

    /// The next word.
    pub(super) fn word(&mut self) -> Result<&'a str, Problem> {
        self.maybe().ok_or(Problem::Usage(self.spec))
    }

    /// Takes the next word if it is this one.
    pub(super) fn takes(&mut self, word: &str) -> bool {
        let is = self.peek().is_some_and(|next| next.eq_ignore_ascii_case(word));
        if is {
            self.maybe();
        }
        is
    }

    /// Everything that is left, as it was typed.
    pub(super) fn rest(&mut self) -> Option<&'a str> {
        let rest = std::mem::take(&mut self.rest);
        (!rest.is_empty()).then_some(rest)
    }

    /// Everything that is left, as a message.
    pub(super) fn text(&mut self) -> Result<Body, Problem> {
        let raw = self.rest().ok_or(Problem::Usage(self.spec))?;
        let (body, changed) = Body::typed(raw)?;
        self.cleaned |= changed;
        Ok(body)
    }

    /// Everything that is left, as one line of at most so many bytes; it may be empty.
    pub(super) fn line(&mut self, what: &'static str, most: usize) -> Result<Line, Problem> {
        let raw = self.rest().unwrap_or_default();
        if raw.len() > most {
            return Err(Problem::TooLong { what, most });
        }
        let line = Line::clean(raw);
        self.cleaned |= line.as_str() != raw;
        Ok(line)
    }

    /// Somebody.
    pub(super) fn who(&mut self) -> Result<Who, Problem> {
        self.word().map(|word| Who(Line::clean(word)))
    }

    /// Somebody, where one may be named.
    pub(super) fn maybe_who(&mut self) -> Option<Who> {
        self.maybe().map(|word| Who(Line::clean(word)))
    }

    /// A message; without a word it is the last of mine.
    pub(super) fn which(&mut self) -> Which {
        match self.maybe() {
            None => Which::Last,
            Some(word) if word.eq_ignore_ascii_case("last") => Which::Last,
            Some(word) => Which::Named(Line::clean(word)),
        }
    }

    /// A length of time in milliseconds.
    pub(super) fn duration(&mut self) -> Result<u64, Problem> {
        duration::parse(self.word()?).map_err(|why| duration_problem("the time", why))
    }

    /// A length of time, if the next word is one. A word that only begins like one belongs to what follows.
    pub(super) fn maybe_duration(&mut self) -> Result<Option<u64>, Problem> {
        match self.peek().map(duration::parse) {
            Some(Err(duration::DurationError::Form)) | None => Ok(None),
            Some(_) => self.duration().map(Some),
        }
    }

    /// A whole number from `least` to `most`.
    pub(super) fn number(&mut self, least: u64, most: u64) -> Result<u64, Problem> {
        let number = self.word()?.parse().ok().filter(|n| (least..=most).contains(n));
        number.ok_or(Problem::Usage(self.spec))
    }

    /// `on` or `off`.
    pub(super) fn switch(&mut self) -> Result<bool, Problem> {
        match self.word()? {
            word if word.eq_ignore_ascii_case("on") => Ok(true),
            word if word.eq_ignore_ascii_case("off") => Ok(false),
            _ => Err(Problem::Usage(self.spec)),
        }
    }

    /// A word of a closed set.
    pub(super) fn one_of<T>(&mut self, parse: fn(&str) -> Option<T>) -> Result<T, Problem> {
        let word = self.word()?.to_ascii_lowercase();
        parse(&word).ok_or(Problem::Usage(self.spec))
    }

    /// A word of a closed set, or `auto`.
    pub(super) fn auto_or<T>(&mut self, parse: fn(&str) -> Option<T>) -> Result<Option<T>, Problem> {
        if self.takes("auto") { Ok(None) } else { self.one_of(parse).map(Some) }
    }

    /// Nothing may be left.
    pub(super) fn end(&self) -> Result<(), Problem> {
        if self.rest.is_empty() { Ok(()) } else { Err(Problem::Usage(self.spec)) }
    }
}
