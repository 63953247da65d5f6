//! What a hostile server can make of an answer: one change at a time, described so that it can be made again in the next
//! run, in which ids and nonces are others.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL;
use postern_client::http::Response;
use serde_json::{Value, json};

use crate::platform::is_long;

/// One change.
#[derive(Debug, Clone)]
pub(crate) enum Mutation {
    /// Of one value inside a JSON body.
    Leaf(String, LeafChange),
    /// Of the bytes of a body.
    Raw(RawChange),
    Status(u16),
    /// What part of a content it is said to be.
    Range(Option<String>),
}

#[derive(Debug, Clone)]
pub(crate) enum LeafChange {
    /// Of the bytes behind base64url; counted over the whole length, and again from the beginning.
    FlipBit(usize),
    /// The bytes behind base64url lose their last one, or get one more.
    Shorten,
    Lengthen,
    Replace(Value),
    Remove,
    DropFirst,
    DropLast,
    Double,
    Reverse,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum RawChange {
    FlipBit(usize),
    /// To so many thousandths of its length.
    Cut(usize),
    Append,
}

/// How thoroughly.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Depth {
    /// Some bits of each value.
    Bits(usize),
    /// All bits of up to 32 bytes; of longer values those of the first and last eight bytes, and 64 in between. A seal
    /// looks at all bits alike: to flip each of a directory's thousands in each journey takes days and finds no more.
    Thorough,
}

const TOKENS: [&str; 2] = ["/attempt", "/token"];
const MOST_EXHAUSTIVE_BITS: usize = 8 * 32;
const EDGE_BITS: usize = 8 * 8;

impl Depth {
    pub(crate) fn wanted(bits: usize) -> Self {
        if is_long() {
            Self::Thorough
        } else {
            Self::Bits(bits)
        }
    }

    fn bits(self, of: usize) -> Vec<usize> {
        match self {
            Self::Thorough if of <= MOST_EXHAUSTIVE_BITS => (0..of).collect(),
            Self::Thorough => {
                let mut bits: Vec<usize> = (0..EDGE_BITS).chain(of - EDGE_BITS..of).collect();
                bits.extend(spread(EDGE_BITS, of));
                bits.sort_unstable();
                bits.dedup();
                bits
            }
            Self::Bits(some) => spread(some, of),
        }
    }
}

/// The first, the last, and others at even distances that are no multiple of eight.
fn spread(some: usize, of: usize) -> Vec<usize> {
    let mut bits: Vec<usize> = (0..some.min(of)).map(|n| (n * ((of / some) | 1)) % of).collect();
    bits.extend(of.checked_sub(1));
    bits.dedup();
    bits
}

impl Mutation {
    /// Makes the change. `false`: this answer has no such place.
    pub(crate) fn apply(&self, response: &mut Response) -> bool {
        match self {
            Self::Leaf(pointer, change) => {
                let Ok(mut body) = serde_json::from_slice::<Value>(&response.body) else {
                    return false;
                };
                let changed = change.apply(pointer, &mut body);
                response.body = body.to_string().into_bytes().into();
                changed
            }
            Self::Raw(change) => {
                let mut body = response.body.to_vec();
                change.apply(&mut body);
                let changed = response.body != body;
                response.body = body.into();
                changed
            }
            Self::Status(status) => {
                let changed = response.status != *status;
                response.status = *status;
                changed
            }
            Self::Range(range) => {
                let changed = response.content_range != *range;
                response.content_range.clone_from(range);
                changed
            }
        }
    }

    /// Whether it touches bytes that the client has to check. Tokens only pass through: the server made them, and they
    /// mean something to the server alone.
    pub(crate) fn is_of_checked_bytes(&self) -> bool {
        matches!(self, Self::Leaf(pointer, LeafChange::FlipBit(_))
            if !TOKENS.iter().any(|token| pointer.ends_with(token)))
    }
}

impl LeafChange {
    fn apply(&self, pointer: &str, body: &mut Value) -> bool {
        if matches!(self, Self::Remove) {
            let Some((parent, key)) = pointer.rsplit_once('/') else {
                return false;
            };
            return match body.pointer_mut(parent) {
                Some(Value::Object(fields)) => fields.remove(key).is_some(),
                _ => false,
            };
        }
        let Some(value) = body.pointer_mut(pointer) else {
            return false;
        };
        let before = value.clone();
        match (self, &mut *value) {
            (Self::Replace(other), _) => *value = other.clone(),
            (_, Value::String(text)) => {
                let Ok(mut bytes) = BASE64URL.decode(&*text) else {
                    return false;
                };
                self.apply_to_bytes(&mut bytes);
                *text = BASE64URL.encode(bytes);
            }
            (_, Value::Array(items)) => self.apply_to_list(items),
            _ => return false,
        }
        *value != before
    }

