//! A file of rows: tables one after another, row by row, with the sum of all bytes. `docs/backup.md` has the layout.

use std::{
    fs::{File, OpenOptions},
    io::{BufReader, BufWriter, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use kepil_domain::Digest;

use crate::{
    StoreError,
    batch::{Row, Value},
    sealer::file,
};

const FORMAT: &[u8] = b"kepil-rows-1\n";
const TABLE: u8 = b'T';
const ROW: u8 = b'R';
const END: u8 = b'E';
const BUFFER: usize = 1 << 20;
/// No value is longer.
const VALUE_MAX: u32 = 256 << 20;

/// What a whole file comes to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Sum {
    pub rows: u64,
    pub bytes: u64,
    pub sha256: [u8; 32],
}

/// A file that is being written.
pub(super) struct RowsWriter {
    path: PathBuf,
    out: BufWriter<File>,
    digest: Digest,
    rows: u64,
    bytes: u64,
    frame: Vec<u8>,
}

impl RowsWriter {
    pub fn create(path: &Path) -> Result<Self, StoreError> {
        let made = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
        let out = BufWriter::with_capacity(BUFFER, made.map_err(|error| file(path, &error))?);
        let mut writer =
            Self { path: path.to_owned(), out, digest: Digest::default(), rows: 0, bytes: 0, frame: Vec::new() };
        writer.frame.extend(FORMAT);
        writer.flush_frame()?;
        Ok(writer)
    }

    /// Begins a table.
    pub fn table(&mut self, name: &str, columns: &[&str]) -> Result<(), StoreError> {
        self.frame.push(TABLE);
        put(&mut self.frame, name.as_bytes());
        self.frame.extend(u32::try_from(columns.len()).unwrap_or(0).to_be_bytes());
        columns.iter().for_each(|column| put(&mut self.frame, column.as_bytes()));
        self.flush_frame()
    }

    /// The next row of the table.
    pub fn row(&mut self, row: &Row) -> Result<(), StoreError> {
        self.frame.push(ROW);
        for value in &row.0 {
            match value {
                Value::Null => self.frame.push(0),
                Value::Int(value) => {
                    self.frame.push(1);
                    self.frame.extend(value.to_be_bytes());
                }
                Value::Text(text) => {
                    self.frame.push(2);
                    put(&mut self.frame, text.as_bytes());
                }
                Value::Blob(bytes) => {
                    self.frame.push(3);
                    put(&mut self.frame, bytes);
                }
            }
        }
        self.rows += 1;
        self.flush_frame()
    }

    /// Ends the file durably.
    pub fn finish(mut self) -> Result<Sum, StoreError> {
        self.frame.push(END);
        self.frame.extend(self.rows.to_be_bytes());
        self.flush_frame()?;
        let path = self.path;
        let inner = self.out.into_inner().map_err(|error| file(&path, error.error()))?;
        inner.sync_all().map_err(|error| file(&path, &error))?;
        Ok(Sum { rows: self.rows, bytes: self.bytes, sha256: self.digest.finish() })
    }

    fn flush_frame(&mut self) -> Result<(), StoreError> {
        self.digest.update(&self.frame);
        self.bytes += self.frame.len() as u64;
        let done = self.out.write_all(&self.frame).map_err(|error| file(&self.path, &error));
        self.frame.clear();
        done
    }
}

fn put(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
    out.extend_from_slice(bytes);
}

/// What a file has next.
#[derive(Debug)]
pub(super) enum Item {
    Table { name: String, columns: Vec<String> },
    Row(Row),
}

/// A file that is being read.
pub(super) struct RowsReader {
    path: PathBuf,
    from: BufReader<File>,
    digest: Digest,
    rows: u64,
    bytes: u64,
    columns: usize,
}

impl RowsReader {
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let from = BufReader::with_capacity(BUFFER, File::open(path).map_err(|error| file(path, &error))?);
        let mut reader = Self { path: path.to_owned(), from, digest: Digest::default(), rows: 0, bytes: 0, columns: 0 };
        if reader.take(FORMAT.len())? != FORMAT {
            return Err(reader.broken());
        }
        Ok(reader)
    }

    /// The next table or row; `None` at the end.
    pub fn next(&mut self) -> Result<Option<Item>, StoreError> {
        match self.byte()? {
            TABLE => {
                let name = self.text()?;
                let columns = (0..self.len()?).map(|_| self.text()).collect::<Result<Vec<_>, _>>()?;
                self.columns = columns.len();
                Ok(Some(Item::Table { name, columns }))
            }
            ROW => {
                let row = (0..self.columns).map(|_| self.value()).collect::<Result<_, _>>()?;
                self.rows += 1;
                Ok(Some(Item::Row(Row(row))))
            }
            END => {
                let rows = self.take(8)?;
                if rows != self.rows.to_be_bytes() || self.from.read(&mut [0]).map_err(|_| self.broken())? != 0 {
                    return Err(self.broken());
                }
                Ok(None)
            }
            _ => Err(self.broken()),
        }
    }

    /// What was read, once it was read to its end.
    pub fn sum(self) -> Sum {
        Sum { rows: self.rows, bytes: self.bytes, sha256: self.digest.finish() }
    }

    fn value(&mut self) -> Result<Value, StoreError> {
        match self.byte()? {
            0 => Ok(Value::Null),
            1 => {
                let bytes = self.take(8)?;
                Ok(Value::Int(i64::from_be_bytes(bytes.try_into().map_err(|_| self.broken())?)))
            }
            2 => Ok(Value::Text(self.text()?)),
            3 => {
                let len = self.len()?;
                Ok(Value::Blob(self.take(len)?))
            }
            _ => Err(self.broken()),
        }
    }

    fn text(&mut self) -> Result<String, StoreError> {
        let len = self.len()?;
        String::from_utf8(self.take(len)?).map_err(|_| self.broken())
    }

    fn len(&mut self) -> Result<usize, StoreError> {
        let bytes = self.take(4)?;
        let len = u32::from_be_bytes(bytes.try_into().map_err(|_| self.broken())?);
        if len > VALUE_MAX { Err(self.broken()) } else { Ok(len as usize) }
    }

    fn byte(&mut self) -> Result<u8, StoreError> {
        self.take(1)?.first().copied().ok_or_else(|| self.broken())
    }

    fn take(&mut self, len: usize) -> Result<Vec<u8>, StoreError> {
        let mut bytes = vec![0; len];
        self.from.read_exact(&mut bytes).map_err(|_| self.broken())?;
        self.digest.update(&bytes);
        self.bytes += len as u64;
        Ok(bytes)
    }

    fn broken(&self) -> StoreError {
        StoreError::File { path: self.path.display().to_string(), message: "is not whole, or was altered".to_owned() }
    }
}

