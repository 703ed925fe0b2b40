//! A plugin that asks its host for ever more.

use pulsewire_it::project::{Project, graph};

#[test]
fn events_that_cause_themselves_fill_their_queue_and_hold_up_nobody() {
    let logic = r#"
        begin: events.on_initialize
        tick: utilities.start_interval { seconds = 0.01 }
        show: development.console { input = "tick" }
        echo: echoes.echo
        begin.out -> echo.in
        echo.out -> tick.in
        tick.out -> show.in
    "#;
    let project = Project::new("", &graph(logic)).with_fixture("echoes");
    let mut running = project.run(&[]);
    running.wait_for_log("the engine's event queue is full");
    let before = running.seen().len();
    for _ in 0..before + 10 {
        running.wait_for("tick");
    }
    running.terminate();
    running.ends_with(0);
}
