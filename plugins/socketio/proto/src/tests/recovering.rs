//! Connection state recovery: what is remembered of a session, and what the server makes of it.

use serde_json::json;

use super::util::{Pair, config, millis};
use crate::Config;

/// The server joins the namespace and names the session.
fn accept(pair: &mut Pair, prefix: &str, pid: &str) {
    pair.receive(&format!(r#"40{prefix}{{"sid":"s","pid":"{pid}"}}"#));
}

/// Connected to a server that restores sessions.
fn joined(config: Config) -> Pair {
    let mut pair = Pair::with(config);
    pair.client
        .join(pair.now, "/", Some(json!({"token": "t"})))
        .unwrap();
    pair.connect();
    pair.open();
    accept(&mut pair, "", "p1");
    pair.forget();
    pair
}

/// The connection is lost, and the next one is open. Returns the CONNECT.
fn reconnect(pair: &mut Pair) -> String {
    pair.close();
    pair.advance(millis(1000));
    pair.open();
    pair.events();
    pair.sent().concat()
}

#[test]
fn a_restored_session_gets_what_it_missed_in_order() {
    let mut pair = joined(config());
    pair.receive(r#"42["news","0","o0"]"#);
    assert_eq!(pair.events(), [r#"/ news ["0","o0"]"#]);
    assert_eq!(
        reconnect(&mut pair),
        r#"40{"pid":"p1","offset":"o0","token":"t"}"#
    );
    pair.receive(r#"42["news","1","o1"]"#);
    pair.receive(r#"42["news","2","o2"]"#);
    assert_eq!(pair.events(), [] as [String; 0]);
    accept(&mut pair, "", "p1");
    pair.receive(r#"42["news","3","o3"]"#);
    assert_eq!(
        pair.events(),
        [
            "recovered /",
            r#"/ news ["1","o1"]"#,
            r#"/ news ["2","o2"]"#,
            r#"/ news ["3","o3"]"#
        ]
    );
    assert_eq!(
        reconnect(&mut pair),
        r#"40{"pid":"p1","offset":"o3","token":"t"}"#
    );
}

#[test]
fn what_was_missed_counts_from_the_reply_on() {
    let mut pair = joined(config());
    pair.receive(r#"42["news","o0"]"#);
    reconnect(&mut pair);
    // Lost before the reply: nobody has seen this one.
    pair.receive(r#"42["news","o1"]"#);
    assert_eq!(
        reconnect(&mut pair),
        r#"40{"pid":"p1","offset":"o0","token":"t"}"#
    );
    pair.receive(r#"42["news","o1"]"#);
    accept(&mut pair, "", "p1");
    assert_eq!(pair.events(), ["recovered /", "/ news o1"]);
    assert_eq!(
        reconnect(&mut pair),
        r#"40{"pid":"p1","offset":"o1","token":"t"}"#
    );
}

#[test]
fn a_session_that_is_gone_begins_anew() {
    let mut pair = joined(config());
    pair.receive(r#"42["news","o0"]"#);
    reconnect(&mut pair);
    accept(&mut pair, "", "p2");
    assert_eq!(pair.events(), ["connected /"]);
    // The old offset says nothing of the new session.
    assert_eq!(reconnect(&mut pair), r#"40{"pid":"p2","token":"t"}"#);
    // A server without recovery.
    pair.accept("/");
    assert_eq!(pair.events(), ["connected /"]);
    assert_eq!(reconnect(&mut pair), r#"40{"token":"t"}"#);
}

#[test]
fn the_offset_is_the_last_argument_if_it_is_a_text() {
    let mut pair = joined(config());
    let long = "x".repeat(129);
    for (frame, offset) in [
        (r#"42["e","a"]"#.to_owned(), "a"),
        (r#"42["e"]"#.to_owned(), "a"),
        (r#"42["e","b",1]"#.to_owned(), "a"),
        (r#"427["e","b"]"#.to_owned(), "a"),
        (format!(r#"42["e","{long}"]"#), "a"),
        (r#"42["e",{"k":1},"c\"d"]"#.to_owned(), r#"c\"d"#),
    ] {
        pair.receive(&frame);
        let expected = format!(r#"40{{"pid":"p1","offset":"{offset}","token":"t"}}"#);
        assert_eq!(reconnect(&mut pair), expected, "{frame}");
        accept(&mut pair, "", "p1");
    }
    pair.receive(r#"451-["e",{"_placeholder":true,"num":0},"f"]"#);
    pair.receive_binary(b"x");
    assert_eq!(reconnect(&mut pair), r#"40{"pid":"p1","offset":"f","token":"t"}"#);
}

#[test]
fn each_namespace_has_its_own_session() {
    let mut pair = Pair::new();
    for namespace in ["/", "/a", "/b"] {
        pair.join(namespace);
    }
    pair.connect();
    pair.open();
    accept(&mut pair, "", "p0");
    accept(&mut pair, "/a,", "pa");
    pair.accept("/b");
    pair.receive(r#"42/a,["e","oa"]"#);
    pair.receive(r#"42/b,["e","ob"]"#);
    pair.forget();
    assert_eq!(
        reconnect(&mut pair),
        r#"40{"pid":"p0"}40/a,{"pid":"pa","offset":"oa"}40/b,"#
    );
}

#[test]
fn no_text_passes_as_a_plain_one_while_it_may_be_an_offset() {
    let mut pair = joined(config());
    pair.join("/a");
    pair.accept("/a");
    pair.forget();
    let now = pair.now;
    assert!(pair.client.handle_plain(now, r#"42["e","o"]"#).is_none());
    assert!(pair.client.handle_plain(now, r#"42/a,["e","o"]"#).is_some());
}

#[test]
fn the_offset_can_be_taken_off() {
    let mut pair = joined(Config {
        strip_offset: true,
        ..config()
    });
    pair.receive(r#"42["news","0","o0"]"#);
    pair.receive(r#"427["ask","text"]"#);
    assert_eq!(pair.events(), ["/ news 0", "/ ask text"]);
    assert_eq!(
        reconnect(&mut pair),
        r#"40{"pid":"p1","offset":"o0","token":"t"}"#
    );
    pair.receive(r#"42["news","o1"]"#);
    accept(&mut pair, "", "p1");
    assert_eq!(pair.events(), ["recovered /", "/ news "]);
}

#[test]
fn a_goodbye_ends_the_session() {
    // By the server.
    let mut pair = joined(config());
    pair.receive("41");
    pair.close();
    pair.forget();
    pair.connect();
    pair.open();
    assert_eq!(pair.sent(), [r#"40{"token":"t"}"#]);
    // By us.
    accept(&mut pair, "", "p2");
    pair.disconnect();
    pair.close();
    pair.forget();
    pair.connect();
    pair.open();
    assert_eq!(pair.sent(), [r#"40{"token":"t"}"#]);
}
