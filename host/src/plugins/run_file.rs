//! The memory in which calls are put on record: a file's, so that it outlives the process.
//!
//! One file for each project, in the host's cache folder. It is locked while its host lives and deleted when the host
//! ends well, so a file that nobody holds tells of a run that did not.
//!
//! Whoever cuts the file off ends the host: a store to memory whose page the file has lost is SIGBUS. Memory that nobody can
//! cut off (sealed, or without a file) does not outlive the process; a system call for each store costs twenty times what a
//! call may; a handler of SIGBUS would be everybody's. So nobody may open it: the cache folder must not be writable for
//! others ([`place`](super::place)), and while the host lives the file has no permissions, which holds off its own user's
//! other programs as well. Who gives it some, or is root, can also kill the host.
//!
//! | Bytes | What |
//! | --- | --- |
//! | 0 to 8 | the [word](super::calls) |
//! | 8 to 256 | which format, release and boot of the machine |
//! | from 256 on, 256 each | the places: the plugin's id, a tab, what it is |

use std::{
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::atomic::AtomicU64,
};

use super::{cache_file, calls::Current, descriptors::is_identifier};

/// The size of the head, and of each place behind it.
const RECORD_BYTES: u64 = 256;

/// Where the text of the head begins, behind the word.
const HEAD_TEXT: usize = 8;

/// Where the kernel says which boot of the machine this is.
const BOOT: &str = "/proc/sys/kernel/random/boot_id";

/// The file, or memory in its place.
pub(super) struct RunFile {
    word: Word,
    /// None without a file.
    file: Option<(File, PathBuf)>,
}

/// Where the word stands.
enum Word {
    Memory(Box<AtomicU64>),
    #[cfg(unix)]
    Mapped(mapped::Word),
}

/// What is left of a run that did not end well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Remains {
    /// The machine has been started since, so that the run may have ended with it.
    pub(super) is_of_other_boot: bool,
    /// The call that was under way: the plugin's id, the call with its place.
    pub(super) call: Option<(String, String)>,
}

impl RunFile {
    /// Without a file; nothing remains of it.
    pub(super) fn in_memory() -> Self {
        Self {
            word: Word::Memory(Box::default()),
            file: None,
        }
    }

    /// The file of that path, and what a run before has left in it. Another host may have the same project; then this
    /// one gets memory.
    pub(super) fn begin(path: &Path) -> io::Result<(Self, Option<Remains>)> {
        cache_file::make_folder(path)?;
        let mut file = open(path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => {
                close_to_all(&file)?;
                return Ok((Self::in_memory(), None));
            }
            Err(fs::TryLockError::Error(error)) => return Err(error),
        }
        close_to_all(&file)?;
        let remains = remains(&mut file, &head());
        // In place of the old head, for which there is room on a full disk too.
        write_record(&file, 0, &[&[0; HEAD_TEXT], head().as_bytes()].concat())?;
        file.set_len(RECORD_BYTES)?;
        #[cfg(unix)]
        let word = Word::Mapped(mapped::Word::of(&file)?);
        // What is in memory tells the next run that this one did not end well, and no more.
        #[cfg(not(unix))]
        let word = Word::Memory(Box::default());
        let file = Some((file, path.to_owned()));
        Ok((Self { word, file }, remains))
    }

    #[inline]
    pub(super) fn word(&self) -> &AtomicU64 {
        match &self.word {
            Word::Memory(word) => word,
            #[cfg(unix)]
            Word::Mapped(word) => word.get(),
        }
    }

    /// Writes down what a place is. If that fails, the next run cannot name it.
    pub(super) fn describe(&self, at: u32, plugin: &str, what: &str) {
        let Some((file, _)) = &self.file else { return };
        let text = format!("{plugin}\t{what}");
        let text = &text[..text.floor_char_boundary(RECORD_BYTES as usize - 1)];
        let _ = write_record(file, at, text.as_bytes());
    }
}

impl Drop for RunFile {
    fn drop(&mut self) {
        if let Some((_, path)) = &self.file {
            // Under the lock, so it is still ours.
            let _ = fs::remove_file(path);
        }
    }
}

/// Opens the file, although a host before, or one that lives, has taken all permissions from it.
fn open(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
        if fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file()) {
            fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
        }
        options.mode(0o600);
    }
    cache_file::open(&mut options, path)
}

