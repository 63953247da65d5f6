//! RFC 9807, appendix C, with Identity for the key-stretching function. The library draws its own
//! randomness, so the vectors' draws are fed to it in the order in which it asks. What it does not show
//! (handshake secret, MAC keys, OPRF key) is not compared; all messages and keys that come out are.

use serde::Deserialize;
use std::collections::HashMap;

use super::{Script, array, bytes, load};
use crate::opaque::client::{finish_login, finish_registration, start_login, start_registration};
use crate::opaque::{Terms, server};
use crate::primitives::opaque::{ServerSetup, Stretch, Suite};
use crate::secret::Secret64;

#[derive(Default)]
struct Identity;

impl Stretch for Identity {
    fn stretch(input: &[u8], output: &mut [u8]) {
        output.copy_from_slice(input);
    }
}

#[derive(Deserialize)]
struct File {
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    config: HashMap<String, String>,
    inputs: HashMap<String, String>,
    outputs: HashMap<String, String>,
}

impl Vector {
    fn is_fake(&self) -> bool {
        self.config["Fake"] == "True"
    }

    fn input(&self, name: &str) -> Vec<u8> {
        bytes(&self.inputs[name])
    }

    fn identity(&self, name: &str) -> Option<Vec<u8>> {
        self.inputs.get(name).map(|text| bytes(text))
    }

    fn output(&self, name: &str) -> Vec<u8> {
        bytes(&self.outputs[name])
    }

    fn secret(&self, name: &str) -> Secret64 {
        Secret64(array(&self.outputs[name]))
    }

    fn context(&self) -> Vec<u8> {
        bytes(&self.config["Context"])
    }

    /// The library's form: OPRF seed, private key, and a public key for accounts that do not exist.
    fn setup(&self) -> ServerSetup<Suite<Identity>> {
        let fake = if self.is_fake() {
            "client_public_key"
        } else {
            "server_public_key"
        };
        let parts = ["oprf_seed", "server_private_key", fake].map(|name| self.input(name));
        ServerSetup::deserialize(&parts.concat()).expect("keys of the vector")
    }

    /// A scalar, in the wide form in which the library draws it.
    fn scalar(&self, name: &str) -> Vec<u8> {
        [self.input(name), vec![0; 32]].concat()
    }
}

fn vectors(fake: bool) -> Vec<Vector> {
    let all = load::<File>("opaque.json").vectors;
    let chosen: Vec<_> = all
        .into_iter()
        .filter(|vector| vector.is_fake() == fake)
        .collect();
    assert!(!chosen.is_empty());
    chosen
}

#[test]
fn registration_gives_the_messages_of_rfc_9807() {
    for vector in vectors(false) {
        let (client, server) = (
            vector.identity("client_identity"),
            vector.identity("server_identity"),
        );
        let context = vector.context();
        let terms = Terms {
            context: &context,
            client: client.as_deref(),
            server: server.as_deref(),
        };
        let password = vector.input("password");
        let mut rng = Script::new(&[
            &vector.scalar("blind_registration"),
            &vector.input("envelope_nonce"),
        ]);

        let (state, request) = start_registration::<Identity, _>(&password, &mut rng);
        assert_eq!(request, vector.output("registration_request"));
        let answer = server::register(&vector.setup(), &request, &vector.input("credential_identifier"));
        let answer = answer.expect("a request of the vector");
        assert_eq!(answer, vector.output("registration_response"));
        let registered = finish_registration(state, &password, &answer, &terms, &mut rng).expect("finishes");
        assert_eq!(registered.upload, vector.output("registration_upload"));
        assert!(registered.export_key.0 == vector.secret("export_key"));
        assert!(rng.is_used_up());
    }
}

#[test]
fn login_gives_the_messages_of_rfc_9807() {
    for vector in vectors(false) {
        let (client, server) = (
            vector.identity("client_identity"),
            vector.identity("server_identity"),
        );
        let context = vector.context();
        let terms = Terms {
            context: &context,
            client: client.as_deref(),
            server: server.as_deref(),
        };
        let password = vector.input("password");
        let draws = ["client_keyshare_seed", "client_nonce"]
            .map(|name| vector.input(name))
            .concat();
        let mut rng = Script::new(&[&vector.scalar("blind_login"), &draws]);

        let (state, request) = start_login::<Identity, _>(&password, &mut rng);
        assert_eq!(request, vector.output("KE1"));
        assert!(rng.is_used_up());
        let record = vector.output("registration_upload");
        let (answer, kept) = challenge(&vector, Some(&record), &request, &terms, &[0; 64]);
        assert_eq!(answer, vector.output("KE2"));
        let logged_in = finish_login(state, &password, &answer, &terms, &mut rng).expect("finishes");
        assert_eq!(logged_in.finalization, vector.output("KE3"));
        assert!(logged_in.export_key.0 == vector.secret("export_key"));
        assert!(logged_in.session_key.0 == vector.secret("session_key"));
        let shared = server::finish_login::<Identity>(&kept, &logged_in.finalization, &terms);
        assert!(shared.expect("the server agrees").0 == vector.secret("session_key"));
    }
}

#[test]
fn a7_an_unknown_account_gets_the_fake_answer_of_rfc_9807() {
    for vector in vectors(true) {
        let (client, server) = (
            vector.identity("client_identity"),
            vector.identity("server_identity"),
        );
        let context = vector.context();
        let terms = Terms {
            context: &context,
            client: client.as_deref(),
            server: server.as_deref(),
        };
        let masking_key = vector.input("masking_key");
        let (answer, _) = challenge(&vector, None, &vector.input("KE1"), &terms, &masking_key);
        assert_eq!(answer, vector.output("KE2"));
    }
}

/// The library draws a masking key for a fake record even where there is a true one.
fn challenge(
    vector: &Vector,
    record: Option<&[u8]>,
    request: &[u8],
    terms: &Terms<'_>,
    masking_key: &[u8],
) -> (Vec<u8>, zeroize::Zeroizing<Vec<u8>>) {
    let draws = ["masking_nonce", "server_keyshare_seed", "server_nonce"].map(|name| vector.input(name));
    let mut rng = Script::new(&[masking_key, &draws.concat()]);
    let credential = vector.input("credential_identifier");
    let answered = server::start_login(&vector.setup(), record, request, &credential, terms, &mut rng);
    assert!(rng.is_used_up());
    answered.expect("a request of the vector")
}
