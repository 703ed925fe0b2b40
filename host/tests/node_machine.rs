//! Nodes that reach outside: files, options, commands. They run in projects on disk, as `pulsewire run` has them.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::{collections::HashMap, fs, path::Path, sync::Arc, time::Duration};

use common::{Recorder, project};
use pulsewire_host::{
    project::OpenOptions,
    runtime::{Ended, RunOptions, Runtime},
};
use tempfile::TempDir;

const LIMIT: Duration = Duration::from_secs(30);

/// A project's folder with an empty `assets`.
fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("assets")).unwrap();
    folder
}

fn start(folder: &Path, settings: &str, lines: &str, options: &[(&str, &str)]) -> (Runtime, Arc<Recorder>) {
    fs::create_dir_all(folder.join("logic")).unwrap();
    fs::write(folder.join("settings.toml"), format!("format = 1\n{settings}")).unwrap();
    fs::write(folder.join("logic/project.toml"), project(lines)).unwrap();
    let option = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let run = RunOptions {
        open: OpenOptions {
            folder: folder.to_owned(),
            ..OpenOptions::default()
        },
        options: options.iter().map(option).collect::<HashMap<_, _>>(),
        ..RunOptions::default()
    };
    let console = Arc::new(Recorder::default());
    let runtime = Runtime::start(&run, console.clone()).unwrap_or_else(|error| panic!("{error}"));
    (runtime, console)
}

/// What the nodes of a chain say: the first is pulsed at the start, each pulses the next, and the last is shown.
fn chain(
    folder: &Path,
    settings: &str,
    nodes: &[&str],
    shown: &str,
    options: &[(&str, &str)],
) -> Vec<String> {
    let mut lines =
        String::from("begin: events.on_initialize\nshow: development.console\nend: utilities.exit\n");
    let mut before = "begin".to_owned();
    for (at, node) in nodes.iter().enumerate() {
        lines.push_str(&format!("n{at}: {node}\n{before}.out -> n{at}.in\n"));
        before = format!("n{at}");
    }
    lines.push_str(&format!("{before}.out -> show.in\nshow.out -> end.in\n"));
    if !shown.is_empty() {
        lines.push_str(&format!("{before}.{shown} -> show.input\n"));
    }
    // A node that fails fires nothing; then On Error ends the run.
    lines.push_str("failed: events.on_error\nfailed.out -> end.in\n");
    let (mut runtime, console) = start(folder, settings, &lines, options);
    assert_eq!(runtime.run(Some(LIMIT)), Ended::Exit(0));
    console.lines()
}

fn io(folder: &Path, nodes: &[&str], shown: &str) -> Vec<String> {
    chain(folder, "", nodes, shown, &[])
}

