//! The upgrade, step by step.

use std::time::{Duration, Instant};

use crate::{
    Frame, Upgrade,
    UpgradeAction::{self, Drop, Open, Send, Switch},
};

/// All that is to be done now.
fn actions(upgrade: &mut Upgrade, is_quiet: bool) -> Vec<UpgradeAction> {
    std::iter::from_fn(|| upgrade.poll_action(is_quiet)).collect()
}

/// An upgrade after so many of its steps: begun, opened, probe sent, answered.
fn after(steps: usize) -> Upgrade {
    let mut upgrade = Upgrade::default();
    let all: [fn(&mut Upgrade); 4] = [
        |upgrade| {
            upgrade.begin(Instant::now());
            assert_eq!(actions(upgrade, true), [Open]);
        },
        |upgrade| upgrade.handle_opened(),
        |upgrade| assert_eq!(actions(upgrade, true), [Send("2probe")]),
        |upgrade| upgrade.handle_frame(Frame::Text("3probe")),
    ];
    all.iter().take(steps).for_each(|step| step(&mut upgrade));
    upgrade
}

#[test]
fn polling_goes_on_until_the_probe_is_answered() {
    for steps in 0..4 {
        assert!(!after(steps).is_paused(), "{steps}");
    }
    let mut upgrade = after(3);
    assert_eq!(actions(&mut upgrade, true), []);
    upgrade.handle_frame(Frame::Text("3probe"));
    assert!(upgrade.is_paused());
}

#[test]
fn five_is_sent_when_no_request_is_pending() {
    let mut upgrade = after(4);
    assert_eq!(actions(&mut upgrade, false), []);
    assert!(upgrade.is_paused());
    assert_eq!(actions(&mut upgrade, true), [Send("5"), Switch]);
    assert_eq!(upgrade.poll_timeout(), None);
}

#[test]
fn nothing_happens_unless_begun_and_once_only() {
    let mut upgrade = Upgrade::default();
    assert_eq!(actions(&mut upgrade, true), []);
    for end in [Upgrade::cancel, |upgrade: &mut Upgrade| {
        *upgrade = after(4);
        let _ = actions(upgrade, true);
    }] {
        end(&mut upgrade);
        upgrade.begin(Instant::now());
        assert_eq!(actions(&mut upgrade, true), []);
        assert!(!upgrade.is_paused());
    }
}

#[test]
fn a_failed_probe_leaves_polling_as_it_was() {
    let failures: [fn(&mut Upgrade); 6] = [
        |upgrade| upgrade.handle_failed("closed"),
        |upgrade| upgrade.handle_frame(Frame::Text("3")),
        |upgrade| upgrade.handle_frame(Frame::Text("3probe2")),
        |upgrade| upgrade.handle_frame(Frame::Binary(vec![3].into())),
        |upgrade| upgrade.handle_timeout(Instant::now() + Duration::from_secs(10)),
        Upgrade::cancel,
    ];
    for steps in 1..=4 {
        for (number, fail) in failures.iter().enumerate() {
            let mut upgrade = after(steps);
            fail(&mut upgrade);
            assert!(!upgrade.is_paused(), "{steps} {number}");
            assert_eq!(actions(&mut upgrade, true), [Drop], "{steps} {number}");
            // What comes late changes nothing.
            upgrade.handle_opened();
            upgrade.handle_frame(Frame::Text("3probe"));
            upgrade.begin(Instant::now());
            assert_eq!(actions(&mut upgrade, true), [], "{steps} {number}");
            assert_eq!(upgrade.poll_timeout(), None);
        }
    }
}

#[test]
fn a_second_answer_while_pausing_is_a_failure() {
    let mut upgrade = after(4);
    upgrade.handle_frame(Frame::Text("3probe"));
    assert_eq!(actions(&mut upgrade, true), [Drop]);
}

#[test]
fn the_whole_upgrade_is_bounded() {
    let now = Instant::now();
    let mut upgrade = Upgrade::default();
    upgrade.begin(now);
    let deadline = upgrade.poll_timeout().unwrap();
    assert_eq!(deadline, now + Duration::from_secs(10));
    let _ = actions(&mut upgrade, true);
    upgrade.handle_opened();
    let _ = actions(&mut upgrade, true);
    upgrade.handle_frame(Frame::Text("3probe"));
    // A GET that never ends.
    assert_eq!(upgrade.poll_timeout(), Some(deadline));
    upgrade.handle_timeout(deadline - Duration::from_millis(1));
    assert!(upgrade.is_paused());
    upgrade.handle_timeout(deadline);
    assert!(!upgrade.is_paused());
    assert_eq!(actions(&mut upgrade, false), [Drop]);
}

#[test]
fn after_the_five_there_is_no_way_back() {
    let mut upgrade = after(4);
    assert_eq!(upgrade.poll_action(true), Some(Send("5")));
    upgrade.handle_failed("closed");
    upgrade.cancel();
    assert!(upgrade.is_paused());
    assert_eq!(upgrade.poll_action(true), Some(Switch));
}

#[test]
fn a_server_that_answers_with_nothing_after_a_failed_upgrade_is_stuck() {
    let mut upgrade = after(3);
    assert!(!(0..100).any(|_| upgrade.handle_answer(true)), "it is under way");
    upgrade.handle_failed("gone");
    assert_eq!(actions(&mut upgrade, true), [Drop]);
    assert!(!(0..10).any(|_| upgrade.handle_answer(true)));
    assert!(!upgrade.handle_answer(false));
    assert!(!(0..10).any(|_| upgrade.handle_answer(true)));
    assert!(upgrade.handle_answer(true));

    // Without an upgrade it is the server's own affair.
    let mut upgrade = Upgrade::default();
    assert!(!(0..100).any(|_| upgrade.handle_answer(true)));
}
