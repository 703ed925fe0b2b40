//! A file of which only those parts are read that somebody asks for, each once.
//!
//! `object`'s cache does the reading. What it lacks is added here: a limit for files whose tables overlap, names
//! that are not one read each, and the reason why a read failed.

use std::{
    io::{BufReader, ErrorKind, Read, Seek},
    ops::Range,
};

use object::{
    ReadRef,
    read::{ReadCache, ReadCacheOps},
};

use super::rejection::Rejection;

/// What may be read beyond the length of the file. The parts of a sound file do not overlap, except for the ends of
/// [`window`]s.
const SLACK_BYTES: u64 = 1 << 20;

/// How much is read at once where less is asked for: the tables at the beginning of a file are many and small.
const BUFFER_BYTES: usize = 8 << 10;

/// The size of the first [`window`] in which the end of a name is sought.
const WINDOW_BYTES: u64 = 4 << 10;

/// The first `length` bytes of a file. A reference to it is what `object` reads from.
pub(super) struct PartialFile<R: Read + Seek> {
    cache: ReadCache<Meter<R>>,
    length: u64,
}

impl<R: Read + Seek> PartialFile<R> {
    /// The reader stands at its beginning.
    pub(super) fn new(reader: R, length: u64) -> Self {
        let meter = Meter {
            reader: BufReader::with_capacity(BUFFER_BYTES, reader),
            position: 0,
            length,
            left: length.saturating_add(SLACK_BYTES),
            refusal: None,
        };
        Self {
            cache: ReadCache::new(meter),
            length,
        }
    }

    /// Why a read failed, if one did for another reason than that it asked for what the file does not have.
    pub(super) fn into_refusal(self) -> Option<Rejection> {
        self.cache.into_inner().refusal
    }
}

impl<'a, R: Read + Seek> ReadRef<'a> for &'a PartialFile<R> {
    fn len(self) -> Result<u64, ()> {
        Ok(self.length)
    }

    fn read_bytes_at(self, offset: u64, size: u64) -> Result<&'a [u8], ()> {
        self.cache.read_bytes_at(offset, size)
    }

    fn read_bytes_at_until(self, range: Range<u64>, delimiter: u8) -> Result<&'a [u8], ()> {
        if range.start > range.end || range.end > self.length {
            return Err(());
        }
        let mut size = WINDOW_BYTES;
        loop {
            let window = window(range.start, size, self.length);
            let bytes = self.read_bytes_at(window.start, window.end - window.start)?;
            let sought = &bytes[(range.start - window.start) as usize..];
            let sought = &sought[..sought.len().min((range.end - range.start) as usize)];
            if let Some(length) = sought.iter().position(|&byte| byte == delimiter) {
                return Ok(&sought[..length]);
            }
            if window.end >= range.end {
                return Err(());
            }
            size = size.saturating_mul(16);
        }
    }
}

/// The part of the file around `start` that is read in one go. Neighbouring names share a window, and windows
/// overlap a little, so that few names end outside of theirs.
fn window(start: u64, size: u64, length: u64) -> Range<u64> {
    let begin = start - start % size;
    begin..begin.saturating_add(size.saturating_add(size / 16)).min(length)
}

/// Counts what is read, and ends it for good when it is too much or fails.
struct Meter<R> {
    reader: BufReader<R>,
    position: u64,
    length: u64,
    left: u64,
    refusal: Option<Rejection>,
}

impl<R: Read + Seek> Meter<R> {
    fn refuse<T>(&mut self, error: std::io::Error) -> Result<T, ()> {
        self.refusal = Some(match error.kind() {
            ErrorKind::UnexpectedEof => Rejection::Damaged {
                reason: "it became shorter while it was read".into(),
            },
            _ => Rejection::Unreadable(error),
        });
        Err(())
    }
}

impl<R: Read + Seek> ReadCacheOps for Meter<R> {
    fn len(&mut self) -> Result<u64, ()> {
        Ok(self.length)
    }

