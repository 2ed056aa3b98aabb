//! Slash commands: how a typed line is read by the one table, and how a mistyped name finds its neighbour.

use std::fmt;

use super::args::Args;
use super::name::{Reach, Role};
use super::problem::Problem;
use super::request::{Asked, Draft, Request};
pub use super::table::TABLE;
use super::text::{Body, Line};

/// A slash command, with everything that is known of it.
pub struct Spec {
    /// Its name.
    pub name: &'static str,
    /// Its name with the slash.
    pub slashed: &'static str,
    /// Other names.
    pub aliases: &'static [&'static str],
    /// Its arguments, as help shows them.
    pub args: &'static str,
    /// What it does, in one line.
    pub help: &'static str,
    /// The least role that may use it.
    pub role: Role,
    /// Where it belongs in a list.
    pub group: Group,
    /// A line that works.
    pub example: &'static str,
    /// What has to be asked before it is done, if anything.
    pub ask: Option<&'static str>,
    pub(super) read: Read,
}

/// Makes arguments into a request.
pub(super) type Read = for<'a> fn(&mut Args<'a>) -> Result<Request, Problem>;

/// What a command is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Coming, going, looking around.
    Rooms,
    /// Saying something and taking it back.
    Talk,
    /// Other people.
    People,
    /// What somebody with an office does.
    Office,
    /// How the room works.
    Settings,
    /// Files.
    Files,
    /// Oneself.
    You,
    /// What is going on.
    State,
    /// One's own view.
    View,
}

impl Group {
    /// Every group, in the order of help.
    pub const ALL: &'static [Group] = &[
        Group::Rooms,
        Group::Talk,
        Group::People,
        Group::Office,
        Group::Settings,
        Group::Files,
        Group::You,
        Group::State,
        Group::View,
    ];

    /// Its heading.
    pub fn title(self) -> &'static str {
        match self {
            Group::Rooms => "rooms",
            Group::Talk => "talk",
            Group::People => "people",
            Group::Office => "moderation",
            Group::Settings => "settings of the room",
            Group::Files => "files",
            Group::You => "you",
            Group::State => "what is going on",
            Group::View => "your view",
        }
    }
}

impl Spec {
    /// Name and arguments.
    pub fn usage(&self) -> String {
        let space = if self.args.is_empty() { "" } else { " " };
        format!("{}{space}{}", self.slashed, self.args)
    }

    /// What is asked before this is done, if anything. What makes nothing public any more is done at once.
    pub fn question(&self, request: &Request) -> Option<&'static str> {
        self.ask.filter(|_| !matches!(request, Request::List(Reach::Off) | Request::Listed))
    }

    /// Whether somebody with this role may use it; if not, why.
    pub fn allowed(&self, role: Role) -> Result<(), Problem> {
        if role >= self.role { Ok(()) } else { Err(Problem::Role { needs: self.role }) }
    }

    /// Its name and all others it answers to.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + Clone + use<> {
        std::iter::once(self.name).chain(self.aliases.iter().copied())
    }
}

/// Reads a line a person typed: a slash command, or a message. Two slashes in front send one.
pub fn parse(typed: &str) -> Result<Asked, Problem> {
    match typed.strip_prefix('/') {
        Some(text) if text.starts_with('/') => message(text),
        Some(command) => {
            let (name, rest) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
            let spec = find(name).ok_or_else(|| unknown(name))?;
            let mut args = Args::new(spec, rest);
            let request = (spec.read)(&mut args)?;
            args.end()?;
            Ok(Asked { cleaned: args.cleaned(), ..Asked::here(request) })
        }
        None => message(typed),
    }
}

fn message(typed: &str) -> Result<Asked, Problem> {
    let (text, cleaned) = Body::typed(typed)?;
    Ok(Asked { cleaned, ..Asked::here(Request::Send(Box::new(Draft::plain(text)))) })
}

/// The command of this name or alias, in any case.
pub fn find(name: &str) -> Option<&'static Spec> {
    TABLE.iter().find(|spec| spec.names().any(|known| known.eq_ignore_ascii_case(name)))
}

/// The command that a typed line names, without reading its arguments.
pub fn named_in(typed: &str) -> Option<&'static Spec> {
    typed.strip_prefix('/').and_then(|rest| find(rest.split_whitespace().next()?))
}

/// Whether a typed line wants everything burned at once.
pub fn is_panic(typed: &str) -> bool {
    named_in(typed).is_some_and(|spec| spec.name == "panic")
        && parse(typed).is_ok_and(|asked| matches!(asked.request, Request::Panic))
}

/// The commands whose name or alias begins so, for completion: names first, in the order of the table.
pub fn complete(prefix: &str) -> Vec<&'static Spec> {
    let begins = |name: &str| name.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix));
    let by_name = TABLE.iter().filter(|spec| begins(spec.name));
    let by_alias = TABLE.iter().filter(|spec| !begins(spec.name) && spec.aliases.iter().any(|a| begins(a)));
    by_name.chain(by_alias).collect()
}

