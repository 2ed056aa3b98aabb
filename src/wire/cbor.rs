//! Canonical CBOR, as little of it as the protocol speaks: unsigned integers, byte strings, text, arrays,
//! `false`, `true`, `null`, each in its one shortest spelling.
//!
//! The reader pulls one item after the other out of a slice and allocates nothing. A length it is told is
//! compared with what is left before anything else happens; an array of n items needs n bytes at least.

use std::fmt;

use zeroize::Zeroizing;

use crate::base::limits::NESTING;

const UINT: u8 = 0;
const BYTES: u8 = 2;
const TEXT: u8 = 3;
const ARRAY: u8 = 4;
const SIMPLE: u8 = 7;

const FALSE: u8 = 20;
const TRUE: u8 = 21;
const NULL: u8 = 22;
const INDEFINITE: u8 = 31;

/// Why bytes are not the canonical item that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CborError {
    /// The bytes end inside an item, or a length says more than there is.
    Truncated,
    /// An integer or a length is spelled longer than it must be.
    NotShortest,
    /// A length that is not told in advance.
    Indefinite,
    /// Another kind of item was due here.
    WrongType,
    /// A byte string or an array of another length was due here.
    WrongLength,
    /// More arrays inside each other than the protocol has.
    TooDeep,
    /// A text that is not UTF-8.
    BadUtf8,
    /// Bytes after the end.
    Trailing,
    /// CBOR that the protocol does not speak: maps, tags, floats, negative numbers, other simple values.
    Unsupported,
    /// An array longer than its bound.
    TooMany,
    /// A value that is none of those with a meaning.
    BadValue,
}

/// One item; an array is only its head, its items come next.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Item<'a> {
    /// An unsigned integer.
    Uint(u64),
    /// A byte string.
    Bytes(&'a [u8]),
    /// A text.
    Text(&'a str),
    /// The head of an array of so many items.
    Array(usize),
    /// `false` or `true`.
    Bool(bool),
    /// `null`.
    Null,
}

/// Reads one canonical item, arrays and all. After an error the reader is of no further use.
pub struct Reader<'a> {
    rest: &'a [u8],
    /// Items still due in each array that is open, outermost first.
    due: [usize; NESTING],
    depth: usize,
    begun: bool,
}

