//! What a verb is: its words, the request that it makes, and what it takes.

use ureq::http::Method;

/// A verb.
#[derive(Debug, Clone)]
pub(super) struct Verb {
    /// After `argonaut`, such as `strategies pause`.
    pub(super) words: &'static str,
    pub(super) method: Method,
    /// Below `/api/v1`. A name in braces is an argument; with a star it may have slashes.
    pub(super) path: &'static str,
    /// What it is for, in a line.
    pub(super) about: &'static str,
    pub(super) takes: Vec<Take>,
    /// Whether it may send a component, in the body of which the fields have no place.
    pub(super) may_send_plugin: bool,
    /// Whether the answer is a document, and no JSON.
    pub(super) is_text: bool,
    /// Whether the host may compile a component before it answers.
    pub(super) is_long: bool,
    /// The field of the answer with the rows, where it is a page.
    pub(super) rows: &'static str,
    /// What a table of answers shows, as dotted paths; all that is plain when there are none.
    pub(super) columns: &'static [&'static str],
}

/// Something that a verb takes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Take {
    /// Of the option, or of the argument where it has none.
    pub(super) name: &'static str,
    /// In the query or, dotted, in the body.
    pub(super) field: &'static str,
    pub(super) place: Place,
    pub(super) kind: Kind,
    pub(super) about: &'static str,
    pub(super) is_needed: bool,
}

/// Where something goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Query,
    /// A field of the body; of the query where the body is a component.
    Field,
    /// The same, as an argument that is no option.
    Word,
    /// All of the body.
    Body,
}

/// How something is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    /// In whatever case; sent in capitals.
    Name,
    /// A whole number that is sent as such.
    Whole,
    /// There or not.
    Flag,
    /// Separated by commas, or given several times.
    List,
    /// `NAME=VALUE`, given several times.
    Pairs,
    /// With its unit; sent in nanoseconds.
    Span,
    /// JSON, `@FILE` with it, or `@-` for standard input.
    Json,
}

/// A name in the path.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slot {
    pub(super) name: &'static str,
    /// Whether it may have slashes.
    pub(super) is_rest: bool,
}

pub(super) fn get(words: &'static str, path: &'static str, about: &'static str) -> Verb {
    verb(Method::GET, words, path, about)
}

pub(super) fn post(words: &'static str, path: &'static str, about: &'static str) -> Verb {
    verb(Method::POST, words, path, about)
}

pub(super) fn put(words: &'static str, path: &'static str, about: &'static str) -> Verb {
    verb(Method::PUT, words, path, about)
}

pub(super) fn patch(words: &'static str, path: &'static str, about: &'static str) -> Verb {
    verb(Method::PATCH, words, path, about)
}

pub(super) fn delete(words: &'static str, path: &'static str, about: &'static str) -> Verb {
    verb(Method::DELETE, words, path, about)
}

fn verb(method: Method, words: &'static str, path: &'static str, about: &'static str) -> Verb {
    Verb {
        words,
        method,
        path,
        about,
        takes: Vec::new(),
        may_send_plugin: false,
        is_text: false,
        is_long: false,
        rows: "",
        columns: &[],
    }
}

impl Verb {
    fn with(mut self, place: Place, name: &'static str, kind: Kind, about: &'static str) -> Self {
        self.takes.push(Take {
            name,
            field: name,
            place,
            kind,
            about,
            is_needed: matches!(place, Place::Word | Place::Body),
        });
        self
    }

    /// With an option for the query.
    pub(super) fn query(self, name: &'static str, kind: Kind, about: &'static str) -> Self {
        self.with(Place::Query, name, kind, about)
    }

    /// With an option for the body.
    pub(super) fn field(self, name: &'static str, kind: Kind, about: &'static str) -> Self {
        self.with(Place::Field, name, kind, about)
    }

    /// With an argument for the body.
    pub(super) fn word(self, name: &'static str, kind: Kind, about: &'static str) -> Self {
        self.with(Place::Word, name, kind, about)
    }

