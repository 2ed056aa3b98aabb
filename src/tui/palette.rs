//! What the palette offers for what was typed into it.

use crate::chat::command::{Spec, TABLE};

/// Commands in which all letters typed occur in their order; those that begin so come first.
pub(super) fn matches(query: &str) -> Vec<&'static Spec> {
    let query = query.trim_start_matches('/');
    let mut found: Vec<(u8, &'static Spec)> =
        TABLE.iter().filter_map(|spec| Some((rank(query, spec)?, spec))).collect();
    found.sort_by_key(|(rank, _)| *rank);
    found.into_iter().map(|(_, spec)| spec).collect()
}

fn rank(query: &str, spec: &Spec) -> Option<u8> {
    let lower = || query.chars().flat_map(char::to_lowercase);
    let begins = |name: &str| name.chars().take(query.chars().count()).eq(lower());
    if spec.names().any(begins) {
        return Some(0);
    }
    let holds = |text: &str| {
        let mut rest = text.chars().flat_map(char::to_lowercase);
        lower().all(|wanted| rest.any(|c| c == wanted))
    };
    if holds(spec.name) { Some(1) } else { spec.help.contains(query).then_some(2) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_so_comes_first_and_words_of_the_help_are_found() {
        let names = |query| matches(query).iter().map(|spec| spec.name).collect::<Vec<_>>();
        assert_eq!(names("ki").first(), Some(&"kick"));
        assert!(names("opens once").contains(&"once"));
        assert!(names("vf").contains(&"verify"));
        assert_eq!(names("").len(), TABLE.len());
        assert!(names("zzz").is_empty());
    }
}
