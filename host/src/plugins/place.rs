//! Where a library lies: whether somebody else could put another in its place, and what it expects beside itself.

use std::{
    collections::{HashMap, HashSet},
    fs::{self, Metadata},
    io,
    path::{Path, PathBuf},
};

use super::rejection::Rejection;

/// Nobody but its owner may write to the folder for what hosts remember, or to one above it: who can might call a library
/// harmless, or end the host by cutting off the file that it has mapped. As much of it as is there.
pub(super) fn check_cache(folder: &Path) -> Result<(), Rejection> {
    let mut real = folder.ancestors().map(fs::canonicalize);
    match real.find_map(Result::ok) {
        Some(real) => check_writers(real.ancestors()),
        None => Ok(()),
    }
}

fn check_writers<'a>(mut places: impl Iterator<Item = &'a Path>) -> Result<(), Rejection> {
    places.try_for_each(|place| {
        let metadata = fs::metadata(place).map_err(Rejection::Unreadable)?;
        match foreign_writer(&metadata) {
            Some(who) => Err(Rejection::Writable {
                place: place.to_owned(),
                who,
            }),
            None => Ok(()),
        }
    })
}

/// The folders above libraries, each of which is looked at once for any number of them.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// The folders of the search path, after their links are followed.
    roots: Vec<PathBuf>,
    /// The same of the folders that hold the plugins' own.
    followed: HashMap<PathBuf, PathBuf>,
    /// Of these it is known that nobody else may write to them, nor to those above them.
    sound: HashSet<PathBuf>,
}

impl Places {
    /// In these folders libraries may lie.
    pub(super) fn new<'a>(roots: impl Iterator<Item = &'a Path>) -> Self {
        Self {
            roots: roots.filter_map(|root| fs::canonicalize(root).ok()).collect(),
            ..Self::default()
        }
    }

    /// The library must lie in one of the folders of the search path, also after its links are followed, and nobody but
    /// its owner may write to it or to a folder above it.
    pub(super) fn check_trust(&mut self, library: &Path) -> Result<(), Rejection> {
        let real = self.follow(library).map_err(Rejection::Unreadable)?;
        if !self.roots.iter().any(|root| real.starts_with(root)) {
            return Err(Rejection::Elsewhere { real });
        }
        check_writers(real.ancestors().take_while(|place| !self.sound.contains(*place)))?;
        // Others may come there, but neither into its own folder nor into its place.
        self.sound.extend(real.ancestors().skip(2).map(Path::to_owned));
        Ok(())
    }

    /// As [`fs::canonicalize`].
    fn follow(&mut self, library: &Path) -> io::Result<PathBuf> {
        let own = library.parent().unwrap_or(library);
        let (Some(folder), Some(id), Some(name)) = (own.parent(), own.file_name(), library.file_name())
        else {
            return fs::canonicalize(library);
        };
        if own.is_symlink() || library.is_symlink() {
            return fs::canonicalize(library);
        }
        if !self.followed.contains_key(folder) {
            self.followed.insert(folder.to_owned(), fs::canonicalize(folder)?);
        }
        Ok(self.followed[folder].join(id).join(name))
    }
}

/// What the library needs may not lie beside it: a copy is loaded, which lies elsewhere.
pub(super) fn check_needed(library: &Path, needed: &[String]) -> Result<(), Rejection> {
    let folder = library.parent().unwrap_or(library);
    let is_neighbour =
        |name: &&String| Path::new(name).components().count() == 1 && folder.join(name).exists();
    match needed.iter().find(is_neighbour) {
        Some(name) => Err(Rejection::Neighbour { needed: name.clone() }),
        None => Ok(()),
    }
}

/// Who else than the owner may write. In a sticky folder, such as that for temporary files, nobody can replace what
/// is not theirs.
#[cfg(unix)]
fn foreign_writer(metadata: &Metadata) -> Option<&'static str> {
    use std::os::unix::fs::MetadataExt;
    const STICKY: u32 = 0o1000;
    let mode = metadata.mode();
    // Systems that give each user a group of their own let it write; the numbers are the same then.
    let is_own_group = metadata.gid() == metadata.uid();
    match mode {
        _ if metadata.is_dir() && mode & STICKY != 0 => None,
        _ if mode & 0o002 != 0 => Some("everybody"),
        _ if mode & 0o020 != 0 && !is_own_group => Some("its group"),
        _ => None,
    }
}

