//! Where plugins are looked for: an ordered list of folders, never the current directory by itself.

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
};

use super::report::{Report, Step};

/// The environment variable with further folders, separated as in `PATH`.
pub const PATH_VARIABLE: &str = "PULSEWIRE_PLUGIN_PATH";

/// Who named a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// `--plugin-dir`.
    Option,
    /// [`PATH_VARIABLE`].
    Environment,
    /// `[host] plugin_paths` in the project's settings.
    Settings,
    /// `plugins` beside the executable.
    Executable,
    /// The user's data directory.
    UserData,
}

impl Origin {
    /// Whether somebody named the folder, who then expects it to be there.
    pub const fn is_explicit(self) -> bool {
        matches!(self, Origin::Option | Origin::Environment | Origin::Settings)
    }
}

/// A folder that holds a folder for each plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    /// Absolute.
    pub path: PathBuf,
    /// Who named it.
    pub origin: Origin,
}

/// Everything that a search path is made from.
#[derive(Clone, Debug, Default)]
pub struct SearchInputs {
    /// `--plugin-dir`, in order; relative to `current_dir`, because somebody typed it there.
    pub options: Vec<PathBuf>,
    /// The value of [`PATH_VARIABLE`].
    pub environment: Option<OsString>,
    /// `[host] plugin_paths`; relative to `project`.
    pub settings: Vec<PathBuf>,
    /// The project's folder; relative to `current_dir`.
    pub project: PathBuf,
    /// Used for what a user typed, and for nothing else.
    pub current_dir: PathBuf,
    /// The running executable.
    pub executable: Option<PathBuf>,
    /// The value of `XDG_DATA_HOME`.
    pub data_home: Option<OsString>,
    /// The user's home.
    pub home: Option<OsString>,
}

impl SearchInputs {
    /// Takes the rest from this process.
    pub fn from_process(options: Vec<PathBuf>, settings: Vec<PathBuf>, project: PathBuf) -> Self {
        Self {
            options,
            environment: env::var_os(PATH_VARIABLE),
            settings,
            project,
            current_dir: env::current_dir().unwrap_or_default(),
            executable: env::current_exe().ok(),
            data_home: env::var_os("XDG_DATA_HOME"),
            home: env::home_dir().map(OsString::from),
        }
    }
}

/// The folders in the order in which they are searched.
#[derive(Clone, Debug, Default)]
pub struct SearchPath {
    folders: Vec<Folder>,
    reports: Vec<Report>,
}

impl SearchPath {
    /// The search path of the design; reads nothing but its argument.
    pub fn new(inputs: &SearchInputs) -> Self {
        let mut path = Self::default();
        for option in &inputs.options {
            path.push(inputs.current_dir.join(option), Origin::Option);
        }
        path.push_environment(inputs.environment.as_ref());
        let project = inputs.current_dir.join(&inputs.project);
        for folder in &inputs.settings {
            path.push(project.join(folder), Origin::Settings);
        }
        if let Some(directory) = inputs.executable.as_deref().and_then(Path::parent) {
            path.push(directory.join("plugins"), Origin::Executable);
        }
        if let Some(data) = user_data(inputs) {
            path.push(data.join("pulsewire").join("plugins"), Origin::UserData);
        }
        path
    }

    /// Exactly these folders, as if each was given with `--plugin-dir`; they must be absolute.
    pub fn of_folders(folders: impl IntoIterator<Item = PathBuf>) -> Self {
        let mut path = Self::default();
        for folder in folders {
            path.push(folder, Origin::Option);
        }
        path
    }

    /// The folders in order, each once.
    pub fn folders(&self) -> &[Folder] {
        &self.folders
    }

    /// What was refused.
    pub fn reports(&self) -> &[Report] {
        &self.reports
    }

    fn push_environment(&mut self, value: Option<&OsString>) {
        let Some(value) = value else { return };
        // An empty entry means nothing here; in `PATH` it would mean the current directory.
        for folder in env::split_paths(value).filter(|folder| !folder.as_os_str().is_empty()) {
            self.push(folder, Origin::Environment);
        }
    }

