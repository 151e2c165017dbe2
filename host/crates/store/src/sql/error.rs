//! Why the store cannot be used.

/// Why the store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The address is none.
    #[error("store.url: {0}; write `sqlite:FILE` or `postgres://USER@HOST/DATABASE`")]
    Url(String),
    /// A newer program has been at work.
    #[error(
        "the store has schema {found} (`{name}`), and this program knows {known}: run the newer \
         program, or name another database and rebuild it from the journal"
    )]
    Newer {
        /// The number of its newest migration.
        found: u64,
        /// Its name.
        name: String,
        /// The newest one that is known here.
        known: u64,
    },
    /// A newer program has been at work on identity's tables.
    #[error(
        "identity's tables have schema {found}, and this program knows {known}: run the newer \
         program, or name another file or schema in `[identity]`, which begins without anybody"
    )]
    NewerIdentity {
        /// The number of its newest migration.
        found: u64,
        /// The newest one that is known here.
        known: u64,
    },
    /// The rows are those of another journal.
    #[error(
        "the store holds another journal up to sequence {0}: name another database or schema in \
         `[store]`, or make this one again with `argonaut store rebuild`"
    )]
    Foreign(u64),
    /// Somebody else wrote meanwhile.
    #[error(
        "the store is at sequence {found} where {expected} was expected: another host writes it"
    )]
    Moved {
        /// Where it is.
        found: u64,
        /// Where the batch begins.
        expected: u64,
    },
    /// The database refused, or cannot be reached.
    #[error("the database says: {0}")]
    Database(String),
}

impl StoreError {
    /// Whether trying again later may help, without anybody doing anything here.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Database(_))
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.to_string())
    }
}
