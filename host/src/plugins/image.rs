//! The bytes of a library, read once and out of everybody's reach: what is hashed, tried out and loaded is the same.
//!
//! A file that is overwritten in place changes the code of whoever has it mapped. So the loader never gets the
//! plugin's own file, but a copy: sealed memory on Linux, a private file elsewhere. The copy ends where the loader
//! stops reading; debug information behind that costs no memory.

use std::{
    fmt,
    fs::File,
    io::{self, Read, Seek, Write},
    path::{Path, PathBuf},
};

use pulsewire_plugin_api::manifest::Manifest;
use sha2::{Digest, Sha256};

use super::{
    inspect::{Opening, Stamp, examine},
    place::check_needed,
    rejection::Rejection,
};

/// How much is read at once.
const CHUNK_BYTES: usize = 256 << 10;

/// How long to wait until memory can be sealed. The kernel refuses that while anybody holds one of the pages, itself for
/// instance: on a loaded machine some are on their way to its lists for longer than it waits by itself
/// (`memfd_wait_for_pins` in Linux's mm/memfd.c).
#[cfg(target_os = "linux")]
const SEAL_PATIENCE: std::time::Duration = std::time::Duration::from_secs(5);

/// The SHA-256 of a library's file: what `sha256sum` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hash([u8; 32]);

impl Hash {
    /// Of 64 hexadecimal digits, in either case.
    pub fn parse(text: &str) -> Option<Self> {
        let mut hash = [0; 32];
        let digits = text.as_bytes();
        if digits.len() != 2 * hash.len() {
            return None;
        }
        for (byte, pair) in hash.iter_mut().zip(digits.chunks_exact(2)) {
            let digit = |at: usize| char::from(pair[at]).to_digit(16);
            *byte = (digit(0)? << 4 | digit(1)?) as u8;
        }
        Some(Self(hash))
    }
}

/// 64 hexadecimal digits, in lower case.
impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The hash of the library at `path` as it is now. Reads the whole file, runs none of it.
pub fn hash_library(path: &Path) -> Result<Hash, Rejection> {
    let mut opening = Opening::of(path)?;
    let length = opening.length();
    copy(&mut opening.file, length, &mut Vec::new(), 0).map_err(Rejection::Unreadable)
}

/// A copy of a library that passed the static checks.
pub(super) struct Image {
    copy: PrivateFile,
    pub(super) hash: Hash,
    /// The length of the library's file.
    pub(super) bytes: u64,
    pub(super) manifest: Manifest,
    pub(super) stamp: Stamp,
}

impl Image {
    /// Checks and copies the library.
    pub(super) fn of(path: &Path) -> Result<Self, Rejection> {
        let mut opening = Opening::of(path)?;
        let (stamp, bytes) = (opening.stamp, opening.length());
        let examined = examine(opening.partial(), opening.id);
        examined.verdict?;
        check_needed(path, &examined.needed)?;
        let manifest = examined.manifest.ok_or(Rejection::NoMetadata)?;
        let mut private = PrivateFile::new(path).map_err(Rejection::Copy)?;
        let loaded = examined.loaded_bytes.min(bytes);
        let copied = opening
            .file
            .rewind()
            .and_then(|()| copy(&mut opening.file, bytes, &mut private.file, loaded));
        let hash = copied.map_err(Rejection::Unreadable)?;
        if Stamp::of_file(&opening.file) != Some(stamp) {
            return Err(Rejection::Changing);
        }
        private.seal().map_err(Rejection::Copy)?;
        Ok(Self {
            copy: private,
            hash,
            bytes,
            manifest,
            stamp,
        })
    }

    /// Where the loader finds the copy, in this process.
    pub(super) fn path(&self) -> PathBuf {
        self.copy.path()
    }

    /// The copy for another process, and where that finds it once it has it as its standard input.
    pub(super) fn for_child(&self) -> io::Result<(File, PathBuf)> {
        Ok((self.copy.file.try_clone()?, self.copy.path_of_child()))
    }

    /// Keeps the copy as long as the process, for a library that is loaded from it.
    pub(super) fn leak(self) {
        std::mem::forget(self.copy);
    }
}

/// Copies the first `kept` of the `length` bytes, and hashes all of them.
fn copy(from: &mut impl Read, length: u64, to: &mut impl Write, kept: u64) -> io::Result<Hash> {
    let mut hasher = Sha256::new();
    let mut chunk = vec![0; CHUNK_BYTES];
    let (mut left, mut kept) = (length, kept);
    while left > 0 {
        let size = left.min(CHUNK_BYTES as u64) as usize;
        let read = from.read(&mut chunk[..size])?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let bytes = &chunk[..read];
        hasher.update(bytes);
        let wanted = kept.min(read as u64);
        to.write_all(&bytes[..wanted as usize])?;
        (left, kept) = (left - read as u64, kept - wanted);
    }
    Ok(Hash(hasher.finalize().into()))
}

