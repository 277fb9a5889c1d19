//! Rows, values, and the batch: statements with the number of rows that each must change.

/// A value of a column.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Int(i64),
    Text(String),
    Blob(Vec<u8>),
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Self::Int(i64::from(value))
    }
}

impl From<u64> for Value {
    fn from(value: u64) -> Self {
        Self::Int(i64::try_from(value).unwrap_or(i64::MAX))
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<Vec<u8>> for Value {
    fn from(value: Vec<u8>) -> Self {
        Self::Blob(value)
    }
}

impl<const N: usize> From<[u8; N]> for Value {
    fn from(value: [u8; N]) -> Self {
        Self::Blob(value.to_vec())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// A row, column by column in the order of the SELECT.
#[derive(Debug)]
pub(crate) struct Row(pub Vec<Value>);

impl Row {
    /// A number; 0 when the column is not one.
    pub fn int(&self, at: usize) -> i64 {
        match self.0.get(at) {
            Some(Value::Int(value)) => *value,
            _ => 0,
        }
    }

    /// Bytes; empty when the column has none.
    pub fn blob(&self, at: usize) -> &[u8] {
        match self.0.get(at) {
            Some(Value::Blob(value)) => value,
            _ => &[],
        }
    }

    /// Bytes taken out.
    pub fn take_blob(&mut self, at: usize) -> Vec<u8> {
        match self.0.get_mut(at) {
            Some(Value::Blob(value)) => std::mem::take(value),
            _ => Vec::new(),
        }
    }

    /// Text; empty when the column has none.
    pub fn text(&self, at: usize) -> &str {
        match self.0.get(at) {
            Some(Value::Text(value)) => value,
            _ => "",
        }
    }
}

/// One statement of a batch.
pub(crate) struct Statement {
    pub sql: &'static str,
    pub params: Vec<Value>,
    /// How many rows it must change; `None` when any number will do.
    pub rows: Option<u64>,
}

/// Statements that happen together or not at all.
#[derive(Default)]
pub(crate) struct Batch(pub Vec<Statement>);

impl Batch {
    /// Adds a statement that must change exactly one row.
    pub fn one(mut self, sql: &'static str, params: Vec<Value>) -> Self {
        self.0.push(Statement { sql, params, rows: Some(1) });
        self
    }

    /// Adds a statement that may change any number of rows.
    pub fn any(mut self, sql: &'static str, params: Vec<Value>) -> Self {
        self.0.push(Statement { sql, params, rows: None });
        self
    }
}