/// From now on nobody can open it who may not do everything.
#[cfg(unix)]
fn close_to_all(file: &File) -> io::Result<()> {
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o000))
}

#[cfg(not(unix))]
fn close_to_all(_: &File) -> io::Result<()> {
    Ok(())
}

/// Puts the bytes, which are no more than fit, into the place's record, and zeros behind them.
fn write_record(mut file: &File, place: u32, bytes: &[u8]) -> io::Result<()> {
    let mut record = [0; RECORD_BYTES as usize];
    let length = bytes.len().min(record.len());
    record[..length].copy_from_slice(&bytes[..length]);
    file.seek(SeekFrom::Start(u64::from(place) * RECORD_BYTES))?;
    file.write_all(&record)
}

/// What the head says of a run of this host, on this boot of the machine.
fn head() -> String {
    let boot = fs::read_to_string(BOOT).unwrap_or_default();
    format!("pulsewire run 1\t{}\t{}", env!("CARGO_PKG_VERSION"), boot.trim())
}

/// What such a file tells. Nothing of a file that no run of this host has written.
fn remains(file: &mut (impl Read + Seek), head: &str) -> Option<Remains> {
    let first = record(file, 0)?;
    let (word, theirs) = first.split_first_chunk()?;
    let theirs = text(theirs)?;
    let (ours, our_boot) = head.rsplit_once('\t')?;
    let boot = theirs.strip_prefix(ours)?.strip_prefix('\t')?;
    let call = Current::of(u64::from_ne_bytes(*word)).and_then(|current| {
        let record = record(file, current.place)?;
        let (plugin, place) = text(&record)?.split_once('\t')?;
        // It goes to the log, and into a command that is offered.
        is_identifier(plugin).then(|| (plugin.to_owned(), current.call.of_place(&escaped(place))))
    });
    Some(Remains {
        is_of_other_boot: boot != our_boot,
        call,
    })
}

/// The record of a place; that of place 0 is the word and the head.
fn record(file: &mut (impl Read + Seek), place: u32) -> Option<[u8; RECORD_BYTES as usize]> {
    let mut record = [0; RECORD_BYTES as usize];
    file.seek(SeekFrom::Start(u64::from(place) * RECORD_BYTES)).ok()?;
    file.read_exact(&mut record).ok()?;
    Some(record)
}

/// The text with nothing in it that a terminal obeys.
fn escaped(text: &str) -> String {
    let escape = |one: char| match one.is_control() {
        true => one.escape_default().to_string(),
        false => one.to_string(),
    };
    text.chars().map(escape).collect()
}

/// The text before the first zero.
fn text(record: &[u8]) -> Option<&str> {
    let text = record.split(|&byte| byte == 0).next()?;
    std::str::from_utf8(text).ok()
}

#[cfg(unix)]
mod mapped {
    //! A word in a mapped file.

    use std::{fs::File, io, ptr::NonNull, sync::atomic::AtomicU64};

    use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

    /// The first eight bytes of a file.
    pub(super) struct Word(NonNull<AtomicU64>);

    // SAFETY: it is a shared reference to an atomic, which any thread may use.
    unsafe impl Send for Word {}
    // SAFETY: as above.
    unsafe impl Sync for Word {}

    impl Word {
        /// The file must have them already; whoever cuts it off later ends this process.
        pub(super) fn of(file: &File) -> io::Result<Self> {
            let (access, flags) = (ProtFlags::READ | ProtFlags::WRITE, MapFlags::SHARED);
            // SAFETY: no address is asked for, so nothing that is mapped is replaced.
            let place = unsafe {
                mmap(
                    std::ptr::null_mut(),
                    size_of::<AtomicU64>(),
                    access,
                    flags,
                    file,
                    0,
                )
            }?;
            NonNull::new(place.cast())
                .map(Self)
                .ok_or_else(|| io::ErrorKind::Other.into())
        }

        #[inline]
        pub(super) fn get(&self) -> &AtomicU64 {
            // SAFETY: it is mapped until this is dropped, on a page boundary, and is only ever used as an atomic.
            unsafe { self.0.as_ref() }
        }
    }

