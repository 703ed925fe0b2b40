//! The way of commands from the nodes to a connection's task.
//!
//! The task takes all that waits at once, so both threads meet once for many commands. An idle connection keeps next to
//! nothing; tokio's channel keeps a block for 32 commands, which were 3.6 of 19 KiB for each of ten thousand connections.

use std::{
    collections::VecDeque,
    future::poll_fn,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use tokio::task::coop;

use super::command::Command;

/// Room for so many commands is kept by a task that sleeps, the rest given back.
const KEPT: usize = 32;

/// The task has ended; the command is not carried out.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Closed;

/// The nodes' end.
pub(crate) struct Sender(Arc<Shared>);

/// The task's end.
pub(crate) struct Mailbox {
    shared: Arc<Shared>,
    /// Taken together, to be handed out one by one.
    taken: VecDeque<Command>,
}

#[derive(Default)]
struct Shared(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    commands: VecDeque<Command>,
    /// The task, if it sleeps.
    task: Option<Waker>,
    /// One of the two ends is gone.
    is_closed: bool,
}

/// Both ends.
pub(crate) fn mailbox() -> (Sender, Mailbox) {
    let shared = Arc::default();
    let sender = Sender(Arc::clone(&shared));
    let taken = VecDeque::new();
    (sender, Mailbox { shared, taken })
}

impl Sender {
    /// Hands a command over and wakes the task. Any thread.
    pub(crate) fn send(&self, command: Command) -> Result<(), Closed> {
        let mut waiting = self.0.lock();
        if waiting.is_closed {
            return Err(Closed);
        }
        waiting.commands.push_back(command);
        let task = waiting.task.take();
        drop(waiting);
        if let Some(task) = task {
            task.wake();
        }
        Ok(())
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl Mailbox {
    /// The next command; `None` when there will be none any more. Dropping the future loses nothing.
    pub(super) async fn recv(&mut self) -> Option<Command> {
        // Others on the thread get their turn, however much arrives here.
        coop::cooperative(poll_fn(|cx| self.poll(cx))).await
    }

    /// The next command if there is one already.
    pub(super) fn try_recv(&mut self) -> Option<Command> {
        self.next(|_| ())
    }

    /// Whether no command waits.
    pub(super) fn is_empty(&self) -> bool {
        self.taken.is_empty() && self.shared.lock().commands.is_empty()
    }

    fn poll(&mut self, cx: &Context<'_>) -> Poll<Option<Command>> {
        let mut is_closed = false;
        let command = self.next(|waiting| {
            is_closed = waiting.is_closed;
            waiting.task = Some(cx.waker().clone());
        });
        match command {
            None if !is_closed => Poll::Pending,
            command => Poll::Ready(command),
        }
    }

    /// The next command; if there is none, what is to be done before one can come.
    fn next(&mut self, otherwise: impl FnOnce(&mut Waiting)) -> Option<Command> {
        if self.taken.is_empty() {
            let mut waiting = self.shared.lock();
            mem::swap(&mut waiting.commands, &mut self.taken);
            if self.taken.is_empty() {
                self.taken.shrink_to(KEPT);
                waiting.commands.shrink_to(KEPT);
                otherwise(&mut waiting);
            }
        }
        self.taken.pop_front()
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        self.shared.close();
        // Outside of the lock, like all that may take long.
        let left = mem::take(&mut self.shared.lock().commands);
        drop(left);
    }
}

impl Shared {
    fn close(&self) {
        let mut waiting = self.lock();
        waiting.is_closed = true;
        let task = waiting.task.take();
        drop(waiting);
        if let Some(task) = task {
            task.wake();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::{thread, time::Duration};

    use tokio::time::timeout;

    use super::*;
    use crate::driver::Outgoing;

    fn numbered(size: usize) -> Command {
        let event =
            Outgoing::new(&"/".into(), &"n".into(), crate::driver::Argument::Text("".into())).unwrap();
        Command::Emit { event, size }
    }

    fn number(command: Option<Command>) -> Option<usize> {
        match command {
            Some(Command::Emit { size, .. }) => Some(size),
            _ => None,
        }
    }

    #[tokio::test]
    async fn commands_arrive_in_order_from_another_thread_and_then_the_end() {
        const COUNT: usize = 10_000;
        let (sender, mut mailbox) = mailbox();
        let thread = thread::spawn(move || (0..COUNT).for_each(|at| sender.send(numbered(at)).unwrap()));
        for at in 0..COUNT {
            assert_eq!(number(mailbox.recv().await), Some(at));
        }
        assert!(mailbox.recv().await.is_none());
        thread.join().unwrap();
    }

    #[tokio::test]
    async fn nothing_is_lost_by_giving_up_waiting() {
        let (sender, mut mailbox) = mailbox();
        let nothing = timeout(Duration::from_millis(1), mailbox.recv()).await;
        assert!(nothing.is_err() && mailbox.is_empty());
        sender.send(numbered(1)).unwrap();
        sender.send(numbered(2)).unwrap();
        assert!(!mailbox.is_empty());
        assert_eq!(number(mailbox.try_recv()), Some(1));
        assert!(!mailbox.is_empty());
        assert_eq!(number(mailbox.recv().await), Some(2));
        assert!(mailbox.try_recv().is_none() && mailbox.is_empty());
    }

    #[test]
    fn nobody_sends_to_a_task_that_has_ended() {
        let (sender, mailbox) = mailbox();
        drop(mailbox);
        assert_eq!(sender.send(numbered(1)), Err(Closed));
    }
}
