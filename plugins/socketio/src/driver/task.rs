//! The task of one connection, from the first request of a node to the end of the plugin.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures_util::FutureExt;
use socketio_proto::AckOutcome;
use tokio::time::sleep;

use super::{
    command::Command,
    live::{Context, End, Live},
    report,
    timer::sleep_until_some,
};
use crate::settings::Settings;

/// After a defect the connection comes back, but not in a tight loop.
const AFTER_PANIC: Duration = Duration::from_secs(1);

/// Runs until the plugin ends.
pub(super) async fn run(mut context: Context) {
    while let Some(settings) = wait_for_start(&mut context).await {
        match connect(&mut context, settings).await {
            End::Stopped => {}
            End::Over => break,
        }
    }
    let Context { name, outlet, .. } = &mut context;
    outlet.end(name);
}

/// Waits for Start. Meanwhile subscriptions are remembered.
async fn wait_for_start(context: &mut Context) -> Option<Arc<Settings>> {
    loop {
        let Context {
            commands,
            shutdown,
            outlet,
            ..
        } = &mut *context;
        outlet.hand_over();
        let retry_at = outlet.retry_at();
        let command = tokio::select! {
            command = commands.recv() => command,
            () = sleep_until_some(retry_at) => {
                outlet.retry();
                match outlet.is_detached() {
                    true => None,
                    false => continue,
                }
            }
            _ = shutdown.wait_for(|is_over| *is_over) => None,
        };
        match command? {
            Command::Start(settings) => return Some(settings),
            Command::Subscribe { namespace, event } => context.subscriptions.add(&namespace, &event),
            Command::Unsubscribe { namespace, event } => context.unsubscribe(&namespace, &event),
            Command::Ask { asker, .. } | Command::Dropped { asker: Some(asker) } => {
                context.answer(&asker, AckOutcome::Disconnected)
            }
            // Nothing to stop. Send and Acknowledge are refused while nothing is started.
            Command::Stop
            | Command::Emit { .. }
            | Command::Dropped { asker: None }
            | Command::Acknowledge { .. } => {}
        }
    }
}

/// A connection until it is stopped. A panic, which the log shows, becomes an error and a new connection.
async fn connect(context: &mut Context, settings: Arc<Settings>) -> End {
    loop {
        let live = Live::new(context, Arc::clone(&settings));
        match AssertUnwindSafe(live.run()).catch_unwind().await {
            Ok(end) => return end,
            // Dropping the payload may panic again; a leak of a few bytes after a panic is the lesser evil.
            Err(payload) => std::mem::forget(payload),
        }
        context
            .outlet
            .error("", &report::defect(AFTER_PANIC, &settings.endpoint));
        context.give_up();
        context.outlet.hand_over();
        tokio::select! {
            _ = context.shutdown.wait_for(|is_over| *is_over) => return End::Over,
            () = sleep(AFTER_PANIC) => {}
        }
    }
}
