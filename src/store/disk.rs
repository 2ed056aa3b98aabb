//! Where profiles lie, and how one is read, replaced and removed: the file system, and nothing else.
//!
//! The folder and what is in it are the owner's alone. A profile is replaced whole: a new file beside it, written through to
//! the disk, takes its name in one step, so that whoever is killed in between leaves the old one or the new one.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Seek, Write};
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use rand_core::CryptoRng;

use super::sealed::{self, Key, LARGEST};
use super::{Content, Fault};
use crate::crypto::slow::Cost;

/// The longest name.
const NAME: usize = 32;
/// Beside a profile while it is written, and the empty file that says it is in use. No profile's name has a dot.
const NEW: &str = "new";
/// See [`NEW`].
const LOCK: &str = "lock";

/// Where one profile lies.
#[derive(Clone, Debug)]
pub struct Place {
    pub(super) folder: PathBuf,
    pub(super) path: PathBuf,
}

/// A profile that is open: locked against other programs while this lives.
pub struct Profile {
    /// What is in it; [`Profile::save`] writes it.
    pub content: Content,
    pub(super) key: Key,
    pub(super) place: Place,
    _lock: File,
}

/// The folder that profiles lie in.
pub fn usual_folder() -> Result<PathBuf, Fault> {
    let dirs = etcetera::choose_base_strategy().map_err(|_| Fault::NoHome)?;
    Ok(dirs.data_dir().join("ephem-node").join("profiles"))
}

impl Place {
    /// The place of a profile in a folder.
    pub fn new(folder: &Path, name: &str) -> Result<Place, Fault> {
        let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit();
        let inner = |c: u8| plain(c) || c == b'-' || c == b'_';
        let fits = (1..=NAME).contains(&name.len()) && name.bytes().all(inner);
        if !fits || !name.bytes().next().is_some_and(plain) {
            return Err(Fault::Name);
        }
        Ok(Place { folder: folder.to_path_buf(), path: folder.join(name) })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether there is one. What cannot be looked at is there: it must not be made anew.
    pub fn exists(&self) -> bool {
        !matches!(fs::symlink_metadata(&self.path), Err(err) if err.kind() == ErrorKind::NotFound)
    }

    /// Makes a new one. One that is there stays.
    pub fn create(
        self,
        passphrase: &str,
        content: Content,
        cost: Cost,
        rng: &mut impl CryptoRng,
    ) -> Result<Profile, Fault> {
        self.make_folder()?;
        let lock = self.lock()?;
        if self.exists() {
            return Err(Fault::Exists);
        }
        let key = Key::make(passphrase, cost, rng)?;
        let profile = Profile { content, key, place: self, _lock: lock };
        profile.save(rng)?;
        Ok(profile)
    }

    /// Opens one. Whatever is wrong with it, it stays as it is.
    pub fn open(self, passphrase: &str, rng: &mut impl CryptoRng) -> Result<Profile, Fault> {
        if !self.exists() {
            return Err(Fault::Missing);
        }
        let lock = self.lock()?;
        let file = self.read()?;
        let (content, key) = sealed::open(&file, passphrase, rng)?;
        Ok(Profile { content, key, place: self, _lock: lock })
    }

    /// Whether it could be opened if the passphrase is right: found before anybody is asked for that.
    pub fn check(&self) -> Result<(), Fault> {
        if !self.exists() {
            return Err(Fault::Missing);
        }
        let _free = self.lock()?;
        sealed::check(&self.read()?)
    }

    /// Overwrites and removes it, in any state. What a file system keeps beside it, nobody can reach from here.
    pub fn wipe(self) -> Result<(), Fault> {
        if !self.exists() {
            return Err(Fault::Missing);
        }
        let _lock = self.lock()?;
        let rooms = self.room_files()?;
        for path in rooms.into_iter().chain([self.beside(NEW), self.path.clone()]) {
            remove(&path).map_err(|err| Fault::Disk(path, err))?;
        }
        let _gone = fs::remove_file(self.beside(LOCK));
        through(&self.folder).map_err(|err| Fault::Disk(self.folder.clone(), err))
    }

    /// Puts a copy there, sealed as it is. A file that is there stays.
    pub fn export(&self, to: &Path) -> Result<(), Fault> {
        if !self.exists() {
            return Err(Fault::Missing);
        }
        let _lock = self.lock()?;
        let bytes = self.read()?;
        sealed::check(&bytes)?;
        write_new(to, &bytes).map_err(|err| match err.kind() {
            ErrorKind::AlreadyExists => Fault::Taken(to.to_path_buf()),
            _ => Fault::Disk(to.to_path_buf(), err),
        })
    }

    /// Whether such a copy could become the profile if the passphrase is right: found before anybody is asked for that.
    pub fn check_copy(&self, from: &Path) -> Result<(), Fault> {
        if self.exists() {
            return Err(Fault::Exists);
        }
        sealed::check(&slurp(from, LARGEST)?)
    }

    /// Makes the profile from such a copy, if the passphrase opens it. One that is there stays.
    pub fn import(self, from: &Path, passphrase: &str, rng: &mut impl CryptoRng) -> Result<Profile, Fault> {
        let bytes = slurp(from, LARGEST)?;
        let (content, key) = sealed::open(&bytes, passphrase, rng)?;
        self.make_folder()?;
        let lock = self.lock()?;
        if self.exists() {
            return Err(Fault::Exists);
        }
        self.replace(&self.path, &bytes).map_err(|err| Fault::Disk(self.path.clone(), err))?;
        Ok(Profile { content, key, place: self, _lock: lock })
    }

    fn make_folder(&self) -> Result<(), Fault> {
        make_folder(&self.folder).map_err(|err| Fault::Disk(self.folder.clone(), err))?;
        mine(&self.folder)
    }

    fn beside(&self, what: &str) -> PathBuf {
        self.path.with_extension(what)
    }

    fn lock(&self) -> Result<File, Fault> {
        let path = self.beside(LOCK);
        let mut options = OpenOptions::new();
        private(options.write(true).create(true).truncate(false));
        let lock = options.open(&path).map_err(|err| Fault::Disk(path.clone(), err))?;
        match lock.try_lock() {
            Ok(()) => Ok(lock),
            Err(TryLockError::WouldBlock) => Err(Fault::Locked),
            Err(TryLockError::Error(err)) => Err(Fault::Disk(path, err)),
        }
    }

    fn read(&self) -> Result<Vec<u8>, Fault> {
        mine(&self.folder)?;
        mine(&self.path)?;
        slurp(&self.path, LARGEST)
    }

    /// Replaces a file whole, or not at all.
    pub(super) fn replace(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let new = self.beside(NEW);
        // Left by a program that was killed; nobody else writes here while the lock is held.
        match fs::remove_file(&new) {
            Err(err) if err.kind() != ErrorKind::NotFound => return Err(err),
            _ => {}
        }
        write_new(&new, bytes)?;
        fs::rename(&new, path)?;
        through(&self.folder)
    }
}

impl Profile {
    /// Writes what is in it, whole or not at all.
    pub fn save(&self, rng: &mut impl CryptoRng) -> Result<(), Fault> {
        let bytes = self.key.seal(&self.content, rng)?;
        self.place.replace(&self.place.path, &bytes).map_err(|err| Fault::Disk(self.place.path.clone(), err))
    }

