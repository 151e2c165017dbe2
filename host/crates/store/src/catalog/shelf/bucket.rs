//! Objects of a bucket by S3's protocol. What is read comes in blocks of which few are in memory; what is
//! written goes in parts, and is an object when all of them are there.
//!
//! Credentials, region and endpoint are those of the environment, by the names that other tools use
//! (`AWS_ACCESS_KEY_ID`, `AWS_REGION`, `AWS_ENDPOINT_URL`, …). Nothing of them is kept.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt};
use lru::LruCache;
use object_store::aws::{AmazonS3, AmazonS3Builder, AmazonS3ConfigKey};
use object_store::path::Path as Key;
use object_store::{ClientOptions, ObjectStore, ObjectStoreExt, PutPayload, RetryConfig};
use tempfile::NamedTempFile;
use tokio::runtime::Runtime;

use super::S3;
use crate::catalog::error::CatalogError;
use crate::source::SourceError;

/// Bytes asked for at once.
const BLOCK_BYTES: u64 = 1 << 20;
/// Blocks of an object that are kept: a column's next page is mostly in the block of its last.
const BLOCKS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(15);
/// Bytes sent at once; the least that S3 takes of a part that is not the last is 5 MiB.
const PART_BYTES: u64 = 8 << 20;
/// Attempts after the first.
const RETRIES: usize = 5;
/// How long one request is tried altogether.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long one attempt may take.
const ATTEMPT: Duration = Duration::from_secs(30);

/// A prefix in a bucket.
#[derive(Debug)]
pub(in crate::catalog) struct Bucket {
    /// As it was named, without a slash at its end.
    root: PathBuf,
    prefix: String,
    link: Arc<Link>,
}

/// What asks for objects.
#[derive(Debug)]
struct Link {
    store: AmazonS3,
    runtime: Runtime,
}

impl Bucket {
    /// `s3://bucket/prefix`, or `s3://bucket`.
    pub(super) fn at(root: PathBuf) -> Result<Self, CatalogError> {
        let text = root.to_str().unwrap_or_default().trim_end_matches('/');
        let inside = text.strip_prefix(S3).unwrap_or_default();
        let (bucket, prefix) = inside.split_once('/').unwrap_or((inside, ""));
        let plain = |part: &str| !part.is_empty() && !matches!(part, "." | "..");
        if bucket.is_empty() || !prefix.is_empty() && !prefix.split('/').all(plain) {
            return Err(CatalogError::Address {
                detail: SourceError::new(text, "s3://BUCKET or s3://BUCKET/PREFIX"),
            });
        }
        let (root, prefix) = (PathBuf::from(text), prefix.to_owned());
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .map_err(CatalogError::io(&root))?;
        let store = store(bucket).map_err(|error| refused(&root, error))?;
        Ok(Self {
            root,
            prefix,
            link: Arc::new(Link { store, runtime }),
        })
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Whether there is an object below the prefix.
    pub(super) fn has_some(&self) -> Result<bool, CatalogError> {
        let prefix = self.key(&self.root)?;
        let first = async {
            let mut found = self.link.store.list(Some(&prefix));
            found.next().await.transpose()
        };
        let first = self.link.runtime.block_on(first);
        Ok(first.map_err(|error| refused(&self.root, error))?.is_some())
    }

    /// The objects below a folder.
    pub(super) fn files(&self, below: &Path) -> Result<Vec<PathBuf>, CatalogError> {
        let prefix = self.key(below)?;
        let all = self.link.store.list(Some(&prefix));
        let all = all.map_ok(|object| object.location).try_collect();
        let all: Vec<Key> = self
            .link
            .runtime
            .block_on(all)
            .map_err(|error| refused(below, error))?;
        let paths = all.iter().filter_map(|key| {
            let inside = key.as_ref().strip_prefix(self.prefix.as_str())?;
            Some(self.root.join(inside.trim_start_matches('/')))
        });
        Ok(paths.collect())
    }

    pub(super) fn open(&self, path: &Path) -> Result<Object, CatalogError> {
        let key = self.key(path)?;
        let head = self.link.runtime.block_on(self.link.store.head(&key));
        let head = head.map_err(|error| refused(path, error))?;
        Ok(Object(Arc::new(Pages {
            link: Arc::clone(&self.link),
            key,
            length: head.size,
            blocks: Mutex::new(LruCache::new(BLOCKS)),
        })))
    }

    /// Sends a file; there is no object until all of it is there.
    pub(super) fn place(&self, mut file: NamedTempFile, path: &Path) -> Result<(), CatalogError> {
        let key = self.key(path)?;
        let io = || CatalogError::io(path);
        file.rewind().map_err(io())?;
        let length = file.as_file().metadata().map_err(io())?.len();
        let sent = if length <= PART_BYTES {
            let bytes = next_bytes(file.as_file_mut()).map_err(io())?;
            let put = self.link.store.put(&key, PutPayload::from_bytes(bytes));
            self.link.runtime.block_on(put).map(drop)
        } else {
            let sending = self.send_in_parts(&key, file.as_file_mut());
            self.link.runtime.block_on(sending)
        };
        sent.map_err(|error| refused(path, error))
    }

    async fn send_in_parts(&self, key: &Key, file: &mut File) -> object_store::Result<()> {
        let mut upload = self.link.store.put_multipart(key).await?;
        let parts = async {
            loop {
                let bytes = next_bytes(file).map_err(|source| object_store::Error::Generic {
                    store: "file",
                    source: Box::new(source),
                })?;
                if bytes.is_empty() {
                    return upload.complete().await.map(drop);
                }
                upload.put_part(PutPayload::from_bytes(bytes)).await?;
            }
        };
        let sent = parts.await;
        if sent.is_err() {
            // Parts that stay behind are seen by nobody; the bucket's rules remove them.
            let _left = upload.abort().await;
        }
        sent
    }

    pub(super) fn remove(&self, paths: &[&Path]) -> Result<(), CatalogError> {
        for path in paths {
            let key = self.key(path)?;
            let deleted = self.link.runtime.block_on(self.link.store.delete(&key));
            deleted.map_err(|error| refused(path, error))?;
        }
        Ok(())
    }

    /// The key of a path below the root. It is taken as it is: names are escaped already.
    fn key(&self, path: &Path) -> Result<Key, CatalogError> {
        let inside = path.strip_prefix(&self.root).ok();
        let inside = inside.and_then(Path::to_str).unwrap_or_default();
        let parts = [self.prefix.as_str(), inside];
        let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        let text = parts.join("/");
        Key::parse(&text).map_err(|_| CatalogError::Address {
            detail: SourceError::new(&text, "a key that S3 takes"),
        })
    }
}

/// A way to a bucket as the environment says.
fn store(bucket: &str) -> object_store::Result<AmazonS3> {
    // Refused where somebody has chosen already, which is as good.
    let _chosen = rustls::crypto::ring::default_provider().install_default();
    let retry = RetryConfig {
        max_retries: RETRIES,
        retry_timeout: PATIENCE,
        ..RetryConfig::default()
    };
    let mut builder = AmazonS3Builder::new()
        .with_client_options(ClientOptions::new().with_timeout(ATTEMPT))
        .with_retry(retry);
    for (name, value) in std::env::vars_os() {
        // Others may be no text at all, and are nobody's business.
        let (Ok(name), Ok(value)) = (name.into_string(), value.into_string()) else {
            continue;
        };
        if !name.starts_with("AWS_") {
            continue;
        }
        let Ok(key) = name.to_ascii_lowercase().parse::<AmazonS3ConfigKey>() else {
            continue;
        };
        let is_endpoint = matches!(
            key,
            AmazonS3ConfigKey::Endpoint | AmazonS3ConfigKey::S3Endpoint
        );
        if is_endpoint && value.starts_with("http://") {
            // Whoever names such an endpoint wants it.
            builder = builder.with_allow_http(true);
        }
        builder = builder.with_config(key, value);
    }
    builder.with_bucket_name(bucket).build()
}

fn refused(path: &Path, error: object_store::Error) -> CatalogError {
    CatalogError::io(path)(io::Error::other(error))
}

fn next_bytes(file: &mut File) -> io::Result<Bytes> {
    let mut bytes = Vec::new();
    file.take(PART_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes.into())
}

/// An object that is read. Clones share the blocks that are in memory.
#[derive(Clone)]
pub(in crate::catalog) struct Object(Arc<Pages>);

struct Pages {
    link: Arc<Link>,
    key: Key,
    length: u64,
    blocks: Mutex<LruCache<u64, Bytes>>,
}

impl Object {
    pub(super) fn length(&self) -> u64 {
        self.0.length
    }

