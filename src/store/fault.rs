//! Why a profile cannot be used. Each is said with what to do, and none of them ever changes the file.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// Why there is no profile.
#[derive(Debug)]
pub enum Fault {
    /// A name that no profile can have.
    Name,
    /// The system names no folder for it.
    NoHome,
    /// There is none of that name.
    Missing,
    /// There is one already.
    Exists,
    /// There is a file where a copy was to go.
    Taken(PathBuf),
    /// Another program has it open.
    Locked,
    /// Others can read it, or could put another in its place.
    Exposed(PathBuf),
    /// Not a profile of this program.
    Foreign,
    /// Written by a program that is newer.
    Newer(u8),
    /// Changed or cut short since it was written.
    Damaged,
    /// A kept room, changed or cut short since it was written.
    RoomDamaged,
    /// A room that another profile kept.
    RoomForeign,
    /// There is no kept room of that name.
    RoomMissing,
    /// The passphrase does not open it.
    Passphrase,
    /// No passphrase at all.
    Empty,
    /// The slow hash did not get its memory.
    Memory,
    /// More than a profile can hold.
    Full,
    /// The disk refused.
    Disk(PathBuf, io::Error),
}

impl Fault {
    /// Whether it is the door that is shut, rather than the file that is unusable: a script may try again.
    pub fn is_locked(&self) -> bool {
        matches!(self, Fault::Locked | Fault::Passphrase | Fault::Empty)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Fault::Name => {
                "a profile's name is 1 to 32 of a-z, 0-9, - and _, and begins with a letter or a digit"
            }
            Fault::NoHome => "there is no home folder to keep a profile in; set XDG_DATA_HOME",
            Fault::Missing => "there is no profile of that name",
            Fault::Exists => "there is a profile of that name already, and it was left as it is",
            Fault::Taken(path) => {
                return write!(f, "{} is there already, and was left as it is", path.display());
            }
            Fault::Locked => "this profile is in use by another program; end that one first",
            Fault::Exposed(path) => {
                return write!(f, "others can get at {0}; `chmod go= {0}` shuts them out", path.display());
            }
            Fault::Foreign => "this is no profile of ephem-node; it was left as it is",
            Fault::Newer(version) => {
                return write!(
                    f,
                    "this profile was written by a newer ephem-node (form {version}); use that one"
                );
            }
            Fault::Damaged => {
                "this profile is damaged; it was left as it is: put a copy of it back, or `wipe` it"
            }
            Fault::RoomDamaged => {
                "this kept room is damaged; it was left as it is: put a copy of it back, or `rooms forget` it"
            }
            Fault::RoomForeign => "this room was kept by another profile; it was left as it is",
            Fault::RoomMissing => "no room of that name is kept here; `rooms` lists those that are",
            Fault::Passphrase => "this passphrase does not open the profile",
            Fault::Empty => "the passphrase is empty; a profile has to have one",
            Fault::Memory => {
                "opening a profile takes 256 MiB of memory for a moment, and there is not so much"
            }
            Fault::Full => "this is more than a profile can hold",
            Fault::Disk(path, err) => return write!(f, "{}: {err}", path.display()),
        })
    }
}

impl std::error::Error for Fault {}
