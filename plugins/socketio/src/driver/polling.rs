//! HTTP long-polling: a GET that waits for packets of the server, and a POST for ours (engine.io-protocol v4,
//! "HTTP long-polling"). At most one of each is in flight: a second one ends the session.
//!
//! A body is read while it comes, packet by packet, so that what a server gathers in one answer has no bound and a full
//! engine makes the server wait. A POST takes what the core has when it begins.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::HeaderMap;
use socketio_proto::{Batch, Body, Client, Frame, PayloadDecoder, PayloadError, Stage, TransportFailure};
use tokio::time::{Sleep, sleep, timeout};

use super::{
    connect::Route,
    cookies::Cookies,
    http::{self, Answer, Download, Kept},
    inbox::Inbox,
    probe::{Probe, Step},
    random,
    socket::{Socket, now},
};
use crate::endpoint::{EndpointError, Session};

/// Most packets that are handed on at once.
const BATCH: usize = 512;

/// What ends the session.
const CLOSE: &str = "1";

/// What says nothing but ends a GET.
const NOOP: &str = "6";

type Pending<T> = Pin<Box<dyn Future<Output = Result<T, TransportFailure>> + Send>>;

/// An open transport.
pub(super) struct Polling {
    route: Route,
    cookies: Cookies,
    /// The session's id; there is none before the first packet was read.
    sid: Option<String>,
    max_payload: Option<usize>,
    may_upgrade: bool,
    get: Get,
    /// The answer to the GET has held nothing but noops so far.
    is_empty: bool,
    /// For the next GET.
    get_kept: Option<Kept>,
    /// `request_timeout`, for a body that is on its way.
    body_limit: Option<Pin<Box<Sleep>>>,
    payload: PayloadDecoder,
    post: Option<Pending<(HeaderMap, Kept)>>,
    /// For the next POST.
    post_kept: Option<Kept>,
    /// What the last POST had no room for.
    held: Option<Frame>,
    probe: Probe,
    closing: Closing,
}

enum Get {
    None,
    Waiting(Pending<Answer>),
    Body(Box<Download>),
    /// The body is here, some of its packets are not taken yet.
    Rest,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Closing {
    No,
    /// What is left is written, then the session is closed.
    Wanted,
    /// The packet that closes it is on its way.
    Sent,
}

impl Polling {
    /// Asks for a session. Its first packets are read by [`poll`](Self::poll).
    pub(super) async fn open(route: &Route, may_upgrade: bool) -> Result<Self, TransportFailure> {
        let request = (route.settings.endpoint)
            .polling(None, Full::default(), None, &random::unique())
            .map_err(|error| unusable(&error))?;
        let limit = route.settings.request_timeout;
        let answer = within(limit, http::ask(route, None, request)).await?;
        let mut cookies = Cookies::default();
        cookies.take(&answer.headers);
        Ok(Self {
            route: route.clone(),
            cookies,
            sid: None,
            max_payload: None,
            may_upgrade,
            get: Get::Body(Box::new(answer.download()?)),
            is_empty: true,
            get_kept: None,
            body_limit: limit.map(|limit| Box::pin(sleep(limit))),
            payload: PayloadDecoder::new(route.settings.max_message_size),
            post: None,
            post_kept: None,
            held: None,
            probe: Probe::default(),
            closing: Closing::No,
        })
    }

    /// The core has read the handshake.
    pub(super) fn begin(&mut self, sid: &str, upgrades: &[String], max_payload: Option<usize>) {
        self.sid = Some(sid.to_owned());
        self.max_payload = max_payload;
        if self.may_upgrade && upgrades.iter().any(|offered| offered == "websocket") {
            self.probe.begin();
        }
    }

    /// Whether a POST could begin now.
    pub(super) fn is_writable(&self) -> bool {
        self.sid.is_some() && self.post.is_none() && self.held.is_none() && !self.probe.is_paused()
    }

    /// Begins to close politely; the end is that of [`poll`](Self::poll).
    pub(super) fn close(&mut self) {
        self.probe.cancel();
        self.closing = Closing::Wanted;
    }

    /// Moves packets both ways, and messages into `inbox`. Ready when something moved, with the WebSocket that takes
    /// over, or with the reason why the session has ended. With a full inbox nothing is received.
    pub(super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        client: &mut Client,
        inbox: &mut Inbox<'_>,
    ) -> Poll<Result<Option<Box<Socket>>, TransportFailure>> {
        // While it closes nobody listens any more, and how the pending GET ends is of no interest.
        let received = self.closing == Closing::No && self.receive(cx, client, inbox)?;
        let sent = self.send(cx, client)?;
        match self.poll_probe(cx) {
            Poll::Ready(Step::Switched(mut socket)) => {
                client.limit_packets(None);
                if let Some(frame) = self.held.take() {
                    socket.send(frame)?;
                }
                if self.closing != Closing::No {
                    socket.close();
                }
                Poll::Ready(Ok(Some(socket)))
            }
            Poll::Ready(Step::Moved) => Poll::Ready(Ok(None)),
            Poll::Pending if received || sent => Poll::Ready(Ok(None)),
            Poll::Pending => Poll::Pending,
        }
    }

