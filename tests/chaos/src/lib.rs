//! A TCP proxy on the loopback interface that breaks connections as a script says: to the byte, and the same each time.
//!
//! ```no_run
//! use pulsewire_chaos::{Chaos, End, Flow, Plan};
//!
//! # fn main() -> std::io::Result<()> {
//! # let server = "127.0.0.1:3000".parse().expect("an address");
//! let chaos = Chaos::to(server)?;
//! // The first connection ends after 100 bytes from the server, all others pass.
//! let door = chaos.open(|connection| match connection {
//!     0 => Plan { to_client: Flow::calm().ending(100, End::Close), ..Plan::calm() },
//!     _ => Plan::calm(),
//! })?;
//! println!("connect to {}", door.address());
//! # Ok(())
//! # }
//! ```
//!
//! A [`Chaos`] is one thread in front of one server, with as many [`Door`]s as there are scripts. It knows no protocol, and
//! it is for tests: what it cannot do (no descriptors left, the server is gone) shows as a connection that ends at once.

mod plan;
mod proxy;
mod pump;
mod random;

pub use plan::{End, Flow, Plan};
pub use proxy::{Chaos, Door, Traffic};
