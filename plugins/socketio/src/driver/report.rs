//! The words of On Socket.IO Error: stage, reason, URL without secrets, number of the attempt.

use std::time::Duration;

use socketio_proto::{ConnectErrorKind, Data, EmitError, Error, Stage, TransportFailure};

use crate::{endpoint::Endpoint, settings::Overflow};

/// A fault of the connection. `opening` is the step that was under way when it was being opened.
pub(super) fn fault(error: &Error, opening: Stage, endpoint: &Endpoint, attempt: u32) -> String {
    let stage = match error {
        // The core sees one step where the driver takes several.
        Error::ConnectTimeout {
            stage: Stage::WebSocket,
            ..
        } => opening,
        other => other.stage(),
    };
    let what = match error {
        Error::Transport(TransportFailure::Failed { message, .. }) => message.clone(),
        other => other.to_string(),
    };
    match attempt {
        0 => format!("{stage}: {what} ({endpoint})"),
        _ => format!("{stage}: {what} ({endpoint}, attempt {attempt} to reconnect)"),
    }
}

/// A namespace that was not joined.
pub(super) fn refusal(
    kind: ConnectErrorKind,
    message: &str,
    data: Option<&Data>,
    endpoint: &Endpoint,
) -> String {
    let data = data.map(|data| format!(", data {data}")).unwrap_or_default();
    let message = match kind {
        ConnectErrorKind::Refused => format!("refused by the server: {message}"),
        ConnectErrorKind::Reported => format!("the server reports an error: {message}"),
        ConnectErrorKind::Disconnected | ConnectErrorKind::TimedOut => message.to_owned(),
    };
    format!("{}: {message}{data} ({endpoint})", Stage::Namespace)
}

/// A joined namespace that the server ended.
pub(super) fn disconnected(endpoint: &Endpoint) -> String {
    format!("{}: ended by the server ({endpoint})", Stage::Namespace)
}

/// A server that has fallen silent.
pub(super) fn silent(endpoint: &Endpoint) -> String {
    format!(
        "{}: the server has fallen silent (ping timeout) ({endpoint})",
        Stage::WebSocket
    )
}

/// The last attempt failed.
pub(super) fn given_up(endpoint: &Endpoint) -> String {
    format!("gave up to reconnect; pulse Socket.IO Start to try again ({endpoint})")
}

/// Events that nobody will send any more; with retries some may have been sent.
pub(super) fn unsent(count: usize, retries: bool, endpoint: &Endpoint) -> String {
    let what = match retries {
        true => "were acknowledged",
        false => "could be sent",
    };
    format!("stopped before {count} events {what} ({endpoint})")
}

/// Events that the send buffer does not hold.
pub(super) fn dropping(overflow: Overflow, endpoint: &Endpoint) -> String {
    let which = match overflow {
        Overflow::DropOldest => "the oldest events are",
        Overflow::DropNewest | Overflow::Refuse => "further events are",
    };
    format!(
        "{}: the send buffer is full: {which} dropped (setting `send_buffer_policy`) ({endpoint})",
        Stage::Limit
    )
}

/// An event that the server would not take.
pub(super) fn refused(error: &EmitError, endpoint: &Endpoint) -> String {
    let stage = match error {
        EmitError::ReservedName(_) => Stage::Namespace,
        _ => Stage::Limit,
    };
    format!("{stage}: {error} ({endpoint})")
}

/// A defect of the plugin.
pub(super) fn defect(again_in: Duration, endpoint: &Endpoint) -> String {
    format!("internal error, connecting again in {again_in:?}; see the log ({endpoint})")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::settings::{Settings, tests::entry};

    fn endpoint() -> Endpoint {
        let fields = json!({"url": "http://u:secret@h:3000?k=secret"});
        Settings::parse(entry(fields)).unwrap().endpoint
    }

    #[test]
    fn a_fault_names_stage_url_and_attempt_once() {
        let failure = TransportFailure::Failed {
            stage: Stage::Tcp,
            message: "refused".to_owned(),
        };
        let error = Error::from(failure);
        assert_eq!(
            fault(&error, Stage::Dns, &endpoint(), 0),
            "tcp: refused (http://h:3000/socket.io/)"
        );
        assert_eq!(
            fault(&error, Stage::Dns, &endpoint(), 3),
            "tcp: refused (http://h:3000/socket.io/, attempt 3 to reconnect)"
        );
    }

    #[test]
    fn a_timeout_names_the_step_that_hung() {
        let limit = Duration::from_secs(20);
        let timeout = |stage| Error::ConnectTimeout { stage, limit };
        assert!(
            fault(&timeout(Stage::WebSocket), Stage::Tls, &endpoint(), 0).starts_with("tls: no connection")
        );
        assert!(fault(&timeout(Stage::Handshake), Stage::Http, &endpoint(), 0).starts_with("handshake: "));
    }

    #[test]
    fn a_refusal_shows_the_servers_message_and_data() {
        let data: Data = r#"{"code":401}"#.parse().unwrap();
        assert_eq!(
            refusal(
                ConnectErrorKind::Refused,
                "not authorized",
                Some(&data),
                &endpoint()
            ),
            r#"namespace: refused by the server: not authorized, data {"code":401} (http://h:3000/socket.io/)"#
        );
    }
}