    /// Its bytes from a place on.
    pub(super) fn from(&self, at: u64) -> Reading {
        Reading {
            object: self.clone(),
            at,
        }
    }
}

impl Pages {
    /// The block that begins at a multiple of [`BLOCK_BYTES`].
    fn block(&self, begin: u64) -> io::Result<Bytes> {
        let known = |blocks: &Mutex<LruCache<u64, Bytes>>| {
            let mut blocks = blocks.lock().unwrap_or_else(PoisonError::into_inner);
            blocks.get(&begin).cloned()
        };
        if let Some(block) = known(&self.blocks) {
            return Ok(block);
        }
        let end = (begin + BLOCK_BYTES).min(self.length);
        let read = self.link.store.get_range(&self.key, begin..end);
        let block = self.link.runtime.block_on(read).map_err(io::Error::other)?;
        let mut blocks = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        blocks.put(begin, block.clone());
        Ok(block)
    }
}

/// Reads an object on.
pub(in crate::catalog) struct Reading {
    object: Object,
    at: u64,
}

impl Read for Reading {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.object.length() {
            return Ok(0);
        }
        let begin = self.at - self.at % BLOCK_BYTES;
        let block = self.object.0.block(begin)?;
        let skipped = usize::try_from(self.at - begin).map_err(io::Error::other)?;
        let mut rest = block.get(skipped..).unwrap_or_default();
        let count = rest.read(buffer)?;
        self.at += count as u64;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_a_bucket_and_may_have_a_prefix() {
        for (address, root, prefix) in [
            ("s3://bucket", "s3://bucket", ""),
            ("s3://bucket/", "s3://bucket", ""),
            ("s3://bucket/a/b/", "s3://bucket/a/b", "a/b"),
        ] {
            let bucket = Bucket::at(PathBuf::from(address)).unwrap();
            assert_eq!(
                (bucket.root(), bucket.prefix.as_str()),
                (Path::new(root), prefix)
            );
            let file = bucket.root().join("kind=quotes/instrument=EUR%2FUSD");
            let key = bucket.key(&file).unwrap();
            let inside = "kind=quotes/instrument=EUR%2FUSD";
            let whole = [prefix, inside].join("/");
            assert_eq!(key.as_ref(), whole.trim_start_matches('/'));
        }
        for wrong in ["s3://", "s3:///a", "s3://bucket//a", "s3://bucket/../a"] {
            let error = Bucket::at(PathBuf::from(wrong)).unwrap_err().to_string();
            assert!(error.contains("s3://BUCKET"), "{wrong}: {error}");
        }
    }
}