    fn apply_to_bytes(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::FlipBit(bit) if !bytes.is_empty() => flip(bytes, *bit),
            Self::Shorten => drop(bytes.pop()),
            Self::Lengthen => bytes.push(0),
            _ => {}
        }
    }

    fn apply_to_list(&self, items: &mut Vec<Value>) {
        match self {
            Self::DropFirst if !items.is_empty() => drop(items.remove(0)),
            Self::DropLast => drop(items.pop()),
            Self::Double => items.extend(items.clone()),
            Self::Reverse => items.reverse(),
            _ => {}
        }
    }
}

impl RawChange {
    fn apply(self, body: &mut Vec<u8>) {
        match self {
            Self::FlipBit(_) if body.is_empty() => {}
            Self::FlipBit(bit) => flip(body, bit),
            Self::Cut(thousandths) => body.truncate(body.len() * thousandths / 1_000),
            Self::Append => body.push(b' '),
        }
    }
}

fn flip(bytes: &mut [u8], bit: usize) {
    let bit = bit % (8 * bytes.len());
    bytes[bit / 8] ^= 1 << (bit % 8);
}

/// All changes of an answer that a server could think of alone.
pub(crate) fn mutations_of(response: &Response, depth: Depth) -> Vec<Mutation> {
    let mut all: Vec<Mutation> = [
        200, 204, 206, 301, 400, 401, 403, 404, 409, 410, 416, 429, 500, 503,
    ]
    .map(Mutation::Status)
    .into();
    let raw_bits = depth.bits(8 * response.body.len());
    all.extend(
        raw_bits
            .into_iter()
            .map(|bit| Mutation::Raw(RawChange::FlipBit(bit))),
    );
    all.extend([0, 1, 500, 999].map(|part| Mutation::Raw(RawChange::Cut(part))));
    all.push(Mutation::Raw(RawChange::Append));
    if response.content_range.is_some() {
        all.push(Mutation::Range(None));
        all.push(Mutation::Range(Some("bytes 0-0/1".to_owned())));
        all.push(Mutation::Range(Some("bytes 1-2/18446744073709551615".to_owned())));
    }
    if let Ok(body) = serde_json::from_slice(&response.body) {
        visit(&body, "", &mut |pointer, value| {
            let changes = changes_of(value, depth);
            all.extend(
                changes
                    .into_iter()
                    .map(|change| Mutation::Leaf(pointer.to_owned(), change)),
            );
        });
    }
    all
}

/// Calls `see` with every value inside `value` and the way to it.
pub(crate) fn visit(value: &Value, pointer: &str, see: &mut impl FnMut(&str, &Value)) {
    see(pointer, value);
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                visit(item, &format!("{pointer}/{index}"), see);
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                visit(field, &format!("{pointer}/{name}"), see);
            }
        }
        _ => {}
    }
}

/// The bytes that a text stands for, if it is long enough to be more than a word.
pub(crate) fn bytes_behind(value: &Value) -> Option<Vec<u8>> {
    let bytes = BASE64URL.decode(value.as_str()?).ok()?;
    (bytes.len() >= 16).then_some(bytes)
}

fn changes_of(value: &Value, depth: Depth) -> Vec<LeafChange> {
    let replace = |values: &[Value]| values.iter().cloned().map(LeafChange::Replace).collect();
    let mut changes: Vec<LeafChange> = match value {
        Value::Array(_) => vec![
            LeafChange::DropFirst,
            LeafChange::DropLast,
            LeafChange::Double,
            LeafChange::Reverse,
            LeafChange::Replace(json!([])),
        ],
        Value::Number(number) => {
            let number = number.as_u64().unwrap_or(0);
            replace(&[
                json!(number.wrapping_add(1)),
                json!(number.saturating_sub(1)),
                json!(0),
                json!(u64::MAX),
                json!(-1),
            ])
        }
        Value::Bool(truth) => replace(&[json!(!truth)]),
        Value::String(_) => match bytes_behind(value) {
            Some(bytes) => {
                let bits = depth.bits(8 * bytes.len()).into_iter().map(LeafChange::FlipBit);
                bits.chain([
                    LeafChange::Shorten,
                    LeafChange::Lengthen,
                    LeafChange::Replace(json!("")),
                ])
                .collect()
            }
            None => replace(&[json!(""), json!("x"), json!("file"), json!("folder")]),
        },
        Value::Null | Value::Object(_) => Vec::new(),
    };
    changes.push(LeafChange::Remove);
    changes.push(LeafChange::Replace(Value::Null));
    changes
}