#[test]
fn what_is_saved_is_loaded() {
    let folder = folder();
    let save = r#"io.save_file { files_local_path = "deep/er/a.txt", content = "é" }"#;
    let load = r#"io.load_file { file = "deep/er/a.txt" }"#;
    assert_eq!(io(folder.path(), &[save, load], "content"), ["é"]);
    let save = r#"io.save_file { files_local_path = "b", data_type = "Binary", content = "FF00" }"#;
    let load = r#"io.load_file { file = "b", data_type = "Binary" }"#;
    assert_eq!(io(folder.path(), &[save, load], "content"), ["FF00"]);
    assert_eq!(
        io(folder.path(), &[r#"io.load_file { file = "b" }"#], "content"),
        ["error n0: `b` is no UTF-8 text"]
    );
}

#[test]
fn a_file_is_overwritten_only_where_that_is_said() {
    let folder = folder();
    let file = folder.path().join("assets/a");
    let save = |more: &str, content: &str| {
        let node = format!(r#"io.save_file {{ files_local_path = "a", {more} content = "{content}" }}"#);
        io(folder.path(), &[node.as_str()], "")
    };
    assert_eq!(save("", "1"), [""]);
    assert_eq!(save("", "2"), ["error n0: `a`: File exists (os error 17)"]);
    assert_eq!(fs::read_to_string(&file).unwrap(), "1");
    assert_eq!(save("overwrite_file_if_exists = true,", "3"), [""]);
    assert_eq!(fs::read_to_string(&file).unwrap(), "3");
    assert_eq!(fs::read_dir(folder.path().join("assets")).unwrap().count(), 1);
}

#[cfg(unix)]
#[test]
fn a_file_that_is_overwritten_keeps_its_permissions_and_the_link_to_it() {
    use std::os::unix::fs::PermissionsExt;

    let folder = folder();
    let file = folder.path().join("assets/deep/file");
    fs::create_dir(folder.path().join("assets/deep")).unwrap();
    fs::write(&file, "1").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    link(Path::new("deep/file"), &folder.path().join("assets/link"));
    let save =
        r#"io.save_file { files_local_path = "link", overwrite_file_if_exists = true, content = "2" }"#;
    assert_eq!(io(folder.path(), &[save], ""), [""]);
    assert!(folder.path().join("assets/link").is_symlink());
    assert_eq!(fs::read_to_string(&file).unwrap(), "2");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(
        fs::read_dir(folder.path().join("assets/deep")).unwrap().count(),
        1
    );
}

#[cfg(unix)]
#[test]
fn a_file_that_cannot_be_written_whole_is_not_left_behind() {
    let folder = folder();
    for more in ["", "overwrite_file_if_exists = true, "] {
        let content = "a".repeat(100_000);
        let lines = format!(
            r#"
            begin: events.on_initialize
            save: io.save_file {{ files_local_path = "file", {more}content = "{content}" }}
            failed: events.on_error
            end: utilities.exit {{ code = 3 }}
            begin.out -> save.in
            failed.out -> end.in
            "#
        );
        drop(start(folder.path(), "", &lines, &[]));
        // No file may be longer than a few blocks.
        let limited = "trap '' XFSZ; ulimit -f 8; exec \"$0\" --project \"$1\" run";
        let run = std::process::Command::new("/bin/sh")
            .args(["-c", limited, env!("CARGO_BIN_EXE_pulsewire")])
            .arg(folder.path())
            .output()
            .unwrap();
        assert_eq!(run.status.code(), Some(3), "{run:?}");
        assert_eq!(fs::read_dir(folder.path().join("assets")).unwrap().count(), 0);
    }
}

#[test]
fn the_project_s_folder_is_not_made_anew() {
    let folder = folder();
    let place = folder.path().join("project");
    fs::create_dir(&place).unwrap();
    let lines = r#"
        begin: events.on_initialize
        create: io.create_file { path = "a" }
        end: utilities.exit
        begin.out -> create.in
        create.out -> end.in
        "#;
    let (mut runtime, console) = start(&place, "", lines, &[]);
    fs::rename(&place, folder.path().join("moved")).unwrap();
    assert_eq!(runtime.run(Some(LIMIT)), Ended::Exit(0));
    let lines = console.lines();
    let reason = "the project's folder `assets` cannot be opened";
    assert!(lines.iter().any(|line| line.contains(reason)), "{lines:?}");
    assert!(!place.exists());
}

#[test]
fn files_are_created_listed_and_removed() {
    let folder = folder();
    let create = |path: &str| {
        io(
            folder.path(),
            &[format!(r#"io.create_file {{ path = "{path}" }}"#).as_str()],
            "success",
        )
    };
    assert_eq!(create("b.txt"), ["true"]);
    assert_eq!(create("a/c"), ["true"]);
    assert_eq!(
        create("b.txt"),
        ["warning n0: `b.txt`: File exists (os error 17)", "false"]
    );
    let listed = |directory: &str| {
        let node = format!(r#"io.list_directory_content {{ directory = "{directory}" }}"#);
        io(folder.path(), &[node.as_str()], "content")
    };
    assert_eq!(listed(""), [r#"["a","b.txt"]"#]);
    assert_eq!(listed("a"), [r#"["c"]"#]);
    assert!(listed("none")[0].starts_with("error n0: `none`: No such file"));
    let remove = |path: &str| {
        io(
            folder.path(),
            &[format!(r#"io.remove {{ path = "{path}" }}"#).as_str()],
            "success",
        )
    };
    assert_eq!(remove("b.txt"), ["true"]);
    assert_eq!(listed(""), [r#"["a"]"#]);
    assert_eq!(remove("b.txt").last().unwrap(), "false");
    assert_eq!(remove("a").last().unwrap(), "false");
}

#[test]
fn paths_begin_in_the_current_directory() {
    let folder = folder();
    fs::create_dir_all(folder.path().join("assets/a/b")).unwrap();
    fs::write(folder.path().join("assets/a/file"), "here").unwrap();
    let set = |directory: &str| format!(r#"io.set_current_directory {{ directory = "{directory}" }}"#);
    let get = "io.get_current_directory";
    assert_eq!(io(folder.path(), &[get], "directory"), [""]);
    assert_eq!(
        io(folder.path(), &[&set("a/b"), &set("./a/b/.."), get], "directory"),
        ["a"]
    );
    assert_eq!(
        io(
            folder.path(),
            &[&set("a"), r#"io.load_file { file = "file" }"#],
            "content"
        ),
        ["here"]
    );
    assert_eq!(
        io(
            folder.path(),
            &[&set("a"), "io.list_directory_content"],
            "content"
        ),
        [r#"["b","file"]"#]
    );
    assert_eq!(
        io(folder.path(), &[&set("a/.."), &set("a/../.."), get], "directory"),
        [
            "warning n1: `a/../..` leads out of the project's folder `assets`",
            ""
        ]
    );
    assert_eq!(
        io(folder.path(), &[&set("a/file")], "success"),
        ["warning n0: `a/file` is no folder", "false"]
    );
}

#[test]
fn no_path_leads_out_of_the_folder() {
    let folder = folder();
    let secret = folder.path().join("secret");
    fs::write(&secret, "secret").unwrap();
    let out = "a path led outside of the filesystem";
    let mut paths = vec![
        ("../secret", out),
        ("a/../../secret", "a/../../secret"),
        (secret.to_str().unwrap(), "is an absolute path"),
        ("", "the path is empty"),
        ("a\\u0000b", "`a\\0b`"),
    ];
    if cfg!(unix) {
        link(Path::new(".."), &folder.path().join("assets/up"));
        link(folder.path(), &folder.path().join("assets/whole"));
        paths.extend([("up/secret", out), ("whole/secret", out), ("up/new/er", out)]);
    }
    for (path, reason) in paths {
        for node in [
            format!(r#"io.load_file {{ file = "{path}" }}"#),
            format!(r#"io.save_file {{ files_local_path = "{path}", content = "x" }}"#),
            format!(
                r#"io.save_file {{ files_local_path = "{path}", overwrite_file_if_exists = true, content = "x" }}"#
            ),
            format!(r#"io.create_file {{ path = "{path}" }}"#),
            format!(r#"io.remove {{ path = "{path}" }}"#),
        ] {
            let said = io(folder.path(), &[node.as_str()], "");
            assert!(
                said[0].contains(" n0: ") && said[0].contains(reason),
                "{node}: {said:?}"
            );
        }
    }
    assert_eq!(fs::read_to_string(&secret).unwrap(), "secret");
    let mut left: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    left.sort();
    assert_eq!(left, ["assets", "logic", "secret", "settings.toml"]);
}

#[cfg(unix)]
fn link(to: &Path, at: &Path) {
    std::os::unix::fs::symlink(to, at).unwrap();
}

#[cfg(not(unix))]
fn link(_: &Path, _: &Path) {}

#[cfg(unix)]
#[test]
fn a_link_to_a_file_outside_is_not_followed() {
    let folder = folder();
    let secret = folder.path().join("secret");
    fs::write(&secret, "secret").unwrap();
    link(&secret, &folder.path().join("assets/link"));
    let load = io(folder.path(), &[r#"io.load_file { file = "link" }"#], "content");
    assert!(load[0].contains("led outside"), "{load:?}");
    let save =
        r#"io.save_file { files_local_path = "link", overwrite_file_if_exists = true, content = "x" }"#;
    let save = io(folder.path(), &[save], "");
    assert!(save[0].contains("led outside"), "{save:?}");
    assert_eq!(fs::read_to_string(&secret).unwrap(), "secret");
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_not_waited_for() {
    let folder = folder();
    let pipe = folder.path().join("assets/pipe");
    assert!(
        std::process::Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    let load = io(folder.path(), &[r#"io.load_file { file = "pipe" }"#], "content");
    assert_eq!(load, ["error n0: `pipe` is no file"]);
}

#[test]
fn options_behind_the_dashes_are_read_by_type() {
    let folder = folder();
    let options = [("speed", "5"), ("name", "Ada"), ("flag", "")];
    let get = |option_type: &str, name: &str| {
        let lines = format!(
            r#"
            begin: events.on_initialize
            get: utilities.get_command_line_option {{ option_type = "{option_type}", option_name = "{name}" }}
            show: development.console
            wrong: development.console {{ input = "none" }}
            begin.out -> get.in
            get.out -> show.in
            get.option_value -> show.input
            get.on_error -> wrong.in
            end: utilities.exit
            show.out -> end.in
            wrong.out -> end.in
            "#
        );
        let (mut runtime, console) = start(folder.path(), "", &lines, &options);
        assert_eq!(runtime.run(Some(LIMIT)), Ended::Exit(0));
        console.lines()
    };
    assert_eq!(get("String", "name"), ["Ada"]);
    assert_eq!(get("String", "speed"), ["5"]);
    assert_eq!(get("Int", "speed"), ["5"]);
    assert_eq!(get("Float", "speed"), ["5.0"]);
    assert_eq!(get("Bool", "flag"), ["true"]);
    for (option_type, name) in [
        ("Int", "name"),
        ("Bool", "speed"),
        ("String", "nobody"),
        ("Int", "flag"),
    ] {
        assert_eq!(get(option_type, name), ["none"], "{option_type} {name}");
    }
}

#[test]
fn system_calls_are_off_unless_the_settings_allow_them() {
    let folder = folder();
    let call = ["utilities.system_call { input = \"exit 7\" }"];
    let run = |settings: &str| chain(folder.path(), settings, &call, "output", &[]);
    let off =
        "error n0: system calls are off; `system_calls = true` under `[host]` in settings.toml allows them";
    assert_eq!(run(""), [off]);
    assert_eq!(run("[host]\nsystem_calls = false\n"), [off]);
    assert_eq!(run("[host]\nsystem_calls = true\n"), ["7"]);
}

#[test]
fn the_permission_of_system_calls_is_followed() {
    let folder = folder();
    let lines = r#"
        begin: events.on_initialize
        again: utilities.start_interval { seconds = 0.01 }
        call: utilities.system_call { input = "exit 3" }
        show: development.console { data_type = "Int" }
        end: utilities.exit
        begin.out -> again.in
        again.out -> call.in
        call.out -> show.in
        call.output -> show.input
        show.out -> end.in
        "#;
    let (mut runtime, console) = start(folder.path(), "", lines, &[]);
    runtime.run(Some(Duration::from_millis(50)));
    assert!(
        console.lines()[0].contains("system calls are off"),
        "{:?}",
        console.lines()
    );
    let settings = "format = 1\n[host]\nsystem_calls = true\n";
    fs::write(folder.path().join("settings.toml"), settings).unwrap();
    assert_eq!(runtime.run(Some(LIMIT)), Ended::Exit(0));
    assert_eq!(console.lines().last().unwrap(), "3");
}

#[cfg(unix)]
#[test]
fn a_command_that_a_signal_ends_has_its_code() {
    let folder = folder();
    let call = ["utilities.system_call { input = \"kill -9 $$\" }"];
    assert_eq!(
        chain(
            folder.path(),
            "[host]\nsystem_calls = true\n",
            &call,
            "output",
            &[]
        ),
        ["137"]
    );
}

#[cfg(target_os = "linux")]
#[test]
fn commands_end_with_the_project() {
    let folder = folder();
    // The shell waits for what it runs.
    let lines = r#"
        begin: events.on_initialize
        call: utilities.system_call { input = "sh -c 'echo $$ > pid.new; mv pid.new pid; exec sleep 60'; true" }
        begin.out -> call.in
        "#;
    let (mut runtime, console) = start(folder.path(), "[host]\nsystem_calls = true\n", lines, &[]);
    let pid = folder.path().join("pid");
    let end = std::time::Instant::now() + LIMIT;
    while !pid.exists() {
        assert!(std::time::Instant::now() < end, "{:?}", console.lines());
        runtime.run(Some(Duration::from_millis(5)));
    }
    // Empty once the process has ended, also while nobody has waited for it.
    let command = format!("/proc/{}/cmdline", fs::read_to_string(&pid).unwrap().trim());
    let runs = || fs::read(&command).is_ok_and(|command| !command.is_empty());
    let wait_until_it_runs = |wanted: bool| {
        while runs() != wanted {
            assert!(std::time::Instant::now() < end, "the command runs: {}", !wanted);
            std::thread::yield_now();
        }
    };
    wait_until_it_runs(true);
    drop(runtime);
    wait_until_it_runs(false);
}
