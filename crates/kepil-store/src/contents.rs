//! What people placed in services: a database of its own. Its rows say neither under which address a service keeps a piece nor
//! whose it is, but by keyed hashes that appear nowhere else and differ for each service. Clauses 2.1.2d, 2.2a, 3.1.5.
//!
//! Start reading at [`Store::add_content`]. Does not know: who may see a piece.

use std::sync::Arc;

use kepil_domain::{
    ContentId, Entropy, Locator,
    vault::{Bucket, BucketKey, Content, Mark, Placed},
};

use kepil_policy::Tag;

use crate::{
    OsEntropy, Store, StoreError,
    batch::{Batch, Row},
    buckets::held,
    narrowings::Narrowing,
};

/// A piece as it is stored.
pub struct StoredContent {
    /// Whose it is.
    pub placed: Placed,
    author_key: Vec<u8>,
    about_key: Vec<u8>,
    /// What this database calls it.
    name: [u8; 16],
    /// What guards the next write.
    version: Vec<u8>,
    /// The text, under the key of the piece.
    pub body: Vec<u8>,
}

impl StoredContent {
    /// The key as the ring of `who` opens it; `None` when the piece is not theirs.
    #[must_use]
    pub fn key_of(&self, who: Locator) -> Option<&[u8]> {
        if self.placed.author == Some(who) {
            Some(&self.author_key)
        } else if self.placed.about == Some(who) {
            Some(&self.about_key)
        } else {
            None
        }
    }
}

/// How somebody has to do with a piece.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Side {
    /// They placed it.
    Author,
    /// It is about them.
    About,
}

/// How many pieces of one person, at one service, a list has at most. No more are taken.
pub const PIECES_MAX: usize = 10_000;
/// A little more than is taken, since two may be taken at once.
const LIST_MAX: i64 = 11_000;

/// How often a piece that others keep changing is tried.
const TRIES_MAX: usize = 64;

const OF_AUTHOR: &str = "SELECT id, version, generation, mark FROM content WHERE author = $1 LIMIT $2";
const ABOUT: &str = "SELECT id, version, generation, mark FROM content WHERE about = $1 LIMIT $2";

const FIND: &str = "SELECT id, version, generation, mark, body FROM content WHERE id = $1";

