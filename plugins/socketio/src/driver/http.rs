//! HTTP/1.1 requests of long-polling: one after the other on a connection that is kept between them.
//!
//! The connection's bytes are moved by a task of its own, which ends with whatever owns the connection.

use std::{
    error::Error as _,
    io::{self, Write},
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use flate2::write::GzDecoder;
use http_body_util::Full;
use hyper::{
    Request, Response, StatusCode,
    body::{Body, Incoming},
    client::conn::http1::{self, SendRequest},
    header::{self, HeaderMap},
};
use hyper_util::rt::TokioIo;
use socketio_proto::{Stage, TransportFailure};
use tokio::{task::JoinHandle, time::Instant};

use super::{
    connect::{self, Connected, Route},
    tls::TlsClient,
};

/// How long a connection may idle, unless the server says so: less than any known server's own limit (5 s with Node.js).
const IDLE: Duration = Duration::from_secs(3);

/// How much earlier than the server we stop using an idle connection, so that a request does not meet its end.
const MARGIN: Duration = Duration::from_secs(1);

/// Most bytes of an answer that nobody wants but for an error's text.
const SHOWN: usize = 2048;

/// Most compressed bytes that are unpacked at once; they become a thousand times as many at most.
const PIECE: usize = 8 << 10;

pub(super) type Outgoing = Request<Full<Bytes>>;

/// A connection between two requests.
pub(super) struct Kept {
    sender: SendRequest<Full<Bytes>>,
    /// What TLS has to say about failures.
    tls: Option<TlsClient>,
    _task: Task,
    unused_since: Instant,
    may_idle: Duration,
}

/// Ends with its owner.
struct Task(JoinHandle<()>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// An answer whose body is still to come.
pub(super) struct Answer {
    status: StatusCode,
    pub(super) headers: HeaderMap,
    body: Incoming,
    kept: Kept,
}

/// Sends a request, on the kept connection if that is still good, and waits for an answer with the status 200. Dropping
/// the future gives the connection up.
pub(super) async fn ask(
    route: &Route,
    kept: Option<Kept>,
    request: Outgoing,
) -> Result<Answer, TransportFailure> {
    let mut request = request;
    if let Some(kept) = kept.filter(Kept::is_fresh) {
        match kept.send(request).await {
            Ok(answer) => return answer.check().await,
            Err((failure, None)) => return Err(failure),
            // The server had closed it before.
            Err((_, Some(unsent))) => request = *unsent,
        }
    }
    let kept = Kept::open(route).await?;
    match kept.send(request).await {
        Ok(answer) => answer.check().await,
        Err((failure, _)) => Err(failure),
    }
}

impl Kept {
    async fn open(route: &Route) -> Result<Self, TransportFailure> {
        let Connected { stream, tls } = connect::open_stream(route).await?;
        route.progress.enter(Stage::Http);
        let (sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| failure(&error, tls.as_ref()))?;
        let task = tokio::spawn(async move {
            if let Err(error) = connection.await {
                log::debug!("an HTTP connection has ended: {error}");
            }
        });
        Ok(Self {
            sender,
            tls,
            _task: Task(task),
            unused_since: Instant::now(),
            may_idle: IDLE,
        })
    }

    fn is_fresh(&self) -> bool {
        !self.sender.is_closed() && self.unused_since.elapsed() < self.may_idle
    }

    /// A request that was not sent comes back with the error.
    async fn send(mut self, request: Outgoing) -> Result<Answer, (TransportFailure, Option<Box<Outgoing>>)> {
        if let Err(error) = self.sender.ready().await {
            return Err((failure(&error, self.tls.as_ref()), Some(Box::new(request))));
        }
        match self.sender.try_send_request(request).await {
            Ok(response) => Ok(self.answer(response)),
            Err(mut error) => {
                let unsent = error.take_message().map(Box::new);
                Err((failure(error.error(), self.tls.as_ref()), unsent))
            }
        }
    }

    fn answer(mut self, response: Response<Incoming>) -> Answer {
        let (head, body) = response.into_parts();
        self.may_idle = may_idle(&head.headers).unwrap_or(IDLE);
        Answer {
            status: head.status,
            headers: head.headers,
            body,
            kept: self,
        }
    }
}

/// How long the server lets a connection idle: `Keep-Alive: timeout=5` (RFC 9112 appendix C.2.2 and RFC 2068).
fn may_idle(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("keep-alive")?.to_str().ok()?;
    let timeout = text
        .split(',')
        .find_map(|part| part.trim().strip_prefix("timeout="))?;
    let seconds = Duration::from_secs(timeout.trim().parse().ok()?);
    Some(seconds.saturating_sub(MARGIN))
}

impl Answer {
    /// Any status but 200 is a failure, with the server's words.
    async fn check(self) -> Result<Self, TransportFailure> {
        if self.status == StatusCode::OK {
            return Ok(self);
        }
        let (status, headers) = (self.status, self.headers.clone());
        // What cannot be read any more is no words.
        let text = self.text().await.unwrap_or_default();
        Err(failed(connect::describe_answer(status, &headers, &text, "")))
    }

    /// The beginning of the body, for humans.
    async fn text(self) -> Result<Vec<u8>, TransportFailure> {
        let mut download = self.download()?;
        let mut text = Vec::new();
        while text.len() < SHOWN {
            match download.next().await {
                Some(data) => text.extend_from_slice(&data?),
                None => break,
            }
        }
        Ok(text)
    }

    /// Takes the body and drops it. The connection can be used again.
    pub(super) async fn finish(self) -> Result<Kept, TransportFailure> {
        let mut download = self.download()?;
        while let Some(data) = download.next().await {
            data?;
        }
        Ok(download.kept)
    }

    /// The body, unpacked.
    pub(super) fn download(self) -> Result<Download, TransportFailure> {
        let encoding = self.headers.get(header::CONTENT_ENCODING);
        let inflater = match encoding.map(|value| value.as_bytes().to_ascii_lowercase()) {
            None => None,
            Some(name) if name.is_empty() || name == b"identity" => None,
            Some(name) if name == b"gzip" || name == b"x-gzip" => Some(GzDecoder::new(Vec::new())),
            Some(name) => {
                let name = String::from_utf8_lossy(&name).into_owned();
                return Err(failed(format!(
                    "the server's answer is packed by `{name}`, which was not asked for"
                )));
            }
        };
        Ok(Download {
            body: self.body,
            inflater,
            packed: Bytes::new(),
            kept: self.kept,
        })
    }
}

/// A body on its way.
pub(super) struct Download {
    body: Incoming,
    inflater: Option<GzDecoder<Vec<u8>>>,
    /// What was received and not unpacked yet.
    packed: Bytes,
    kept: Kept,
}

impl Download {
    /// The next part; `None` at the end.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, TransportFailure>>> {
        loop {
            if let Some(data) = self.unpack().transpose() {
                return Poll::Ready(Some(data));
            }
            match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                Some(Ok(frame)) => match (frame.into_data(), &self.inflater) {
                    (Ok(data), None) => return Poll::Ready(Some(Ok(data))),
                    (Ok(data), Some(_)) => self.packed = data,
                    // Trailers say nothing to us.
                    (Err(_), _) => {}
                },
                Some(Err(error)) => return Poll::Ready(Some(Err(failure(&error, self.kept.tls.as_ref())))),
                None => return Poll::Ready(self.finish_unpacking().transpose()),
            }
        }
    }

    async fn next(&mut self) -> Option<Result<Bytes, TransportFailure>> {
        std::future::poll_fn(|cx| self.poll(cx)).await
    }

    /// The connection, once the body has ended.
    pub(super) fn into_kept(mut self) -> Kept {
        self.kept.unused_since = Instant::now();
        self.kept
    }

    fn unpack(&mut self) -> Result<Option<Bytes>, TransportFailure> {
        let Some(inflater) = &mut self.inflater else {
            return Ok(None);
        };
        while !self.packed.is_empty() {
            let piece = self.packed.split_to(self.packed.len().min(PIECE));
            inflater.write_all(&piece).map_err(|error| corrupt(&error))?;
            let data = std::mem::take(inflater.get_mut());
            if !data.is_empty() {
                return Ok(Some(data.into()));
            }
        }
        Ok(None)
    }

    fn finish_unpacking(&mut self) -> Result<Option<Bytes>, TransportFailure> {
        let Some(inflater) = self.inflater.take() else {
            return Ok(None);
        };
        let rest = inflater.finish().map_err(|error| corrupt(&error))?;
        Ok((!rest.is_empty()).then(|| rest.into()))
    }
}

