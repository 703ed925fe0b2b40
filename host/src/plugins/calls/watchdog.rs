//! A thread that looks whether a call into a plugin takes too long. It cannot end the call; it says whose it is.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use super::{Calls, Current, punctuality::UNRESPONSIVE};
use crate::plugins::{
    report::{Report, Step},
    services::Account,
};

/// How long a call of a node may take, unless told otherwise. All logic waits meanwhile.
pub const CALL_BUDGET: Duration = Duration::from_millis(100);

/// How long loading, activating and deactivating may take.
const SLOW_BUDGET: Duration = Duration::from_secs(2);

/// A call that takes so many times its budget is told of a second time: it may never come back.
const LOST: u32 = 100;

/// How long nothing must have been called before the watchdog sleeps.
const QUIET: Duration = Duration::from_secs(1);

/// How long it sleeps if nobody wakes it.
const SLEEP: Duration = Duration::from_secs(1);

/// The thread; it ends when this is dropped.
pub(in crate::plugins) struct Watchdog {
    has_ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Watchdog {
    /// Watches the calls. An overrun is noticed when a call has taken half as long again as `budget`, or before.
    pub(in crate::plugins) fn start(calls: Arc<Calls>, budget: Duration) -> Self {
        let has_ended = Arc::new(AtomicBool::new(false));
        let ends = Arc::clone(&has_ended);
        let watch = move || {
            let _ = calls.watchdog.thread.set(thread::current());
            watch(&calls, budget, &ends);
        };
        let thread = thread::Builder::new()
            .name("plugin-watchdog".to_owned())
            .spawn(watch);
        let thread = thread.map_err(|error| log::warn!("nobody watches how long plugins take: {error}"));
        Self {
            has_ended,
            thread: thread.ok(),
        }
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.has_ended.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // It cannot panic; if it did, it has ended too.
            let _ = thread.join();
        }
    }
}

/// The word as it was found first.
struct Seen {
    word: u64,
    since: Instant,
    /// How often it was told of.
    told: u32,
}

fn watch(calls: &Calls, budget: Duration, has_ended: &AtomicBool) {
    let mut seen = Seen {
        word: 0,
        since: Instant::now(),
        told: 0,
    };
    let mut unresponsive: Vec<Arc<Account>> = Vec::new();
    while !has_ended.load(Ordering::Acquire) {
        let word = calls.word().load(Ordering::Relaxed);
        let now = Instant::now();
        let current = Current::of(word);
        if word != seen.word {
            seen = Seen {
                word,
                since: now,
                told: 0,
            };
        } else if let Some(current) = current {
            let fallen = look(calls, current, now - seen.since, budget, &mut seen.told);
            unresponsive.extend(fallen);
        }
        unresponsive.retain(|account| !has_recovered(account));
        if current.is_none() && now - seen.since >= QUIET {
            calls.watchdog.is_asleep.store(true, Ordering::Relaxed);
            thread::park_timeout(SLEEP);
            calls.watchdog.is_asleep.store(false, Ordering::Relaxed);
        } else {
            thread::park_timeout(budget / 2);
        }
    }
}

/// Whether the plugin is not unresponsive any more, which is told.
fn has_recovered(account: &Account) -> bool {
    if account.is_unresponsive() {
        return false;
    }
    account
        .log
        .host_line(log::Level::Info, "the plugin is responsive again");
    true
}

/// A call is under way, and has been for so long. The plugin, if that makes it unresponsive.
fn look(
    calls: &Calls,
    current: Current,
    lasts: Duration,
    budget: Duration,
    told: &mut u32,
) -> Option<Arc<Account>> {
    let budget = if current.call.is_slow() {
        budget.max(SLOW_BUDGET)
    } else {
        budget
    };
    let limit = if *told == 0 { budget } else { budget * LOST };
    if *told == 2 || lasts < limit {
        return None;
    }
    *told += 1;
    let place = calls.place(current.place)?;
    let call = current.call.of_place(&place.to_string());
    let (account, limit) = (&place.account, limit.as_millis());
    if *told == 2 {
        let message = format!("{call} has not come back for {limit} ms; nothing else runs");
        let hint = "a plugin cannot be stopped from outside; end the host, and start it with `--safe` or \
                    without this plugin";
        account.report_at_run(Report::new(Step::Run, message).hint(hint));
        return None;
    }
    let overruns = account.punctuality.overrun(account.calls.load(Ordering::Relaxed));
    let hint = "all logic waits for it; what takes time belongs on a thread of the plugin: tell its author";
    let message = match overruns {
        1 => format!("{call} has taken more than {limit} ms"),
        UNRESPONSIVE => {
            format!("the plugin is unresponsive: {overruns} calls have taken too long, now {call}")
        }
        // One more is no news.
        _ => return None,
    };
    account.report_at_run(Report::new(Step::Run, message).hint(hint));
    (overruns == UNRESPONSIVE).then(|| Arc::clone(account))
}
