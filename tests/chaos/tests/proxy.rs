//! The proxy does what its script says, to the byte.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    io::{ErrorKind, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    thread,
    time::{Duration, Instant},
};

use pulsewire_chaos::{Chaos, Door, End, Flow, Plan};

const LONG: Duration = Duration::from_secs(20);

/// A server that sends back what it gets.
fn echo() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            thread::spawn(move || {
                let mut buffer = [0; 1024];
                while let Ok(count @ 1..) = stream.read(&mut buffer) {
                    if stream.write_all(&buffer[..count]).is_err() {
                        return;
                    }
                }
            });
        }
    });
    address
}

fn door(plan: Plan) -> (Chaos, Door) {
    let chaos = Chaos::to(echo()).unwrap();
    let door = chaos.open(move |_| plan.clone()).unwrap();
    (chaos, door)
}

fn connect(door: &Door) -> TcpStream {
    let stream = TcpStream::connect(door.address()).unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    stream
}

/// Sends bytes and reads to the end: what came, and how it ended.
fn converse(door: &Door, bytes: &[u8]) -> (Vec<u8>, Option<ErrorKind>) {
    let mut stream = connect(door);
    stream.write_all(bytes).unwrap();
    let mut read = Vec::new();
    let end = stream.read_to_end(&mut read).err().map(|error| error.kind());
    (read, end)
}

fn up(flow: Flow) -> Plan {
    Plan {
        to_server: flow,
        ..Plan::calm()
    }
}

fn down(flow: Flow) -> Plan {
    Plan {
        to_client: flow,
        ..Plan::calm()
    }
}

#[test]
fn a_close_comes_after_exactly_so_many_bytes() {
    for after in [0, 1, 5, 9] {
        let (_chaos, door) = door(down(Flow::calm().ending(after, End::Close)));
        let (read, end) = converse(&door, b"0123456789");
        assert_eq!(read.len() as u64, after);
        // A socket that is closed with bytes in it that nobody read is reset by the system.
        assert!(matches!(end, None | Some(ErrorKind::ConnectionReset)), "{end:?}");
        assert_eq!(door.wait(LONG, |traffic| traffic.over == 1).unwrap().broken, 1);
        assert_eq!(door.traffic().passed[0][1], after);
    }
    let (_chaos, door) = door(up(Flow::calm().ending(4, End::Close)));
    converse(&door, b"0123456789");
    assert_eq!(door.traffic().passed[0][0], 4);
}

#[test]
fn a_reset_is_a_reset() {
    let (_chaos, door) = door(up(Flow::calm().ending(4, End::Reset)));
    assert_eq!(converse(&door, b"0123456789").1, Some(ErrorKind::ConnectionReset));
}

#[test]
fn a_stall_ends_nothing() {
    let (_chaos, door) = door(down(Flow::calm().ending(4, End::Stall)));
    let mut stream = connect(&door);
    stream.write_all(b"01234567").unwrap();
    let mut four = [0; 4];
    stream.read_exact(&mut four).unwrap();
    door.wait(LONG, |traffic| traffic.broken == 1).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    let error = stream.read(&mut four).unwrap_err().kind();
    assert!(
        matches!(error, ErrorKind::WouldBlock | ErrorKind::TimedOut),
        "{error}"
    );
    // The other way goes on, and its end is the end.
    stream.write_all(b"89").unwrap();
    door.wait(LONG, |traffic| traffic.passed[0] == [10, 4]).unwrap();
    drop(stream);
    door.wait(LONG, |traffic| traffic.over == 1).unwrap();
}

#[test]
fn chunks_and_delays_change_no_byte() {
    let flow = Flow::calm().dribbled(3, 7).delayed(Duration::from_millis(1));
    let (_chaos, door) = door(Plan {
        to_server: flow.clone(),
        to_client: flow,
    });
    let mut stream = connect(&door);
    let sent: Vec<u8> = (0..200).collect();
    let begin = Instant::now();
    stream.write_all(&sent).unwrap();
    let mut read = vec![0; sent.len()];
    stream.read_exact(&mut read).unwrap();
    assert_eq!(read, sent);
    // At least 67 chunks of at most 3 bytes.
    assert!(begin.elapsed() >= Duration::from_millis(67));
}

#[test]
fn a_script_is_asked_for_each_connection() {
    let chaos = Chaos::to(echo()).unwrap();
    let door = chaos
        .open(|connection| match connection {
            0 => down(Flow::calm().ending(0, End::Close)),
            _ => Plan::calm(),
        })
        .unwrap();
    assert_eq!(converse(&door, b"x").0, b"");
    let mut stream = connect(&door);
    stream.write_all(b"x").unwrap();
    let mut one = [0];
    stream.read_exact(&mut one).unwrap();
    assert_eq!(door.traffic().passed.len(), 2);
}

#[test]
fn the_end_of_a_conversation_comes_once_and_counts_all_its_connections() {
    let chaos = Chaos::to(echo()).unwrap();
    let door = chaos
        .open_conversation(up(Flow::calm().ending(5, End::Close)))
        .unwrap();
    let mut first = connect(&door);
    first.write_all(b"012").unwrap();
    first.read_exact(&mut [0; 3]).unwrap();
    assert_eq!(converse(&door, b"3456").0.len(), 0);
    door.wait(LONG, |traffic| traffic.broken == 1).unwrap();
    assert_eq!(door.traffic().passed[1][0], 2);
    // The other one lives, and those that come are calm.
    let mut third = connect(&door);
    for stream in [&mut first, &mut third] {
        stream.write_all(b"0123456789").unwrap();
        stream.read_exact(&mut [0; 10]).unwrap();
    }
    assert_eq!(door.traffic().broken, 1);
}

#[test]
fn a_cut_ends_what_there_is_and_no_more() {
    let (_chaos, door) = door(Plan::calm());
    let mut streams = [connect(&door), connect(&door)];
    for stream in &mut streams {
        stream.write_all(b"x").unwrap();
        stream.read_exact(&mut [0]).unwrap();
    }
    door.cut();
    for stream in &mut streams {
        assert_eq!(stream.read(&mut [0]).unwrap_or(0), 0);
    }
    door.wait(LONG, |traffic| traffic.broken == 2 && traffic.over == 2)
        .unwrap();
    let mut later = connect(&door);
    later.write_all(b"x").unwrap();
    later.read_exact(&mut [0]).unwrap();
}

#[test]
fn a_seed_is_a_script() {
    assert_eq!(Plan::random(5, 100), Plan::random(5, 100));
    let plans: Vec<Plan> = (0..100).map(|seed| Plan::random(seed, 100)).collect();
    for end in [End::Close, End::Reset, End::Stall] {
        let ends = |flow: &Flow| flow.end.is_some_and(|(after, is)| after < 100 && is == end);
        assert!(plans.iter().any(|plan| ends(&plan.to_server)));
        assert!(plans.iter().any(|plan| ends(&plan.to_client)));
    }
}
