//! Why a file is no plugin for this host: the outcome of the static checks.

use std::{io, path::PathBuf};

use pulsewire_plugin_api::{API_VERSION, TARGET};

use super::{
    image::Hash,
    report::{Report, Step},
};

/// Why a library was refused before any of its code could run.
#[derive(Debug, thiserror::Error)]
pub enum Rejection {
    /// Nothing is there.
    #[error("there is no such file")]
    Missing,
    /// A folder, FIFO, device or socket.
    #[error("it is a {kind}, not a file")]
    NotAFile {
        /// What it is.
        kind: &'static str,
    },
    /// The name does not say which plugin it is.
    #[error("the file is named `{found}`, not `{expected}`")]
    FileName {
        /// Its name.
        found: String,
        /// The name of a plugin's library.
        expected: String,
    },
    /// Larger than any plugin.
    #[error("the file has {bytes} bytes, more than the {limit} that a plugin may have")]
    TooLarge {
        /// Its size.
        bytes: u64,
        /// The greatest size.
        limit: u64,
    },
    /// The system refuses to read it.
    #[error("the file cannot be read: {0}")]
    Unreadable(#[source] io::Error),
    /// Somebody writes into it.
    #[error("the file was written to while it was read")]
    Changing,
    /// There is no room for the copy that is loaded.
    #[error("the host cannot make its copy of the library: {0}")]
    Copy(#[source] io::Error),
    /// A link leads out of the folders that are searched.
    #[error("the file is a link to `{}`, which lies outside of the plugin folders", .real.display())]
    Elsewhere {
        /// Where it leads.
        real: PathBuf,
    },
    /// Somebody else can put other code in its place.
    #[error("{who} may write to `{}`", .place.display())]
    Writable {
        /// The file, or a folder above it.
        place: PathBuf,
        /// Who.
        who: &'static str,
    },
    /// It would not find what it needs.
    #[error("the library needs `{needed}` beside itself, but the host loads a copy, which lies elsewhere")]
    Neighbour {
        /// What it needs.
        needed: String,
    },
    /// Not the file that the plugins config names.
    #[error("the file has the SHA-256 {found}, the plugins config wants {expected}")]
    Pinned {
        /// Its hash.
        found: Hash,
        /// The one wanted.
        expected: Hash,
    },
    /// No shared library at all.
    #[error("it is {found}, not a shared library")]
    NotALibrary {
        /// What it looks like.
        found: &'static str,
    },
    /// A shared library of another system, or of another word size.
    #[error("it is {found}; this host needs {expected}")]
    Format {
        /// What it is.
        found: String,
        /// What it should be.
        expected: &'static str,
    },
    /// A shared library for another machine.
    #[error("it is made for the machine {found}; this host runs on {expected}")]
    Machine {
        /// Its machine.
        found: String,
        /// Ours.
        expected: &'static str,
    },
    /// Something should stand behind the end of the file.
    #[error("the file is cut off: {part} ends at byte {end}, the file at byte {length}")]
    CutOff {
        /// What is missing.
        part: String,
        /// Where it should end.
        end: u64,
        /// Where the file ends.
        length: u64,
    },
    /// The structure of the file makes no sense.
    #[error("the file is damaged: {reason}")]
    Damaged {
        /// What the reader says.
        reason: String,
    },
    /// A library, but no plugin.
    #[error("the library exports no plugin")]
    NoEntry,
    /// A plugin without descriptors.
    #[error("the library carries no plugin metadata")]
    NoMetadata,
    /// The descriptors can't be read.
    #[error("the metadata is no valid description of a plugin: {0}")]
    Metadata(#[source] serde_json::Error),
    /// The descriptors are in a format from the future.
    #[error("the metadata has format {found}; this host reads format 1")]
    MetadataFormat {
        /// Its format.
        found: u32,
    },
    /// The library calls itself otherwise than its file.
    #[error("the library holds the plugin `{found}`, but its file is named for `{expected}`")]
    Id {
        /// The id in the metadata.
        found: String,
        /// The id in the name of the file.
        expected: String,
    },
    /// It needs a newer host.
    #[error("the plugin needs a host with plugin-api {needed} or later; this host has {API_VERSION}")]
    TooNew {
        /// The oldest plugin-api that it accepts.
        needed: String,
    },
    /// It is from another generation of plugin-api.
    #[error("the plugin was built with plugin-api {found}, which this host with {API_VERSION} cannot run")]
    OtherMajor {
        /// Its plugin-api.
        found: String,
    },
    /// A panic in it would end the host.
    #[error("the plugin was built with `panic = \"{found}\"`: a panic in it would end the host")]
    Panics {
        /// Its panic strategy.
        found: String,
    },
    /// Its metadata is for another machine or system than its code.
    #[error("the metadata says that it was built for {found}; this host is {TARGET}")]
    Target {
        /// Its target.
        found: String,
    },
    /// The descriptors contradict each other or the rules.
    #[error("{reason}")]
    Descriptors {
        /// What is wrong.
        reason: String,
    },
}

impl Rejection {
    /// The check that failed.
    pub const fn step(&self) -> Step {
        match self {
            Rejection::Missing
            | Rejection::NotAFile { .. }
            | Rejection::FileName { .. }
            | Rejection::TooLarge { .. }
            | Rejection::Unreadable(_)
            | Rejection::Changing
            | Rejection::Copy(_)
            | Rejection::Elsewhere { .. }
            | Rejection::Writable { .. }
            | Rejection::Neighbour { .. }
            | Rejection::Pinned { .. } => Step::File,
            Rejection::NotALibrary { .. } | Rejection::Format { .. } => Step::Format,
            Rejection::Machine { .. } => Step::Machine,
            Rejection::CutOff { .. } | Rejection::Damaged { .. } => Step::Segments,
            Rejection::NoEntry => Step::Entry,
            Rejection::NoMetadata
            | Rejection::Metadata(_)
            | Rejection::MetadataFormat { .. }
            | Rejection::Id { .. }
            | Rejection::Target { .. } => Step::Metadata,
            Rejection::TooNew { .. } | Rejection::OtherMajor { .. } => Step::Api,
            Rejection::Panics { .. } => Step::Panics,
            Rejection::Descriptors { .. } => Step::Descriptors,
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Rejection::Missing => "check the path".into(),
            Rejection::NotAFile { .. } => "put the plugin's library there, or remove it".into(),
            Rejection::FileName { expected, .. } => format!("rename it to `{expected}`"),
            Rejection::TooLarge { .. } => "strip its debug information".into(),
            Rejection::Unreadable(_) => "let the user who runs the host read it".into(),
            Rejection::Changing => "try again when the new library is whole".into(),
            Rejection::Copy(_) => {
                "the host loads a private copy, in memory or in the folder for temporary files; make room"
                    .into()
            }
            Rejection::Elsewhere { .. } => {
                "copy it there, or write `trust_file = true` into the plugin's table in `settings.toml`"
                    .into()
            }
            Rejection::Writable { place, .. } => format!(
                "`chmod go-w {}`, or write `trust_file = true` into the plugin's table in `settings.toml`",
                place.display()
            ),
            Rejection::Neighbour { .. } => {
                "link it statically, or install it where the system looks for libraries".into()
            }
            Rejection::Pinned { .. } => {
                "install the file that is meant, or write its hash as `sha256` into `settings.toml`".into()
            }
            Rejection::NotALibrary { .. } => {
                "build the plugin with `crate-type = [\"cdylib\"]` and copy what comes out".into()
            }
            Rejection::Format { .. } | Rejection::Machine { .. } | Rejection::Target { .. } => {
                format!("build the plugin for {TARGET}")
            }
            Rejection::CutOff { .. } | Rejection::Damaged { .. } => "copy or build the library again".into(),
            Rejection::NoEntry | Rejection::NoMetadata => {
                "remove it, or write `pulsewire_plugin_api::export_plugin!(…)` in its crate".into()
            }
            Rejection::Metadata(_) => "build the plugin again with the plugin-api of this host".into(),
            Rejection::MetadataFormat { .. } | Rejection::TooNew { .. } => {
                "update the host, or use an older release of the plugin".into()
            }
            Rejection::Id { found, .. } => format!("name its folder and file for `{found}`"),
            Rejection::OtherMajor { .. } => format!("build the plugin with plugin-api {API_VERSION}"),
            Rejection::Panics { .. } => "build the plugin with `panic = \"unwind\"`".into(),
            Rejection::Descriptors { .. } => "correct the descriptors in the plugin's `ABOUT`".into(),
        }
    }

    /// Step, message and hint.
    pub fn report(&self) -> Report {
        Report::new(self.step(), self.to_string()).hint(self.hint())
    }
}
