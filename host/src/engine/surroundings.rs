//! What the nodes of a project may use of the machine that they run on.

use std::{collections::HashMap, path::PathBuf};

/// What the host grants the nodes; by default nothing.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// The project's folder. The nodes of IO reach its folder `assets`.
    pub folder: Option<PathBuf>,
    /// What Get Command Line Option finds, by name, without dashes.
    pub options: HashMap<String, String>,
    /// Whether System Call runs commands.
    pub may_call_system: bool,
}
