//! A project in a folder of its own, and the real `pulsewire` that is run on it.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::{
        Arc, Mutex,
        mpsc::{Receiver, RecvTimeoutError, channel},
    },
    thread,
    time::{Duration, Instant},
};

use crate::artifacts;

/// How long anything may take that should take no time.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Connects `chat`, sends an event that comes back, shows it, and ends.
pub const CONVERSATION: &str = r#"
    begin: events.on_initialize
    connect: socketio.start { configuration = "chat" }
    begin.out -> connect.in

    started: socketio.on_start { configuration = "chat" }
    listen: socketio.subscribe { configuration = "chat", event_name = "echo" }
    hello: socketio.send { configuration = "chat", event_name = "echo", message = "hello" }
    started.out -> listen.in
    listen.out -> hello.in

    received: socketio.on_receive { configuration = "chat" }
    show: development.console
    end: utilities.exit
    received.out -> show.in
    received.message -> show.input
    show.out -> end.in
"#;

/// A temporary project folder; removed when dropped.
pub struct Project {
    folder: tempfile::TempDir,
    cache: tempfile::TempDir,
    plugin_dirs: Vec<PathBuf>,
    variables: Vec<(&'static str, String)>,
}

impl Project {
    /// A project with these settings (without the `format` line) and this project graph.
    #[track_caller]
    pub fn new(settings: &str, graph: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let project = Self {
            folder,
            cache: tempfile::tempdir().expect("a temporary folder can be made"),
            plugin_dirs: vec![artifacts::plugins_dir()],
            variables: Vec::new(),
        };
        project.write("settings.toml", &format!("format = 1\n{settings}"));
        project.write("logic/project.toml", graph);
        project
    }

    /// Gives the project the fixture `good`.
    #[track_caller]
    pub fn with_good_plugin(self) -> Self {
        self.with_fixture("good")
    }

    /// Gives the project a fixture, in a plugin folder of its own: its neighbours end whoever opens them.
    #[track_caller]
    pub fn with_fixture(mut self, name: &str) -> Self {
        let library = artifacts::fixture(name);
        let file_name = library.file_name().expect("a library has a name");
        let place = self.folder().join("plugin-folder").join(name);
        fs::create_dir_all(&place)
            .and_then(|()| fs::copy(&library, place.join(file_name)))
            .expect("the fixture can be copied");
        self.plugin_dirs.push(self.folder().join("plugin-folder"));
        self
    }

    /// Searches for plugins in `folder` before anywhere else.
    pub fn with_plugins_first(mut self, folder: PathBuf) -> Self {
        self.plugin_dirs.insert(0, folder);
        self
    }

    /// Sets an environment variable for `pulsewire`.
    pub fn with_variable(mut self, name: &'static str, value: &str) -> Self {
        self.variables.push((name, value.to_owned()));
        self
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where its hosts remember what they know of libraries.
    pub fn cache(&self) -> &Path {
        self.cache.path()
    }

    /// Writes a file, given relative to the folder.
    #[track_caller]
    pub fn write(&self, path: &str, text: &str) {
        let path = self.folder().join(path);
        let folder = path.parent().expect("a file lies in a folder");
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(&path, text))
            .expect("the file can be written");
    }

    /// Reads a file, given relative to the folder.
    #[track_caller]
    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.folder().join(path)).expect("the file can be read")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(artifacts::pulsewire());
        command.arg("--project").arg(self.folder());
        for folder in &self.plugin_dirs {
            command.arg("--plugin-dir").arg(folder);
        }
        command
            .args(arguments)
            .env_remove("PULSEWIRE_LOG")
            .env_remove("PULSEWIRE_PLUGIN_PATH")
            .env("PULSEWIRE_CACHE_DIR", self.cache())
            .envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs `pulsewire` with these arguments to its end.
    #[track_caller]
    pub fn pulsewire(&self, arguments: &[&str]) -> Answer {
        let output = self
            .command(arguments)
            .output()
            .expect("pulsewire can be started");
        Answer::new(arguments, &output)
    }

    /// Starts `pulsewire run` with these further arguments.
    #[track_caller]
    pub fn run(&self, arguments: &[&str]) -> Running {
        let mut all = vec!["run"];
        all.extend(arguments);
        let mut child = self
            .command(&all)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("pulsewire can be started");
        let (sender, lines) = channel();
        let stdout = child.stdout.take().expect("stdout is piped");
        thread::spawn(move || {
            BufReader::new(stdout)
                .lines()
                .map_while(Result::ok)
                .try_for_each(|line| sender.send(line))
        });
        let log = Arc::new(Mutex::new(String::new()));
        let stderr = child.stderr.take().expect("stderr is piped");
        let kept = Arc::clone(&log);
        thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                let mut kept = kept.lock().expect("no test panics while it holds the log");
                kept.push_str(&line);
                kept.push('\n');
            }
        });
        Running {
            child,
            lines,
            seen: Vec::new(),
            log,
        }
    }
}