    /// With an option that is all of the body.
    pub(super) fn body(self, name: &'static str, about: &'static str) -> Self {
        self.with(Place::Body, name, Kind::Json, about)
    }

    /// The latest of what it takes is called so in the request.
    pub(super) fn named(mut self, field: &'static str) -> Self {
        if let Some(latest) = self.takes.last_mut() {
            latest.field = field;
        }
        self
    }

    /// The latest of what it takes must be given.
    pub(super) fn needed(mut self) -> Self {
        if let Some(latest) = self.takes.last_mut() {
            latest.is_needed = true;
        }
        self
    }

    /// With the version that is meant: a component of the host's, or one that is sent; its parameters.
    pub(super) fn version(mut self) -> Self {
        self.may_send_plugin = true;
        self.is_long = true;
        let plugin = "One that the host has: sha256:HASH, or a path below its plugin folder";
        self.field("plugin", Kind::Text, plugin)
            .field("param", Kind::Pairs, "A parameter of the strategy")
            .named("parameters")
            .field(
                "force",
                Kind::Flag,
                "Also if a newer version runs or is approved",
            )
            .field(
                "by",
                Kind::Text,
                "Who asks, where the host does not know it",
            )
    }

    /// With what a version begins with.
    pub(super) fn state(self) -> Self {
        let about =
            "What it begins with: carry, what the running version saves (the default), or fresh";
        self.field("state", Kind::Name, about)
    }

    /// With how long the version before stays at hand, and when it comes back.
    pub(super) fn probation(self) -> Self {
        self.field(
            "max-faults",
            Kind::Whole,
            "Faults after which the version before comes back, 0 by default",
        )
        .named("probation.max_faults")
        .field(
            "max-loss",
            Kind::Text,
            "Loss after which it comes back, in the account's currency",
        )
        .named("probation.max_loss")
        .field(
            "max-denials",
            Kind::Whole,
            "Refused orders and changes after which it comes back",
        )
        .named("probation.max_denials")
        .field(
            "max-drawdown",
            Kind::Text,
            "Fall below the most it had brought after which it comes back",
        )
        .named("probation.max_drawdown")
        .field(
            "max-denied-percent",
            Kind::Whole,
            "Percent of orders and changes refused, of 20 or more, above which it comes back",
        )
        .named("probation.max_denied_percent")
        .field(
            "probation",
            Kind::Span,
            "For how long it stays at hand, such as 10min",
        )
        .named("probation.for_ns")
    }

    /// With who says so and why.
    pub(super) fn said(self) -> Self {
        self.field("by", Kind::Text, "Who says so")
            .needed()
            .field("reason", Kind::Text, "Why")
    }

    /// With how many are shown.
    pub(super) fn limit(self) -> Self {
        self.query("limit", Kind::Whole, "At most so many")
    }

    /// For which the host may compile a component.
    pub(super) fn long(mut self) -> Self {
        self.is_long = true;
        self
    }

    /// Answered by a document, which is shown as it is.
    pub(super) fn document(mut self) -> Self {
        self.is_text = true;
        self
    }

    /// Shown as a table with these columns.
    pub(super) fn columns(mut self, columns: &'static [&'static str]) -> Self {
        self.columns = columns;
        self
    }

    /// Whose rows are in this field.
    pub(super) fn rows(mut self, field: &'static str) -> Self {
        self.rows = field;
        self
    }

    /// The names in its path.
    pub(super) fn slots(&self) -> impl Iterator<Item = Slot> + use<> {
        let path: &'static str = self.path;
        path.split('/').filter_map(|segment| {
            let inner = segment.strip_prefix('{')?.strip_suffix('}')?;
            let rest = inner.strip_prefix('*');
            Some(Slot {
                name: rest.unwrap_or(inner),
                is_rest: rest.is_some(),
            })
        })
    }
}
