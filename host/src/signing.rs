//! Keys and signatures of those who make plugins, in the files of minisign: the ordinary tool reads what
//! is written here, and the other way round.

use anyhow::{Context, Result, anyhow, bail};
use minisign::{KeyPair, PublicKey, SecretKey, SecretKeyBox};
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Only its owner reads a secret key.
const SECRET_MODE: u32 = 0o600;
/// Everybody may read a public key.
const PUBLIC_MODE: u32 = 0o644;

/// How a secret key is protected.
#[derive(Debug, Clone)]
pub enum Password {
    /// Not at all, but by who may read the file.
    None,
    /// By one that is asked for at the terminal, where one is needed.
    Asked,
    /// By this one.
    Given(String),
}

impl Password {
    /// The first line of a file.
    ///
    /// # Errors
    /// The file cannot be read, or has no first line.
    pub fn read(file: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(file);
        let text = text.with_context(|| format!("{}: cannot be read", file.display()))?;
        match text.lines().next() {
            Some(line) if !line.is_empty() => Ok(Self::Given(line.to_owned())),
            _ => bail!("{}: its first line has no password", file.display()),
        }
    }
}

/// A key that was made.
#[derive(Debug, Clone)]
pub struct MadeKey {
    /// The file with the public key.
    pub public_file: PathBuf,
    /// The line that a host trusts.
    pub public: String,
}

/// Makes a key: the secret one goes to `file`, the public one beside it, to `file` with the extension
/// `pub`. Neither is ever overwritten.
///
/// # Errors
/// A file is there already, or cannot be written; no password can be asked for.
pub fn make_key(file: &Path, password: Password) -> Result<MadeKey> {
    let public_file = file.with_extension("pub");
    if public_file == file {
        bail!(
            "{}: `.pub` is for the public key; name the secret one",
            file.display()
        );
    }
    for file in [file, &public_file] {
        if file.exists() {
            bail!("{} is there already; name another file", file.display());
        }
    }
    let pair = match password {
        Password::None => KeyPair::generate_unencrypted_keypair(),
        Password::Asked => KeyPair::generate_encrypted_keypair(None),
        Password::Given(password) => KeyPair::generate_encrypted_keypair(Some(password)),
    };
    let pair = pair.map_err(|error| {
        anyhow!(
            "no key was made: {error}; without a terminal, give --password-file or --no-password"
        )
    })?;
    let secret = pair.sk.to_box(None)?;
    write_new(file, &secret.to_bytes(), SECRET_MODE)?;
    write_new(&public_file, &pair.pk.to_box()?.to_bytes(), PUBLIC_MODE)?;
    Ok(MadeKey {
        public_file,
        public: pair.pk.to_base64(),
    })
}

/// Signs a component; the signature goes beside it, as `FILE.minisig`, in the place of an older one.
/// Returns where it is and the public key that it is checked with.
///
/// # Errors
/// A file cannot be read or written, is no component or no key, or the password is wrong.
pub fn sign(plugin: &Path, key: &Path, password: Password) -> Result<(PathBuf, String)> {
    let shown = plugin.display();
    let bytes = std::fs::read(plugin).with_context(|| format!("{shown}: cannot be read"))?;
    if !bytes.starts_with(b"\0asm") {
        bail!("{shown}: is not WebAssembly; sign what `argonaut plugin build` made");
    }
    let secret = secret_key(key, password).with_context(|| key.display().to_string())?;
    let public = PublicKey::from_secret_key(&secret)?;
    let name = plugin.file_name().unwrap_or_default().to_string_lossy();
    let time = minisign_time()?;
    // What minisign writes itself.
    let comment = format!("timestamp:{time}\tfile:{name}\thashed");
    let signed = minisign::sign(Some(&public), &secret, &bytes[..], Some(&comment), None)?;
    let mut beside = plugin.as_os_str().to_owned();
    beside.push(".minisig");
    let beside = PathBuf::from(beside);
    std::fs::write(&beside, signed.to_bytes())
        .with_context(|| format!("{}: cannot be written", beside.display()))?;
    Ok((beside, public.to_base64()))
}

fn secret_key(file: &Path, password: Password) -> Result<SecretKey> {
    let text = std::fs::read_to_string(file).context("the key cannot be read")?;
    let boxed = SecretKeyBox::from_string(&text).map_err(unusable)?;
    if let Ok(key) = boxed.clone().into_unencrypted_secret_key() {
        return Ok(key);
    }
    let password = match password {
        Password::None => bail!("the key has a password; give --password-file"),
        Password::Asked => None,
        Password::Given(password) => Some(password),
    };
    boxed.into_secret_key(password).map_err(unusable)
}

fn unusable(error: minisign::PError) -> anyhow::Error {
    anyhow!(
        "is no secret key that can be used: {error}; name the file that `argonaut plugin keygen` or \
         `minisign -G` wrote, and without a terminal --password-file"
    )
}

/// Seconds since the epoch.
fn minisign_time() -> Result<u64> {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    Ok(since.context("the clock is before 1970")?.as_secs())
}

fn write_new(file: &Path, bytes: &[u8], mode: u32) -> Result<()> {
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(file)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()));
    written.with_context(|| format!("{}: cannot be written", file.display()))
}