    /// Carries the GET on. Says whether anything happened.
    fn receive(
        &mut self,
        cx: &mut Context<'_>,
        client: &mut Client,
        inbox: &mut Inbox<'_>,
    ) -> Result<bool, TransportFailure> {
        match &mut self.get {
            Get::None => {
                if inbox.is_full() || self.probe.is_paused() {
                    return Ok(false);
                }
                let Some(request) = self.request(None) else {
                    return Ok(false);
                };
                let (route, kept, request) = (self.route.clone(), self.get_kept.take(), request?);
                let limit = route.settings.request_timeout;
                self.is_empty = true;
                self.body_limit = limit.map(|limit| Box::pin(sleep(limit)));
                self.get = Get::Waiting(Box::pin(async move {
                    within(limit, http::ask(&route, kept, request)).await
                }));
            }
            Get::Waiting(answer) => {
                let Poll::Ready(answer) = answer.as_mut().poll(cx) else {
                    return Ok(false);
                };
                let answer = answer?;
                client.handle_bytes(now());
                self.cookies.take(&answer.headers);
                self.get = Get::Body(Box::new(answer.download()?));
            }
            Get::Body(_) => return self.receive_body(cx, client, inbox),
            Get::Rest => {
                if inbox.is_full() {
                    return Ok(false);
                }
                if !self.take_packets(client, inbox)? {
                    self.get = Get::None;
                    if self.probe.handle_answer(self.is_empty) {
                        return Err(stuck());
                    }
                }
            }
        }
        Ok(true)
    }

    fn receive_body(
        &mut self,
        cx: &mut Context<'_>,
        client: &mut Client,
        inbox: &mut Inbox<'_>,
    ) -> Result<bool, TransportFailure> {
        if inbox.is_full() {
            return Ok(false);
        }
        if self.take_packets(client, inbox)? {
            return Ok(true);
        }
        let Get::Body(download) = &mut self.get else {
            return Ok(false);
        };
        match download.poll(cx) {
            Poll::Ready(Some(data)) => {
                self.payload.push(&data?);
                client.handle_bytes(now());
                Ok(true)
            }
            Poll::Ready(None) => {
                if let Get::Body(download) = std::mem::replace(&mut self.get, Get::Rest) {
                    self.get_kept = Some(download.into_kept());
                }
                self.payload.end();
                Ok(true)
            }
            Poll::Pending => {
                let limit = self.body_limit.as_mut();
                match limit.is_some_and(|limit| limit.as_mut().poll(cx).is_ready()) {
                    true => Err(late(self.route.settings.request_timeout)),
                    false => Ok(false),
                }
            }
        }
    }

    /// Hands a batch of packets to the core. Says whether there were any.
    fn take_packets(&mut self, client: &mut Client, inbox: &mut Inbox<'_>) -> Result<bool, TransportFailure> {
        let now = now();
        if let Some(protocol) = self.payload.protocol().filter(|_| self.sid.is_none()) {
            client.handle_framing(protocol);
        }
        for count in 0..BATCH {
            let Some(packet) = self.payload.next_packet().map_err(unreadable)? else {
                return Ok(count > 0);
            };
            self.is_empty &= packet == Frame::Text(NOOP);
            if let Frame::Text(text) = packet {
                if let Some(message) = client.handle_plain(now, text) {
                    inbox.take_plain(message);
                    continue;
                }
            }
            client.handle_frame(now, packet);
            while let Some(message) = client.poll_message() {
                inbox.take(message);
            }
        }
        Ok(true)
    }

