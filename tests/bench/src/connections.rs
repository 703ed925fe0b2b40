//! Ten thousand idle connections of one host: what each keeps of memory, and what all together cost while nothing happens.
//!
//! The server is a process of its own, so that its memory and its descriptors do not count.

use std::{
    env, fs,
    io::{BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, TcpListener},
    process::{Child, ChildStdout, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::channel,
    },
    thread,
    time::{Duration, Instant},
};

use pulsewire_host::runtime::Ended;

use crate::{
    Failure, Result,
    project::{Complaints, PATIENCE, Project},
    server::shake_hands,
};

/// How many connections there are.
const COUNT: usize = 10_000;

/// How long the idle host is watched.
const IDLE: Duration = Duration::from_secs(10);

/// What was only needed to connect is over by then: its memory, and its time limits of 20 s, whose timers still ring once.
const SETTLE: Duration = Duration::from_secs(21);

/// The program's argument that makes it the server.
pub const SERVE: &str = "--serve-connections";

/// What was found.
pub struct Connections {
    /// KiB of resident memory for each connection, beside what its node and its settings take.
    pub memory: f64,
    /// Percent of one core while nothing happens.
    pub idle: f64,
}

/// Connects all, then waits.
pub fn measure() -> Result<Connections> {
    let mut server = Process::start()?;
    let project = Project::new(&settings(server.port()?), &graph())?;
    let complaints = Arc::new(Complaints::default());
    let mut runtime = project.start(complaints.clone())?;
    let before = resident()?;

    let is_ready = server.ready();
    let deadline = Instant::now() + PATIENCE;
    while !is_ready.load(Ordering::Acquire) {
        complaints.check()?;
        if Instant::now() > deadline {
            return Err(Failure::new("the connections were not all there in time"));
        }
        run_for(&mut runtime, Duration::from_millis(100))?;
    }
    run_for(&mut runtime, SETTLE)?;
    let memory = (resident()? - before) / 1024.0 / COUNT as f64;

    let (began, used) = (Instant::now(), processor_time()?);
    run_for(&mut runtime, IDLE)?;
    let idle = (processor_time()? - used) / began.elapsed().as_secs_f64() * 100.0;
    complaints.check()?;
    Ok(Connections { memory, idle })
}

fn run_for(runtime: &mut pulsewire_host::runtime::Runtime, time: Duration) -> Result<()> {
    match runtime.run(Some(time)) {
        Ended::Deadline => Ok(()),
        other => Err(Failure::new(format!("the project ended with {other:?}"))),
    }
}

fn settings(port: u16) -> String {
    let entry = |at| {
        format!(
            "[[settings.socketio.connections]]\nname = \"c{at}\"\nurl = \"http://127.0.0.1\"\nport = {port}\n"
        )
    };
    (0..COUNT).map(entry).collect()
}

/// One Start after the other.
fn graph() -> String {
    let mut lines = String::from("begin: events.on_initialize\nbegin.out -> s0.in\n");
    for at in 0..COUNT {
        lines += &format!("s{at}: socketio.start {{ configuration = \"c{at}\" }}\n");
        if at > 0 {
            lines += &format!("s{}.out -> s{at}.in\n", at - 1);
        }
    }
    lines
}

/// The server's process; it ends when dropped.
struct Process {
    child: Child,
    lines: Option<BufReader<ChildStdout>>,
}

impl Process {
    fn start() -> Result<Self> {
        let mut child = Command::new(env::current_exe()?)
            .arg(SERVE)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let lines = child.stdout.take().map(BufReader::new);
        Ok(Self { child, lines })
    }

    fn port(&mut self) -> Result<u16> {
        let mut line = String::new();
        if let Some(lines) = &mut self.lines {
            lines.read_line(&mut line)?;
        }
        let port = line.trim().parse();
        port.map_err(|_| Failure::new(format!("the server said {line:?} instead of its port")))
    }

    /// Becomes true once all connections are there.
    fn ready(&mut self) -> Arc<AtomicBool> {
        let is_ready = Arc::new(AtomicBool::new(false));
        if let Some(mut lines) = self.lines.take() {
            let is_ready = Arc::clone(&is_ready);
            thread::spawn(move || {
                let mut line = String::new();
                // At the end of the process there is nothing to read, and nobody waits.
                if lines.read_line(&mut line).is_ok_and(|length| length > 0) {
                    is_ready.store(true, Ordering::Release);
                }
            });
        }
        is_ready
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may still wait for connections that will not come.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The server: says its port, takes all connections, says so, and keeps them until it is killed, or its input ends with the
/// bench.
pub fn serve() -> Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let mut output = std::io::stdout();
    writeln!(output, "{}", listener.local_addr()?.port())?;
    // Taken at once: a full backlog would make clients try again and again.
    let (accepted, arrived) = channel();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            if accepted.send(stream).is_err() {
                break;
            }
        }
    });
    let mut connections = Vec::with_capacity(COUNT);
    while connections.len() < COUNT {
        let stream = arrived
            .recv()
            .map_err(|_| Failure::new("no more connections come"))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        // A client that lost its patience comes back.
        connections.extend(shake_hands(stream).ok());
    }
    writeln!(output, "{}", connections.len())?;
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

/// Bytes of this process that are in memory.
fn resident() -> Result<f64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok());
    kib.map(|kib| kib * 1024.0)
        .ok_or_else(|| Failure::new("`/proc/self/status` has no VmRSS"))
}

/// Seconds of processor time that this process has used.
fn processor_time() -> Result<f64> {
    /// What `sysconf(_SC_CLK_TCK)` is on every Linux.
    const TICKS: f64 = 100.0;
    let stat = fs::read_to_string("/proc/self/stat")?;
    // The second field may hold anything; those behind it begin after its last parenthesis.
    let fields = stat.rsplit(") ").next().unwrap_or_default().split(' ');
    let ticks: Vec<f64> = fields
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse().ok())
        .collect();
    match ticks.as_slice() {
        [user, system] => Ok((user + system) / TICKS),
        _ => Err(Failure::new("`/proc/self/stat` is not as expected")),
    }
}