impl Store {
    /// Keeps a piece.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn add_content(&self, placed: &Placed, content: Content) -> Result<(), StoreError> {
        let name = self.content_name(placed.id);
        let Content { body, author_key, about_key } = content;
        let mark = Mark { placed: *placed, author_key, about_key };
        for _ in 0..TRIES_MAX {
            let (bucket, key) = self.mark_key(name).await?;
            let sealed = mark.seal(self.keys.installation(), name, &key, &mut OsEntropy)?;
            let sql = "INSERT INTO content (id, author, about, version, generation, mark, body) VALUES ($1, $2, $3, $4, $5, $6, $7)";
            let params = vec![
                name.into(),
                self.party(Side::Author, placed).into(),
                self.party(Side::About, placed).into(),
                version()?.into(),
                key.generation.into(),
                sealed.into(),
                body.clone().into(),
            ];
            match self.contents.execute(held(bucket, &key).one(sql, params)).await {
                Err(StoreError::Conflict) if self.find_content(placed.id).await?.is_none() => {}
                done => return done,
            }
        }
        Err(StoreError::Conflict)
    }

    /// The piece called `id`.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn find_content(&self, id: ContentId) -> Result<Option<StoredContent>, StoreError> {
        let name = self.content_name(id);
        match self.contents.find(FIND, vec![name.into()]).await? {
            Some(row) => self.stored(row).await,
            None => Ok(None),
        }
    }

    /// What `who` placed at `service`, or what others placed there about them; without the texts.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn list_contents(&self, side: Side, service: Tag, who: Locator) -> Result<Vec<Placed>, StoreError> {
        let sql = if side == Side::Author { OF_AUTHOR } else { ABOUT };
        let rows = self.contents.query(sql, vec![self.party_of(side, service, who).into(), LIST_MAX.into()]).await?;
        let mut placed = Vec::with_capacity(rows.len());
        for row in rows {
            placed.extend(self.stored(row).await?.map(|each| each.placed));
        }
        Ok(placed)
    }

    /// How many pieces [`Self::list_contents`] has.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn count_contents(&self, side: Side, service: Tag, who: Locator) -> Result<usize, StoreError> {
        let sql = match side {
            Side::Author => "SELECT count(*) FROM content WHERE author = $1",
            Side::About => "SELECT count(*) FROM content WHERE about = $1",
        };
        let row = self.contents.find(sql, vec![self.party_of(side, service, who).into()]).await?;
        Ok(row.map_or(0, |row| usize::try_from(row.int(0)).unwrap_or(0)))
    }

    /// Writes anew whose a piece is, and whether it is withheld.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it was changed or removed meanwhile.
    pub async fn set_placed(&self, content: &StoredContent, placed: &Placed) -> Result<(), StoreError> {
        let kept = |side: Option<Locator>, key: &[u8]| side.map_or(Vec::new(), |_| key.to_vec());
        let mark = Mark {
            placed: *placed,
            author_key: kept(placed.author, &content.author_key),
            about_key: kept(placed.about, &content.about_key),
        };
        let (bucket, key) = self.mark_key(content.name).await?;
        let sealed = mark.seal(self.keys.installation(), content.name, &key, &mut OsEntropy)?;
        let sql = "UPDATE content SET version = $1, generation = $2, mark = $3, author = $4, about = $5 WHERE id = $6 AND version = $7";
        let parties @ [author, about] = [Side::Author, Side::About].map(|side| self.party(side, placed));
        let (name, epoch, generation, mark) = (content.name, self.keys.epoch(), key.generation, sealed.clone());
        self.narrowings.write(&self.keys, &Narrowing::Piece { name, epoch, generation, mark, parties }).await?;
        let params = vec![
            version()?.into(),
            key.generation.into(),
            sealed.into(),
            author.into(),
            about.into(),
            content.name.into(),
            content.version.clone().into(),
        ];
        self.contents.execute(with_touched(held(bucket, &key).one(sql, params), bucket)?).await
    }

    /// Removes a piece.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn remove_content(&self, id: ContentId) -> Result<(), StoreError> {
        let name = self.content_name(id);
        self.narrowings.write(&self.keys, &Narrowing::Removed { name, epoch: self.keys.epoch() }).await?;
        let batch = Batch::default().any("DELETE FROM content WHERE id = $1", vec![name.into()]);
        self.contents.execute(with_touched(batch, self.mark_buckets.of(name))?).await
    }

    /// Lets go of `who`, whose account ends, at each of `services`: what they placed ends with them, except where it is about
    /// somebody else, who keeps seeing it; what others placed about them stays with its authors.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer; the call may be repeated.
    pub async fn leave_contents(&self, services: &[Tag], who: Locator) -> Result<(), StoreError> {
        for service in services {
            for side in [Side::Author, Side::About] {
                loop {
                    let theirs = self.list_contents(side, *service, who).await?;
                    if theirs.is_empty() {
                        break;
                    }
                    for placed in theirs {
                        self.let_go(placed.id, who).await?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Takes `who` out of one piece; removes it when nobody is left.
    async fn let_go(&self, id: ContentId, who: Locator) -> Result<(), StoreError> {
        // Changed meanwhile: by its other side, who leaves too.
        while let Some(content) = self.find_content(id).await? {
            let stays = |side: Option<Locator>| side.filter(|side| *side != who);
            let (author, about) = (stays(content.placed.author), stays(content.placed.about));
            let done = if author.or(about).is_none() {
                self.remove_content(id).await
            } else {
                self.set_placed(&content, &Placed { author, about, ..content.placed }).await
            };
            match done {
                Err(StoreError::Conflict) => {}
                done => return done,
            }
        }
        Ok(())
    }

    /// Counts one text that was refused for what it spoke of. Nothing else of it is kept.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn count_refused_content(&self, banned: &str) -> Result<(), StoreError> {
        let sql = "INSERT INTO refused_content (banned, times) VALUES ($1, 1) ON CONFLICT (banned) DO UPDATE SET times = refused_content.times + 1";
        self.contents.execute(Batch::default().one(sql, vec![banned.into()])).await
    }

    /// How many texts were refused for what they spoke of.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn refused_content(&self) -> Result<u32, StoreError> {
        let row = self
            .contents
            .find("SELECT CAST(coalesce(sum(times), 0) AS BIGINT) FROM refused_content", Vec::new())
            .await?;
        Ok(row.map_or(0, |row| u32::try_from(row.int(0)).unwrap_or(u32::MAX)))
    }

    /// Opens a row, or the one in its place when its bucket was re-keyed since; `None` when the piece is gone meanwhile.
    async fn stored(&self, mut row: Row) -> Result<Option<StoredContent>, StoreError> {
        let name: [u8; 16] = row.blob(0).try_into().map_err(|_| StoreError::NotFound)?;
        for _ in 0..TRIES_MAX {
            if let Some(key) = self.mark_buckets.find(self, self.mark_buckets.of(name), row.int(2)).await? {
                let Mark { placed, author_key, about_key } =
                    Mark::open(self.keys.installation(), name, &key, row.blob(3))?;
                let (version, body) = (row.take_blob(1), row.take_blob(4));
                return Ok(Some(StoredContent { placed, author_key, about_key, name, version, body }));
            }
            match self.contents.find(FIND, vec![name.into()]).await? {
                Some(next) => row = next,
                None => return Ok(None),
            }
        }
        Err(StoreError::Conflict)
    }

    async fn mark_key(&self, name: [u8; 16]) -> Result<(Bucket, Arc<BucketKey>), StoreError> {
        let bucket = self.mark_buckets.of(name);
        Ok((bucket, self.mark_buckets.newest(self, bucket).await?))
    }

    /// What this database calls the piece at an address.
    fn content_name(&self, id: ContentId) -> [u8; 16] {
        self.keys.hash_for("content", &id.0)
    }

    /// One side of a piece, as this database knows it.
    fn party(&self, side: Side, placed: &Placed) -> Option<[u8; 16]> {
        let who = if side == Side::Author { placed.author } else { placed.about };
        who.map(|who| self.party_of(side, placed.service, who))
    }

    pub(crate) fn party_of(&self, side: Side, service: Tag, who: Locator) -> [u8; 16] {
        let label = if side == Side::Author { "content author" } else { "content about" };
        self.keys.hash_for(label, &[service.0.to_be_bytes().as_slice(), &who.0].concat())
    }
}

fn version() -> Result<[u8; 8], StoreError> {
    let mut version = [0; 8];
    OsEntropy.fill(&mut version)?;
    Ok(version)
}

/// Notes that something of a bucket is to be in no copy any more once the epoch has closed.
pub(crate) fn with_touched(batch: Batch, bucket: Bucket) -> Result<Batch, StoreError> {
    let sql = "INSERT INTO touched (bucket, version) VALUES ($1, $2) ON CONFLICT (bucket) DO UPDATE SET version = excluded.version";
    Ok(batch.one(sql, vec![bucket.0.into(), version()?.into()]))
}
