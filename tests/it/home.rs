//! A folder of somebody's own, with a passphrase in a file and profiles beside it.

use std::fs;
use std::path::PathBuf;

use crate::words::{Folder, Net, finish, program};

pub(crate) struct Home {
    folder: Folder,
    words: PathBuf,
}

impl Home {
    pub(crate) fn new() -> Home {
        let folder = Folder::new();
        let words = folder.path().join("words");
        fs::write(&words, "seven otters row upstream").expect("written");
        Home { folder, words }
    }

    /// Where the programs of this home run.
    pub(crate) fn path(&self) -> &std::path::Path {
        self.folder.path()
    }

    pub(crate) fn data(&self) -> String {
        self.folder.path().join("data").to_str().expect("UTF-8").to_owned()
    }

    /// The folder of the profiles.
    pub(crate) fn profiles(&self) -> PathBuf {
        PathBuf::from(self.data()).join("ephem-node/profiles")
    }

    /// The file with the passphrase.
    pub(crate) fn words(&self) -> &str {
        self.words.to_str().expect("UTF-8")
    }

    /// Runs a command to its end; gives its exit code, what it printed and what it said.
    pub(crate) fn run(&self, args: &[&str]) -> (Option<i32>, String, String) {
        let mut command = program(self.path());
        let out = finish(command.env("XDG_DATA_HOME", self.data()).args(args), None);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (out.status.code(), text(&out.stdout), text(&out.stderr))
    }

    pub(crate) fn net(&self, others: &[&str]) -> Net {
        let mut net = Net::of(others);
        net.env.push(("XDG_DATA_HOME", self.data()));
        net
    }
}
