//! The checks on a library as an object file. They read bytes; nothing of the library runs.
//!
//! A file that passes may still be corrupt inside a segment; only a trial in another process could tell.

use object::{
    Architecture, Endianness, FileKind, Object, ObjectKind, ObjectSection, ObjectSegment, ReadRef, elf,
    read::elf::{FileHeader, ProgramHeader},
};
use pulsewire_plugin_api::{abi::ENTRY_SYMBOL, manifest::SECTION_NAME};

use super::rejection::Rejection;

#[cfg(target_pointer_width = "64")]
type ElfHeader = elf::FileHeader64<Endianness>;
#[cfg(not(target_pointer_width = "64"))]
type ElfHeader = elf::FileHeader32<Endianness>;

/// The format of this system's libraries: its name, the kind of file, the machine.
struct Ours {
    format: &'static str,
    kind: FileKind,
    machine: &'static str,
    architecture: Architecture,
}

const OURS: Ours = Ours {
    format: if cfg!(windows) {
        "a 64-bit PE library"
    } else if cfg!(target_vendor = "apple") {
        "a 64-bit Mach-O library"
    } else if cfg!(target_pointer_width = "64") {
        "a 64-bit ELF library"
    } else {
        "a 32-bit ELF library"
    },
    kind: if cfg!(windows) {
        FileKind::Pe64
    } else if cfg!(target_vendor = "apple") {
        FileKind::MachO64
    } else if cfg!(target_pointer_width = "64") {
        FileKind::Elf64
    } else {
        FileKind::Elf32
    },
    machine: std::env::consts::ARCH,
    architecture: if cfg!(target_arch = "x86_64") {
        Architecture::X86_64
    } else if cfg!(target_arch = "aarch64") {
        Architecture::Aarch64
    } else if cfg!(target_arch = "arm") {
        Architecture::Arm
    } else if cfg!(target_arch = "x86") {
        Architecture::I386
    } else if cfg!(target_arch = "riscv64") {
        Architecture::Riscv64
    } else {
        Architecture::Unknown
    },
};

/// The metadata of the plugin library `library`, if this system could load it. Reads headers, tables of symbols and
/// the metadata; not the code, nor what debuggers want.
pub(super) fn metadata<'a>(library: impl ReadRef<'a>) -> Result<&'a [u8], Rejection> {
    let length = library.len().unwrap_or_default();
    check_format(library, length)?;
    if OURS.format.contains("ELF") {
        check_elf(library, length)?;
    }
    let file = object::File::parse(library).map_err(damaged)?;
    check_machine(&file)?;
    check_ranges(&file, length)?;
    if file.kind() != ObjectKind::Dynamic {
        let found = "an object file of another kind".to_owned();
        return Err(Rejection::Format {
            found,
            expected: OURS.format,
        });
    }
    check_entry(&file)?;
    let section = file.section_by_name(SECTION_NAME).ok_or(Rejection::NoMetadata)?;
    let data = section.data().map_err(damaged)?;
    // Some formats fill a section up with zeros.
    let end = data
        .iter()
        .rposition(|&byte| byte != 0)
        .map_or(0, |last| last + 1);
    Ok(&data[..end])
}

/// How much of the library, from its beginning, the system's loader reads: of an ELF file all that a segment or the
/// table of segments holds. Everything, if that cannot be known.
pub(super) fn loaded_bytes<'a>(library: impl ReadRef<'a>) -> u64 {
    let length = library.len().unwrap_or_default();
    let of_segments = || {
        let header = ElfHeader::parse(library).ok()?;
        let endian = header.endian().ok()?;
        let segments = header.program_headers(endian, library).ok()?;
        let (table, _) = table(header.e_phoff(endian), 0, 0);
        let ends = segments.iter().map(|segment| {
            let (offset, size): (u64, u64) = segment.file_range(endian);
            offset.saturating_add(size)
        });
        let table_end = table.saturating_add(size_of_val(segments) as u64);
        ends.chain([table_end]).max()
    };
    let is_elf = OURS.format.contains("ELF");
    is_elf.then(of_segments).flatten().unwrap_or(length).min(length)
}

/// The names of the libraries that this one needs; none if they cannot be read.
pub(super) fn needed<'a>(library: impl ReadRef<'a>) -> Vec<String> {
    let Ok(file) = object::File::parse(library) else {
        return Vec::new();
    };
    let names = file.import_libraries().into_iter().flatten().flatten();
    names
        .map(|one| String::from_utf8_lossy(one.name()).into_owned())
        .collect()
}

/// Which compiler says in the library that it built it: `rustc 1.95.0 (…)`.
pub(super) fn compiler<'a>(library: impl ReadRef<'a>) -> Option<String> {
    let file = object::File::parse(library).ok()?;
    let comments = file.section_by_name(".comment")?.data().ok()?;
    let mut comments = comments
        .split(|&byte| byte == 0)
        .filter_map(|one| std::str::from_utf8(one).ok());
    comments.find_map(|comment| Some(format!("rustc {}", comment.strip_prefix("rustc version ")?)))
}

