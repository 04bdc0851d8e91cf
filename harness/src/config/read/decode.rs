//! From bytes to text and back, whatever the encoding.

use std::ops::Range;

use encoding_rs::{CoderResult, DecoderResult, UTF_8};

use super::{ReadError, ReadErrorKind};

/// How the text was encoded, so that it can be written as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Encoding {
    kind: Kind,
    has_mark: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Utf16 { big: bool },
    Other(&'static encoding_rs::Encoding),
}

/// A text and the encoding that it came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoded {
    /// The text, without a byte order mark.
    pub text: String,
    /// Its encoding.
    pub encoding: Encoding,
}

impl Encoded {
    /// Decodes by byte order mark, then by the XML declaration, else as UTF-8.
    ///
    /// # Errors
    /// The encoding is unknown, or the bytes are none of its.
    pub fn decode(bytes: &[u8]) -> Result<Self, ReadError> {
        match Form::of(bytes) {
            Form::Utf16 { big, has_mark } => {
                let text = decode_utf16(bytes, big)?;
                let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
                agrees(&text, Found::Utf16 { big, has_mark })?;
                Ok(Self { text, encoding: Encoding { kind: Kind::Utf16 { big }, has_mark } })
            }
            Form::Marked8 => {
                let rest = &bytes[3..];
                agrees(&ascii(rest), Found::Bytes(rest))?;
                decode_other(UTF_8, true, rest)
            }
            Form::Bytes => {
                let encoding = agrees(&ascii(bytes), Found::Bytes(bytes))?;
                decode_other(encoding.unwrap_or(UTF_8), false, bytes)
            }
        }
    }

    /// The text as far as it can be decoded, to show a place in it.
    pub fn readable(bytes: &[u8]) -> String {
        let (encoding, bytes) = match Form::of(bytes) {
            Form::Utf16 { big: true, .. } => (encoding_rs::UTF_16BE, bytes),
            Form::Utf16 { big: false, .. } => (encoding_rs::UTF_16LE, bytes),
            Form::Marked8 => (UTF_8, &bytes[3..]),
            Form::Bytes => (agrees(&ascii(bytes), Found::Bytes(bytes)).ok().flatten().unwrap_or(UTF_8), bytes),
        };
        encoding.decode_without_bom_handling(bytes).0.trim_start_matches('\u{feff}').to_owned()
    }
}

/// What the first bytes say.
enum Form {
    Utf16 { big: bool, has_mark: bool },
    Marked8,
    Bytes,
}

impl Form {
    fn of(bytes: &[u8]) -> Self {
        match bytes {
            [0xef, 0xbb, 0xbf, ..] => Self::Marked8,
            [0xff, 0xfe, ..] => Self::Utf16 { big: false, has_mark: true },
            [0xfe, 0xff, ..] => Self::Utf16 { big: true, has_mark: true },
            [b'<', 0, ..] => Self::Utf16 { big: false, has_mark: false },
            [0, b'<', ..] => Self::Utf16 { big: true, has_mark: false },
            _ => Self::Bytes,
        }
    }
}

/// How a text is encoded by its bytes.
#[derive(Clone, Copy)]
enum Found<'b> {
    Utf16 { big: bool, has_mark: bool },
    Bytes(&'b [u8]),
}

/// The encoding that the declaration names. Java's parser changes to it and then reads nothing but "Content is not allowed
/// in prolog" where the bytes are of another width (`XMLEntityScanner.setEncoding`), and refuses a byte over 127 where the
/// declaration says ASCII (`ASCIIReader`).
fn agrees(text: &str, found: Found<'_>) -> Result<Option<&'static encoding_rs::Encoding>, ReadError> {
    let Some(span) = declared(text) else {
        return match found {
            Found::Utf16 { has_mark: false, .. } => Err(ReadError::new(ReadErrorKind::Utf16Undeclared, text, 0)),
            _ => Ok(None),
        };
    };
    let label = &text[span.clone()];
    let upper = label.to_ascii_uppercase();
    let encoding =
        encoding_rs::Encoding::for_label(label.as_bytes()).filter(|encoding| encoding.name() != "replacement");
    let is_wide = encoding.map_or(upper.contains("UTF-16"), |encoding| encoding.name().starts_with("UTF-16"));
    let differs = |found: &'static str| {
        let declared = label.to_owned();
        Err(ReadError::new(ReadErrorKind::EncodingDiffers { declared, found }, text, span.start))
    };
    match found {
        _ if encoding.is_none() && !is_wide => {
            Err(ReadError::new(ReadErrorKind::UnknownEncoding(label.to_owned()), text, span.start))
        }
        Found::Utf16 { big: true, .. } if !is_wide || upper == "UTF-16LE" => differs("UTF-16 with the high byte first"),
        Found::Utf16 { big: false, .. } if !is_wide || upper == "UTF-16BE" => differs("UTF-16 with the low byte first"),
        Found::Bytes(_) if is_wide => differs("one byte for a character, as in UTF-8"),
        Found::Bytes(bytes) if is_ascii(&upper) => match bytes.iter().position(|byte| !byte.is_ascii()) {
            Some(at) => {
                let valid = String::from_utf8_lossy(&bytes[..at]).into_owned();
                Err(ReadError::new(ReadErrorKind::Encoding(label.to_owned()), &valid, at))
            }
            None => Ok(encoding),
        },
        _ => Ok(encoding),
    }
}

