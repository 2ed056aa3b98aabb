//! Transcripts: what is typed after `$`, the exit code after `=`, and below them every line on stderr, up to an empty line.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Files that a transcript names by `@`, gone with the test.
pub(crate) struct Files(PathBuf);

impl Files {
    pub(crate) fn new() -> Files {
        let dir = std::env::temp_dir().join(format!("ephem-cli-{}", std::process::id()));
        std::fs::create_dir_all(dir.join("folder")).expect("a folder");
        let long = vec![b'a'; 5_000];
        let files: [(&str, &[u8]); 6] = [
            ("empty", b""),
            ("newline", b"\nsecond line\n"),
            ("latin1", b"caf\xe9\n"),
            ("long", &long),
            ("broken.toml", b"nick = \n"),
            ("short-key", b"fifteen bytes.."),
        ];
        for (name, bytes) in files {
            std::fs::write(dir.join(name), bytes).expect("a file");
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let private = std::fs::Permissions::from_mode(0o600);
            std::fs::set_permissions(dir.join("short-key"), private).expect("its mode");
        }
        Files(dir)
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Types every line after `$`, and gives the transcript as it came out. Comments stay.
pub(crate) fn play(script: &str, files: &Files) -> String {
    let mut told = String::new();
    for line in script.lines() {
        if line.starts_with('#') {
            let _ = writeln!(told, "{line}");
        } else if let Some(typed) = line.strip_prefix("$ ephem-node ") {
            let _ = writeln!(told, "{line}\n{}", one(typed, files));
        }
    }
    told
}

fn one(typed: &str, files: &Files) -> String {
    let dir = files.0.display().to_string();
    let args = words(typed).into_iter().map(|word| word.replace('@', &dir));
    let out = Command::new(env!("CARGO_BIN_EXE_ephem-node"))
        .args(args)
        .env("XDG_RUNTIME_DIR", "/nonexistent")
        .env("XDG_CONFIG_HOME", "/nonexistent")
        .stdin(Stdio::null())
        .output()
        .expect("the program starts");
    assert!(out.stdout.is_empty(), "{typed}: stdout is for data");
    let said = String::from_utf8(out.stderr).expect("output is UTF-8").replace(&dir, "@");
    let lines: Vec<&str> = said.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    format!("= {}\n{}\n", out.status.code().expect("it ended by itself"), lines.join("\n"))
}

/// Words as a shell splits them, as far as quotes go; `\u{..}` is a character that cannot be seen.
fn words(typed: &str) -> Vec<String> {
    let mut words = vec![];
    for (n, part) in typed.split('\'').enumerate() {
        if n % 2 == 1 {
            let unseen = [("\\u{202e}", "\u{202e}"), ("\\u{200b}", "\u{200b}")];
            words.push(unseen.iter().fold(part.to_owned(), |word, (name, c)| word.replace(name, c)));
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}
