//! Handles in every state, with an engine that answers everything.

use std::sync::Mutex;

use super::*;
use crate::plugins::plugin_log::ProcessLog;

#[derive(Default)]
struct Engine {
    emitted: Mutex<Vec<u64>>,
}

impl EngineServices for Engine {
    fn settings(&self, plugin: &str, section: &str) -> Option<String> {
        Some(format!("{plugin}/{section}"))
    }

    fn project_folder(&self) -> PathBuf {
        "/project".into()
    }

    fn event(&self, _: &str, _: &str) -> Option<u64> {
        Some(7)
    }

    fn wanted(&self, event: u64) -> Wanted {
        match event {
            7 => Wanted::HEARD_ONLY,
            _ => Wanted::NOTHING,
        }
    }

    fn emit(&self, event: u64, count: usize, _: &mut [Value]) -> Result<usize, EmitError> {
        assert_ne!(event, 13, "unlucky");
        self.emitted.lock().unwrap().push(event);
        Ok(count)
    }
}

fn connection() -> (Arc<Account>, Connection) {
    let account = Arc::new(Account::new("x", Arc::new(ProcessLog)));
    let connection = Connection::new(Arc::clone(&account), 1);
    connection.set_registered(["x.on_news", "x.send"].into_iter());
    (account, connection)
}

fn messages(account: &Account) -> Vec<String> {
    let reports = account.reports.list();
    reports.into_iter().map(|report| report.message).collect()
}

#[test]
fn active_plugin_reaches_the_engine() {
    let (account, connection) = connection();
    let engine = Arc::new(Engine::default());
    connection.attach(engine.clone());
    assert_eq!(connection.settings("x").as_deref(), Some("x/x"));
    assert_eq!(connection.project_folder().as_deref(), Some("/project"));
    assert_eq!(connection.event("x.on_news", ""), Some(7));
    assert!(connection.wanted(7).is_heard() && !connection.wanted(8).is_heard());
    assert_eq!(connection.emit(7, 1, &mut []), Ok(1));
    assert_eq!(*engine.emitted.lock().unwrap(), [7]);
    assert_eq!(messages(&account), [] as [&str; 0]);
}

#[test]
fn calls_after_deactivation_are_refused_and_each_kind_reported_once() {
    let (account, connection) = connection();
    connection.attach(Arc::new(Engine::default()));
    connection.detach();
    for _ in 0..3 {
        assert_eq!(connection.emit(7, 1, &mut []), Err(EmitError::Detached));
        assert_eq!(connection.settings("x"), None);
    }
    assert_eq!(connection.project_folder(), None);
    assert_eq!(connection.event("x.on_news", ""), None);
    assert!(!connection.wanted(7).is_heard());
    assert_eq!(account.refused_calls(), 9);
    assert_eq!(
        messages(&account),
        [
            "plugin `x` called `emit` after it was deactivated",
            "plugin `x` called `settings` after it was deactivated",
            "plugin `x` called `project_folder` after it was deactivated",
            "plugin `x` called `event` after it was deactivated",
            "plugin `x` called `wanted` after it was deactivated",
        ]
    );
}

#[test]
fn calls_before_activation_are_refused() {
    let (account, connection) = connection();
    assert_eq!(connection.settings("x"), None);
    assert_eq!(
        messages(&account),
        ["plugin `x` called `settings` before it was activated"]
    );
}

#[test]
fn detached_connection_holds_nothing_of_the_engine() {
    let (_, connection) = connection();
    let engine = Arc::new(Engine::default());
    connection.attach(engine.clone());
    connection.detach();
    assert_eq!(Arc::strong_count(&engine), 1);
}

#[test]
fn events_of_others_are_refused() {
    let (account, connection) = connection();
    connection.attach(Arc::new(Engine::default()));
    for foreign in ["y.on_news", "x", "xy.on_news", "events.on_initialize"] {
        assert_eq!(connection.event(foreign, ""), None);
    }
    assert_eq!(
        messages(&account),
        ["plugin `x` asked for an event of `y.on_news`, which is not its own"]
    );
}

#[test]
fn events_of_types_that_are_not_registered_are_refused() {
    let (account, connection) = connection();
    connection.attach(Arc::new(Engine::default()));
    for misspelt in ["x.on_nws", "x.", "x.on_news2"] {
        assert_eq!(connection.event(misspelt, ""), None);
    }
    assert_eq!(connection.event("x.on_news", ""), Some(7));
    let [report] = &account.reports.list()[..] else {
        panic!("{:?}", messages(&account));
    };
    assert_eq!(
        report.message,
        "plugin `x` asked for an event of `x.on_nws`, which it has not registered"
    );
    assert_eq!(report.hint.as_deref(), Some("did you mean `x.on_news`?"));
}

#[test]
fn settings_of_others_are_refused() {
    let (account, connection) = connection();
    connection.attach(Arc::new(Engine::default()));
    assert_eq!(connection.settings("y"), None);
    assert_eq!(
        messages(&account),
        ["plugin `x` asked for the settings section `y`, which is not its own"]
    );
}

#[test]
fn panic_of_the_engine_stays_on_the_hosts_side() {
    let (account, connection) = connection();
    connection.attach(Arc::new(Engine::default()));
    assert_eq!(connection.emit(13, 1, &mut []), Err(EmitError::Detached));
    assert_eq!(
        messages(&account),
        ["the host panicked when the plugin called `emit`"]
    );
    assert_eq!(connection.emit(7, 1, &mut []), Ok(1));
}

#[test]
fn reports_are_taken_in_every_state_and_cut() {
    let (account, connection) = connection();
    connection.report(&"ü".repeat(MAX_REPORT));
    assert_eq!(messages(&account)[0].len(), MAX_REPORT);
}

#[test]
fn deactivation_waits_for_calls_under_way() {
    struct Slow(std::sync::Barrier, Mutex<bool>);

    impl EngineServices for Slow {
        fn settings(&self, _: &str, _: &str) -> Option<String> {
            None
        }

        fn project_folder(&self) -> PathBuf {
            PathBuf::new()
        }

        fn event(&self, _: &str, _: &str) -> Option<u64> {
            None
        }

        fn wanted(&self, _: u64) -> Wanted {
            Wanted::NOTHING
        }

        fn emit(&self, _: u64, count: usize, _: &mut [Value]) -> Result<usize, EmitError> {
            self.0.wait();
            std::thread::yield_now();
            *self.1.lock().unwrap() = true;
            Ok(count)
        }
    }

    let (_, connection) = connection();
    let engine = Arc::new(Slow(std::sync::Barrier::new(2), Mutex::new(false)));
    connection.attach(engine.clone());
    std::thread::scope(|scope| {
        scope.spawn(|| connection.emit(1, 1, &mut []));
        engine.0.wait();
        connection.detach();
        assert!(*engine.1.lock().unwrap());
    });
}
