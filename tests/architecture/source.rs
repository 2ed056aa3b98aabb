//! Just enough of Rust's grammar to see what a file names: comments and literals blanked, the rest cut into tokens, and
//! every path spelled out, whether it stands in a nested import or in the middle of an expression.

/// A word or a mark of the source, with the line it stands on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'a> {
    pub(super) text: &'a str,
    pub(super) line: usize,
}

/// One path, from its head (`crate`, `std`, ..) to its last segment, and how many inline modules surround it.
#[derive(Debug)]
pub(super) struct Path<'a> {
    pub(super) segments: Vec<&'a str>,
    pub(super) line: usize,
    pub(super) inline_depth: usize,
    pub(super) renamed: bool,
}

/// The source with comments, strings and characters replaced by blanks; lines stay where they are.
pub(super) fn code_only(source: &str) -> String {
    let chars: Vec<char> = source.chars().collect();
    let mut out = String::with_capacity(source.len());
    let mut at = 0;
    while at < chars.len() {
        let end = literal_end(&chars, at);
        if end > at {
            out.extend(chars[at..end].iter().map(|&c| if c == '\n' { '\n' } else { ' ' }));
            at = end;
            continue;
        }
        // A word is copied whole, so that the `r` of `for` does not open a raw string.
        let word = chars[at..].iter().take_while(|&&c| is_word(c)).count().max(1);
        out.extend(&chars[at..at + word]);
        at += word;
    }
    out
}

/// Where the comment or literal that begins at `at` ends; `at` itself when none begins there.
fn literal_end(chars: &[char], at: usize) -> usize {
    let starts = |from: usize, what: &str| {
        chars[from.min(chars.len())..].iter().copied().take(what.len()).eq(what.chars())
    };
    if starts(at, "//") {
        return at + chars[at..].iter().take_while(|&&c| c != '\n').count();
    }
    if starts(at, "/*") {
        let (mut depth, mut i) = (1, at + 2);
        while depth > 0 && i < chars.len() {
            let step = if starts(i, "/*") {
                1
            } else if starts(i, "*/") {
                -1
            } else {
                0
            };
            depth += step;
            i += if step == 0 { 1 } else { 2 };
        }
        return i;
    }
    let mut open = at;
    while open < at + 2 && matches!(chars.get(open), Some('b' | 'c' | 'r')) {
        open += 1;
    }
    if open > at && chars[open - 1] == 'r' {
        let hashes = chars[open..].iter().take_while(|&&c| c == '#').count();
        if chars.get(open + hashes) == Some(&'"') {
            let close = format!("\"{}", "#".repeat(hashes));
            let body = open + hashes + 1;
            return (body..chars.len()).find(|&i| starts(i, &close)).map_or(chars.len(), |i| i + close.len());
        }
    }
    let is_char = |open: usize| chars.get(open + 1) == Some(&'\\') || chars.get(open + 2) == Some(&'\'');
    match chars.get(open) {
        Some('"') => quoted_end(chars, open, '"'),
        // Anything else after a single quote is a lifetime.
        Some('\'') if is_char(open) => quoted_end(chars, open, '\''),
        _ => at,
    }
}

fn quoted_end(chars: &[char], open: usize, quote: char) -> usize {
    let mut i = open + 1;
    while i < chars.len() && chars[i] != quote {
        i += if chars[i] == '\\' { 2 } else { 1 };
    }
    (i + 1).min(chars.len())
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Words, `::`, and every other mark by itself. `r#name` is `name`.
pub(super) fn tokens(code: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    for (number, text) in code.lines().enumerate() {
        let mut rest = text.trim_start();
        while let Some(first) = rest.chars().next() {
            let after_raw = rest.strip_prefix("r#").filter(|r| r.starts_with(is_word));
            rest = after_raw.unwrap_or(rest);
            let length = match rest.find(|c| !is_word(c)).unwrap_or(rest.len()) {
                0 if rest.starts_with("::") => 2,
                0 => first.len_utf8(),
                word => word,
            };
            found.push(Token { text: &rest[..length], line: number + 1 });
            rest = rest[length..].trim_start();
        }
    }
    found
}

/// Every path of the file that begins with one of `heads`.
pub(super) fn paths<'a>(tokens: &[Token<'a>], heads: &[&str]) -> Vec<Path<'a>> {
    let mut found = Vec::new();
    let mut braces = 0usize;
    let mut inline: Vec<usize> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let text = tokens[at].text;
        let before = |n: usize| at.checked_sub(n).map_or("", |i| tokens[i].text);
        match text {
            "{" => {
                braces += 1;
                if before(2) == "mod" {
                    inline.push(braces);
                }
            }
            "}" => {
                inline.retain(|&opened| opened != braces);
                braces = braces.saturating_sub(1);
            }
            // `::std::fs` is a path of its own, `tree::std::fs` is part of another.
            _ if heads.contains(&text) && !(before(1) == "::" && before(2).starts_with(is_word)) => {
                let mut reader = Reader { tokens, at, inline_depth: inline.len(), found: &mut found };
                reader.tree(&mut Vec::new());
                at = reader.at;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// Reads one path, branching where it opens braces.
struct Reader<'t, 'a> {
    tokens: &'t [Token<'a>],
    at: usize,
    inline_depth: usize,
    found: &'t mut Vec<Path<'a>>,
}

impl<'a> Reader<'_, 'a> {
    fn text(&self) -> &'a str {
        self.tokens.get(self.at).map_or("", |t| t.text)
    }

    fn tree(&mut self, prefix: &mut Vec<&'a str>) {
        let depth = prefix.len();
        loop {
            let text = self.text();
            if text == "{" {
                self.group(prefix);
                break;
            }
            if text != "*" && !text.starts_with(is_word) {
                self.emit(prefix);
                break;
            }
            prefix.push(text);
            self.at += 1;
            if self.text() != "::" {
                self.emit(prefix);
                break;
            }
            self.at += 1;
        }
        prefix.truncate(depth);
    }

    fn group(&mut self, prefix: &mut Vec<&'a str>) {
        self.at += 1;
        while !matches!(self.text(), "}" | "") {
            let before = self.at;
            self.tree(prefix);
            if self.text() == "," || self.at == before {
                self.at += 1;
            }
        }
        self.at += 1;
    }

    fn emit(&mut self, segments: &[&'a str]) {
        let line = self.at.checked_sub(1).and_then(|i| self.tokens.get(i)).map_or(0, |t| t.line);
        let renamed = self.text() == "as";
        self.found.push(Path { segments: segments.to_vec(), line, inline_depth: self.inline_depth, renamed });
        if renamed {
            self.at += 2;
        }
    }
}