    /// The cache calls it before it makes room for what it will read.
    fn seek(&mut self, position: u64) -> Result<u64, ()> {
        if self.refusal.is_some() {
            return Err(());
        }
        let by = position.wrapping_sub(self.position).cast_signed();
        match self.reader.seek_relative(by) {
            Ok(()) => {
                self.position = position;
                Ok(position)
            }
            Err(error) => self.refuse(error),
        }
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ()> {
        self.read_exact(buffer).map(|()| buffer.len())
    }

    fn read_exact(&mut self, buffer: &mut [u8]) -> Result<(), ()> {
        let Some(left) = self.left.checked_sub(buffer.len() as u64) else {
            self.refusal = Some(Rejection::Damaged {
                reason: "its parts overlap".into(),
            });
            return Err(());
        };
        self.left = left;
        match Read::read_exact(&mut self.reader, buffer) {
            Ok(()) => {
                self.position += buffer.len() as u64;
                Ok(())
            }
            Err(error) => self.refuse(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        fs::File,
        io::{self, Cursor, SeekFrom},
    };

    use proptest::prelude::*;

    use super::*;

    fn partial(bytes: &[u8]) -> PartialFile<Cursor<&[u8]>> {
        PartialFile::new(Cursor::new(bytes), bytes.len() as u64)
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn names_are_those_of_the_whole_file(
            ends in proptest::collection::vec(0..200_000_usize, 0..40),
            asked in proptest::collection::vec((0..200_010_u64, 0..200_010_u64), 1..40),
        ) {
            let mut bytes = vec![b'n'; 200_000];
            for end in ends {
                bytes[end] = 0;
            }
            let file = partial(&bytes);
            for (start, end) in asked {
                let whole = bytes.as_slice().read_bytes_at_until(start..end, 0);
                prop_assert_eq!((&file).read_bytes_at_until(start..end, 0), whole);
            }
        }
    }

    #[test]
    fn neighbouring_names_are_one_read() {
        let bytes = vec![0; 10 << 20];
        let file = partial(&bytes);
        for start in 0..4000 {
            assert_eq!(
                (&file).read_bytes_at_until(start..bytes.len() as u64, 0),
                Ok(&[][..])
            );
        }
        let meter = file.cache.into_inner();
        assert_eq!(
            meter.left,
            meter.length + SLACK_BYTES - (WINDOW_BYTES + WINDOW_BYTES / 16)
        );
    }

    #[test]
    fn overlapping_parts_end_the_reading() {
        let bytes = vec![0; 1 << 20];
        let file = partial(&bytes);
        let read = |start: u64| (&file).read_bytes_at(start, bytes.len() as u64 - start).is_ok();
        assert!(read(0) && read(1) && read(0), "what is there already is no read");
        assert!(!read(2));
        assert!((&file).read_bytes_at(5, 1).is_err(), "nothing is read afterwards");
        let refusal = file.into_refusal().map(|refusal| refusal.to_string());
        assert_eq!(refusal.as_deref(), Some("the file is damaged: its parts overlap"));
    }

    #[test]
    fn what_the_file_does_not_have_is_never_asked_for() {
        let file = partial(b"plugin");
        for (start, size) in [(0, 7), (6, 1), (7, 0xffff), (1, u64::MAX), (u64::MAX, 1)] {
            assert!((&file).read_bytes_at(start, size).is_err(), "{start} {size}");
        }
        let meter = file.cache.into_inner();
        assert_eq!(meter.left, meter.length + SLACK_BYTES);
    }

    #[test]
    fn file_that_shrinks_is_damaged() {
        let file = PartialFile::new(Cursor::new(b"plugin"), 60);
        assert!((&file).read_bytes_at(3, 20).is_err());
        let refusal = file.into_refusal().map(|refusal| refusal.to_string());
        assert_eq!(
            refusal.as_deref(),
            Some("the file is damaged: it became shorter while it was read")
        );
    }

    #[test]
    fn failing_disk_is_told() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("the disk is on fire"))
            }
        }
        impl Seek for Broken {
            fn seek(&mut self, _: SeekFrom) -> io::Result<u64> {
                Ok(0)
            }
        }
        let file = PartialFile::new(Broken, 60);
        assert!((&file).read_bytes_at(3, 20).is_err());
        let refusal = file.into_refusal().map(|refusal| refusal.to_string());
        assert_eq!(
            refusal.as_deref(),
            Some("the file cannot be read: the disk is on fire")
        );
    }

    #[test]
    fn checks_of_a_library_read_a_small_part_of_it() {
        // This very test, which is built like a library.
        let path = std::env::current_exe().unwrap();
        let reader = File::open(&path).unwrap();
        let length = reader.metadata().unwrap().len();
        let file = PartialFile::new(reader, length);
        let refused = crate::plugins::object_file::metadata(&file).unwrap_err();
        assert!(matches!(refused, Rejection::NoEntry), "{refused}");
        let read = length + SLACK_BYTES - file.cache.into_inner().left;
        assert!(read < length / 4, "{read} of {length} bytes were read");
    }
}
