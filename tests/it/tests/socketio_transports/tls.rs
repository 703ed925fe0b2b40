//! TLS against the official server with certificates of every kind: which are accepted, and how a refusal is told.

use std::{fs, path::Path, process::Command};

use pulsewire_harness::LONG;
use pulsewire_it::{
    certificates::{Authority, Issued, expired, not_yet_valid, text},
    servers::{Kind, RealServer},
    tools,
};
use serde_json::{Value as Json, json};

use crate::chat::Chat;

const HERE: &[&str] = &["127.0.0.1", "localhost"];

fn https(issued: &Issued, more: &[&str]) -> RealServer {
    RealServer::start_with(Kind::Node, &[&issued.options(), more].concat())
}

/// What is said of the server.
#[track_caller]
fn refusal(server: &RealServer, fields: Json) -> String {
    let mut chat = Chat::to(&server.url(), fields);
    let clients = || server.seen(&json!({"on": "connect"})).len();
    let before = clients();
    let error = told(&mut chat);
    assert!(error.contains(&server.url()), "{error}");
    assert_eq!(clients(), before);
    error
}

/// The first error after Start, which is of the stage `tls`.
#[track_caller]
fn told(chat: &mut Chat) -> String {
    let errors = chat.on("error");
    chat.start();
    let error = errors.wait(LONG)[1].to_string();
    assert!(error.starts_with("tls: "), "{error}");
    chat.stop();
    error
}

#[track_caller]
fn accepted(server: &RealServer, fields: Json) {
    let mut chat = Chat::started(server, fields);
    chat.round_trip();
    chat.deactivate();
}

#[track_caller]
fn assert_says(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "`{part}` is not in: {text}");
    }
}

#[test]
fn servers_of_a_given_authority_are_trusted_and_no_others() {
    let ours = Authority::new();
    let server = https(&ours.issue("server", HERE), &[]);
    accepted(&server, json!({"tls_ca": ours.pem()}));
    accepted(
        &server,
        json!({"tls_ca": text(&ours.file()), "tls_min_version": "1.3"}),
    );

    let unknown = ["unknown CA", "`tls_ca`", "`tls_pin`"];
    let server = https(&ours.issue("other", HERE), &[]);
    assert_says(&refusal(&server, json!({})), &unknown);
    let theirs = Authority::new();
    assert_says(&refusal(&server, json!({"tls_ca": theirs.pem()})), &unknown);
    let bundle = theirs.pem() + &ours.pem();
    accepted(&server, json!({"tls_ca": bundle}));
}

#[test]
fn the_host_has_to_be_one_of_the_certificate() {
    let ours = Authority::new();
    let server = https(&ours.issue("server", &["chat.example", "10.1.2.3"]), &[]);
    let error = refusal(&server, json!({"tls_ca": ours.pem()}));
    assert_says(
        &error,
        &["`127.0.0.1`", "`chat.example`", "`10.1.2.3`", "`tls_server_name`"],
    );
    let named = |name: &str| json!({"tls_ca": ours.pem(), "tls_server_name": name});
    assert_says(&refusal(&server, named("other.example")), &["`other.example`"]);
    accepted(&server, named("chat.example"));

    let nameless = https(&ours.issue("nameless", &[]), &[]);
    assert_says(
        &refusal(&nameless, json!({"tls_ca": ours.pem()})),
        &["no host at all"],
    );
}

#[test]
fn an_ipv6_address_is_a_host_like_any_other() {
    let ours = Authority::new();
    let connects = |server: &RealServer, url: String| {
        let mut chat = Chat::to(&url, json!({"tls_ca": ours.pem()}));
        chat.start();
        chat.on("start").wait(LONG);
        chat.round_trip();
        let entry = server.wait_for(&json!({"on": "connect"}), LONG);
        assert_eq!(entry["headers"]["host"], format!("[::1]:{}", server.port()));
    };
    let server = RealServer::start_with(Kind::Node, &["--host", "::1"]);
    connects(&server, format!("http://[::1]:{}", server.port()));
    let server = https(&ours.issue("six", &["::1"]), &["--host", "::1"]);
    connects(&server, format!("wss://[::1]:{}", server.port()));
    let server = https(&ours.issue("four", HERE), &["--host", "::1"]);
    let url = format!("https://[::1]:{}", server.port());
    let error = told(&mut Chat::to(&url, json!({"tls_ca": ours.pem()})));
    assert_says(&error, &["`::1`", "`127.0.0.1`", "`localhost`", &url]);
}

#[test]
fn a_certificate_is_good_in_its_time_only() {
    let ours = Authority::new();
    let server = https(&ours.issue_with("old", HERE, expired), &[]);
    let error = refusal(&server, json!({"tls_ca": ours.pem()}));
    assert_says(&error, &["has expired on 2001-01-01"]);
    let server = https(&ours.issue_with("new", HERE, not_yet_valid), &[]);
    let error = refusal(&server, json!({"tls_ca": ours.pem()}));
    assert_says(&error, &["not valid before 2101-01-01", "clock"]);
}