/// Whether a name of an encoding means the seven bits.
fn is_ascii(upper: &str) -> bool {
    matches!(
        upper,
        "US-ASCII" | "ASCII" | "ISO646-US" | "ISO-IR-6" | "ANSI_X3.4-1968" | "ANSI_X3.4-1986" | "US" | "CP367"
    )
}

/// The first characters, those that are not ASCII as blanks of one byte each.
fn ascii(bytes: &[u8]) -> String {
    bytes.iter().take(200).map(|byte| if byte.is_ascii() { char::from(*byte) } else { ' ' }).collect()
}

impl Encoding {
    /// Whether a byte order mark comes first.
    pub fn has_mark(self) -> bool {
        self.has_mark
    }

    /// Whether a character of ASCII takes more than one byte.
    pub fn is_wide(self) -> bool {
        matches!(self.kind, Kind::Utf16 { .. })
    }

    /// The bytes of a part of the text, without a byte order mark; `None` where the encoding lacks a character.
    pub fn part(self, text: &str) -> Option<Vec<u8>> {
        Self { has_mark: false, ..self }.encode(text)
    }

    /// The text's bytes, as [`Encoded::decode`] would take them; `None` where the encoding lacks a character.
    pub fn encode(self, text: &str) -> Option<Vec<u8>> {
        match self.kind {
            Kind::Utf16 { big } => {
                let unit = |unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() };
                let mark = self.has_mark.then_some(0xfeff);
                Some(mark.into_iter().chain(text.encode_utf16()).flat_map(unit).collect())
            }
            Kind::Other(encoding) if encoding == UTF_8 => {
                let mark: &[u8] = if self.has_mark { b"\xef\xbb\xbf" } else { b"" };
                Some([mark, text.as_bytes()].concat())
            }
            Kind::Other(encoding) => {
                let (bytes, _, had_errors) = encoding.encode(text);
                (!had_errors).then(|| bytes.into_owned())
            }
        }
    }
}

fn decode_other(encoding: &'static encoding_rs::Encoding, has_mark: bool, bytes: &[u8]) -> Result<Encoded, ReadError> {
    let kept = Encoding { kind: Kind::Other(encoding), has_mark };
    if encoding == UTF_8 {
        return match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Encoded { text: text.to_owned(), encoding: kept }),
            Err(error) => {
                let valid = String::from_utf8_lossy(&bytes[..error.valid_up_to()]).into_owned();
                Err(ReadError::new(ReadErrorKind::Encoding("UTF-8".to_owned()), &valid, valid.len()))
            }
        };
    }
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let room = decoder.max_utf8_buffer_length_without_replacement(bytes.len()).unwrap_or(bytes.len() * 3);
    let mut text = String::with_capacity(room);
    match decoder.decode_to_string_without_replacement(bytes, &mut text, true) {
        (DecoderResult::InputEmpty, _) => Ok(Encoded { text, encoding: kept }),
        _ => Err(ReadError::new(ReadErrorKind::Encoding(encoding.name().to_owned()), &text, text.len())),
    }
}

fn decode_utf16(bytes: &[u8], big: bool) -> Result<String, ReadError> {
    let encoding = if big { encoding_rs::UTF_16BE } else { encoding_rs::UTF_16LE };
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut text = String::with_capacity(decoder.max_utf8_buffer_length(bytes.len()).unwrap_or(bytes.len() * 2));
    let (result, _, had_errors) = decoder.decode_to_string(bytes, &mut text, true);
    if had_errors || result != CoderResult::InputEmpty {
        let bad = text.find('\u{fffd}').unwrap_or(text.len());
        return Err(ReadError::new(ReadErrorKind::Encoding("UTF-16".to_owned()), &text, bad));
    }
    Ok(text)
}

/// Where the name stands in `<?xml … encoding="…"?>`.
fn declared(text: &str) -> Option<Range<usize>> {
    let (declaration, _) = text.strip_prefix("<?xml")?.split_once("?>")?;
    let (before, rest) = declaration.split_once("encoding")?;
    let value = rest.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let length = value[1..].find(quote)?;
    let start = "<?xml".len() + before.len() + "encoding".len() + (rest.len() - value.len()) + 1;
    Some(start..start + length)
}
