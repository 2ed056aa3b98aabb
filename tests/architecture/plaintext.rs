//! Copies of plaintext that nobody wipes: a message's text or a secret put into a string of its own, or into one that
//! something is formatted with. That the types themselves cannot be formatted is the compiler's to see to.

use super::source::Token;

/// What holds a text or a secret is called one of these.
const NAMES: &[&str] = &["text", "body", "draft", "secret", "passphrase"];
/// What hands out its bytes.
const BARE: &[&str] = &["as_str", "expose"];
/// What makes a copy of them.
const COPIES: &[&str] = &[
    "to_owned",
    "to_string",
    "to_vec",
    "into",
    "into_boxed_str",
    "repeat",
    "replace",
    "to_lowercase",
    "to_uppercase",
];
/// What makes a string of them, or tells them to a log. What writes goes where its first argument says.
const MAKERS: &[&str] = &[
    "format", "print", "println", "eprint", "eprintln", "panic", "trace", "debug", "info", "warn", "error",
    "event",
];

/// Every place where a copy is made that is not wiped.
pub(super) fn copied(tokens: &[Token<'_>]) -> Vec<(usize, String)> {
    let text = |at: usize| tokens.get(at).map_or("", |t| t.text);
    let mut found = Vec::new();
    // At which depth of brackets each macro of those began.
    let (mut depth, mut macros) = (0_usize, Vec::new());
    for (at, token) in tokens.iter().enumerate() {
        match token.text {
            "#" if (1..8).map(|n| text(at + n)).eq(["[", "cfg", "(", "test", ")", "]", "mod"]) => break,
            "(" | "[" | "{" => {
                depth += 1;
                if at >= 2 && text(at - 1) == "!" && MAKERS.contains(&text(at - 2)) {
                    macros.push(depth);
                }
            }
            ")" | "]" | "}" => {
                macros.retain(|began| *began != depth);
                depth = depth.saturating_sub(1);
            }
            name if NAMES.contains(&name) && text(at + 1) == "." && BARE.contains(&text(at + 2)) => {
                let after = (text(at + 3) == "(" && text(at + 5) == ".").then(|| text(at + 6));
                let copied = after.is_some_and(|word| COPIES.contains(&word))
                    || taken_by(tokens, at, &["String", "Vec", "Box"], "from");
                if !macros.is_empty() || copied && !taken_by(tokens, at, &["Zeroizing"], "new") {
                    found.push((token.line, format!("`{name}.{}()` is copied", text(at + 2))));
                }
            }
            _ => {}
        }
    }
    found
}

/// Whether the expression that leads to `at` is the argument of such a call.
fn taken_by(tokens: &[Token<'_>], at: usize, types: &[&str], function: &str) -> bool {
    let leads = |text: &str| {
        text.starts_with(|c: char| c.is_alphanumeric() || c == '_') || [".", "&", "*"].contains(&text)
    };
    let from = tokens[..at].iter().rposition(|t| !leads(t.text));
    from.and_then(|open| tokens.get(open.checked_sub(3)?..=open)).is_some_and(|call| {
        types.contains(&call[0].text)
            && call[1].text == "::"
            && call[2].text == function
            && call[3].text == "("
    })
}
