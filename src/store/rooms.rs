//! Rooms that are kept, each a sealed file of its own beside its profile: found, read, replaced whole and removed. The
//! profile's lock holds for all of them, and a file that does not open is never written over.

use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use rand_core::CryptoRng;

use super::disk::{Place, Profile, mine, remove, slurp, through};
use super::sealed::LARGEST_ROOM;
use super::{Fault, room};
use crate::crypto::root::Root;
use crate::room::Keepsake;

/// What a room's file is called after its profile. No profile's name has a dot, and no other file of one has this.
const ROOM: &str = "room-";

/// A room's file, and what is in it.
pub struct Found {
    /// The digits by which the file is called.
    pub digits: String,
    /// What is in it, or why nothing can be read of it.
    pub room: Result<Keepsake, Fault>,
}

impl Place {
    /// The files of kept rooms, whatever is in them.
    pub(super) fn room_files(&self) -> Result<Vec<PathBuf>, Fault> {
        let told = |err| Fault::Disk(self.folder.clone(), err);
        let entries = match fs::read_dir(&self.folder) {
            Err(err) if err.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(told)?,
        };
        let mut files = Vec::new();
        for entry in entries {
            let path = entry.map_err(told)?.path();
            if path.file_stem() == self.path.file_name() && digits(&path).is_some() {
                files.push(path);
            }
        }
        files.sort();
        Ok(files)
    }
}

/// The digits in the name of a room's file.
fn digits(path: &Path) -> Option<&str> {
    path.extension().and_then(OsStr::to_str)?.strip_prefix(ROOM)
}

impl Profile {
    /// All kept rooms.
    pub fn rooms(&self) -> Result<Vec<Found>, Fault> {
        let found = |path: PathBuf| Found {
            digits: digits(&path).unwrap_or_default().to_owned(),
            room: self.read_room(&path),
        };
        Ok(self.place.room_files()?.into_iter().map(found).collect())
    }

    /// What is kept of the room with this root, if anything is. Where it cannot be read nothing may be written either.
    pub fn room(&self, root: &Root) -> Result<Option<Keepsake>, Fault> {
        let path = self.room_path(root);
        match fs::symlink_metadata(&path) {
            Err(err) if err.kind() == ErrorKind::NotFound => Ok(None),
            _ => self.read_room(&path).map(Some),
        }
    }

    /// Writes what is kept of a room, whole or not at all, in place of what was.
    pub fn keep_room(&self, keepsake: &Keepsake, rng: &mut impl CryptoRng) -> Result<(), Fault> {
        let bytes = self.key.seal_room(&room::encode(keepsake)?, rng)?;
        let path = self.room_path(&keepsake.root);
        self.place.replace(&path, &bytes).map_err(|err| Fault::Disk(path, err))
    }

    /// Overwrites and removes what is kept of a room.
    pub fn forget_room(&self, root: &Root) -> Result<(), Fault> {
        self.remove_room(&self.room_path(root))
    }

    /// The same for a file of which nothing can be read, by its digits.
    pub fn forget_file(&self, found: &Found) -> Result<(), Fault> {
        self.remove_room(&self.place.path.with_extension(format!("{ROOM}{}", found.digits)))
    }

    fn remove_room(&self, path: &Path) -> Result<(), Fault> {
        let told = |err| Fault::Disk(path.to_path_buf(), err);
        remove(path).map_err(told)?;
        through(&self.place.folder).map_err(told)
    }

    fn read_room(&self, path: &Path) -> Result<Keepsake, Fault> {
        mine(path)?;
        room::decode(&self.key.open_room(&slurp(path, LARGEST_ROOM)?)?)
    }

    fn room_path(&self, root: &Root) -> PathBuf {
        self.place.path.with_extension(format!("{ROOM}{}", self.key.room_name(root)))
    }
}