    fn push(&mut self, path: PathBuf, origin: Origin) {
        if !path.is_absolute() {
            let message = match origin {
                Origin::Environment => {
                    format!("`{PATH_VARIABLE}` names a relative folder: `{}`", path.display())
                }
                _ => format!("the plugin folder `{}` is relative", path.display()),
            };
            let report = Report::new(Step::Search, message).hint("write the folder's absolute path");
            self.reports.push(report.at(path));
        } else if !self.folders.iter().any(|folder| folder.path == path) {
            self.folders.push(Folder { path, origin });
        }
    }
}

/// `$XDG_DATA_HOME`, which counts only if absolute, or `~/.local/share`.
fn user_data(inputs: &SearchInputs) -> Option<PathBuf> {
    let absolute = |value: &OsString| Some(PathBuf::from(value)).filter(|path| path.is_absolute());
    (inputs.data_home.as_ref().and_then(absolute)).or_else(|| {
        Some(
            inputs
                .home
                .as_ref()
                .and_then(absolute)?
                .join(".local")
                .join("share"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inputs() -> SearchInputs {
        SearchInputs {
            options: vec!["mine".into(), "/opt/mine".into()],
            environment: Some("/env/one:/env/two".into()),
            settings: vec!["vendor/plugins".into()],
            project: "demo".into(),
            current_dir: "/here".into(),
            executable: Some("/usr/bin/pulsewire".into()),
            data_home: None,
            home: Some("/home/me".into()),
        }
    }

    fn paths(path: &SearchPath) -> Vec<&str> {
        path.folders()
            .iter()
            .map(|folder| folder.path.to_str().unwrap())
            .collect()
    }

    #[cfg(unix)]
    #[test]
    fn folders_stand_in_the_order_of_the_design() {
        let path = SearchPath::new(&inputs());
        assert_eq!(
            paths(&path),
            [
                "/here/mine",
                "/opt/mine",
                "/env/one",
                "/env/two",
                "/here/demo/vendor/plugins",
                "/usr/bin/plugins",
                "/home/me/.local/share/pulsewire/plugins",
            ]
        );
        assert!(path.reports().is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn relative_folders_of_the_environment_are_refused() {
        let path = SearchPath::new(&SearchInputs {
            environment: Some("plugins::/env:.".into()),
            ..SearchInputs::default()
        });
        assert_eq!(paths(&path), ["/env"]);
        let messages: Vec<&str> = path.reports().iter().map(|report| &*report.message).collect();
        assert_eq!(
            messages,
            [
                "`PULSEWIRE_PLUGIN_PATH` names a relative folder: `plugins`",
                "`PULSEWIRE_PLUGIN_PATH` names a relative folder: `.`",
            ]
        );
    }

    #[cfg(unix)]
    #[test]
    fn data_home_counts_if_absolute() {
        let with = |data_home: &str| {
            let path = SearchPath::new(&SearchInputs {
                data_home: Some(data_home.into()),
                home: Some("/home/me".into()),
                ..SearchInputs::default()
            });
            paths(&path).join(" ")
        };
        assert_eq!(with("/data"), "/data/pulsewire/plugins");
        assert_eq!(with("data"), "/home/me/.local/share/pulsewire/plugins");
        assert_eq!(with(""), "/home/me/.local/share/pulsewire/plugins");
    }

    #[test]
    fn current_directory_is_not_searched_by_itself() {
        let path = SearchPath::new(&SearchInputs {
            current_dir: "/here".into(),
            ..SearchInputs::default()
        });
        assert_eq!(path.folders(), []);
    }

    #[cfg(unix)]
    #[test]
    fn folder_named_twice_is_searched_once_at_its_first_place() {
        let path = SearchPath::new(&SearchInputs {
            options: vec!["/a".into(), "/b".into(), "/a".into()],
            environment: Some("/b".into()),
            ..SearchInputs::default()
        });
        assert_eq!(paths(&path), ["/a", "/b"]);
    }
}
