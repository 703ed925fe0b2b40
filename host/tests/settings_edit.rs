//! Edits of `settings.toml`: only what was meant changes, and nothing if it can't be done.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod settings_common;

use std::{fs, thread};

use pulsewire_host::{
    diagnostics::Faults,
    settings::{
        RawSettings,
        edit::{EditError, remove_entry, set_plugin_enabled},
        validate_section,
    },
};
use settings_common::{Project, section};

fn names(project: &Project) -> Vec<String> {
    let raw = RawSettings::read(project.path()).unwrap();
    let mut faults = Faults::default();
    let settings = validate_section(&raw, &section(), &mut faults);
    assert!(!faults.has_errors(), "{faults}");
    settings.names("connections")
}

fn refusal(result: Result<(), EditError>) -> String {
    match result.unwrap_err() {
        EditError::Faults(faults) => faults.to_string(),
        other => panic!("{other}"),
    }
}

const COMMENTED: &str = "\u{feff}# My project\r\nformat = 1\r\n\r\n  [ plugins . socketio ] # live feed\r\n\t# on since May\r\n\
    enabled   =   true   # keep!\r\n# the end of it\r\n\n[settings.unknown]\nb.z = 1\na = 07:32:00\nb.y = '''\n[plugins.socketio]\n'''";

#[test]
fn toggling_changes_one_word() {
    let project = Project::new(COMMENTED);
    assert!(project.enable("socketio", false));
    assert_eq!(
        project.text(),
        COMMENTED.replace("enabled   =   true", "enabled   =   false")
    );
    assert!(project.enable("socketio", true));
    assert_eq!(project.text(), COMMENTED);
}

#[test]
fn plugin_without_a_table_gets_one_at_the_end() {
    for (before, after) in [
        ("format = 1\n", "format = 1\n\n[plugins.mqtt]\nenabled = false\n"),
        ("format = 1", "format = 1\n\n[plugins.mqtt]\nenabled = false\n"),
        (
            "format = 1\r\n",
            "format = 1\r\n\r\n[plugins.mqtt]\r\nenabled = false\r\n",
        ),
        (
            "format = 1\n[plugins.a]\nenabled = true # yes\n# about b\n[host]\n",
            "format = 1\n[plugins.a]\nenabled = true # yes\n\n[plugins.mqtt]\nenabled = false\n\n# about b\n[host]\n",
        ),
        (
            "format = 1\n[plugins]\n\n[host]\n",
            "format = 1\n[plugins]\n\n[plugins.mqtt]\nenabled = false\n\n[host]\n",
        ),
        (
            "format = 1\nplugins.a.enabled = true\n",
            "format = 1\nplugins.a.enabled = true\n\n[plugins.mqtt]\nenabled = false\n",
        ),
        (
            "format = 1\nplugins = { a = { enabled = true } } # c\n",
            "format = 1\nplugins = { a = { enabled = true }, mqtt = { enabled = false } } # c\n",
        ),
    ] {
        let project = Project::new(before);
        assert!(project.enable("mqtt", false));
        assert_eq!(project.text(), after, "\nfrom\n{before}");
        assert!(!RawSettings::read(project.path()).unwrap().is_enabled("mqtt"));
    }
}

#[test]
fn plugin_with_an_empty_table_gets_the_key() {
    for (before, after) in [
        (
            "format = 1\n[plugins.mqtt] # c\n# d\n[host]\n",
            "format = 1\n[plugins.mqtt] # c\nenabled = false\n# d\n[host]\n",
        ),
        (
            "format = 1\n[plugins.mqtt]",
            "format = 1\n[plugins.mqtt]\nenabled = false\n",
        ),
        (
            "format = 1\n[plugins]\nmqtt = {}\n",
            "format = 1\n[plugins]\nmqtt = { enabled = false }\n",
        ),
    ] {
        let project = Project::new(before);
        assert!(project.enable("mqtt", false));
        assert_eq!(project.text(), after, "\nfrom\n{before}");
    }
}

#[test]
fn plugin_id_that_is_no_bare_key_is_quoted() {
    let project = Project::new("format = 1\n");
    assert!(project.enable("a b.c", false));
    assert_eq!(
        project.text(),
        "format = 1\n\n[plugins.\"a b.c\"]\nenabled = false\n"
    );
}