/// Reads a file to its end.
pub(super) fn sum_of(path: &Path) -> Result<Sum, StoreError> {
    let mut reader = RowsReader::open(path)?;
    while reader.next()?.is_some() {}
    Ok(reader.sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(folder: &Path) -> (PathBuf, Sum) {
        let path = folder.join("a.rows");
        let mut writer = RowsWriter::create(&path).unwrap();
        writer.table("one", &["id", "text"]).unwrap();
        writer.row(&Row(vec![Value::Blob(vec![1, 2]), Value::Text("қ".to_owned())])).unwrap();
        writer.row(&Row(vec![Value::Int(-5), Value::Null])).unwrap();
        writer.table("two", &["n"]).unwrap();
        (path, writer.finish().unwrap())
    }

    #[test]
    fn rows_come_back_as_they_were_written() {
        let folder = tempfile::tempdir().unwrap();
        let (path, sum) = written(folder.path());
        let mut reader = RowsReader::open(&path).unwrap();
        let mut items = Vec::new();
        while let Some(item) = reader.next().unwrap() {
            items.push(format!("{item:?}"));
        }
        let said = [
            r#"Table { name: "one", columns: ["id", "text"] }"#,
            r#"Row(Row([Blob([1, 2]), Text("қ")]))"#,
            "Row(Row([Int(-5), Null]))",
            r#"Table { name: "two", columns: ["n"] }"#,
        ];
        assert_eq!(items, said);
        assert_eq!(reader.sum(), sum);
        assert_eq!((sum.rows, sum.bytes), (2, std::fs::metadata(&path).unwrap().len()));
    }

    #[test]
    fn a_file_that_lacks_or_has_a_byte_more_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (path, sum) = written(folder.path());
        let whole = std::fs::read(&path).unwrap();
        for len in 0..whole.len() {
            std::fs::write(&path, &whole[..len]).unwrap();
            assert!(sum_of(&path).is_err(), "{len}");
        }
        std::fs::write(&path, [whole.as_slice(), b"x"].concat()).unwrap();
        assert!(sum_of(&path).is_err());
        for at in 0..whole.len() {
            let mut other = whole.clone();
            other[at] ^= 1;
            std::fs::write(&path, other).unwrap();
            assert!(sum_of(&path).is_ok_and(|other| other != sum) || sum_of(&path).is_err(), "{at}");
        }
    }
}
