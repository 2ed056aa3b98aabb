//! Help and the manual, written from the table of commands.

use std::fmt::Write as _;

use super::command::{self, Group, Spec, TABLE};
use super::name::Role;
use super::problem::Problem;
use super::text::Line;

/// Columns that a command and its arguments get in a list.
const USAGE_COLUMNS: usize = 32;

/// All commands by group. One that `role` may not use stays, with the reason.
pub fn overview(role: Role) -> Vec<Line> {
    let mut lines = Vec::new();
    for &group in Group::ALL {
        lines.push(Line::clean(&format!("{}:", group.title())));
        lines.extend(TABLE.iter().filter(|spec| spec.group == group).map(|spec| one_line(spec, role)));
    }
    lines.push(Line::clean("//text sends a text that begins with a slash; /help COMMAND tells more"));
    lines
}

/// All about one command.
pub fn about(name: &str, role: Role) -> Result<Vec<Line>, Problem> {
    let Some(spec) = command::find(name) else {
        return Err(command::unknown(name));
    };
    let mut lines = vec![one_line(spec, role), Line::clean(&format!("example: {}", spec.example))];
    if !spec.aliases.is_empty() {
        lines.push(Line::clean(&format!("also: /{}", spec.aliases.join(", /"))));
    }
    Ok(lines)
}

fn one_line(spec: &Spec, role: Role) -> Line {
    let why_not = spec.allowed(role).err().map(|_| format!(" (needs the role {})", spec.role.name()));
    let usage = spec.usage();
    Line::clean(&format!("{usage:USAGE_COLUMNS$}{}{}", spec.help, why_not.unwrap_or_default()))
}

/// The commands as a section of the manual, in roff.
pub fn manual() -> String {
    let mut page = String::from(".SH COMMANDS\n");
    for &group in Group::ALL {
        let _ = writeln!(page, ".SS {}", group.title());
        for spec in TABLE.iter().filter(|spec| spec.group == group) {
            let needs = if spec.role == Role::Member { "" } else { spec.role.name() };
            let also: String = spec.aliases.iter().map(|a| format!(" (/{a})")).collect();
            let _ = writeln!(page, ".TP\n.B {}{also}", roff(&spec.usage()));
            let _ = writeln!(page, "{}.", roff(spec.help));
            if !needs.is_empty() {
                let _ = writeln!(page, "Needs the role {needs}.");
            }
            let _ = writeln!(page, "Example: {}", roff(spec.example));
        }
    }
    page
}

/// Text that roff prints as it is.
fn roff(text: &str) -> String {
    let escaped = text.replace('\\', "\\e").replace('-', "\\-");
    if escaped.starts_with(['.', '\'']) { format!("\\&{escaped}") } else { escaped }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_and_manual_have_every_command_and_fit() {
        let lines = overview(Role::Member);
        let manual = manual();
        for spec in TABLE {
            assert!(lines.iter().any(|l| l.as_str().starts_with(&spec.usage())), "{spec:?}");
            assert!(manual.contains(&roff(spec.help)), "{spec:?}");
        }
        for line in &lines {
            assert!(line.as_str().len() <= 140, "{}", line.as_str());
        }
    }

    #[test]
    fn what_one_may_not_use_stays_with_its_reason() {
        let line = |role| {
            let all = overview(role);
            all.iter().find(|l| l.as_str().starts_with("/kick")).map(|l| l.as_str().to_owned()).unwrap()
        };
        assert!(line(Role::Member).ends_with("(needs the role admin)"));
        assert!(!line(Role::Admin).contains("needs"));
    }

    #[test]
    fn help_on_one_command_shows_an_example_and_on_none_its_neighbour() {
        let about_leave = about("PART", Role::Member).unwrap();
        assert!(about_leave.iter().any(|l| l.as_str() == "also: /part"));
        assert!(matches!(about("jion", Role::Member), Err(Problem::UnknownCommand { nearest: "join", .. })));
    }
}