#[test]
fn edit_that_changes_nothing_does_not_touch_the_file() {
    let project = Project::new("format = 1\n[plugins.a]\nenabled = false\n");
    let path = project.path().join("settings.toml");
    let before = fs::metadata(&path).unwrap().modified().unwrap();
    assert!(!project.enable("a", false));
    assert!(!project.enable("absent", true));
    assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), before);
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let inode = fs::metadata(&path).unwrap().ino();
        project.enable("a", false);
        assert_eq!(fs::metadata(&path).unwrap().ino(), inode);
    }
}

#[test]
fn faulty_section_does_not_keep_its_plugin_from_being_disabled() {
    let text = "format = 1\n[[settings.socketio.connections]]\nport = 70000\nx = 1\n";
    let project = Project::new(text);
    assert!(project.enable("socketio", false));
    assert!(project.text().starts_with(text));
}

#[test]
fn file_that_is_no_toml_or_of_another_format_is_left_alone() {
    for (text, expected) in [
        (
            "format = 1\n[plugins\n",
            "error: settings.toml:2:9: not valid TOML: unclosed table, expected `]`\n  hint: close it with `]`",
        ),
        (
            "format = 2\n",
            "error: settings.toml:1:10: format 2 is not supported\n  hint: this release reads format 1",
        ),
        (
            "format = 1\nplugins = 5\n",
            "error: settings.toml:2:11: `plugins.a` is no table\n  hint: write `[plugins.a]`",
        ),
        (
            "format = 1\n[plugins]\na = 5\n",
            "error: settings.toml:3:5: `plugins.a` is no table\n  hint: write `[plugins.a]`",
        ),
    ] {
        let project = Project::new(text);
        let result = set_plugin_enabled(project.path(), "a", false).map(drop);
        assert_eq!(refusal(result), expected);
        assert_eq!(project.text(), text);
    }
}

const TWO: &str = "format = 1\n\n# Where to\n[[settings.socketio.connections]]\nname = \"chat\"\nurl = \"http://localhost\" # here\n\
    [settings.socketio.connections.headers]\na = \"1\"\n# still chat's\n\n# The second\n[[settings.socketio.connections]]\n\
    name = \"news\"\nurl = \"ws://h\"\n# foot\n[plugins.socketio]\nenabled = true\n";

#[test]
fn new_entry_follows_the_last_one_and_is_read_back() {
    let project = Project::new(TWO);
    project
        .add(&[
            ("url", "http://h"),
            ("name", "say \"hi\""),
            ("port", " 3000"),
            ("reconnect", "true"),
            ("factor", "2"),
            ("transports", "[\"websocket\"]"),
            ("headers", "{ a = \"b\" }"),
            ("tint", "#80FF0000"),
            ("password", "${TOKEN}"),
        ])
        .unwrap();
    let entry = "\n[[settings.socketio.connections]]\nname = 'say \"hi\"'\nurl = \"http://h\"\nport = 3000\nreconnect = true\n\
        factor = 2\ntransports = [\"websocket\"]\nheaders = { a = \"b\" }\ntint = \"80FF0000\"\npassword = \"${TOKEN}\"\n\n";
    let expected = TWO.replace("# foot", &format!("{entry}# foot"));
    assert_eq!(project.text().replace("\"#80FF0000\"", "\"80FF0000\""), expected);
    assert_eq!(names(&project), ["chat", "news", "say \"hi\""]);
    project.remove("say \"hi\"").unwrap();
    assert_eq!(project.text(), TWO.replace("# foot", "\n# foot"));
}

#[test]
fn first_entry_makes_the_list() {
    for (before, after) in [
        (
            "format = 1\n",
            "format = 1\n\n[[settings.socketio.connections]]\nname = \"a\"\nurl = \"ws://h\"\n",
        ),
        (
            "format = 1\n[settings.socketio]\n# c\n\n[host]\n",
            "format = 1\n[settings.socketio]\n\n[[settings.socketio.connections]]\nname = \"a\"\nurl = \"ws://h\"\n\n# c\n\n[host]\n",
        ),
        (
            "format = 1\n[settings.socketio]\nconnections = []\n",
            "format = 1\n[settings.socketio]\nconnections = [{ name = \"a\", url = \"ws://h\" }]\n",
        ),
        (
            "format = 1\nsettings = { other = { x = 1 } }\n",
            "format = 1\nsettings = { other = { x = 1 }, socketio = { connections = [{ name = \"a\", url = \"ws://h\" }] } }\n",
        ),
        (
            "format = 1\nsettings.other.x = 1\n",
            "format = 1\nsettings.other.x = 1\n\n[[settings.socketio.connections]]\nname = \"a\"\nurl = \"ws://h\"\n",
        ),
    ] {
        let project = Project::new(before);
        project.add(&[("name", "a"), ("url", "ws://h")]).unwrap();
        assert_eq!(project.text(), after, "\nfrom\n{before}");
        project.remove("a").unwrap();
        assert!(!project.text().contains("ws://h"));
    }
}