fn corrupt(error: &io::Error) -> TransportFailure {
    failed(format!("the server's answer is not valid gzip: {error}"))
}

fn failed(message: String) -> TransportFailure {
    TransportFailure::Failed {
        stage: Stage::Http,
        message,
    }
}

/// Why there was no answer, or no whole one.
fn failure(error: &hyper::Error, tls: Option<&TlsClient>) -> TransportFailure {
    let below = error
        .source()
        .and_then(|source| source.downcast_ref::<io::Error>());
    let hung_up = error
        .is_incomplete_message()
        .then(|| io::Error::from(io::ErrorKind::UnexpectedEof));
    let explained = below
        .or(hung_up.as_ref())
        .and_then(|error| tls.and_then(|tls| tls.explain(error)));
    if let Some(message) = explained {
        return TransportFailure::Failed {
            stage: Stage::Tls,
            message,
        };
    }
    if error.is_incomplete_message() || error.is_closed() || error.is_canceled() {
        return failed("the server closed the connection without an answer".to_owned());
    }
    // hyper says what it did; what happened is below.
    let reason = error
        .source()
        .map_or_else(|| error.to_string(), ToString::to_string);
    failed(match error.is_parse() {
        true => format!("the server's answer is not HTTP: {reason}"),
        false => reason,
    })
}
