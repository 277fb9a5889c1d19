//! Tokens of Rust text: comments are gone, literals are decoded.
//!
//! Enough of the lexical grammar to tell code from text: strings (plain, raw, byte, C) with their escapes, characters,
//! lifetimes, nested comments, raw names. Does not know the grammar above tokens.

/// What a token is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// A name or keyword, without `r#`.
    Word,
    /// A string literal of any form, decoded.
    Text,
    /// A character or byte literal.
    Char,
    /// A lifetime.
    Lifetime,
    /// A number.
    Number,
    /// Punctuation: one character, or `::`, `=>`, `->`, `==`.
    Mark,
}

/// A token with the line it begins on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// Its text; of a literal, what it means.
    pub text: String,
    /// Line, from 1.
    pub line: usize,
}

/// The tokens of `text`. Never fails: what is not Rust comes out as marks.
#[must_use]
pub fn tokens(text: &str) -> Vec<Token> {
    let mut reader = Reader { chars: text.chars().collect(), at: 0, line: 1 };
    let mut out = Vec::new();
    while let Some(c) = reader.peek(0) {
        let line = reader.line;
        if c.is_whitespace() {
            reader.bump();
        } else if c == '/' && matches!(reader.peek(1), Some('/' | '*')) {
            reader.comment();
        } else {
            let (kind, text) = reader.token(c);
            out.push(Token { kind, text, line });
        }
    }
    out
}

struct Reader {
    chars: Vec<char>,
    at: usize,
    line: usize,
}

impl Reader {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn bump(&mut self) -> Option<char> {
        let c = self.peek(0)?;
        self.at += 1;
        self.line += usize::from(c == '\n');
        Some(c)
    }

    fn take_while(&mut self, fits: impl Fn(char) -> bool) -> String {
        let mut out = String::new();
        while let Some(c) = self.peek(0).filter(|c| fits(*c)) {
            out.push(c);
            self.bump();
        }
        out
    }

    fn comment(&mut self) {
        if self.peek(1) == Some('/') {
            self.take_while(|c| c != '\n');
            return;
        }
        let mut depth = 0_usize;
        while let Some(c) = self.bump() {
            if c == '/' && self.peek(0) == Some('*') {
                self.bump();
                depth += 1;
            } else if c == '*' && self.peek(0) == Some('/') {
                self.bump();
                depth -= 1;
                if depth == 0 {
                    return;
                }
            }
        }
    }

    fn token(&mut self, c: char) -> (Kind, String) {
        if let Some((prefix, hashes)) = self.string_ahead() {
            return (Kind::Text, self.string(prefix, hashes));
        }
        if c == 'b' && self.peek(1) == Some('\'') {
            self.bump();
            return self.quoted();
        }
        if c == 'r' && self.peek(1) == Some('#') && self.peek(2).is_some_and(is_word) {
            self.at += 2;
        }
        match self.peek(0).unwrap_or(c) {
            '\'' => self.quoted(),
            c if c.is_ascii_digit() => (Kind::Number, self.take_while(is_word)),
            c if is_word(c) => (Kind::Word, self.take_while(is_word)),
            c => (Kind::Mark, self.mark(c)),
        }
    }

    fn mark(&mut self, c: char) -> String {
        self.bump();
        let pair = match (c, self.peek(0)) {
            (':', Some(':')) => "::",
            ('=', Some('>')) => "=>",
            ('-', Some('>')) => "->",
            ('=', Some('=')) => "==",
            _ => return c.to_string(),
        };
        self.bump();
        pair.to_owned()
    }

    /// Length of the prefix and number of hashes, when a string begins here; hashes are `None` when it is not raw.
    fn string_ahead(&self) -> Option<(usize, Option<usize>)> {
        let mut prefix = 0;
        let mut is_raw = false;
        while let Some(c) = self.peek(prefix).filter(|c| matches!(c, 'r' | 'b' | 'c')) {
            is_raw |= c == 'r';
            prefix += 1;
            if prefix > 2 {
                return None;
            }
        }
        let mut hashes = 0;
        while is_raw && self.peek(prefix + hashes) == Some('#') {
            hashes += 1;
        }
        (self.peek(prefix + hashes) == Some('"')).then_some((prefix, is_raw.then_some(hashes)))
    }

    fn string(&mut self, prefix: usize, hashes: Option<usize>) -> String {
        for _ in 0..=prefix + hashes.unwrap_or(0) {
            self.bump();
        }
        let mut out = String::new();
        while let Some(c) = self.bump() {
            match (c, hashes) {
                ('"', None) => break,
                ('"', Some(count)) if (0..count).all(|n| self.peek(n) == Some('#')) => {
                    self.at += count;
                    break;
                }
                ('\\', None) => self.escape(&mut out),
                (c, _) => out.push(c),
            }
        }
        out
    }

    fn escape(&mut self, out: &mut String) {
        let code = |digits: &str| u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
        match self.bump() {
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('t') => out.push('\t'),
            Some('0') => out.push('\0'),
            Some('x') => {
                let digits: String = [self.bump(), self.bump()].into_iter().flatten().collect();
                out.extend(code(&digits));
            }
            Some('u') => {
                let digits = self.take_while(|c| c != '}' && c != '"');
                self.bump();
                out.extend(code(&digits.replace(['{', '_'], "")));
            }
            // The line goes on: the break and the indent are no part of the text.
            Some('\n') => {
                self.take_while(char::is_whitespace);
            }
            Some(c) => out.push(c),
            None => {}
        }
    }

    fn quoted(&mut self) -> (Kind, String) {
        self.bump();
        let is_char = self.peek(0) == Some('\\') || self.peek(1) == Some('\'');
        if !is_char {
            return (Kind::Lifetime, self.take_while(is_word));
        }
        let mut out = String::new();
        match self.bump() {
            Some('\\') => self.escape(&mut out),
            c => out.extend(c),
        }
        self.take_while(|c| c != '\'' && c != '\n');
        self.bump();
        (Kind::Char, out)
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}