    /// The file.
    pub fn path(&self) -> &Path {
        self.place.path()
    }
}

impl std::fmt::Debug for Profile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Profile({:?})", self.content)
    }
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    private(options.write(true).create_new(true));
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Reads a file that may be a profile, or what lies beside one.
pub(super) fn slurp(path: &Path, largest: usize) -> Result<Vec<u8>, Fault> {
    let told = |err| Fault::Disk(path.to_path_buf(), err);
    // Not opened otherwise: a pipe would keep this program waiting.
    if !fs::metadata(path).map_err(told)?.is_file() {
        return Err(Fault::Foreign);
    }
    let file = File::open(path).map_err(told)?;
    let mut bytes = Vec::new();
    // One byte more than any profile has: longer ones are seen to be too long, and not read.
    file.take(largest as u64 + 1).read_to_end(&mut bytes).map_err(told)?;
    Ok(bytes)
}

/// Overwrites a file and removes it, if it is there.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    match overwrite(path).and_then(|()| fs::remove_file(path)) {
        Err(err) if err.kind() == ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

fn overwrite(path: &Path) -> io::Result<()> {
    // A link is removed, and what it leads to is left alone.
    if !fs::symlink_metadata(path)?.is_file() {
        return Ok(());
    }
    let mut file = OpenOptions::new().write(true).open(path)?;
    let mut left = file.metadata()?.len();
    file.rewind()?;
    let zeros = [0; 4_096];
    while left > 0 {
        let now = left.min(zeros.len() as u64);
        let part = usize::try_from(now).ok().and_then(|now| zeros.get(..now)).unwrap_or(&zeros);
        file.write_all(part)?;
        left -= now;
    }
    file.sync_all()
}

#[cfg(unix)]
fn make_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn make_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

/// Only its owner may read a file that is made like this.
fn private(options: &mut OpenOptions) {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    #[cfg(not(unix))]
    let _ = options;
}

/// Refuses what others of the machine can get at.
#[cfg(unix)]
pub(super) fn mine(path: &Path) -> Result<(), Fault> {
    use std::os::unix::fs::MetadataExt;
    let found = fs::metadata(path).map_err(|err| Fault::Disk(path.to_path_buf(), err))?;
    let own = found.mode() & 0o077 == 0 && found.uid() == rustix::process::getuid().as_raw();
    if own { Ok(()) } else { Err(Fault::Exposed(path.to_path_buf())) }
}

#[cfg(not(unix))]
pub(super) fn mine(_path: &Path) -> Result<(), Fault> {
    Ok(())
}

/// Writes a folder's entries through to the disk.
#[cfg(unix)]
pub(super) fn through(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
pub(super) fn through(_folder: &Path) -> io::Result<()> {
    Ok(())
}
