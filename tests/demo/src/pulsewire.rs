//! The real `pulsewire`, as a designer has it: run on a project, and commands beside it.

use std::{
    env,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
};

use serde_json::Value as Json;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, BufReader},
    process::{Child, Command},
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::JoinHandle,
};

use crate::{
    Failure, Result,
    show::{Who, show},
};

/// The binary, with the project that it is used on.
pub(crate) struct Pulsewire {
    binary: PathBuf,
    project: PathBuf,
}

impl Pulsewire {
    /// Finds the binary, which `cargo xtask demo` builds into the folder of this program.
    pub(crate) fn on(project: &Path) -> Result<Self> {
        let cannot_find = |reason| Failure::new(format!("`pulsewire` cannot be found: {reason}"));
        let here = env::current_exe().map_err(|error| cannot_find(error.to_string()))?;
        let binary = here.with_file_name(format!("pulsewire{}", env::consts::EXE_SUFFIX));
        if !binary.is_file() {
            return Err(cannot_find("run `cargo xtask demo`, which builds it".to_owned()));
        }
        Ok(Self {
            binary,
            project: project.to_owned(),
        })
    }

    /// The command, without what a shell may have set for other plugins and another log.
    fn command(&self, arguments: &[&str]) -> Command {
        show(Who::Now, format_args!("$ pulsewire {}", arguments.join(" ")));
        let mut command = Command::new(&self.binary);
        command
            .args(arguments)
            .current_dir(&self.project)
            .env_remove("PULSEWIRE_PLUGIN_PATH")
            .env_remove("PULSEWIRE_LOG")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    /// Runs a command to its end, which must be 0, and returns what it printed.
    pub(crate) async fn call(&self, arguments: &[&str]) -> Result<String> {
        let words = arguments.join(" ");
        let failed = |reason: String| Failure::new(format!("`pulsewire {words}` failed: {reason}"));
        let output = self.command(arguments).output().await;
        let output = output.map_err(|error| failed(error.to_string()))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(failed(format!("{}: {}", output.status, said.trim())));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// The ids in the array that a listing command prints: the field `key` of each element.
    pub(crate) async fn list(&self, arguments: &[&str], key: &str) -> Result<Vec<String>> {
        let text = self.call(arguments).await?;
        let ids = |list: Json| -> Option<Vec<String>> {
            let elements = list.as_array()?.iter();
            elements
                .map(|element| Some(element.get(key)?.as_str()?.to_owned()))
                .collect()
        };
        serde_json::from_str(&text).ok().and_then(ids).ok_or_else(|| {
            Failure::new(format!(
                "`pulsewire {}` printed no list with `{key}`",
                arguments.join(" ")
            ))
        })
    }

    /// Starts `pulsewire run`; what it says is shown as it comes.
    pub(crate) fn run(&self) -> Result<Running> {
        let failed = |reason: String| Failure::new(format!("`pulsewire run` cannot be started: {reason}"));
        let mut child = self
            .command(&["run"])
            .spawn()
            .map_err(|error| failed(error.to_string()))?;
        let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
            return Err(failed("it has no output".to_owned()));
        };
        let (said, lines) = unbounded_channel();
        let readers = [
            tokio::spawn(read(stdout, Who::Pulsewire, Some(said))),
            tokio::spawn(read(stderr, Who::Log, None)),
        ];
        Ok(Running {
            child,
            lines,
            readers,
        })
    }
}

/// Shows lines until the other end closes, and passes them on to whoever wants them.
async fn read(output: impl AsyncRead + Unpin, who: Who, said: Option<UnboundedSender<String>>) {
    let mut lines = BufReader::new(output).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        show(who, &line);
        if let Some(said) = &said {
            // The receiver may be gone at the end of the demo.
            let _ = said.send(line);
        }
    }
}

/// A running project; killed when dropped.
pub(crate) struct Running {
    child: Child,
    lines: UnboundedReceiver<String>,
    readers: [JoinHandle<()>; 2],
}

impl Running {
    /// The next line of its console; none when it has ended. Cancel-safe.
    pub(crate) async fn next(&mut self) -> Option<String> {
        self.lines.recv().await
    }

    /// Waits for its end, and until all that it said has been shown.
    pub(crate) async fn end(mut self) -> Result<ExitStatus> {
        let status = self.child.wait().await;
        for reader in self.readers {
            // A reader neither panics nor is cancelled.
            let _ = reader.await;
        }
        status.map_err(|error| Failure::new(format!("`pulsewire run` cannot be waited for: {error}")))
    }
}