/// What a finished `pulsewire` left.
#[derive(Debug)]
pub struct Answer {
    /// What was asked.
    pub arguments: String,
    /// The exit code.
    pub code: Option<i32>,
    /// Its stdout.
    pub stdout: String,
    /// Its stderr.
    pub stderr: String,
}

impl Answer {
    fn new(arguments: &[&str], output: &Output) -> Self {
        Self {
            arguments: arguments.join(" "),
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Its stdout, after making sure of the exit code.
    #[track_caller]
    pub fn with_code(&self, code: i32) -> &str {
        assert_eq!(self.code, Some(code), "{self:#?}");
        &self.stdout
    }

    /// Its stdout as JSON.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        let stdout = self.with_code(0);
        serde_json::from_str(stdout).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }
}

/// A running `pulsewire run`; killed when dropped.
pub struct Running {
    child: Child,
    lines: Receiver<String>,
    seen: Vec<String>,
    log: Arc<Mutex<String>>,
}

impl Running {
    /// Waits for a console line that contains `text`; lines before it are kept in [`seen`](Self::seen).
    #[track_caller]
    pub fn wait_for(&mut self, text: &str) -> String {
        let end = Instant::now() + PATIENCE;
        loop {
            match self
                .lines
                .recv_timeout(end.saturating_duration_since(Instant::now()))
            {
                Ok(line) => {
                    self.seen.push(line.clone());
                    if line.contains(text) {
                        return line;
                    }
                }
                Err(RecvTimeoutError::Timeout) => panic!("no line with `{text}`; {}", self.story()),
                Err(RecvTimeoutError::Disconnected) => {
                    panic!("ended without a line with `{text}`; {}", self.story())
                }
            }
        }
    }

    /// The console lines so far.
    pub fn seen(&mut self) -> &[String] {
        self.seen.extend(self.lines.try_iter());
        &self.seen
    }

    /// Waits until it has written `text` to stderr.
    #[track_caller]
    pub fn wait_for_log(&self, text: &str) {
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            if self.log().contains(text) {
                return;
            }
            // The log is a growing text; nobody tells of a line.
            thread::sleep(Duration::from_millis(5));
        }
        panic!("no log with `{text}`; log:\n{}", self.log());
    }

    /// What it wrote to stderr so far.
    pub fn log(&self) -> String {
        self.log.lock().map(|log| log.clone()).unwrap_or_default()
    }

    /// The process's id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether the file of that name is mapped into the process.
    pub fn maps(&self, file_name: &str) -> bool {
        let mut maps = String::new();
        let opened = fs::File::open(format!("/proc/{}/maps", self.pid()));
        opened
            .and_then(|mut file| file.read_to_string(&mut maps))
            .expect("the process has a map");
        maps.contains(file_name)
    }

    /// Sends SIGTERM.
    pub fn terminate(&self) {
        let status = Command::new("kill").arg(self.pid().to_string()).status();
        assert!(
            status.is_ok_and(|status| status.success()),
            "SIGTERM could not be sent"
        );
    }

    /// Waits for its end.
    #[track_caller]
    pub fn wait(&mut self) -> ExitStatus {
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            if let Some(status) = self.child.try_wait().expect("the process can be waited for") {
                return status;
            }
            // There is no wait with a limit in the standard library.
            thread::sleep(Duration::from_millis(5));
        }
        panic!("still running; {}", self.story());
    }

    /// Waits for its end and makes sure of the exit code; all console lines.
    #[track_caller]
    pub fn ends_with(&mut self, code: i32) -> Vec<String> {
        let status = self.wait();
        self.seen.extend(self.lines.iter());
        assert_eq!(status.code(), Some(code), "{}", self.story());
        self.seen.clone()
    }

    fn story(&mut self) -> String {
        self.seen.extend(self.lines.try_iter());
        format!("console:\n{}\nlog:\n{}", self.seen.join("\n"), self.log())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A graph in short: `id: type { attributes }` is a node, `a.out -> b.in` a wire, anything else TOML as it stands.
pub fn graph(lines: &str) -> String {
    let mut text = String::from("format = 1\n");
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if let Some((from, to)) = line.split_once(" -> ") {
            text.push_str(&format!("[[wire]]\nfrom = \"{from}\"\nto = \"{to}\"\n"));
        } else if let Some((id, rest)) = line.split_once(": ") {
            let (node_type, attributes) = rest.split_once(' ').unwrap_or((rest, ""));
            text.push_str(&format!("[[node]]\nid = \"{id}\"\ntype = \"{node_type}\"\n"));
            if !attributes.is_empty() {
                text.push_str(&format!("attributes = {attributes}\n"));
            }
        } else {
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}
