//! Why a figure of risk cannot be given: never zero in its place, never NaN.

/// A figure, or why there is none.
pub type Figure = Result<f64, Unavailable>;

/// Why there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unavailable {
    /// Too few observations.
    #[error("needs {needed} returns and has {had}")]
    History {
        /// How many it takes.
        needed: usize,
        /// How many there are.
        had: usize,
    },
    /// More than can be reckoned with in time.
    #[error("takes at most {most} and was given {had}")]
    TooMany {
        /// The bound.
        most: usize,
        /// How many there are.
        had: usize,
    },
    /// Something it is made of is not known.
    #[error("{0}")]
    Missing(&'static str),
    /// The observations do not differ, so that nothing can be divided by how they do.
    #[error("the observations do not differ")]
    NoVariation,
    /// The matrix is none that variances and covariances can form.
    #[error("the covariance matrix is not positive semidefinite")]
    NotPositive,
    /// An input outside of its range, or series of different lengths.
    #[error("{0}")]
    Input(&'static str),
    /// The result is too large for a number.
    #[error("the result is not a finite number")]
    NotFinite,
}

/// A result that is a number, or not available.
pub(crate) fn finite(value: f64) -> Figure {
    if value.is_finite() {
        Ok(value)
    } else {
        Err(Unavailable::NotFinite)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Fails unless both are equal to 1e-9, or unavailable for the same reason.
    #[track_caller]
    pub(crate) fn check(got: Figure, expect: Figure) {
        match (got, expect) {
            (Ok(got), Ok(expect)) => {
                let tolerance = 1e-9 * expect.abs().max(1e-3);
                assert!((got - expect).abs() <= tolerance, "{got} is not {expect}");
            }
            (got, expect) => assert_eq!(got, expect),
        }
    }

    #[test]
    fn what_is_not_finite_is_not_available() {
        check(finite(1.0), Ok(1.0));
        check(finite(f64::NAN), Err(Unavailable::NotFinite));
        check(finite(f64::NEG_INFINITY), Err(Unavailable::NotFinite));
    }
}