pub(super) fn unknown(typed: &str) -> Problem {
    let names = TABLE.iter().flat_map(Spec::names);
    Problem::UnknownCommand {
        typed: Line::within(typed, 24),
        nearest: nearest(typed, names).unwrap_or("help"),
    }
}

/// The name nearest to what was typed: one that begins so, else the fewest letters changed, dropped, added or swapped.
pub fn nearest(typed: &str, names: impl Iterator<Item = &'static str> + Clone) -> Option<&'static str> {
    // No command is longer, and the table of distances stays small whatever was typed.
    let typed: Vec<char> = typed.chars().take(24).flat_map(char::to_lowercase).collect();
    let begins = |name: &&str| {
        !typed.is_empty()
            && name.len() > typed.len()
            && typed.iter().copied().eq(name.chars().take(typed.len()))
    };
    names.clone().find(begins).or_else(|| names.min_by_key(|name| distance(&typed, name)))
}

/// Edits between two words, a swap of neighbours being one.
fn distance(a: &[char], b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    // Three rows of the usual table: the last but one, the last, and the one being filled.
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, &x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, &y) in b.iter().enumerate() {
            let at = |row: &[usize], j: usize| row.get(j).copied().unwrap_or(usize::MAX / 2);
            let mut best =
                (at(&last, j) + usize::from(x != y)).min(at(&last, j + 1) + 1).min(at(&row, j) + 1);
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(&y) && b.get(j - 1) == Some(&x);
            if swapped {
                best = best.min(at(&before, j - 1) + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or_default()
}

impl PartialEq for Spec {
    fn eq(&self, other: &Spec) -> bool {
        self.name == other.name
    }
}

impl Eq for Spec {}

impl fmt::Debug for Spec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.slashed)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::chat::name::Shut;
    use crate::chat::request::{Act, Burn, Join, Reach, View, Which};

    /// The commands promised to people. Written out, so that none gets lost when the table is edited.
    const PROMISED: &str = "join new leave part rooms msg dm reply me who users whois kick ban unban bans mute unmute \
        admin unadmin transfer reclaim token announce max topic lock unlock knock admit deny slow ttl once shown burn keep pin \
        unpin pins expires persist close yield invite file get refuse files nick avatar profile status anon friends friend \
        block unblock verify ignore focus notify mentions report reports bug list tag net ping doctor crypto privacy \
        audit search clear log theme motion keys curtain panic away back help quit hold read";

    fn request(typed: &str) -> Request {
        parse(typed).unwrap_or_else(|why| panic!("{typed}: {}", why.text())).request
    }

    fn code(typed: &str) -> &'static str {
        parse(typed).map_or_else(|why| why.code(), |asked| panic!("{typed}: {asked:?}"))
    }

    #[test]
    fn every_promised_command_exists() {
        for name in PROMISED.split_whitespace() {
            assert!(find(name).is_some(), "/{name}");
        }
    }

    #[test]
    fn no_name_or_alias_is_used_twice() {
        let names: Vec<&str> = TABLE.iter().flat_map(Spec::names).collect();
        let distinct: BTreeSet<&str> = names.iter().copied().collect();
        assert_eq!(names.len(), distinct.len());
        assert!(names.iter().all(|n| n.bytes().all(|b| b.is_ascii_lowercase() || b == b'?')), "{names:?}");
    }

    #[test]
    fn every_line_of_the_table_is_complete_and_its_example_works() {
        for spec in TABLE {
            assert_eq!(spec.slashed, format!("/{}", spec.name));
            assert!(spec.help.len() <= 80 && !spec.help.ends_with('.') && !spec.help.is_empty(), "{spec:?}");
            assert!(spec.args.len() <= 24, "{spec:?}");
            assert_eq!(named_in(spec.example), Some(spec), "{spec:?}");
            request(spec.example);
            assert!(Group::ALL.contains(&spec.group));
        }
    }

    #[test]
    fn arguments_that_a_command_does_not_take_are_answered_with_its_usage() {
        for typed in [
            "/leave now",
            "/kick",
            "/max",
            "/max 1",
            "/max 257",
            "/max x",
            "/knock",
            "/knock maybe",
            "/invite uses",
            "/invite often",
            "/invite revoke",
            "/invite list all",
            "/friend",
            "/friend like ana",
            "/msg",
            "/once",
            "/once 15s",
            "/tag region:",
            "/tag a b c d",
            "/list loud",
            "/rooms two words",
            "/read",
            "/read 0",
            "/notify loud",
            "/theme pink",
            "/theme",
            "/motion fast",
            "/hold perhaps",
            "/away for lunch",
            "/reclaim c0ffee",
        ] {
            assert_eq!(code(typed), "usage", "{typed}");
        }
        assert_eq!(code("/ttl 1h30m"), "wrong_value");
        assert_eq!(code("/ttl 2s"), "ttl_range");
        assert_eq!(code("/nick \u{200b}"), "empty");
    }

    #[test]
    fn an_unknown_command_is_never_text_and_names_its_neighbour() {
        for (typed, near) in [
            ("jion", "join"),
            ("kcik", "kick"),
            ("inv", "invite"),
            ("hepl", "help"),
            ("bann", "ban"),
            ("TOPI", "topic"),
        ] {
            let Err(Problem::UnknownCommand { nearest, .. }) = parse(&format!("/{typed} x")) else {
                panic!("{typed}")
            };
            assert_eq!(nearest, near);
        }
        for odd in ["/", "/ join", "/\u{1b}[2J", "/ä", &format!("/{}", "x".repeat(60_000))] {
            assert_eq!(code(odd), "unknown_command");
        }
    }

    #[test]
    fn two_slashes_send_one_and_names_are_read_in_any_case() {
        let Request::Send(draft) = request("//etc/hosts is wrong") else { panic!() };
        assert_eq!(draft.text.as_str(), "/etc/hosts is wrong");
        assert!(matches!(request("/QUIT"), Request::Quit));
        let Request::Send(draft) = request(" /quit") else { panic!() };
        assert_eq!(draft.text.as_str(), " /quit");
    }

    #[test]
    fn arguments_mean_what_they_say() {
        let Request::Act(Act::Ban { who, for_ms, then, why }) = request("/ban \"b ob\" 2h too loud") else {
            panic!()
        };
        assert_eq!((who.0.as_str(), for_ms, then), ("b ob", Some(7_200_000), None));
        assert_eq!(why.as_str(), "too loud");
        for (line, shut, reason) in [
            ("/ban eve lock too loud", Some(Shut::Lock), "too loud"),
            ("/ban eve 2h Knock", Some(Shut::Knock), ""),
            ("/ban eve locked me out", None, "locked me out"),
        ] {
            let Request::Act(Act::Ban { then, why, .. }) = request(line) else { panic!() };
            assert_eq!((then, why.as_str()), (shut, reason), "{line}");
        }
        let Request::Act(Act::Ban { for_ms, why, .. }) = request("/ban eve 2 many") else { panic!() };
        assert_eq!((for_ms, why.as_str()), (None, "2 many"));
        assert!(matches!(request("/invite show 1f2e qr"), Request::InviteAgain { qr: true, .. }));
        assert!(matches!(request("/invite list"), Request::Invites));
        assert!(matches!(request("/invite revoke 1f2e"), Request::InviteRevoke(_)));
        assert!(matches!(
            request("/invite qr uses 3 valid 1h"),
            Request::Invite { uses: 3, valid_ms: 3_600_000, qr: true }
        ));
        assert!(matches!(request("/burn"), Request::Burn(Burn::One(Which::Last))));
        assert!(matches!(request("/burn mine"), Request::Burn(Burn::Mine)));
        assert!(matches!(request("/ttl 10m"), Request::View(View::Ttl(Some(600)))));
        assert!(matches!(request("/dm ana"), Request::View(View::Alone(_))));
        assert!(matches!(request("/slow off"), Request::Policy(p) if p.slow_ms == Some(0)));
        assert!(matches!(request("/ttl room 10m"), Request::Policy(p) if p.ttl_ms == Some(600_000)));
        assert!(
            matches!(request("/announce all: closing"), Request::Send(d) if d.announce == Some(Reach::Owned))
        );
        assert!(matches!(request("/once 20s the code"), Request::Send(d) if d.once_s == Some(20)));
        assert!(matches!(request("/once the code"), Request::Send(d) if d.once_s == Some(15)));
        assert!(matches!(request("/file a b.pdf"), Request::Later("/file")));
        let Request::Join(join) = request("/join ephem:ABC") else { panic!() };
        assert!(matches!(*join, Join::Invite(_)));
        let Request::Join(join) = request("/join #two words") else { panic!() };
        assert!(matches!(*join, Join::Named { room, .. } if room.as_str() == "two words"));
    }

    #[test]
    fn completion_gives_names_before_aliases() {
        let names = |prefix| complete(prefix).iter().map(|s| s.name).collect::<Vec<_>>();
        assert_eq!(names("unm"), ["unmute"]);
        assert_eq!(names("pa"), ["panic", "leave"]);
        assert_eq!(names("").len(), TABLE.len());
        assert!(names("zz").is_empty() && names("é").is_empty());
    }

    #[test]
    fn a_role_that_may_not_is_told_which_one_may() {
        let kick = find("kick").unwrap();
        assert_eq!(kick.allowed(Role::Member), Err(Problem::Role { needs: Role::Admin }));
        assert_eq!(kick.allowed(Role::Owner), Ok(()));
    }
}
