//! Small files in the host's cache folder, whatever stands there by now: no FIFO makes the host wait, no link leads it
//! elsewhere, no huge file costs its memory.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    path::Path,
};

/// The longest file that is read, in bytes.
const MAX_BYTES: u64 = 64 << 10;

/// Makes the folder of a file, for nobody else.
pub(super) fn make_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(path.parent().unwrap_or(path))
}

/// Opens the regular file at `path`, and nothing else.
pub(super) fn open(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        std::os::unix::fs::OpenOptionsExt::custom_flags(options, flags.bits().cast_signed());
    }
    let file = options.open(path)?;
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is no regular file",
        )),
    }
}

/// All of the file.
pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let file = open(OpenOptions::new().read(true), path)?;
    let mut bytes = Vec::new();
    match file.take(MAX_BYTES + 1).read_to_end(&mut bytes)? as u64 > MAX_BYTES {
        false => Ok(bytes),
        true => Err(io::ErrorKind::FileTooLarge.into()),
    }
}

/// Puts the file there whole or not at all, in place of whatever stands there: several hosts may write the same.
pub(super) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    make_folder(path)?;
    let folder = path.parent().unwrap_or(path);
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.persist(path).map(drop).map_err(|error| error.error)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn only_small_regular_files_are_read_and_none_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        write(&at("file"), b"text").unwrap();
        assert_eq!(read(&at("file")).unwrap(), b"text");
        symlink(at("file"), at("link")).unwrap();
        let mode = rustix::fs::Mode::RWXU;
        rustix::fs::mknodat(rustix::fs::CWD, at("fifo"), rustix::fs::FileType::Fifo, mode, 0).unwrap();
        let huge = File::create(at("huge")).unwrap();
        huge.set_len(MAX_BYTES + 1).unwrap();
        for name in ["link", "fifo", "huge", "missing"] {
            assert!(read(&at(name)).is_err(), "{name}");
        }
        assert!(open(OpenOptions::new().read(true).write(true), &at("fifo")).is_err());
        write(&at("fifo"), b"text").unwrap();
        assert_eq!(read(&at("fifo")).unwrap(), b"text");
    }
}