#[test]
fn inline_lists_are_edited_in_their_own_manner() {
    let before = "format = 1\n[settings.socketio]\nconnections = [ # all\n  # one\n  { name = \"a\", url = \"ws://h\" }, # x\n  \
        { name = \"b\", url = \"ws://h\" },\n] # end\n";
    let project = Project::new(before);
    project.add(&[("name", "c"), ("url", "ws://h")]).unwrap();
    assert_eq!(
        project.text(),
        before.replace("\n] # end", "\n  { name = \"c\", url = \"ws://h\" },\n] # end")
    );
    project.remove("c").unwrap();
    assert_eq!(project.text(), before);
}

#[test]
fn entry_is_checked_before_anything_is_written() {
    for (members, expected) in [
        (
            &[("name", "a"), ("url", "ws://h"), ("port", "70000")][..],
            "error: settings.toml: port is 70000, expected 1 to 65535",
        ),
        (
            &[("name", "a"), ("url", "ws://h"), ("port", "five")],
            "error: settings.toml: port: expected Int, found String `five`\n  hint: Int is written `-7`",
        ),
        (
            &[("name", "a"), ("url", "h:3000")],
            "error: settings.toml: url is `h:3000`, a URL without scheme\n  hint: write `http://h:3000`",
        ),
        (
            &[("name", "a"), ("url", "ws://h"), ("prot", "1")],
            "error: settings.toml: unknown key `prot`\n  hint: did you mean `port`?",
        ),
        (
            &[("name", "a"), ("url", "ws://h"), ("url", "ws://i")],
            "error: settings.toml: `url` is given twice",
        ),
        (
            &[("name", "a"), ("url", "ws://h"), ("headers", "a: b")],
            "error: settings.toml: headers: expected Dictionary, found `a: b`\n  \
             hint: write it as in the file: `[1, 2]`, `{ key = \"value\" }`",
        ),
        (
            &[("name", "a"), ("url", "ws://h"), ("transports", "[\"smoke\"]")],
            "error: settings.toml: transports is `smoke`, which is no option\n  hint: known: `polling`, `websocket`",
        ),
        (
            &[("name", ""), ("port", "0")],
            "error: settings.toml: missing key `url`\nerror: settings.toml: name is empty\n\
             error: settings.toml: port is 0, expected 1 to 65535",
        ),
        (
            &[("name", "chat"), ("url", "ws://h")],
            "error: settings.toml: `connections` has an entry `chat` already\n  hint: remove it first, or take another name",
        ),
    ] {
        let project = Project::new(TWO);
        assert_eq!(refusal(project.add(members)), expected);
        assert_eq!(project.text(), TWO);
    }
}

#[test]
fn removed_entry_takes_its_own_tables_and_leaves_foreign_comments() {
    let project = Project::new(TWO);
    project.remove("chat").unwrap();
    assert_eq!(
        project.text(),
        "format = 1\n\n# Where to\n# still chat's\n\n# The second\n[[settings.socketio.connections]]\n\
         name = \"news\"\nurl = \"ws://h\"\n# foot\n[plugins.socketio]\nenabled = true\n"
    );
    project.remove("news").unwrap();
    assert_eq!(
        project.text(),
        "format = 1\n\n# Where to\n# still chat's\n\n# The second\n# foot\n[plugins.socketio]\nenabled = true\n"
    );
}

#[test]
fn entry_whose_tables_stand_apart_is_removed_whole() {
    let project = Project::new(
        "format = 1\n[[settings.socketio.connections]]\nname = \"a\"\nurl = \"ws://h\"\n\n[plugins.x]\n\n\
         [settings.socketio.connections.headers]\nh = \"1\"\n\n[host]\n",
    );
    project.remove("a").unwrap();
    assert_eq!(project.text(), "format = 1\n\n[plugins.x]\n\n[host]\n");
}

