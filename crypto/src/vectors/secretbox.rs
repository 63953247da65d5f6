use serde_json::Value;

use super::{array, bytes, load};
use crate::primitives::{box_open, box_seal, bulk_open, bulk_seal};

fn field(vector: &Value, name: &str) -> String {
    vector[name].as_str().expect("a field of the vector").to_owned()
}

#[test]
fn nacl_secretbox_gives_the_published_bytes_by_both_implementations() {
    let file: Value = load("secretbox.json");
    let vector = &file["vectors"][0];
    let (key, nonce) = (array(&field(vector, "key")), array(&field(vector, "nonce")));
    let (plain, sealed) = (bytes(&field(vector, "plain")), bytes(&field(vector, "sealed")));

    assert_eq!(box_seal(&key, &nonce, &plain), sealed);
    assert_eq!(*box_open(&key, &nonce, &sealed).expect("opens"), plain);

    let mut out = vec![0; sealed.len()];
    bulk_seal(&key, &nonce, &plain, &mut out);
    assert_eq!(out, sealed);
    let mut back = vec![0; plain.len()];
    bulk_open(&key, &nonce, &sealed, &mut back).expect("opens");
    assert_eq!(back, plain);
}

#[test]
fn a8_raw_secretbox_opens_the_salamander_under_two_keys() {
    // Not a wish but a fact about the cipher, and the reason why nothing of ours is opened without a
    // commitment. That our objects refuse it is tested beside them.
    let salamander = super::salamander();
    for (key, text) in salamander.keys.iter().zip(&salamander.texts) {
        assert_eq!(
            *box_open(key, &salamander.nonce, &salamander.sealed).expect("opens"),
            *text
        );
        let mut out = vec![0; text.len()];
        bulk_open(key, &salamander.nonce, &salamander.sealed, &mut out).expect("opens");
        assert_eq!(out, *text);
    }
}
