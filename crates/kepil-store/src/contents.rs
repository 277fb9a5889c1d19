//! What people placed in services: a database of its own, in which no row says whose it is but by a keyed hash that appears
//! nowhere else. Clauses 2.1.2d, 2.2a.
//!
//! Start reading at [`Store::add_content`]. Does not know: who may see a piece.

use kepil_domain::{
    ContentId, Entropy, Locator,
    vault::{Content, Placed},
};

use crate::{
    OsEntropy, Store, StoreError,
    batch::{Batch, Row, Value},
};

/// A piece as it is stored.
pub struct StoredContent {
    /// Which.
    pub id: ContentId,
    /// Whose it is.
    pub placed: Placed,
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

/// How many pieces of one person a list has, at most.
const LIST_MAX: i64 = 10_000;

const OF_AUTHOR: &str = "SELECT id, version, mark FROM content WHERE author = $1 LIMIT $2";
const ABOUT: &str = "SELECT id, version, mark FROM content WHERE about = $1 LIMIT $2";

impl Store {
    /// Keeps a piece.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn add_content(&self, id: ContentId, placed: &Placed, content: Content) -> Result<(), StoreError> {
        let mark = placed.seal(&self.keys, id, &mut OsEntropy)?;
        let sql = "INSERT INTO content (id, author, about, version, mark, author_key, about_key, body) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        let params = vec![
            id.0.into(),
            placed.author.map(|who| self.party(who)).into(),
            placed.about.map(|who| self.party(who)).into(),
            version()?.into(),
            mark.into(),
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
        self.contents.find(sql, vec![id.0.into()]).await?.map(|row| self.stored(row)).transpose()
    }

    /// What `who` placed, without the texts.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn list_placed_by(&self, who: Locator) -> Result<Vec<(ContentId, Placed)>, StoreError> {
        self.list(OF_AUTHOR, who).await
    }

    /// What others placed about `who`, without the texts.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn list_placed_about(&self, who: Locator) -> Result<Vec<(ContentId, Placed)>, StoreError> {
        self.list(ABOUT, who).await
    }

    async fn list(&self, sql: &'static str, who: Locator) -> Result<Vec<(ContentId, Placed)>, StoreError> {
        let rows = self.contents.query(sql, vec![self.party(who).into(), LIST_MAX.into()]).await?;
        rows.into_iter().map(|row| self.stored(row).map(|each| (each.id, each.placed))).collect()
    }

    /// Writes anew whose a piece is, and whether it is withheld.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it was changed or removed meanwhile.
    pub async fn set_placed(&self, content: &StoredContent, placed: &Placed) -> Result<(), StoreError> {
        let mark = placed.seal(&self.keys, content.id, &mut OsEntropy)?;
        let author_key = placed.author.map_or(Value::Null, |_| content.author_key.clone().into());
        let about_key = placed.about.map_or(Value::Null, |_| content.about_key.clone().into());
        let sql = "UPDATE content SET version = $1, mark = $2, author = $3, author_key = $4, about = $5, about_key = $6 WHERE id = $7 AND version = $8";
        let params = vec![
            version()?.into(),
            mark.into(),
            placed.author.map(|who| self.party(who)).into(),
            author_key,
            placed.about.map(|who| self.party(who)).into(),
            about_key,
            content.id.0.into(),
            content.version.clone().into(),
        ];
        self.contents.execute(Batch::default().one(sql, params)).await
    }

    /// Removes a piece.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn remove_content(&self, id: ContentId) -> Result<(), StoreError> {
        self.contents.execute(Batch::default().any("DELETE FROM content WHERE id = $1", vec![id.0.into()])).await
    }

    /// Lets go of `who`, whose account ends: what they placed ends with them, except where it is about somebody else, who
    /// keeps seeing it; what others placed about them stays with its authors.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer; the call may be repeated.
    pub async fn leave_contents(&self, who: Locator) -> Result<(), StoreError> {
        let sql = "DELETE FROM content WHERE author = $1 AND about IS NULL";
        self.contents.execute(Batch::default().any(sql, vec![self.party(who).into()])).await?;
        let theirs = self.list_placed_by(who).await?.into_iter().chain(self.list_placed_about(who).await?);
        for (id, _) in theirs {
            // Changed meanwhile: by its other side, who leaves too.
            while let Some(content) = self.find_content(id).await? {
                let stays = |side: Option<Locator>| side.filter(|side| *side != who);
                let (author, about) = (stays(content.placed.author), stays(content.placed.about));
                let placed = Placed { author, about, ..content.placed };
                let done = if author.or(about).is_none() {
                    self.remove_content(id).await
                } else {
                    self.set_placed(&content, &placed).await
                };
                match done {
                    Err(StoreError::Conflict) => {}
                    Ok(()) => break,
                    Err(error) => return Err(error),
                }
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

    /// How many texts were refused, by what they spoke of.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn list_refused_content(&self) -> Result<Vec<(String, u64)>, StoreError> {
        let rows = self.contents.query("SELECT banned, times FROM refused_content ORDER BY banned", Vec::new()).await?;
        Ok(rows.iter().map(|row| (row.text(0).to_owned(), u64::try_from(row.int(1)).unwrap_or(0))).collect())
    }

    fn stored(&self, mut row: Row) -> Result<StoredContent, StoreError> {
        let id = ContentId::from_slice(row.blob(0)).ok_or(StoreError::NotFound)?;
        Ok(StoredContent {
            id,
            placed: Placed::open(&self.keys, id, row.blob(2))?,
            version: row.take_blob(1),
            author_key: row.take_blob(3),
            about_key: row.take_blob(4),
            body: row.take_blob(5),
        })
    }

    /// A person as this database knows them.
    fn party(&self, who: Locator) -> [u8; 16] {
        self.keys.hash_for("content party", &who.0)
    }
}

fn version() -> Result<[u8; 8], StoreError> {
    let mut version = [0; 8];
    OsEntropy.fill(&mut version)?;
    Ok(version)
}
