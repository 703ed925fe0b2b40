//! Settings: `settings.toml`, the plugins config and the Project Settings.
//!
//! Two stages. **Raw** ([`RawSettings`]): the file is TOML, its own keys are known, the plugins config is read; the
//! sections stay as they stand. **Validated** ([`validate_section`]): one section against what its plugin declares.
//! Sections of plugins that are off or missing never reach the second stage.
//!
//! Reading never writes; what changes the file is in [`edit`]. Nothing is looked up here: whether a plugin exists is
//! the plugin host's business.

pub mod edit;

mod check;
mod item;
mod listing;
mod raw;
mod secret;
mod section;
mod url;
mod version;

pub use raw::RawSettings;
pub use section::{Entry, ListSettings, SectionSettings, validate_section};
pub use version::Schema;
pub(crate) use version::VERSION;

/// The keys of the file's own tables; of sections their plugins know.
pub(crate) mod keys {
    pub(crate) const FILE: &[&str] = &["format", "plugins", "host", "settings"];
    pub(crate) const PLUGIN: &[&str] = &["enabled", "sha256", "trust_file", "isolate"];
    pub(crate) const HOST: &[&str] = &["plugin_paths", "system_calls"];
}

/// The file's name in the project's folder.
pub const FILE: &str = "settings.toml";