fn damaged(error: object::Error) -> Rejection {
    Rejection::Damaged {
        reason: error.to_string(),
    }
}

fn check_format<'a>(library: impl ReadRef<'a>, length: u64) -> Result<(), Rejection> {
    let found = match FileKind::parse(library) {
        Ok(kind) if kind == OURS.kind => return Ok(()),
        Ok(FileKind::Elf32) => "a 32-bit ELF file",
        Ok(FileKind::Elf64) => "a 64-bit ELF file",
        Ok(FileKind::Pe32) => "a 32-bit Windows file",
        Ok(FileKind::Pe64) => "a 64-bit Windows file",
        Ok(FileKind::MachO32 | FileKind::MachO64) => "a macOS file",
        Ok(FileKind::MachOFat32 | FileKind::MachOFat64) => "a universal macOS file",
        Ok(FileKind::Archive) => "a static library",
        _ => {
            let found = match library.read_bytes_at(0, length.min(512)) {
                Ok([]) => "empty",
                Ok(text) if text.iter().all(|byte| is_text(*byte)) => "a text file",
                _ => "a file of unknown format",
            };
            return Err(Rejection::NotALibrary { found });
        }
    };
    Err(Rejection::Format {
        found: found.to_owned(),
        expected: OURS.format,
    })
}

/// No byte of an encoded text is a control character other than these.
fn is_text(byte: u8) -> bool {
    byte >= 0x20 || matches!(byte, b'\n' | b'\r' | b'\t')
}

/// ELF's own fields: the system, and whether its tables and segments lie inside the file. A loader maps segments
/// without looking, and the process dies when it touches one that the file lacks.
fn check_elf<'a>(library: impl ReadRef<'a>, length: u64) -> Result<(), Rejection> {
    let header = <ElfHeader as FileHeader>::parse(library).map_err(|_| Rejection::CutOff {
        part: "the header".into(),
        end: size_of::<ElfHeader>() as u64,
        length,
    })?;
    let endian = header.endian().map_err(damaged)?;
    let system = header.e_ident().os_abi;
    if ![elf::ELFOSABI_NONE, elf::ELFOSABI_GNU].contains(&system) {
        return Err(Rejection::Format {
            found: format!("an ELF file of the system {}", system.0),
            expected: OURS.format,
        });
    }
    let segments = table(
        header.e_phoff(endian),
        header.e_phnum(endian),
        header.e_phentsize(endian),
    );
    within(|| "the table of segments".into(), segments, length)?;
    let sections = table(
        header.e_shoff(endian),
        header.e_shnum(endian),
        header.e_shentsize(endian),
    );
    within(|| "the table of sections".into(), sections, length)?;
    let headers = header.program_headers(endian, library).map_err(damaged)?;
    for (number, segment) in headers.iter().enumerate() {
        within(|| format!("segment {number}"), segment.file_range(endian), length)?;
    }
    Ok(())
}

/// Offset and size of a table; offsets have the width of the machine's words.
fn table(offset: impl Into<u64>, entries: u16, size: u16) -> (u64, u64) {
    (offset.into(), u64::from(entries) * u64::from(size))
}

fn check_machine<'a>(file: &object::File<'a, impl ReadRef<'a>>) -> Result<(), Rejection> {
    let found = file.architecture();
    let same_order = file.is_little_endian() == cfg!(target_endian = "little");
    if OURS.architecture == Architecture::Unknown || (found == OURS.architecture && same_order) {
        return Ok(());
    }
    Err(Rejection::Machine {
        found: format!("{found:?}").to_lowercase(),
        expected: OURS.machine,
    })
}

fn check_ranges<'a>(file: &object::File<'a, impl ReadRef<'a>>, length: u64) -> Result<(), Rejection> {
    for (number, segment) in file.segments().enumerate() {
        within(|| format!("segment {number}"), segment.file_range(), length)?;
    }
    for section in file.sections() {
        if let Some(range) = section.file_range() {
            let part = || format!("section `{}`", section.name().unwrap_or("?"));
            within(part, range, length)?;
        }
    }
    Ok(())
}

fn within(part: impl FnOnce() -> String, (offset, size): (u64, u64), length: u64) -> Result<(), Rejection> {
    let end = offset.saturating_add(size);
    if end <= length {
        return Ok(());
    }
    Err(Rejection::CutOff {
        part: part(),
        end,
        length,
    })
}

fn check_entry<'a>(file: &object::File<'a, impl ReadRef<'a>>) -> Result<(), Rejection> {
    for export in file.exports().map_err(damaged)? {
        let export = export.map_err(damaged)?;
        let name = export.name();
        let name = name.name().unwrap_or_default();
        // Mach-O sets an underscore before every name.
        let name = if cfg!(target_vendor = "apple") {
            name.strip_prefix(b"_").unwrap_or(name)
        } else {
            name
        };
        if name == ENTRY_SYMBOL.as_bytes() {
            return Ok(());
        }
    }
    Err(Rejection::NoEntry)
}