#[test]
fn unknown_names_and_lists_are_refused_with_the_nearest() {
    let project = Project::new(TWO);
    assert_eq!(
        refusal(project.remove("chats")),
        "error: settings.toml: `connections` has no entry `chats`\n  hint: did you mean `chat`?"
    );
    assert_eq!(
        refusal(remove_entry(project.path(), &section(), "connection", "chat")),
        "error: settings.toml: the section `socketio` has no list `connection`\n  hint: did you mean `connections`?"
    );
    assert_eq!(project.text(), TWO);
}

#[test]
fn missing_file_is_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let result = set_plugin_enabled(folder.path(), "a", false).map(drop);
    assert!(refusal(result).starts_with("error: settings.toml: not found"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[cfg(unix)]
#[test]
fn link_is_followed_and_permissions_stay() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let project = Project::new("format = 1\n");
    let real = project.path().join("settings.toml");
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    let linked = tempfile::tempdir().unwrap();
    symlink(&real, linked.path().join("settings.toml")).unwrap();
    assert!(set_plugin_enabled(linked.path(), "a", false).unwrap());
    assert!(
        fs::symlink_metadata(linked.path().join("settings.toml"))
            .unwrap()
            .is_symlink()
    );
    assert!(project.text().ends_with("[plugins.a]\nenabled = false\n"));
    assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
    for folder in [project.path(), linked.path()] {
        assert_eq!(
            fs::read_dir(folder).unwrap().count(),
            1,
            "nothing else is left behind"
        );
    }
}

#[test]
fn edits_at_once_are_all_made() {
    let project = Project::new("format = 1\n");
    let ids: Vec<String> = (0..20).map(|number| format!("p{number}")).collect();
    thread::scope(|scope| {
        for id in &ids {
            scope.spawn(|| assert!(project.enable(id, false)));
        }
    });
    let raw = RawSettings::read(project.path()).unwrap();
    let lost: Vec<&String> = ids.iter().filter(|id| raw.is_enabled(id)).collect();
    assert!(lost.is_empty(), "{lost:?} in\n{}", project.text());
}

/// Whether this test may give files away; where it may not, it says so.
#[cfg(unix)]
fn is_root(folder: &std::path::Path) -> bool {
    use std::os::unix::fs::MetadataExt;

    let is_root = fs::metadata(folder).unwrap().uid() == 0;
    if !is_root {
        eprintln!("skipped: only root can give files to others");
    }
    is_root
}

#[cfg(unix)]
#[test]
fn file_of_another_user_stays_theirs() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};

    let project = Project::new("format = 1\n");
    if !is_root(project.path()) {
        return;
    }
    let file = project.path().join("settings.toml");
    chown(&file, Some(4321), Some(8765)).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    assert!(project.enable("mqtt", false));
    let metadata = fs::metadata(&file).unwrap();
    assert_eq!((metadata.uid(), metadata.gid()), (4321, 8765));
    assert_eq!(metadata.mode() & 0o7777, 0o640);
}

#[cfg(unix)]
#[test]
fn file_that_cannot_be_given_back_is_left_alone() {
    use std::os::unix::{fs::PermissionsExt, process::CommandExt};

    const TEST: &str = "file_that_cannot_be_given_back_is_left_alone";
    if let Some(folder) = std::env::var_os("PULSEWIRE_TEST_FOREIGN") {
        let refused = set_plugin_enabled(std::path::Path::new(&folder), "mqtt", false);
        let words = refusal(refused.map(drop));
        assert!(words.contains("belongs to the user 0 and the group 0"), "{words}");
        assert!(words.contains("hint: run pulsewire as the user 0"), "{words}");
        return;
    }
    let project = Project::new("format = 1\n");
    if !is_root(project.path()) {
        return;
    }
    // Anybody may write it.
    fs::set_permissions(project.path(), fs::Permissions::from_mode(0o777)).unwrap();
    let file = project.path().join("settings.toml");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).unwrap();
    let child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", TEST, "--nocapture"])
        .env("PULSEWIRE_TEST_FOREIGN", project.path())
        .current_dir("/")
        .uid(4321)
        .gid(4321)
        .output();
    match child {
        Ok(child) => assert!(child.status.success(), "{child:?}"),
        Err(error) => return eprintln!("skipped: another user can't run this test: {error}"),
    }
    assert_eq!(project.text(), "format = 1\n");
    assert_eq!(
        project.path().read_dir().unwrap().count(),
        1,
        "nothing is left behind"
    );
}
