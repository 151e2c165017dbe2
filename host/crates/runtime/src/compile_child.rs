//! The compiling child's side: reads a component, limits its own process, answers with code.
//!
//! Both ends are the same program, so the format has no version beyond its magic number.

use crate::engine;
use rustix::process::{Resource, Rlimit, Signal, set_parent_process_death_signal, setrlimit};
use std::io::{self, Read, Write};

const MAGIC: &[u8; 8] = b"argocc1\n";
const CODE: u8 = b'C';
const REFUSED: u8 = b'R';

/// What the parent asks for; the component's bytes follow.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Request {
    /// See [`crate::RuntimeOptions::canonical_nans`].
    pub(crate) canonical_nans: bool,
    /// Address space the child may use.
    pub(crate) memory_bytes: u64,
    /// CPU time the child may use.
    pub(crate) cpu_s: u64,
}

/// What the child answers with.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Code(Vec<u8>),
    Refused(String),
}

impl Request {
    pub(crate) fn write(&self, output: &mut impl Write) -> io::Result<()> {
        output.write_all(MAGIC)?;
        output.write_all(&[u8::from(self.canonical_nans)])?;
        output.write_all(&self.memory_bytes.to_le_bytes())?;
        output.write_all(&self.cpu_s.to_le_bytes())
    }

    fn read(input: &mut impl Read) -> io::Result<Self> {
        let mut magic = [0; MAGIC.len()];
        input.read_exact(&mut magic)?;
        if &magic != MAGIC {
            return Err(io::Error::other("not a request to compile"));
        }
        let mut flag = [0];
        input.read_exact(&mut flag)?;
        let mut number = || {
            let mut bytes = [0; 8];
            input
                .read_exact(&mut bytes)
                .map(|()| u64::from_le_bytes(bytes))
        };
        Ok(Self {
            canonical_nans: flag == [1],
            memory_bytes: number()?,
            cpu_s: number()?,
        })
    }

    /// Takes the limits on. There is no way back, which is the point. It ends with the thread that began it, which
    /// waits for its answer: nobody else wants that.
    fn limit_this_process(&self) -> io::Result<()> {
        set_parent_process_death_signal(Some(Signal::KILL))?;
        let limits = [
            (Resource::As, self.memory_bytes),
            (Resource::Cpu, self.cpu_s),
            (Resource::Fsize, 0),
            (Resource::Core, 0),
        ];
        for (resource, limit) in limits {
            setrlimit(
                resource,
                Rlimit {
                    current: Some(limit),
                    maximum: Some(limit),
                },
            )?;
        }
        Ok(())
    }
}

impl Answer {
    /// Bytes before the payload.
    pub(crate) const HEAD_BYTES: u64 = 1;

    /// Reads an answer; `None` when it is none.
    pub(crate) fn read(mut bytes: Vec<u8>) -> Option<Self> {
        match *bytes.first()? {
            CODE => {
                bytes.remove(0);
                Some(Self::Code(bytes))
            }
            REFUSED => Some(Self::Refused(
                String::from_utf8_lossy(bytes.get(1..)?).into_owned(),
            )),
            _ => None,
        }
    }

    fn write(&self, output: &mut impl Write) -> io::Result<()> {
        let (kind, payload) = match self {
            Self::Code(code) => (CODE, code.as_slice()),
            Self::Refused(reason) => (REFUSED, reason.as_bytes()),
        };
        output.write_all(&[kind])?;
        output.write_all(payload)?;
        output.flush()
    }
}

/// The whole life of a compiling child: call this, with the standard streams, from the hidden
/// subcommand that [`crate::Compiler::Child`] names, and exit. It limits the calling process for
/// good, so call it nowhere else.
///
/// # Errors
/// When the streams break or the limits cannot be set. A component that does not compile is an
/// answer, not an error.
pub fn compile_child_main(mut input: impl Read, mut output: impl Write) -> io::Result<()> {
    let request = Request::read(&mut input)?;
    request.limit_this_process()?;
    let mut component = Vec::new();
    input.read_to_end(&mut component)?;
    let code = engine::engine(request.canonical_nans)
        .and_then(|engine| engine.precompile_component(&component));
    let answer = match code {
        Ok(code) => Answer::Code(code),
        Err(error) => Answer::Refused(crate::compiler::one_line(&error)),
    };
    answer.write(&mut output)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_and_answers_survive_the_pipe() {
        let request = Request {
            canonical_nans: true,
            memory_bytes: 1 << 32,
            cpu_s: 7,
        };
        let mut bytes = Vec::new();
        request.write(&mut bytes).unwrap();
        assert_eq!(Request::read(&mut bytes.as_slice()).unwrap(), request);
        assert!(Request::read(&mut b"something else".as_slice()).is_err());
        for answer in [
            Answer::Code(vec![1, 2]),
            Answer::Refused("too strange".into()),
        ] {
            let mut bytes = Vec::new();
            answer.write(&mut bytes).unwrap();
            assert_eq!(Answer::read(bytes), Some(answer));
        }
        assert_eq!(
            (Answer::read(vec![]), Answer::read(b"hello".to_vec())),
            (None, None)
        );
    }
}
