//! What people placed in services: a database of its own. Its rows say neither under which address a service keeps a piece nor
//! whose it is, but by keyed hashes that appear nowhere else and differ for each service. Clauses 2.1.2d, 2.2a, 3.1.5.
//!
//! Start reading at [`Store::add_content`]. Does not know: who may see a piece.

use kepil_domain::{
    ContentId, Entropy, Locator,
    vault::{Content, Placed},
};

use kepil_policy::Tag;

use crate::{
    OsEntropy, Store, StoreError,
    batch::{Batch, Row, Value},
};

/// A piece as it is stored.
pub struct StoredContent {
    /// Whose it is.
    pub placed: Placed,
    /// What this database calls it.
    name: [u8; 16],
    /// What guards the next write.
    version: Vec<u8>,
    /// The text, under the key of the piece.
    pub body: Vec<u8>,
    /// That key, for the author; empty when they are gone.
    pub author_key: Vec<u8>,
    /// The same for whom it is about; empty when it is about nobody.
    pub about_key: Vec<u8>,
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

const OF_AUTHOR: &str = "SELECT id, version, mark FROM content WHERE author = $1 LIMIT $2";
const ABOUT: &str = "SELECT id, version, mark FROM content WHERE about = $1 LIMIT $2";

impl Store {
    /// Keeps a piece.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn add_content(&self, placed: &Placed, content: Content) -> Result<(), StoreError> {
        let name = self.content_name(placed.id);
        let sql = "INSERT INTO content (id, author, about, version, mark, author_key, about_key, body) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        let params = vec![
            name.into(),
            self.party(Side::Author, placed).into(),
            self.party(Side::About, placed).into(),
            version()?.into(),
            placed.seal(&self.keys, name, &mut OsEntropy)?.into(),
            content.author_key.into(),
            content.about_key.into(),
            content.body.into(),
        ];
        self.contents.execute(Batch::default().one(sql, params)).await
    }

    /// The piece called `id`.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn find_content(&self, id: ContentId) -> Result<Option<StoredContent>, StoreError> {
        let sql = "SELECT id, version, mark, author_key, about_key, body FROM content WHERE id = $1";
        let row = self.contents.find(sql, vec![self.content_name(id).into()]).await?;
        row.map(|row| self.stored(row)).transpose()
    }

    /// What `who` placed at `service`, or what others placed there about them; without the texts.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn list_contents(&self, side: Side, service: Tag, who: Locator) -> Result<Vec<Placed>, StoreError> {
        let sql = if side == Side::Author { OF_AUTHOR } else { ABOUT };
        let rows = self.contents.query(sql, vec![self.party_of(side, service, who).into(), LIST_MAX.into()]).await?;
        rows.into_iter().map(|row| self.stored(row).map(|each| each.placed)).collect()
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
        let author_key = placed.author.map_or(Value::Null, |_| content.author_key.clone().into());
        let about_key = placed.about.map_or(Value::Null, |_| content.about_key.clone().into());
        let sql = "UPDATE content SET version = $1, mark = $2, author = $3, author_key = $4, about = $5, about_key = $6 WHERE id = $7 AND version = $8";
        let params = vec![
            version()?.into(),
            placed.seal(&self.keys, content.name, &mut OsEntropy)?.into(),
            self.party(Side::Author, placed).into(),
            author_key,
            self.party(Side::About, placed).into(),
            about_key,
            content.name.into(),
            content.version.clone().into(),
        ];
        self.contents.execute(Batch::default().one(sql, params)).await
    }

    /// Removes a piece.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn remove_content(&self, id: ContentId) -> Result<(), StoreError> {
        let params = vec![self.content_name(id).into()];
        self.contents.execute(Batch::default().any("DELETE FROM content WHERE id = $1", params)).await
    }

    /// Lets go of `who`, whose account ends, at each of `services`: what they placed ends with them, except where it is about
    /// somebody else, who keeps seeing it; what others placed about them stays with its authors.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer; the call may be repeated.
    pub async fn leave_contents(&self, services: &[Tag], who: Locator) -> Result<(), StoreError> {
        for service in services {
            let sql = "DELETE FROM content WHERE author = $1 AND about IS NULL";
            let params = vec![self.party_of(Side::Author, *service, who).into()];
            self.contents.execute(Batch::default().any(sql, params)).await?;
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

    fn stored(&self, mut row: Row) -> Result<StoredContent, StoreError> {
        let name: [u8; 16] = row.blob(0).try_into().map_err(|_| StoreError::NotFound)?;
        Ok(StoredContent {
            placed: Placed::open(&self.keys, name, row.blob(2))?,
            name,
            version: row.take_blob(1),
            author_key: row.take_blob(3),
            about_key: row.take_blob(4),
            body: row.take_blob(5),
        })
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

    fn party_of(&self, side: Side, service: Tag, who: Locator) -> [u8; 16] {
        let label = if side == Side::Author { "content author" } else { "content about" };
        self.keys.hash_for(label, &[service.0.to_be_bytes().as_slice(), &who.0].concat())
    }
}

fn version() -> Result<[u8; 8], StoreError> {
    let mut version = [0; 8];
    OsEntropy.fill(&mut version)?;
    Ok(version)
}