/// The file that the loader gets.
struct PrivateFile {
    file: File,
    /// Its path, where it has one.
    #[cfg(not(target_os = "linux"))]
    path: tempfile::TempPath,
}

#[cfg(target_os = "linux")]
impl PrivateFile {
    /// Memory under the library's name; where the system refuses that, a file without a name.
    fn new(library: &Path) -> io::Result<Self> {
        use rustix::fs::{MemfdFlags, memfd_create};
        let name = library.file_name().unwrap_or_default();
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        // Systems before Linux 6.3 do not know the flag.
        let memory = memfd_create(name, flags | MemfdFlags::EXEC).or_else(|_| memfd_create(name, flags));
        let file = match memory {
            Ok(memory) => File::from(memory),
            Err(_) => tempfile::tempfile()?,
        };
        Ok(Self { file })
    }

    /// From now on nobody can change it. A file without a name nobody else can reach anyway.
    fn seal(&self) -> io::Result<()> {
        use rustix::{
            fs::{SealFlags, fcntl_add_seals, fcntl_get_seals},
            io::Errno,
        };
        use std::{
            thread,
            time::{Duration, Instant},
        };
        if fcntl_get_seals(&self.file).is_err() {
            return Ok(());
        }
        let seals = SealFlags::WRITE | SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL;
        let give_up = Instant::now() + SEAL_PATIENCE;
        loop {
            match fcntl_add_seals(&self.file, seals) {
                Err(Errno::BUSY) if Instant::now() < give_up => thread::sleep(Duration::from_millis(5)),
                sealed => return Ok(sealed?),
            }
        }
    }

    fn path(&self) -> PathBuf {
        use std::os::fd::AsRawFd;
        format!("/proc/self/fd/{}", self.file.as_raw_fd()).into()
    }

    fn path_of_child(&self) -> PathBuf {
        "/proc/self/fd/0".into()
    }
}

#[cfg(not(target_os = "linux"))]
impl PrivateFile {
    fn new(library: &Path) -> io::Result<Self> {
        let name = library.file_name().unwrap_or_default();
        let mut builder = tempfile::Builder::new();
        let (file, path) = builder.prefix("pulsewire-").suffix(name).tempfile()?.into_parts();
        Ok(Self { file, path })
    }

    fn seal(&mut self) -> io::Result<()> {
        let mut permissions = self.file.metadata()?.permissions();
        permissions.set_readonly(true);
        std::fs::set_permissions(&self.path, permissions)
    }

    fn path(&self) -> PathBuf {
        self.path.to_path_buf()
    }

    fn path_of_child(&self) -> PathBuf {
        self.path()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hash_is_that_of_the_whole_and_the_copy_ends_where_the_loader_does() {
        let mut kept = Vec::new();
        let hash = copy(&mut &b"abc"[..], 3, &mut kept, 2).unwrap();
        assert_eq!(kept, b"ab");
        let known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hash.to_string(), known);
        assert_eq!(Hash::parse(&known.to_uppercase()), Some(hash));
    }

    #[test]
    fn hash_is_64_digits_and_nothing_else() {
        for wrong in ["", "ab", &"g".repeat(64), &"a".repeat(63), &"é".repeat(32)] {
            assert_eq!(Hash::parse(wrong), None, "{wrong}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn sealing_waits_until_nobody_holds_the_memory() {
        use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};
        use std::{ptr, thread, time::Duration};

        let mut private = PrivateFile::new(Path::new("library")).unwrap();
        private.file.write_all(&[0; 4096]).unwrap();
        let (access, flags) = (ProtFlags::READ | ProtFlags::WRITE, MapFlags::SHARED);
        // SAFETY: the place is the system's choice, and nobody uses what is there.
        let map = unsafe { mmap(ptr::null_mut(), 4096, access, flags, &private.file, 0) }.unwrap() as usize;
        let holder = thread::spawn(move || {
            thread::sleep(Duration::from_millis(50));
            // SAFETY: nobody uses the memory.
            unsafe { munmap(map as *mut _, 4096) }.unwrap();
        });
        private.seal().unwrap();
        holder.join().unwrap();
        assert!(private.file.write_all(&[0]).is_err());
    }

    #[test]
    fn file_that_ends_early_is_an_error() {
        let error = copy(&mut &b"abc"[..], 4, &mut Vec::new(), 0).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }
}
