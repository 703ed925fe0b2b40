//! What entries mean on the wire.

use serde_json::json;

use super::*;

fn endpoint_with(
    url: &str,
    port: u16,
    path: &str,
    query: Json,
    headers: Json,
) -> Result<Endpoint, EndpointError> {
    let map = |json: Json| json.as_object().cloned().unwrap();
    Endpoint::new(&Parts {
        url,
        port,
        path,
        query: &map(query),
        headers: &map(headers),
        protocol: Protocol::Auto,
    })
}

fn endpoint(url: &str, port: u16) -> Endpoint {
    endpoint_with(url, port, "/socket.io", json!({}), json!({})).unwrap()
}

fn header<'a>(request: &'a Request<()>, name: &str) -> &'a str {
    request.headers()[name].to_str().unwrap()
}

#[test]
fn the_url_of_the_handshake_is_that_of_engine_io_4() {
    for (url, port, expected) in [
        (
            "http://localhost",
            0,
            "ws://localhost/socket.io/?EIO=4&transport=websocket",
        ),
        (
            "https://localhost",
            0,
            "wss://localhost/socket.io/?EIO=4&transport=websocket",
        ),
        ("ws://h", 3000, "ws://h:3000/socket.io/?EIO=4&transport=websocket"),
        (
            "wss://h:8443",
            3000,
            "wss://h:8443/socket.io/?EIO=4&transport=websocket",
        ),
        (
            "http://[::1]:3000",
            0,
            "ws://[::1]:3000/socket.io/?EIO=4&transport=websocket",
        ),
        ("http://h/engine", 0, "ws://h/engine/?EIO=4&transport=websocket"),
        (
            "http://h/a/b/?x=1",
            0,
            "ws://h/a/b/?EIO=4&transport=websocket&x=1",
        ),
    ] {
        assert_eq!(
            endpoint(url, port).websocket(None).unwrap().uri().to_string(),
            expected,
            "{url}"
        );
    }
}

#[test]
fn a_port_in_the_url_wins() {
    for (url, port, expected) in [
        ("http://h", 0, 80),
        ("https://h", 0, 443),
        ("wss://h", 80, 80),
        ("http://h:81", 3000, 81),
        // The scheme's default, but said.
        ("http://h:80", 3000, 80),
        ("https://u:443@h:443/x", 3000, 443),
        ("http://u:1@h", 3000, 3000),
        ("http://[::1]", 3000, 3000),
        ("http://[::1]:80/a:9", 3000, 80),
    ] {
        assert_eq!(endpoint(url, port).port, expected, "{url}");
    }
    let refused = endpoint_with("http://h:0", 3000, "/", json!({}), json!({}));
    assert_eq!(refused, Err(EndpointError::Port));
}

#[test]
fn the_field_path_is_for_urls_without_one() {
    let path = |url: &str, path: &str| {
        let endpoint = endpoint_with(url, 0, path, json!({}), json!({})).unwrap();
        endpoint.websocket(None).unwrap().uri().path().to_owned()
    };
    assert_eq!(path("http://h", "/engine"), "/engine/");
    assert_eq!(path("http://h/", "engine/"), "/engine/");
    assert_eq!(path("http://h/url", "/field"), "/url/");
    assert_eq!(path("http://h", ""), "/");
    assert_eq!(path("http://h", "/a b?"), "/a%20b%3F/");
}

#[test]
fn the_query_keeps_the_protocols_parameters() {
    let fields = json!({"room": "a&b é", "n": 1, "on": true, "sid": "x", "EIO": 3});
    let endpoint = endpoint_with("http://h?room=old&EIO=3&v=2", 0, "/p", fields, json!({})).unwrap();
    assert_eq!(
        endpoint.websocket(None).unwrap().uri().query(),
        Some("EIO=4&transport=websocket&v=2&n=1&on=true&room=a%26b+%C3%A9")
    );
}