    impl Drop for Word {
        fn drop(&mut self) {
            // SAFETY: it was mapped so, and nobody can have a reference any more.
            let _ = unsafe { munmap(self.0.as_ptr().cast(), size_of::<AtomicU64>()) };
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use super::*;

    /// What is left of a run that was cut off while its word was this.
    fn left_by(word: u64) -> (tempfile::TempDir, PathBuf) {
        left_by_place(word, "lamp", "node `dim` of graph `project` (lamp.dim)")
    }

    fn left_by_place(word: u64, plugin: &str, what: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let (path, kept) = (folder.path().join("runs/run"), folder.path().join("kept"));
        let (run, remains) = RunFile::begin(&path).unwrap();
        assert_eq!(remains, None);
        run.describe(1, plugin, what);
        run.word().store(word, Ordering::Relaxed);
        fs::hard_link(&path, &kept).unwrap();
        drop(run);
        assert!(!path.exists(), "a run that ends well leaves nothing");
        fs::rename(kept, &path).unwrap();
        (folder, path)
    }

    #[test]
    fn run_that_was_cut_off_tells_its_last_call() {
        let (_folder, path) = left_by(7 << 32 | 1 << 4 | 6);
        let (_run, remains) = RunFile::begin(&path).unwrap();
        let call = Some((
            "lamp".to_owned(),
            "`execute` of node `dim` of graph `project` (lamp.dim)".to_owned(),
        ));
        let is_of_other_boot = false;
        assert_eq!(
            remains,
            Some(Remains {
                is_of_other_boot,
                call
            })
        );
    }

    #[test]
    fn what_is_read_from_a_file_moves_no_terminal_and_names_only_ids() {
        let of = |plugin, what| {
            let (_folder, path) = left_by_place(7 << 32 | 1 << 4 | 6, plugin, what);
            RunFile::begin(&path).unwrap().1.unwrap().call
        };
        let (_, call) = of("lamp", "\u{1b}[2J\nnode").unwrap();
        assert_eq!(call, "`execute` of \\u{1b}[2J\\nnode");
        assert_eq!(of("lamp; rm", "node"), None);
        assert_eq!(of("\u{1b}[2J", "node"), None);
    }

    #[cfg(unix)]
    #[test]
    fn link_in_the_place_of_the_file_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("run"), folder.path().join("other"));
        fs::write(&other, "mine").unwrap();
        std::os::unix::fs::symlink(&other, &path).unwrap();
        assert!(RunFile::begin(&path).is_err());
        assert_eq!(fs::read(&other).unwrap(), b"mine");
    }

    #[cfg(unix)]
    #[test]
    fn nobody_may_open_the_file_while_its_host_lives() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("runs/run");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let (_run, _) = RunFile::begin(&path).unwrap();
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0, 0o700));
        if !rustix::process::geteuid().is_root() {
            let cut_off = File::options().write(true).truncate(true).open(&path);
            assert_eq!(cut_off.unwrap_err().kind(), io::ErrorKind::PermissionDenied);
        }
        let (_second, _) = RunFile::begin(&path).unwrap();
        assert_eq!(mode(&path), 0, "nor after another host has looked");
    }

    #[test]
    fn run_that_was_cut_off_between_calls_blames_nobody() {
        let (_folder, path) = left_by(7 << 32);
        let (_run, remains) = RunFile::begin(&path).unwrap();
        assert_eq!(remains.unwrap().call, None);
    }

    #[test]
    fn run_of_another_boot_is_told_apart() {
        let (_folder, path) = left_by(0);
        let mut file = File::open(&path).unwrap();
        let other = remains(&mut file, &format!("{}x", head())).unwrap();
        assert!(other.is_of_other_boot);
        assert_eq!(remains(&mut file, "pulsewire run 2\t0.1.0\tboot"), None);
    }

    #[test]
    fn damaged_file_is_ignored() {
        let (_folder, path) = left_by(u64::MAX);
        for damaged in [&b""[..], b"x", &[0xff; 300], &[0; 4096]] {
            fs::write(&path, damaged).unwrap();
            let (run, remains) = RunFile::begin(&path).unwrap();
            assert_eq!(remains, None);
            drop(run);
        }
    }

    #[test]
    fn second_host_of_a_project_leaves_the_first_one_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run");
        let (first, _) = RunFile::begin(&path).unwrap();
        let (second, remains) = RunFile::begin(&path).unwrap();
        assert_eq!(remains, None);
        drop(second);
        assert!(path.exists());
        drop(first);
        assert!(!path.exists());
    }
}
