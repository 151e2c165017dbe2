//! Whether a file that others write has changed, and come to rest.
//!
//! ```text
//! file system ──▶ Hints (look again) ──▶ Seen (what lies there) ──▶ Settling (for how long already)
//! ```
//!
//! Nothing is concluded from a notification of the file system: they get lost, come before the writer is
//! done, and say nothing of what is behind links. They only say that a look is worth while ([`Hints`]), so
//! the queue for them needs one place. What counts is what a look finds ([`Seen`]) and that it has been the
//! same for a while ([`Settling`]). That makes writing in place, renaming, turning a link, deleting, and
//! removing and making a folder again one case, and works where no notifications come, later.
//!
//! What is absent on purpose: threads, the clock (whoever looks says when that is), and what a file means.

mod folders;
mod hints;
mod seen;
mod settling;

pub use folders::folders_of;
pub use hints::{Hints, NoHints};
pub use seen::{Print, Seen};
pub use settling::Settling;
