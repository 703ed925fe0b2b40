//! Opening one of the transports that the settings allow, in their order.

use std::pin::Pin;

use socketio_proto::{Stage, TransportFailure};

use super::{
    connect::{self, Route},
    polling::{self, Polling},
    socket::Socket,
};
use crate::settings::TransportKind;

/// A transport that is open: over a WebSocket the server's handshake is awaited, over polling it has begun to come.
pub(super) enum Opened {
    WebSocket(Box<Socket>),
    Polling(Box<Polling>),
}

pub(super) type Opening = Pin<Box<dyn Future<Output = Result<Opened, TransportFailure>> + Send>>;

/// Opens the first transport of the list; with `try_all_transports` the next one if the server does not take it.
/// Dropping the future gives everything up at once.
pub(super) async fn open(route: Route, transports: Vec<TransportKind>) -> Result<Opened, TransportFailure> {
    let mut earlier = String::new();
    let mut left = transports.as_slice();
    loop {
        // The settings name one at least.
        let kind = left.first().copied().unwrap_or(TransportKind::WebSocket);
        match open_one(&route, kind, left).await {
            Ok(opened) => return Ok(opened),
            Err(failure) => {
                left = left.get(1..).unwrap_or_default();
                let may_go_on = route.settings.try_all_transports && is_of_transport(&failure);
                if left.is_empty() || !may_go_on {
                    return Err(after(&earlier, failure));
                }
                log::debug!("{kind} is not taken, trying {}: {failure}", left[0]);
                earlier += &format!("{kind}: {failure}; ");
            }
        }
    }
}

async fn open_one(
    route: &Route,
    kind: TransportKind,
    left: &[TransportKind],
) -> Result<Opened, TransportFailure> {
    match kind {
        TransportKind::WebSocket => {
            let request = route.settings.endpoint.websocket(None);
            let request = request.map_err(|error| polling::unusable(&error))?;
            let socket = connect::open_websocket(route, request).await?;
            Ok(Opened::WebSocket(Box::new(socket)))
        }
        TransportKind::Polling => {
            let may_upgrade = route.settings.upgrade && left.contains(&TransportKind::WebSocket);
            let polling = Polling::open(route, may_upgrade).await?;
            Ok(Opened::Polling(Box::new(polling)))
        }
    }
}

/// Whether another transport may fare better: name, TCP and TLS are the same for all.
fn is_of_transport(failure: &TransportFailure) -> bool {
    match failure {
        TransportFailure::Failed { stage, .. } => matches!(stage, Stage::Http | Stage::WebSocket),
        TransportFailure::Closed { .. } => true,
    }
}

/// The last failure, with what the transports before it met.
fn after(earlier: &str, failure: TransportFailure) -> TransportFailure {
    match failure {
        TransportFailure::Failed { stage, message } if !earlier.is_empty() => TransportFailure::Failed {
            stage,
            message: format!("{message}; before that {}", earlier.trim_end_matches("; ")),
        },
        other => other,
    }
}
