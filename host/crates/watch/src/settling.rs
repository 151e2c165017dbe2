//! Whether what others write has come to rest: it is the same at every look for a while.

use std::time::Duration;

/// What is seen at one place, and since when. Times are since a moment that the caller chooses.
#[derive(Debug, Clone)]
pub struct Settling<T> {
    quiet: Duration,
    seen: T,
    since: Duration,
    told: bool,
}

impl<T: PartialEq> Settling<T> {
    /// What lies there from the beginning is no change. Others count once they have been the same for
    /// `quiet`.
    pub fn new(quiet: Duration, first: T) -> Self {
        Self {
            quiet,
            seen: first,
            since: Duration::ZERO,
            told: true,
        }
    }

    /// Takes in a look. Says once of each change that it has come to rest.
    pub fn look(&mut self, seen: T, now: Duration) -> bool {
        if seen != self.seen {
            (self.seen, self.since, self.told) = (seen, now, false);
        }
        if self.told || now.saturating_sub(self.since) < self.quiet {
            return false;
        }
        self.told = true;
        true
    }

    /// What was seen last.
    pub fn seen(&self) -> &T {
        &self.seen
    }

    /// Whether nothing is under way.
    pub fn is_at_rest(&self) -> bool {
        self.told
    }

    /// When it is worth a look if nothing else happens.
    pub fn due(&self) -> Option<Duration> {
        (!self.told).then(|| self.since.saturating_add(self.quiet))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Looks at these times in milliseconds, and what was seen; returns what was told and when. Rest is
    /// after 100 ms.
    fn told(looks: &[(u64, char)]) -> Vec<(u64, char)> {
        let mut settling = Settling::new(Duration::from_millis(100), 'a');
        let looks = looks.iter().copied();
        let look = |&(at, seen): &(u64, char)| settling.look(seen, Duration::from_millis(at));
        looks.filter(look).collect()
    }

    #[test]
    fn what_was_there_is_no_change() {
        assert_eq!(told(&[(0, 'a'), (500, 'a')]), []);
    }

    #[test]
    fn a_change_is_told_once_when_it_has_come_to_rest() {
        let looks = [(10, 'b'), (60, 'b'), (110, 'b'), (400, 'b')];
        assert_eq!(told(&looks), [(110, 'b')]);
    }

    #[test]
    fn a_slow_writer_is_waited_for() {
        let looks = [(0, 'b'), (90, 'c'), (180, 'd'), (270, 'e'), (369, 'e')];
        assert_eq!(told(&looks), []);
        assert_eq!(told(&[&looks[..], &[(370, 'e')]].concat()), [(370, 'e')]);
    }

    #[test]
    fn gone_and_back_between_two_looks_is_told_as_what_it_is() {
        let looks = [(0, '-'), (20, 'b'), (120, 'b'), (200, '-'), (300, '-')];
        assert_eq!(told(&looks), [(120, 'b'), (300, '-')]);
    }

    #[test]
    fn the_next_look_is_due_when_it_could_be_at_rest() {
        let ms = Duration::from_millis;
        let mut settling = Settling::new(ms(100), 'a');
        assert_eq!((settling.due(), settling.is_at_rest()), (None, true));
        assert!(!settling.look('b', ms(30)));
        assert_eq!(
            (settling.due(), settling.is_at_rest()),
            (Some(ms(130)), false)
        );
        assert!(settling.look('b', ms(131)));
        assert_eq!((settling.due(), settling.seen()), (None, &'b'));
    }
}
