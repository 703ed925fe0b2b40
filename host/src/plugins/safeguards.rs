//! What keeps a plugin from harming its host.

use std::{
    collections::BTreeMap,
    env,
    ffi::OsString,
    path::{Path, PathBuf},
    time::Duration,
};

use super::{
    calls::watchdog::CALL_BUDGET,
    image::{Hash, Image, hash_library},
    isolated::Isolation,
    last_run,
    place::{self, Places},
    probe::{PROBE_LIMIT, Probe, ProbeError},
    rejection::Rejection,
    search::SearchPath,
    verdicts::{self, Suspects, Verdict, Verdicts},
};

/// The environment variable with the folder for what hosts remember.
pub const CACHE_VARIABLE: &str = "PULSEWIRE_CACHE_DIR";

/// What the plugins config says of one library.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LibraryRule {
    /// Its file must have this hash.
    pub sha256: Option<Hash>,
    /// Its file may be a link that leads out of the plugin folders, and others than its owner may write to it.
    pub trust_file: bool,
    /// It runs in a process of its own.
    pub isolate: bool,
}

/// How much a host trusts its plugins. The default trusts them: an embedder says what it wants.
#[derive(Clone, Debug, Default)]
pub struct Safeguards {
    /// Tries each library out in a child process before this one opens it; `None`: libraries are opened untried, and one
    /// that is damaged, or crashes or hangs while it is opened, takes this process with it.
    pub probe: Option<Probe>,
    /// Runs the plugins in processes of their own for which the rules say so; `None`: such plugins are not loaded.
    pub isolation: Option<Isolation>,
    /// The folder for what is known of libraries, so that each is tried out once and a bad one not again;
    /// see [`user_cache`]. `None`: nothing is kept, nor in one that others may write to, if `check_trust` says so.
    pub cache: Option<PathBuf>,
    /// How long a call of a node may take before the plugin is told of: see [`CALL_BUDGET`]. `None`: nobody looks.
    pub call_budget: Option<Duration>,
    /// What the plugins config says of single libraries, by the plugins' ids. [`Project`](crate::project::Project) takes it
    /// from the settings.
    pub rules: BTreeMap<String, LibraryRule>,
    /// Whether a library must lie inside of the plugin folders, and nobody but the owner may write to these and to the cache.
    pub check_trust: bool,
    /// Safe mode: every plugin counts as switched off, whatever the settings say.
    pub without_plugins: bool,
}

impl Safeguards {
    /// All of them, for the program `pulsewire` itself.
    pub fn of_pulsewire(probe_limit: Duration) -> Self {
        Self {
            probe: Probe::this_pulsewire().map(|probe| probe.limit(probe_limit)),
            isolation: Isolation::this_pulsewire(),
            cache: user_cache(),
            call_budget: Some(CALL_BUDGET),
            rules: BTreeMap::new(),
            check_trust: true,
            without_plugins: false,
        }
    }

    /// Reads what [`check_place`](Self::check_place) and [`quarantine`](Self::quarantine) need of any number of
    /// libraries.
    pub(super) fn survey(&self, search: &SearchPath) -> Survey {
        Survey {
            places: Places::new(search.folders().iter().map(|folder| &*folder.path)),
            suspects: self.verdicts().suspects(),
        }
    }

    /// Whether somebody else could have put this library of the plugin `id` there.
    pub(super) fn check_place(&self, survey: &mut Survey, id: &str, library: &Path) -> Result<(), Rejection> {
        if !self.check_trust || self.rules.get(id).is_some_and(|rule| rule.trust_file) {
            return Ok(());
        }
        survey.places.check_trust(library)
    }

    /// Goes without a cache folder that others may write to.
    pub(super) fn check_cache(&mut self) {
        let Some(cache) = self.cache.as_ref().filter(|_| self.check_trust) else {
            return;
        };
        let folders = [verdicts::FOLDER, last_run::FOLDER].map(|name| cache.join(name));
        let checked = folders.iter().try_for_each(|folder| place::check_cache(folder));
        if let Err(rejection) = checked {
            log::warn!(
                "nothing is remembered of plugins in `{}`: {rejection}\n  hint: take that right from them, or name another \
                 folder in `{CACHE_VARIABLE}`",
                cache.display()
            );
            self.cache = None;
        }
    }

    /// Whether the plugin runs in a process of its own.
    pub(super) fn isolates(&self, id: &str) -> bool {
        self.rules.get(id).is_some_and(|rule| rule.isolate)
    }

    /// Whether it is the library that the plugins config names.
    pub(super) fn check_hash(&self, image: &Image) -> Result<(), Rejection> {
        match self.rules.get(&image.manifest.id).and_then(|rule| rule.sha256) {
            Some(expected) if expected != image.hash => Err(Rejection::Pinned {
                found: image.hash,
                expected,
            }),
            _ => Ok(()),
        }
    }

