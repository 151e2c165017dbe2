//! How those end who follow a host: all at once, so that of several whose servers are away only the slowest
//! is waited for.

/// What ends one of them.
pub(crate) type End = Box<dyn FnOnce() + Send>;

/// The end of one that may not be there.
pub(crate) fn of<T: Send + 'static>(one: Option<T>, end: fn(T)) -> Option<End> {
    one.map(|one| Box::new(move || end(one)) as End)
}

/// Ends those that are there and waits for all.
pub(crate) fn at_once<const COUNT: usize>(ends: [Option<End>; COUNT]) {
    std::thread::scope(|scope| {
        for end in ends.into_iter().flatten() {
            scope.spawn(end);
        }
    });
}