impl<'a> Reader<'a> {
    /// A reader at the start of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { rest: bytes, due: [0; NESTING], depth: 0, begun: false }
    }

    /// The next item, whatever it is. The typed readers below are this and a comparison.
    pub fn item(&mut self) -> Result<Item<'a>, CborError> {
        self.claim()?;
        let [first] = *self.take_exact()?;
        let info = first & 0x1f;
        match first >> 5 {
            UINT => self.argument(info).map(Item::Uint),
            BYTES => self.string(info).map(Item::Bytes),
            TEXT => {
                let text = std::str::from_utf8(self.string(info)?);
                text.map(Item::Text).map_err(|_| CborError::BadUtf8)
            }
            ARRAY => {
                let len = self.length(info)?;
                self.enter(len).map(Item::Array)
            }
            SIMPLE => match info {
                FALSE => Ok(Item::Bool(false)),
                TRUE => Ok(Item::Bool(true)),
                NULL => Ok(Item::Null),
                INDEFINITE => Err(CborError::Indefinite),
                _ => Err(CborError::Unsupported),
            },
            _ => Err(CborError::Unsupported),
        }
    }

    /// The head of an array: how many items follow.
    pub fn array(&mut self) -> Result<usize, CborError> {
        match self.item()? {
            Item::Array(len) => Ok(len),
            _ => Err(CborError::WrongType),
        }
    }

    /// The head of an array of exactly `len` items.
    pub fn array_of(&mut self, len: usize) -> Result<(), CborError> {
        if self.array()? == len { Ok(()) } else { Err(CborError::WrongLength) }
    }

    /// An unsigned integer.
    pub fn uint(&mut self) -> Result<u64, CborError> {
        match self.item()? {
            Item::Uint(n) => Ok(n),
            _ => Err(CborError::WrongType),
        }
    }

    /// A byte string.
    pub fn bytes(&mut self) -> Result<&'a [u8], CborError> {
        match self.item()? {
            Item::Bytes(bytes) => Ok(bytes),
            _ => Err(CborError::WrongType),
        }
    }

    /// A byte string of exactly `N` bytes.
    pub fn bytes_exact<const N: usize>(&mut self) -> Result<[u8; N], CborError> {
        self.bytes()?.try_into().map_err(|_| CborError::WrongLength)
    }

    /// A text.
    pub fn text(&mut self) -> Result<&'a str, CborError> {
        match self.item()? {
            Item::Text(text) => Ok(text),
            _ => Err(CborError::WrongType),
        }
    }

    /// `false` or `true`.
    pub fn bool(&mut self) -> Result<bool, CborError> {
        match self.item()? {
            Item::Bool(value) => Ok(value),
            _ => Err(CborError::WrongType),
        }
    }

    /// `null`, or what `read` reads.
    pub fn optional<T, E: From<CborError>>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<Option<T>, E> {
        if self.rest.first() == Some(&(SIMPLE << 5 | NULL)) {
            self.item()?;
            return Ok(None);
        }
        read(self).map(Some)
    }

    /// True when no bytes are left.
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The item is complete and nothing follows it.
    pub fn end(self) -> Result<(), CborError> {
        let open = self.due.iter().take(self.depth).any(|due| *due > 0);
        match (self.begun && !open, self.rest.is_empty()) {
            (false, _) => Err(CborError::Truncated),
            (true, false) => Err(CborError::Trailing),
            (true, true) => Ok(()),
        }
    }

    /// Counts one item against the innermost array that still wants one.
    fn claim(&mut self) -> Result<(), CborError> {
        while let Some(due) = self.depth.checked_sub(1).and_then(|last| self.due.get_mut(last)) {
            if *due > 0 {
                *due -= 1;
                return Ok(());
            }
            self.depth -= 1;
        }
        if std::mem::replace(&mut self.begun, true) { Err(CborError::Trailing) } else { Ok(()) }
    }

    fn enter(&mut self, len: usize) -> Result<usize, CborError> {
        let due = self.due.get_mut(self.depth).ok_or(CborError::TooDeep)?;
        // An item is a byte at least: a head that promises more items than bytes lies.
        if len > self.rest.len() {
            return Err(CborError::Truncated);
        }
        *due = len;
        self.depth += 1;
        Ok(len)
    }

    fn argument(&mut self, info: u8) -> Result<u64, CborError> {
        let (value, least) = match info {
            0..24 => return Ok(u64::from(info)),
            24 => (u64::from(u8::from_be_bytes(*self.take_exact()?)), 24),
            25 => (u64::from(u16::from_be_bytes(*self.take_exact()?)), 1 << 8),
            26 => (u64::from(u32::from_be_bytes(*self.take_exact()?)), 1 << 16),
            27 => (u64::from_be_bytes(*self.take_exact()?), 1 << 32),
            INDEFINITE => return Err(CborError::Indefinite),
            _ => return Err(CborError::Unsupported),
        };
        if value < least { Err(CborError::NotShortest) } else { Ok(value) }
    }

    fn length(&mut self, info: u8) -> Result<usize, CborError> {
        usize::try_from(self.argument(info)?).map_err(|_| CborError::Truncated)
    }

    fn string(&mut self, info: u8) -> Result<&'a [u8], CborError> {
        let len = self.length(info)?;
        let (taken, rest) = self.rest.split_at_checked(len).ok_or(CborError::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    fn take_exact<const N: usize>(&mut self) -> Result<&'a [u8; N], CborError> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(CborError::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }
}

/// Writes canonical items into a buffer that is wiped on drop, also when it had to move to grow.
pub struct Writer(Zeroizing<Vec<u8>>);

impl Writer {
    /// An empty writer with room for `capacity` bytes.
    pub fn with_capacity(capacity: usize) -> Writer {
        Writer(Zeroizing::new(Vec::with_capacity(capacity)))
    }

    /// The head of an array; the caller writes its `len` items next.
    pub fn array(&mut self, len: usize) -> &mut Self {
        self.head(ARRAY, len as u64)
    }

    /// An unsigned integer.
    pub fn uint(&mut self, value: u64) -> &mut Self {
        self.head(UINT, value)
    }