#[test]
fn a_pinned_certificate_needs_no_authority() {
    let ours = Authority::new();
    let own = ours.self_signed("own", &["elsewhere.example"]);
    let server = https(&own, &[]);
    assert_says(&refusal(&server, json!({})), &["unknown CA"]);
    accepted(&server, json!({"tls_pin": own.sha256}));

    let other = ours.issue("other", HERE);
    let server = https(&other, &[]);
    let error = refusal(&server, json!({"tls_pin": own.sha256}));
    assert_says(&error, &["not the pinned one", &other.sha256]);
}

#[test]
fn a_server_with_the_certificate_of_an_authority_is_told_apart() {
    let ours = Authority::new();
    let own = ours.as_issued();
    let server = https(&own, &[]);
    let error = refusal(
        &server,
        json!({"tls_ca": ours.pem(), "tls_server_name": "localhost"}),
    );
    assert_says(&error, &["that of an authority", "`tls_pin`"]);
    accepted(&server, json!({"tls_pin": own.sha256}));
}

#[test]
fn a_server_may_demand_a_client_certificate() {
    let (ours, clients) = (Authority::new(), Authority::new());
    let certificate = ours.issue("server", HERE);
    let mine = clients.issue("client", &["me"]);
    let stranger = ours.issue("stranger", &["me"]);
    let demand = clients.file();
    let demand = ["--tls-client-ca", text(&demand)];
    let fields = |shown: Option<&Issued>| match shown {
        None => json!({"tls_ca": ours.pem()}),
        Some(shown) => json!({
            "tls_ca": ours.pem(), "tls_certificate": text(&shown.certificate), "tls_key": text(&shown.key),
        }),
    };
    for version in ["TLSv1.2", "TLSv1.3"] {
        println!("{version}");
        let options = [demand[0], demand[1], "--tls-max-version", version];
        let server = https(&certificate, &options);
        assert_says(
            &refusal(&server, fields(None)),
            &["client certificate", "`tls_certificate`"],
        );
        let error = refusal(&server, fields(Some(&stranger)));
        // Node hangs up without an alert.
        assert_says(&error, &["may not accept ours (`tls_certificate`)"]);
        accepted(&server, fields(Some(&mine)));
    }
}

