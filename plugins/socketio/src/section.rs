//! The section `socketio` of the Project Settings, as it is declared. `settings` reads it.

use pulsewire_plugin_api::{
    describe::{Field, List, Literal, Section},
    value::DataType,
};

/// One hour: no delay or timeout is longer.
const HOUR: i64 = 3_600_000;

/// The section and its list `connections`.
pub(crate) const SECTION: Section = Section::new(
    "socketio",
    "Socket.IO",
    &[List::new("connections", "Connections", CONNECTION)],
);

const CONNECTION: &[Field] = &[
    Field::new("name", "Name", DataType::String)
        .required()
        .help("What the nodes' Configuration calls this connection."),
    Field::url("url", "URL")
        .required()
        .schemes(&["http", "https", "ws", "wss"])
        .help("The server: http, https, ws or wss. A port in it wins over Port, a path over Path; its query is sent too."),
    // Absent is 0, which nobody can set.
    Field::new("port", "Port", DataType::Int)
        .range(1, 65535)
        .help("The server's port, unless the URL has one. Without either: 80, with https and wss 443."),
    Field::new("path", "Path", DataType::String)
        .default(Literal::Str("/socket.io"))
        .help("The path of the server's Socket.IO endpoint, unless the URL has one."),
    Field::choice("engine_io", "Engine.IO", &["Auto", "4", "3"])
        .default(Literal::Str("Auto"))
        .help("What the server speaks: 4 is Socket.IO 3 and 4, 3 is Socket.IO 1 and 2. Auto finds out."),
    Field::choice("parser", "Parser", &["JSON", "MessagePack"])
        .help("How packets are written: JSON, or MessagePack if the server has socket.io-msgpack-parser."),
    Field::new("strip_offset", "Strip Offset", DataType::Bool)
        .help(
            "Whether the text that servers with connection state recovery put behind the arguments of their events is taken \
             off. Their volatile events have none, and lose their last text.",
        ),
    Field::new("namespaces", "Namespaces", DataType::Array)
        .default(Literal::Json(r#"["/"]"#))
        .elements(DataType::String)
        .min_length(1)
        .help("The namespaces that Start joins. Send and Subscribe join others when they need them."),
    Field::new("auth", "Auth", DataType::Dictionary)
        .secret()
        .help("What is sent when a namespace is joined, such as { token = \"${CHAT_TOKEN}\" }."),
    Field::new("namespace_auth", "Namespace Auth", DataType::Dictionary)
        .secret()
        .help("Auth of single namespaces in place of Auth, such as { \"/admin\" = { token = \"${ADMIN_TOKEN}\" } }."),
    Field::new("query", "Query", DataType::Dictionary)
        .secret()
        .help("Parameters that are added to the URL of the handshake."),
    Field::new("headers", "Headers", DataType::Dictionary)
        .secret()
        .help("HTTP headers that are added to the handshake."),
    Field::new("reconnection", "Reconnection", DataType::Bool)
        .default(Literal::Bool(true))
        .help("Whether a lost or failed connection is tried again."),
    Field::new("reconnection_attempts", "Reconnection Attempts", DataType::Int)
        .range(0, u32::MAX as i64)
        .help("After how many failed attempts in a row it gives up; 0 is never."),
    Field::new("reconnection_delay", "Reconnection Delay", DataType::Int)
        .unit("ms")
        .range(1, HOUR)
        .default(Literal::Int(1000))
        .help("The wait before the first attempt; it doubles with each further one."),
    Field::new("reconnection_delay_max", "Reconnection Delay Max", DataType::Int)
        .unit("ms")
        .range(1, HOUR)
        .default(Literal::Int(5000))
        .help("The longest wait before an attempt."),
    Field::new("randomization_factor", "Randomization Factor", DataType::Float)
        .range(0, 1)
        .default(Literal::Json("0.5"))
        .help("How far a wait may stray from its value, so that not all clients come back at once."),
    Field::new("timeout", "Timeout", DataType::Int)
        .unit("ms")
        .range(0, HOUR)
        .default(Literal::Int(20_000))
        .help("How long connecting may take, up to the server's handshake; 0 is without limit."),
    Field::new("connect_timeout", "Connect Timeout", DataType::Int)
        .unit("ms")
        .range(0, HOUR)
        .default(Literal::Int(20_000))
        .help("How long the server may take to accept a namespace; 0 is without limit."),
    Field::new("send_buffer", "Send Buffer", DataType::Int)
        .range(0, 1_000_000)
        .default(Literal::Int(1000))
        .help("How many events Send may leave waiting while there is no connection."),
    Field::new("send_buffer_bytes", "Send Buffer Bytes", DataType::Int)
        .unit("bytes")
        .range(0, 1 << 31)
        .default(Literal::Int(64 << 20))
        .help("How large the events that wait to be sent may be together, with or without a connection."),
    Field::choice("send_buffer_policy", "Send Buffer Policy", &["refuse", "drop_oldest", "drop_newest"])
        .help(
            "What a full Send Buffer does with a further event: refuse is an error of the node that sends; drop_oldest makes \
             room, drop_newest drops it, and On Socket.IO Error tells once.",
        ),
    Field::new("ack_timeout", "Ack Timeout", DataType::Int)
        .unit("ms")
        .range(0, HOUR)
        .help("How long Send With Acknowledgement waits for the server, unless the node says it; 0 is without limit."),
    Field::new("retries", "Retries", DataType::Int)
        .range(0, 1000)
        .help(
            "How often an event is sent again that the server has not acknowledged within Ack Timeout, which has to be set \
             then; 0 is never. In each namespace one event is under way at a time, and the server may get it twice.",
        ),
    Field::new("max_pending_acks", "Max Pending Acks", DataType::Int)
        .range(1, 1_000_000)
        .default(Literal::Int(10_000))
        .help("How many acknowledgements may be awaited at the same time."),
    Field::new("max_message_size", "Max Message Size", DataType::Int)
        .unit("bytes")
        .range(1 << 10, 1 << 31)
        .default(Literal::Int(100_000_000))
        .help("How large a received event may be. A larger one ends the connection with an error."),
    Field::new("transports", "Transports", DataType::Array)
        .default(Literal::Json(r#"["websocket"]"#))
        .elements(DataType::String)
        .min_length(1)
        .help("How to connect, in order: \"websocket\", \"polling\" (HTTP long-polling). WebSocket alone is the quickest and \
               needs no sticky sessions of load balancers. The official client has [\"polling\", \"websocket\"], which \
               also passes proxies that know no WebSocket."),
    Field::new("upgrade", "Upgrade", DataType::Bool)
        .default(Literal::Bool(true))
        .help("Whether a connection by polling goes over to WebSocket, where Transports names that behind it."),
    Field::new("try_all_transports", "Try All Transports", DataType::Bool)
        .help("Whether the next one of Transports is tried where the server does not take the first."),
    Field::new("remember_upgrade", "Remember Upgrade", DataType::Bool)
        .help("Whether to reconnect by WebSocket at once after one has worked, until something fails."),
    Field::new("request_timeout", "Request Timeout", DataType::Int)
        .unit("ms")
        .range(0, HOUR)
        .help("How long one HTTP request of polling may take; 0 is without limit. A GET waits for the server's next ping, 25 s by default."),
    Field::new("proxy", "Proxy", DataType::String)
        .secret()
        .help("The HTTP proxy to pass by CONNECT: http://host:port, with user:password@ before the host if it wants them."),
    Field::new("proxy_from_environment", "Proxy From Environment", DataType::Bool)
        .help("Whether HTTPS_PROXY, HTTP_PROXY and NO_PROXY are followed, in lower case too, where Proxy is empty."),
    Field::new("tls_ca", "TLS CA", DataType::String)
        .help("Certificate authorities that are trusted beside the system's: the path of a PEM file, or PEM itself."),
    Field::new("tls_certificate", "TLS Certificate", DataType::String)
        .help("The certificate that the server is shown (mutual TLS): the path of a PEM file, or PEM itself."),
    Field::new("tls_key", "TLS Key", DataType::String)
        .secret()
        .help("The private key of TLS Certificate: the path of a PEM file, or PEM itself, such as ${CHAT_KEY}."),
    Field::new("tls_key_password", "TLS Key Password", DataType::String)
        .secret()
        .help("The password of TLS Key, if it is encrypted (PKCS#8: BEGIN ENCRYPTED PRIVATE KEY)."),
    Field::new("tls_server_name", "TLS Server Name", DataType::String)
        .help("The name that the server's certificate must have, and that it is asked by, instead of the URL's host."),
    Field::new("tls_pin", "TLS Pin", DataType::String)
        .help("The SHA-256 of the server's certificate in hex. With it that one is accepted, self-signed too, and no other."),
    Field::new("tls_insecure_skip_verify", "TLS Insecure Skip Verify", DataType::Bool)
        .help("Accepts any certificate: whoever is on the way may read and change everything. For trying out only."),
    Field::choice("tls_min_version", "TLS Min Version", &["1.2", "1.3"])
        .help("The oldest version of TLS that is spoken."),
];

#[cfg(test)]
mod tests {
    use pulsewire_plugin_api::{Plugin, describe::Json, manifest::Manifest, value::DataType};

    use crate::SocketIo;

    const LEN: usize = Json::<0>::metadata(&SocketIo::ABOUT).len();

    #[test]
    fn hosts_can_check_what_a_connection_needs() {
        let metadata = Json::<LEN>::metadata(&SocketIo::ABOUT).into_bytes();
        let manifest = Manifest::from_json(&metadata).unwrap();
        let field = |id: &str| {
            let mut fields = manifest.sections[0].lists[0].fields.iter();
            fields.find(|field| field.id == id).unwrap()
        };
        assert_eq!(field("url").schemes, ["http", "https", "ws", "wss"]);
        let namespaces = field("namespaces");
        // Start with none would join `/`, which is not what `[]` says.
        assert_eq!(
            (namespaces.elements, namespaces.min_length),
            (Some(DataType::String), 1)
        );
    }
}