    /// A byte string.
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.head(BYTES, bytes.len() as u64).put(bytes)
    }

    /// A text.
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.head(TEXT, text.len() as u64).put(text.as_bytes())
    }

    /// `false` or `true`.
    pub fn bool(&mut self, value: bool) -> &mut Self {
        self.put(&[SIMPLE << 5 | if value { TRUE } else { FALSE }])
    }

    /// `null`.
    pub fn null(&mut self) -> &mut Self {
        self.put(&[SIMPLE << 5 | NULL])
    }

    /// `null`, or what `write` makes of the value.
    pub fn optional<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) -> &mut Self {
        match value {
            Some(value) => write(self, value),
            None => {
                self.null();
            }
        }
        self
    }

    /// What was written.
    pub fn finish(self) -> Zeroizing<Vec<u8>> {
        self.0
    }

    fn head(&mut self, major: u8, n: u64) -> &mut Self {
        let major = major << 5;
        let [.., e, f, g, h] = n.to_be_bytes();
        match n {
            0..24 => self.put(&[major | h]),
            24..0x100 => self.put(&[major | 24, h]),
            0x100..0x1_0000 => self.put(&[major | 25, g, h]),
            0x1_0000..0x1_0000_0000 => self.put(&[major | 26, e, f, g, h]),
            _ => self.put(&[major | 27]).put(&n.to_be_bytes()),
        }
    }

    fn put(&mut self, bytes: &[u8]) -> &mut Self {
        let needed = self.0.len() + bytes.len();
        if needed > self.0.capacity() {
            // A vector that grows by itself leaves its old bytes behind unwiped.
            let mut larger = Zeroizing::new(Vec::with_capacity(needed.max(2 * self.0.capacity())));
            larger.extend_from_slice(&self.0);
            self.0 = larger;
        }
        self.0.extend_from_slice(bytes);
        self
    }
}

impl fmt::Debug for Item<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Item::Uint(_) => f.write_str("Uint"),
            Item::Bytes(bytes) => write!(f, "Bytes({})", bytes.len()),
            Item::Text(text) => write!(f, "Text({})", text.len()),
            Item::Array(len) => write!(f, "Array({len})"),
            Item::Bool(_) => f.write_str("Bool"),
            Item::Null => f.write_str("Null"),
        }
    }
}

impl fmt::Debug for Reader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reader({} bytes left, {} deep)", self.rest.len(), self.depth)
    }
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Writer({} bytes)", self.0.len())
    }
}

impl fmt::Display for CborError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            CborError::Truncated => "ends too early",
            CborError::NotShortest => "a number is spelled longer than it must be",
            CborError::Indefinite => "a length is not told in advance",
            CborError::WrongType => "another kind of item was due",
            CborError::WrongLength => "another length was due",
            CborError::TooDeep => "arrays nest too deep",
            CborError::BadUtf8 => "a text is not UTF-8",
            CborError::Trailing => "bytes follow the end",
            CborError::Unsupported => "an item that the protocol does not speak",
            CborError::TooMany => "an array is over its bound",
            CborError::BadValue => "a value has no meaning",
        })
    }
}

impl std::error::Error for CborError {}

#[cfg(test)]
mod tests {
    use super::CborError::*;
    use super::*;

    /// Reads any one item, arrays and all, and writes it again.
    fn rewrite(bytes: &[u8]) -> Result<Vec<u8>, CborError> {
        let mut reader = Reader::new(bytes);
        let mut writer = Writer::with_capacity(0);
        while !reader.is_empty() {
            match reader.item()? {
                Item::Uint(n) => writer.uint(n),
                Item::Bytes(bytes) => writer.bytes(bytes),
                Item::Text(text) => writer.text(text),
                Item::Array(len) => writer.array(len),
                Item::Bool(value) => writer.bool(value),
                Item::Null => writer.null(),
            };
        }
        reader.end().map(|()| writer.finish().to_vec())
    }

    #[test]
    fn numbers_take_their_shortest_form_at_every_step() {
        let steps: [(u64, &[u8]); 9] = [
            (0, &[0]),
            (23, &[23]),
            (24, &[24, 24]),
            (0xff, &[24, 0xff]),
            (0x100, &[25, 1, 0]),
            (0xffff, &[25, 0xff, 0xff]),
            (0x1_0000, &[26, 0, 1, 0, 0]),
            (0x1_0000_0000, &[27, 0, 0, 0, 1, 0, 0, 0, 0]),
            (u64::MAX, &[27, 255, 255, 255, 255, 255, 255, 255, 255]),
        ];
        for (n, bytes) in steps {
            let mut w = Writer::with_capacity(1);
            w.uint(n);
            assert_eq!(*w.finish(), bytes);
            assert_eq!(Reader::new(bytes).uint(), Ok(n));
        }
    }