    /// Carries the POST on. Says whether anything happened.
    fn send(&mut self, cx: &mut Context<'_>, client: &mut Client) -> Result<bool, TransportFailure> {
        if let Some(post) = &mut self.post {
            let Poll::Ready(done) = post.as_mut().poll(cx) else {
                return Ok(false);
            };
            let (headers, kept) = done?;
            self.cookies.take(&headers);
            (self.post, self.post_kept) = (None, Some(kept));
            return match self.closing {
                Closing::Sent => Err(TransportFailure::eof()),
                _ => Ok(true),
            };
        }
        if self.sid.is_none() || self.probe.is_paused() {
            return Ok(false);
        }
        let batch = self.gather(client);
        if batch.is_empty() {
            // What was too large to be sent is told by an event.
            return Ok(client.has_events());
        }
        let Some(request) = self.request(Some(batch.into_body())) else {
            return Ok(false);
        };
        let (route, kept, request) = (self.route.clone(), self.post_kept.take(), request?);
        self.post = Some(Box::pin(async move {
            let exchange = async {
                let answer = http::ask(&route, kept, request).await?;
                let headers = answer.headers.clone();
                Ok((headers, answer.finish().await?))
            };
            within(route.settings.request_timeout, exchange).await
        }));
        Ok(true)
    }

    /// What the next POST takes.
    fn gather(&mut self, client: &mut Client) -> Batch {
        let protocol = self.payload.protocol().unwrap_or_default();
        let mut batch = Batch::new(protocol, self.max_payload);
        // Whoever hands events over a tick later, as the official server does, drops those that come in one body with a
        // goodbye.
        let mut is_goodbye = true;
        while let Some(frame) = self.held.take().or_else(|| client.poll_transmit()) {
            let may_follow = is_goodbye || !says_goodbye(&frame);
            is_goodbye = says_goodbye(&frame);
            let refused = match may_follow {
                true => batch.push(frame),
                false => Err(frame),
            };
            if let Err(frame) = refused {
                self.held = Some(frame);
                return batch;
            }
        }
        if self.closing == Closing::Wanted && is_goodbye && batch.push(Frame::Text(CLOSE.to_owned())).is_ok()
        {
            self.closing = Closing::Sent;
        }
        batch
    }

    fn poll_probe(&mut self, cx: &mut Context<'_>) -> Poll<Step> {
        let is_quiet = matches!(self.get, Get::None) && self.post.is_none();
        let (endpoint, session) = (&self.route.settings.endpoint, session(&self.sid, &self.cookies));
        let request = || endpoint.websocket(session).map_err(|error| unusable(&error));
        self.probe.poll(cx, is_quiet, &self.route, request)
    }

    /// `None`: there is no session yet.
    fn request(&self, body: Option<Body>) -> Option<Result<http::Outgoing, TransportFailure>> {
        let session = session(&self.sid, &self.cookies)?;
        let endpoint = &self.route.settings.endpoint;
        let content_type = body.as_ref().map(Body::content_type);
        let body = Full::new(body.map_or_else(Bytes::new, |body| body.bytes.into()));
        let request = endpoint.polling(content_type, body, Some(session), &random::unique());
        Some(request.map_err(|error| unusable(&error)))
    }
}

/// Whether a frame leaves a namespace: a message with the packet DISCONNECT.
fn says_goodbye(frame: &Frame) -> bool {
    matches!(frame, Frame::Text(text) if text.starts_with("41"))
}

fn session<'a>(sid: &'a Option<String>, cookies: &'a Cookies) -> Option<Session<'a>> {
    let (sid, cookies) = (sid.as_deref()?, cookies.joined());
    Some(Session { sid, cookies })
}

/// A request that cannot be made: of what the server has sent for it, something does not fit.
pub(super) fn unusable(error: &EndpointError) -> TransportFailure {
    TransportFailure::Failed {
        stage: Stage::Handshake,
        message: format!("the session's id or its cookies cannot be used: {error}"),
    }
}

fn stuck() -> TransportFailure {
    TransportFailure::Failed {
        stage: Stage::Http,
        message: "the upgrade to WebSocket has failed, and now the server answers with nothing".to_owned(),
    }
}

fn unreadable(error: PayloadError) -> TransportFailure {
    let (stage, hint) = match error {
        PayloadError::TooLarge { .. } => (Stage::Limit, " (setting `max_message_size`)"),
        PayloadError::NotUtf8 | PayloadError::NoLength | PayloadError::Incomplete => (Stage::Parse, ""),
    };
    TransportFailure::Failed {
        stage,
        message: format!("{error}{hint}"),
    }
}

/// A request with the time that it has; `None` is any.
async fn within<T>(
    limit: Option<Duration>,
    request: impl Future<Output = Result<T, TransportFailure>>,
) -> Result<T, TransportFailure> {
    match limit {
        None => request.await,
        Some(time) => timeout(time, request).await.unwrap_or_else(|_| Err(late(limit))),
    }
}

fn late(limit: Option<Duration>) -> TransportFailure {
    TransportFailure::Failed {
        stage: Stage::Http,
        message: format!(
            "a request took longer than {:?} (setting `request_timeout`)",
            limit.unwrap_or_default()
        ),
    }
}