/// The key in PKCS#8 under a password, by Node's OpenSSL.
fn encrypted(key: &Path, cipher: &str, password: &str) -> String {
    let script = "const [file, cipher, passphrase] = process.argv.slice(1);\
        const key = require('crypto').createPrivateKey(require('fs').readFileSync(file));\
        process.stdout.write(key.export({ type: 'pkcs8', format: 'pem', cipher, passphrase }));";
    let mut node = Command::new(tools::node().unwrap());
    let output = node
        .args(["-e", script, text(key), cipher, password])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_key_may_be_under_a_password() {
    let ours = Authority::new();
    let mine = ours.issue("client", &["me"]);
    let authority = ours.file();
    let server = https(
        &ours.issue("server", HERE),
        &["--tls-client-ca", text(&authority)],
    );
    let fields = |key: &str, password: &str| {
        json!({
            "tls_ca": ours.pem(), "tls_certificate": text(&mine.certificate), "tls_key": key,
            "tls_key_password": password,
        })
    };
    for cipher in ["aes-256-cbc", "aes-128-cbc"] {
        let key = encrypted(&mine.key, cipher, "sesame é");
        accepted(&server, fields(&key, "sesame é"));
        assert_says(
            &refusal(&server, fields(&key, "")),
            &["is encrypted", "`tls_key_password`"],
        );
        let error = refusal(&server, fields(&key, "not sesame"));
        assert_says(&error, &["cannot be decrypted", "`tls_key_password`"]);
        assert!(!error.contains("sesame"), "{error}");
    }
    let key = encrypted(&mine.key, "aes-256-cbc", "p");
    let damaged = key.replace("-----END", "A\n-----END");
    assert_says(
        &refusal(&server, fields(&damaged, "p")),
        &["`tls_key` holds no private key"],
    );
}

#[test]
fn a_client_certificate_is_read_anew_at_each_attempt() {
    let (ours, clients) = (Authority::new(), Authority::new());
    let (mine, stranger) = (clients.issue("client", &["me"]), ours.issue("stranger", &["me"]));
    let demand = clients.file();
    let server = https(&ours.issue("server", HERE), &["--tls-client-ca", text(&demand)]);
    let fields = json!({"tls_ca": ours.pem(), "tls_certificate": "client.pem", "tls_key": "client.key"});
    let mut chat = Chat::to(&server.url(), fields);
    let folder = chat.harness.project_folder().to_owned();
    let put = |issued: &Issued| {
        fs::copy(&issued.key, folder.join("client.key")).unwrap();
        fs::copy(&issued.certificate, folder.join("client.pem")).unwrap();
    };
    put(&stranger);
    chat.start();
    assert_says(&chat.error()[1], &["may not accept ours"]);
    put(&mine);
    chat.on("start").wait(LONG);
}

#[test]
fn the_oldest_version_is_a_setting() {
    let ours = Authority::new();
    let server = https(&ours.issue("server", HERE), &["--tls-max-version", "TLSv1.2"]);
    accepted(&server, json!({"tls_ca": ours.pem()}));
    let error = refusal(&server, json!({"tls_ca": ours.pem(), "tls_min_version": "1.3"}));
    assert_says(&error, &["`tls_min_version`"]);
}

#[test]
fn skipping_the_check_is_said_at_each_connection() {
    let ours = Authority::new();
    let server = https(&ours.issue_with("old", &["elsewhere.example"], expired), &[]);
    let mut chat = Chat::started(&server, json!({"tls_insecure_skip_verify": true}));
    let warnings = |chat: &Chat| {
        let logs = chat.harness.logs().into_iter();
        logs.filter(|line| {
            line.message
                .contains("is not checked (`tls_insecure_skip_verify`)")
        })
        .count()
    };
    assert_eq!(warnings(&chat), 1);
    chat.stop();
    chat.start();
    chat.on("start").wait(LONG);
    assert_eq!(warnings(&chat), 2);
}

#[test]
fn files_that_are_wrong_are_named() {
    let (ours, theirs) = (Authority::new(), Authority::new());
    let (mine, other) = (ours.issue("mine", HERE), ours.issue("other", HERE));
    fs::write(theirs.folder().join("empty.pem"), "no PEM at all\n").unwrap();
    let damaged = ours.pem().replace("-----END", "!\n-----END");
    fs::write(theirs.folder().join("damaged.pem"), damaged).unwrap();
    let file = |name: &str| text(&theirs.folder().join(name)).to_owned();
    let identity = |certificate: &str, key: &str| json!({"tls_certificate": certificate, "tls_key": key});
    let (certificate, key) = (text(&mine.certificate), text(&mine.key));
    for (fields, parts) in [
        (
            json!({"tls_ca": file("absent.pem")}),
            &["`tls_ca` is not found", &*file("absent.pem")][..],
        ),
        (json!({"tls_ca": file("")}), &["`tls_ca` is no file"]),
        (
            json!({"tls_ca": file("empty.pem")}),
            &["`tls_ca` holds no certificate"],
        ),
        (json!({"tls_ca": key}), &["`tls_ca` holds no certificate"]),
        (
            json!({"tls_ca": file("damaged.pem")}),
            &["`tls_ca` holds", "damaged"],
        ),
        (
            identity(&file("none.pem"), key),
            &["`tls_certificate` is not found", "none.pem"],
        ),
        (
            identity(certificate, &file("none.key")),
            &["`tls_key` is not found"],
        ),
        (
            identity(certificate, certificate),
            &["`tls_key` holds no private key"],
        ),
        (
            identity(certificate, text(&other.key)),
            &["`tls_key` does not belong to", "`tls_certificate`"],
        ),
    ] {
        println!("{fields}");
        let error = told(&mut Chat::to("https://127.0.0.1:1", fields));
        assert_says(&error, parts);
    }
}

#[test]
fn polling_and_its_upgrade_pass_over_tls() {
    let ours = Authority::new();
    let issued = ours.issue("server", HERE);
    for kind in Kind::ALL {
        for transports in [json!(["polling"]), json!(["polling", "websocket"])] {
            println!("{transports} on {kind:?}");
            let mut server = RealServer::start_with(kind, &issued.options());
            let error = refusal(&server, json!({"transports": transports}));
            assert_says(&error, &["unknown CA", "`tls_ca`"]);
            let fields = json!({"transports": transports, "tls_ca": ours.pem()});
            let mut chat = Chat::started(&server, fields);
            let connect = server.wait_for(&json!({"on": "connect"}), LONG);
            assert_eq!(connect["query"]["transport"], "polling");
            if transports[1] == "websocket" {
                chat.harness.wait_for_log("goes on over WebSocket");
            }
            chat.subscribe("n", "/");
            chat.round_trip();
            server.send(&json!({"do": "flood", "namespace": "/", "name": "n", "count": 3, "size": 300_000}));
            for _ in 0..3 {
                assert_eq!(chat.received()[2].len(), 300_000);
            }
            server.restart();
            chat.on("stop").wait(LONG);
            chat.on("start").wait(LONG);
            chat.round_trip();
            chat.deactivate();
        }
    }
}