    #[test]
    fn each_way_to_be_wrong_has_its_own_name() {
        let cases: [(&[u8], CborError); 30] = [
            (&[], Truncated),
            (&[0x18], Truncated),
            (&[0x19, 1], Truncated),
            (&[0x42, 1], Truncated),
            (&[0x82, 1], Truncated),
            (&[0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], Truncated),
            (&[0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], Truncated),
            (&[0x18, 23], NotShortest),
            (&[0x19, 0, 255], NotShortest),
            (&[0x1a, 0, 0, 255, 255], NotShortest),
            (&[0x1b, 0, 0, 0, 0, 255, 255, 255, 255], NotShortest),
            (&[0x58, 1, 0], NotShortest),
            (&[0x78, 1, b'a'], NotShortest),
            (&[0x98, 1, 0], NotShortest),
            (&[0x5f, 0x41, 0, 0xff], Indefinite),
            (&[0x7f, 0xff], Indefinite),
            (&[0x9f, 0, 0xff], Indefinite),
            (&[0xff], Indefinite),
            (&[0x61, 0xff], BadUtf8),
            (&[0x63, 0xed, 0xa0, 0x80], BadUtf8),
            (&[0, 0], Trailing),
            (&[0x81, 0, 0], Trailing),
            (&[0x20], Unsupported),
            (&[0xa0], Unsupported),
            (&[0xc0, 0], Unsupported),
            (&[0xf7], Unsupported),
            (&[0xf8, 22], Unsupported),
            (&[0xf9, 0, 0], Unsupported),
            (&[0xfb, 0, 0, 0, 0, 0, 0, 0, 0], Unsupported),
            (&[0x1c], Unsupported),
        ];
        for (bytes, error) in cases {
            assert_eq!(rewrite(bytes), Err(error), "{bytes:02x?}");
        }
    }

    #[test]
    fn an_item_of_another_kind_or_length_is_refused() {
        assert_eq!(Reader::new(&[0x40]).uint(), Err(WrongType));
        assert_eq!(Reader::new(&[0x00]).bytes(), Err(WrongType));
        assert_eq!(Reader::new(&[0x40]).text(), Err(WrongType));
        assert_eq!(Reader::new(&[0x40]).array(), Err(WrongType));
        assert_eq!(Reader::new(&[0xf6]).bool(), Err(WrongType));
        assert_eq!(Reader::new(&[0x41, 0]).bytes_exact::<2>(), Err(WrongLength));
        assert_eq!(Reader::new(&[0x81, 0]).array_of(2), Err(WrongLength));
    }

    #[test]
    fn eight_arrays_nest_and_nine_do_not() {
        assert!(rewrite(&[0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0x80]).is_ok());
        assert_eq!(rewrite(&[0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0x80]), Err(TooDeep));
        // Neighbours do not add up.
        assert!(rewrite(&[0x83, 0x81, 0x80, 0x81, 0x80, 0x81, 0x80]).is_ok());
        let wide = [&[0x98, 40][..], &[0x80; 40]].concat();
        assert!(rewrite(&wide).is_ok());
    }

    #[test]
    fn a_value_that_is_left_unread_is_not_the_end() {
        let mut reader = Reader::new(&[0x82, 0, 0]);
        reader.array_of(2).unwrap();
        reader.uint().unwrap();
        assert_eq!(reader.end(), Err(Truncated));
    }

    #[test]
    fn null_stands_for_nothing() {
        let read = |bytes: &[u8]| Reader::new(bytes).optional(|r| r.uint());
        assert_eq!(read(&[0xf6]), Ok(None));
        assert_eq!(read(&[7]), Ok(Some(7)));
        assert_eq!(read(&[0xf5]), Err(WrongType));
    }

    #[test]
    fn what_is_accepted_is_written_back_the_same() {
        for len in 0..=2usize {
            for n in 0..1u32 << (8 * len) {
                let bytes = &n.to_be_bytes()[4 - len..];
                if let Ok(again) = rewrite(bytes) {
                    assert_eq!(again, bytes);
                }
            }
        }
    }
}
