//! Received frames.

use std::time::Instant;

use bytes::Bytes;
use socketio_proto::{Frame, Message};

use crate::peer::{joined, messages, receive, written};

/// Frames from the server, one a line; a line that begins with `<` is a binary one.
///
/// No frame panics. The short way for common events reads what the long way reads. What was read can be sent, and is then
/// read the same.
pub fn frame(input: &[u8]) {
    let now = Instant::now();
    let (mut client, mut plain) = (joined(now), joined(now));
    for line in input.split(|byte| *byte == b'\n') {
        if let Some(bytes) = line.strip_prefix(b"<") {
            let bytes = Bytes::copy_from_slice(bytes);
            client.handle_frame(now, Frame::Binary(bytes.clone()));
            plain.handle_frame(now, Frame::Binary(bytes));
        } else {
            let text = String::from_utf8_lossy(line);
            let found = plain.handle_plain(now, &text).map(|message| {
                let (namespace, name, text) = (message.namespace, message.name, message.text);
                (namespace.to_owned(), name.to_owned(), text.to_owned())
            });
            client.handle_frame(now, Frame::Text(&text));
            match found {
                Some((namespace, name, text)) => {
                    let read = client.poll_message();
                    let read =
                        read.unwrap_or_else(|| panic!("`{namespace}` `{name}`: only the short way reads it"));
                    assert_eq!(
                        (&*read.namespace, &read.name, read.text()),
                        (&*namespace, &name, text)
                    );
                    assert_eq!(read.args.len(), 1);
                    check_round_trip(now, &read);
                }
                None => plain.handle_frame(now, Frame::Text(&text)),
            }
        }
        let (read, read_plain) = (messages(&mut client), messages(&mut plain));
        assert_eq!(format!("{read:?}"), format!("{read_plain:?}"));
        for message in &read {
            check_round_trip(now, message);
        }
        assert_eq!(written(&mut client), written(&mut plain));
    }
}

/// Sends the message to another client. Only limits that have names may stand in the way.
fn check_round_trip(now: Instant, message: &Message) {
    let (mut sender, mut receiver) = (joined(now), joined(now));
    if sender
        .emit(now, &message.namespace, &message.name, message.args.clone())
        .is_err()
    {
        return;
    }
    for frame in written(&mut sender) {
        receive(&mut receiver, now, &frame);
    }
    let read = messages(&mut receiver);
    assert_eq!(read.len(), 1, "{message:?} was written and is not read");
    // By their text: a float that is not a number does not equal itself.
    let show = |message: &Message| format!("{} {} {:?}", message.namespace, message.name, message.args);
    assert_eq!(show(&read[0]), show(message));
}