    /// Whether the library may be opened: known to be harmless, or found so now.
    pub(super) fn admit(&self, image: &Image) -> Result<(), ProbeError> {
        let verdicts = self.verdicts();
        let known = verdicts.get(&image.hash);
        if known == Some(Verdict::Good) {
            return Ok(());
        }
        if let Some(reason) = self.quarantine_by(known.as_ref()) {
            return Err(ProbeError::Quarantined { reason });
        }
        let Some(probe) = &self.probe else { return Ok(()) };
        let tried = probe.try_out(image);
        if let Some(verdict) = Verdict::of(&tried, known) {
            let kept = verdicts.put(&image.hash, &image.manifest.id, image.bytes, verdict);
            if let Err(error) = kept {
                log::warn!("what was found out about a library cannot be kept: {error}");
            }
        }
        tried
    }

    /// Why a library of that verdict is not opened.
    fn quarantine_by(&self, verdict: Option<&Verdict>) -> Option<String> {
        verdict?.quarantine(self.probe.as_ref().map_or(PROBE_LIMIT, Probe::time))
    }

    /// Why the library at `path`, of that length, is not opened, if it is known to be harmful. Of most files not even
    /// the hash is needed to tell.
    pub(super) fn quarantine(&self, survey: &Survey, path: &Path, bytes: u64) -> Option<ProbeError> {
        if !survey.suspects.has_length(bytes) {
            return None;
        }
        let verdict = self.verdicts().get(&hash_library(path).ok()?)?;
        let reason = self.quarantine_by(Some(&verdict))?;
        Some(ProbeError::Quarantined { reason })
    }

    /// Tries the library out, whatever is known of it. Says whether it was in quarantine until now.
    pub(super) fn try_again(&self, image: &Image) -> Result<bool, ProbeError> {
        let Some(probe) = &self.probe else {
            let reason = "this host tries no libraries out".to_owned();
            return Err(ProbeError::Untried { reason });
        };
        let verdicts = self.verdicts();
        let known = verdicts.get(&image.hash);
        let was_in_quarantine = self.quarantine_by(known.as_ref()).is_some();
        let tried = probe.try_out(image);
        let kept = match (Verdict::of(&tried, known), &tried) {
            (Some(verdict), _) => verdicts.put(&image.hash, &image.manifest.id, image.bytes, verdict),
            (None, Err(ProbeError::Refused(_))) => verdicts.forget(&image.hash),
            (None, _) => Ok(()),
        };
        let kept = kept.map_err(|error| ProbeError::NotKept {
            reason: error.to_string(),
        });
        tried.and(kept).map(|()| was_in_quarantine)
    }

    fn verdicts(&self) -> Verdicts {
        Verdicts::in_cache(self.cache.as_deref())
    }
}

/// What is the same for all libraries that are checked together.
pub(super) struct Survey {
    places: Places,
    suspects: Suspects,
}

/// What is known of a library without opening it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Knowledge {
    /// The hash of its file.
    pub hash: Hash,
    /// Whether it was tried out, and what came out: nothing, or why it is in quarantine.
    pub tried_out: Option<Result<(), String>>,
}

impl Knowledge {
    /// Nothing of a library that cannot be read.
    pub(super) fn of(safeguards: &Safeguards, library: &Path) -> Option<Self> {
        let hash = hash_library(library).ok()?;
        let verdict = safeguards.verdicts().get(&hash);
        let tried_out = match safeguards.quarantine_by(verdict.as_ref()) {
            Some(reason) => Some(Err(reason)),
            None => (verdict == Some(Verdict::Good)).then_some(Ok(())),
        };
        Some(Self { hash, tried_out })
    }
}

/// [`CACHE_VARIABLE`], or `pulsewire` in `XDG_CACHE_HOME` or `~/.cache`; a relative one does not count.
pub fn user_cache() -> Option<PathBuf> {
    let home = env::home_dir().map(OsString::from);
    cache_in(env::var_os(CACHE_VARIABLE), env::var_os("XDG_CACHE_HOME"), home)
}

fn cache_in(own: Option<OsString>, cache_home: Option<OsString>, home: Option<OsString>) -> Option<PathBuf> {
    let absolute = |value: Option<OsString>| Some(PathBuf::from(value?)).filter(|path| path.is_absolute());
    let below = |path: PathBuf, name: &Path| path.join(name);
    absolute(own)
        .or_else(|| absolute(cache_home).map(|path| below(path, Path::new("pulsewire"))))
        .or_else(|| absolute(home).map(|path| below(path, Path::new(".cache/pulsewire"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn cache_is_the_own_variable_then_that_of_xdg_then_in_the_home() {
        let of = |values: [&str; 3]| {
            let [own, cache, home] = values.map(|value| Some(OsString::from(value)));
            cache_in(own, cache, home).map(|path| path.to_string_lossy().into_owned())
        };
        assert_eq!(of(["/own", "/cache", "/home/me"]).as_deref(), Some("/own"));
        assert_eq!(
            of(["", "/cache", "/home/me"]).as_deref(),
            Some("/cache/pulsewire")
        );
        assert_eq!(
            of(["own", "cache", "/home/me"]).as_deref(),
            Some("/home/me/.cache/pulsewire")
        );
        assert_eq!(of(["", "", ""]), None);
    }
}