#[test]
fn only_the_setting_asks_for_engine_io_3() {
    let endpoint = Endpoint::new(&Parts {
        url: "http://h?EIO=4",
        port: 0,
        path: "/p",
        query: &Map::new(),
        headers: &Map::new(),
        protocol: Protocol::EngineIo3,
    });
    let query = endpoint
        .unwrap()
        .websocket(None)
        .unwrap()
        .uri()
        .query()
        .map(str::to_owned);
    assert_eq!(query.as_deref(), Some("EIO=3&transport=websocket"));
}

#[test]
fn headers_and_the_urls_user_are_sent() {
    let headers = json!({"X-Number": 7, "Cookie": "a=b"});
    let endpoint = endpoint_with("http://us%40er:p%3Aw@h:3000", 0, "/p", json!({}), headers).unwrap();
    let request = endpoint.websocket(None).unwrap();
    assert_eq!(header(&request, "x-number"), "7");
    assert_eq!(header(&request, "cookie"), "a=b");
    assert_eq!(header(&request, "host"), "h:3000");
    // us@er:p:w
    assert_eq!(header(&request, "authorization"), "Basic dXNAZXI6cDp3");
    assert_eq!(header(&request, "upgrade"), "websocket");
    assert_ne!(
        header(&request, "sec-websocket-key"),
        header(&endpoint.websocket(None).unwrap(), "sec-websocket-key")
    );
}

#[test]
fn requests_of_a_session_carry_its_id_and_cookies() {
    let headers = json!({"Cookie": "a=b", "Accept": "text/plain"});
    let endpoint = endpoint_with("http://h:1?x=1", 0, "/p", json!({}), headers).unwrap();
    let session = Some(Session {
        sid: "s&1",
        cookies: Some("io=s; lb=2"),
    });
    let get = endpoint.polling(None, (), None, "t1").unwrap();
    assert_eq!(get.uri().to_string(), "/p/?EIO=4&transport=polling&x=1&t=t1");
    assert_eq!(
        (get.headers()["cookie"].as_bytes(), get.method()),
        (&b"a=b"[..], &Method::GET)
    );
    let post = endpoint
        .polling(Some("text/plain;charset=UTF-8"), (), session, "t2")
        .unwrap();
    assert_eq!(
        post.uri().to_string(),
        "/p/?EIO=4&transport=polling&x=1&sid=s%261&t=t2"
    );
    for (name, value) in [
        ("host", "h:1"),
        ("cookie", "a=b; io=s; lb=2"),
        ("accept", "text/plain"),
        ("accept-encoding", "gzip"),
        ("content-type", "text/plain;charset=UTF-8"),
    ] {
        assert_eq!(post.headers()[name], value, "{name}");
    }
    let upgrade = endpoint.websocket(session).unwrap();
    assert_eq!(
        upgrade.uri().to_string(),
        "ws://h:1/p/?EIO=4&transport=websocket&x=1&sid=s%261"
    );
    assert_eq!(header(&upgrade, "cookie"), "a=b; io=s; lb=2");
}

#[test]
fn faults_are_named_without_secrets() {
    let fault = |url: &str, headers: Json| {
        let endpoint = endpoint_with(url, 0, "/p", json!({}), headers);
        endpoint.unwrap_err().to_string()
    };
    assert!(fault("ftp://h", json!({})).contains("scheme `ftp`"));
    assert!(fault("http://", json!({})).contains("not valid"));
    assert!(fault("http://h", json!({"a b": "x"})).contains("`a b`"));
    assert!(fault("http://h", json!({"Upgrade": "x"})).contains("`Upgrade`"));
    let text = fault("http://h", json!({"token": "sec\nret"}));
    assert!(text.contains("`token`") && !text.contains("ret`"), "{text}");
}

#[test]
fn an_endpoint_is_shown_without_secrets() {
    let query = json!({"key": "secret"});
    let endpoint = endpoint_with(
        "https://me:secret@h/p?t=secret",
        0,
        "/",
        query,
        json!({"a": "secret"}),
    )
    .unwrap();
    assert_eq!(endpoint.to_string(), "https://h/p/");
    assert_eq!(format!("{endpoint:?}"), "Endpoint(https://h/p/)");
}
