//! Which role a request needs: the table of commands says so, however the request was spelled.

use super::command;
use super::name::Role;
use super::request::{Act, Policy, Reach, Request};

/// The least role that may ask this of a room.
pub fn needs(request: &Request) -> Role {
    match request {
        Request::Act(act) => role_of(command_of(act)),
        Request::Policy(policy) => commands_of(policy).map(role_of).max().unwrap_or(Role::Admin),
        Request::Pin(_, keep) => role_of(if *keep { "pin" } else { "unpin" }),
        Request::Send(draft) => match draft.announce {
            None if draft.keep => role_of("keep"),
            None => Role::Member,
            Some(Reach::Here) => role_of("announce"),
            Some(Reach::Owned) => Role::Owner,
        },
        Request::List(_) | Request::Listed => role_of("list"),
        Request::Tags(_) => role_of("tag"),
        _ => Role::Member,
    }
}

fn role_of(command: &'static str) -> Role {
    command::find(command).map_or(Role::Owner, |spec| spec.role)
}

fn command_of(act: &Act) -> &'static str {
    match act {
        Act::Kick(..) => "kick",
        Act::Ban { .. } => "ban",
        Act::Unban(_) => "unban",
        Act::Mute { .. } => "mute",
        Act::Unmute(_) => "unmute",
        Act::Admin(_, true) => "admin",
        Act::Admin(_, false) => "unadmin",
        Act::Transfer(_) => "transfer",
        Act::Accept => "accept",
        Act::Admit(_, true) => "admit",
        Act::Admit(_, false) => "deny",
        Act::Yield => "yield",
        Act::Close => "close",
    }
}

/// The commands that settings belong to. What has none of its own is as grave as the topic.
fn commands_of(policy: &Policy) -> impl Iterator<Item = &'static str> {
    let Policy {
        max,
        ttl_ms,
        ttl_max_ms,
        history,
        lock,
        knock,
        slow_ms,
        rate,
        topic,
        expires_ms,
        quiet_ms,
        persist,
    } = policy;
    let plain = ttl_ms.is_some() || ttl_max_ms.is_some() || history.is_some() || rate.is_some();
    [
        ("max", max.is_some()),
        ("expires", expires_ms.is_some()),
        ("persist", persist.is_some()),
        ("lock", lock.is_some()),
        ("knock", knock.is_some()),
        ("slow", slow_ms.is_some()),
        ("quiet", quiet_ms.is_some()),
        ("topic", topic.is_some() || plain),
    ]
    .into_iter()
    .filter_map(|(command, set)| set.then_some(command))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::command::{TABLE, parse};
    use crate::chat::name::Role;

    #[test]
    fn a_line_needs_what_the_table_says_of_its_command() {
        let mut seen = 0;
        for spec in TABLE {
            let request = parse(spec.example).map(|asked| asked.request);
            let Ok(request @ (Request::Act(_) | Request::Policy(_) | Request::Pin(..))) = request else {
                continue;
            };
            assert_eq!(needs(&request), spec.role, "{}", spec.example);
            seen += 1;
        }
        assert!(seen > 15, "{seen}");
        let asked = |line: &str| needs(&parse(line).expect("a line").request);
        assert_eq!(asked("/announce hi"), Role::Admin);
        assert_eq!(asked("/keep hi"), Role::Admin);
        assert_eq!(asked("/announce all: hi"), Role::Owner);
        assert_eq!(asked("/ttl room 10m"), Role::Admin);
        assert_eq!(asked("hi"), Role::Member);
    }
}