#[cfg(not(unix))]
fn foreign_writer(_: &Metadata) -> Option<&'static str> {
    None
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::{
        os::unix::fs::{MetadataExt, PermissionsExt, symlink},
        path::PathBuf,
    };

    use super::*;

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    fn library() -> (tempfile::TempDir, PathBuf) {
        let root = tempfile::tempdir().unwrap();
        let library = root.path().join("lamp/liblamp.so");
        fs::create_dir(root.path().join("lamp")).unwrap();
        fs::write(&library, "").unwrap();
        set_mode(&root.path().join("lamp"), 0o755);
        set_mode(&library, 0o644);
        (root, library)
    }

    fn check(library: &Path, root: &Path) -> Result<(), Rejection> {
        Places::new([root].into_iter()).check_trust(library)
    }

    #[test]
    fn library_that_everybody_may_write_to_is_refused() {
        let (root, library) = library();
        check(&library, root.path()).unwrap();
        set_mode(&library, 0o666);
        let text = check(&library, root.path()).unwrap_err().to_string();
        assert!(
            text.starts_with("everybody may write to `") && text.ends_with("liblamp.so`"),
            "{text}"
        );
    }

    #[test]
    fn folder_that_everybody_may_write_to_is_refused_unless_it_is_sticky() {
        let (root, library) = library();
        let folder = library.parent().unwrap();
        set_mode(folder, 0o777);
        let text = check(&library, root.path()).unwrap_err().to_string();
        assert!(text.ends_with("/lamp`"), "{text}");
        set_mode(folder, 0o1777);
        check(&library, root.path()).unwrap();
    }

    #[test]
    fn cache_below_a_folder_that_others_may_write_to_is_refused_before_it_is_there() {
        let root = tempfile::tempdir().unwrap();
        let (above, cache) = (
            root.path().join("above"),
            root.path().join("above/cache/pulsewire"),
        );
        fs::create_dir(&above).unwrap();
        check_cache(&cache).unwrap();
        set_mode(&above, 0o777);
        let text = check_cache(&cache).unwrap_err().to_string();
        assert!(
            text.starts_with("everybody may write to `") && text.ends_with("/above`"),
            "{text}"
        );
        set_mode(&above, 0o755);
        fs::create_dir_all(&cache).unwrap();
        set_mode(&cache, 0o777);
        let text = check_cache(&cache).unwrap_err().to_string();
        assert!(text.ends_with("/pulsewire`"), "{text}");
    }

    #[test]
    fn each_library_of_a_folder_is_looked_at() {
        let (root, library) = library();
        let other = root.path().join("bulb/libbulb.so");
        fs::create_dir(root.path().join("bulb")).unwrap();
        fs::write(&other, "").unwrap();
        let mut places = Places::new([root.path()].into_iter());
        places.check_trust(&library).unwrap();
        set_mode(&other, 0o666);
        assert!(matches!(
            places.check_trust(&other),
            Err(Rejection::Writable { .. })
        ));
        set_mode(&other, 0o644);
        set_mode(other.parent().unwrap(), 0o777);
        assert!(matches!(
            places.check_trust(&other),
            Err(Rejection::Writable { .. })
        ));
        set_mode(other.parent().unwrap(), 0o755);
        places.check_trust(&other).unwrap();
        // A link's own folder says nothing of where it leads.
        let (_elsewhere, led_to) = self::library();
        fs::remove_file(&other).unwrap();
        symlink(&led_to, &other).unwrap();
        assert!(matches!(
            places.check_trust(&other),
            Err(Rejection::Elsewhere { .. })
        ));
    }

    #[test]
    fn group_may_write_if_it_is_that_of_one_user() {
        let (_root, library) = library();
        set_mode(&library, 0o664);
        let metadata = fs::metadata(&library).unwrap();
        let expected = (metadata.uid() != metadata.gid()).then_some("its group");
        assert_eq!(foreign_writer(&metadata), expected);
    }

    #[test]
    fn link_out_of_the_plugin_folders_is_refused() {
        let (root, library) = library();
        let (_other, elsewhere) = self::library();
        fs::remove_file(&library).unwrap();
        symlink(&elsewhere, &library).unwrap();
        let refused = check(&library, root.path()).unwrap_err();
        assert!(matches!(refused, Rejection::Elsewhere { .. }), "{refused}");
        let roots = [root.path(), elsewhere.parent().unwrap()];
        Places::new(roots.into_iter()).check_trust(&library).unwrap();
    }

    #[test]
    fn library_that_needs_its_neighbour_is_refused() {
        let (_root, library) = library();
        fs::write(library.with_file_name("libbulb.so"), "").unwrap();
        let needs = |name: &str| check_needed(&library, &[name.to_owned()]);
        assert!(matches!(needs("libbulb.so"), Err(Rejection::Neighbour { .. })));
        needs("libc.so.6").unwrap();
        needs("/usr/lib/libbulb.so").unwrap();
    }
}
