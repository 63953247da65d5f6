//! One golden object of each kind, made from nothing but seeds. The files beside this one hold what comes
//! out; a test compares them, a program does the same inside WebAssembly, and `tests/independent` opens
//! each with code that shares nothing with this crate.

use postern_crypto::account::{Keyring, MailRoot, Pin, Root, State, Tag, VolumeHead};
use postern_crypto::directory::{DirectoryHead, Log, Statement, statement_hash};
use postern_crypto::head::{Head, Member, head_hash};
use postern_crypto::identity::IdentityKey;
use postern_crypto::link::{Archived, Grant, LinkKeys, LinkSecret, LinkText, SharedFolder};
use postern_crypto::lthash::SetHash;
use postern_crypto::node::{Content, File, Folder, Node, NodeKind, Place, Record};
use postern_crypto::opaque::{ClientLogin, ClientRegistration, LoginServer};
use postern_crypto::password::Password;
use postern_crypto::recovery::RecoveryKey;
use postern_crypto::sealing::{Letter, SealingKey};
use postern_crypto::slots::{Slot, SlotKind};
use postern_crypto::stream::{ContentSealer, digest};
use postern_crypto::{AccountKey, ContentKey, FolderKey, Id, Kek, LinkWrapKey, MailKey};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;
use serde_json::{Value, json};

mod mail;

/// All golden objects, by the names of their files.
pub(crate) fn all() -> Vec<(&'static str, Value)> {
    let mut all = account();
    all.extend(tree());
    all.extend(links());
    all.push(("stream_one_chunk", stream(b"The gate is small, and it is yours.")));
    all.push(("stream_two_chunks", stream(&pattern(65_536 + 1_000))));
    all.push(("letter", letter()));
    all.extend(mail::all());
    all.push(("login", login()));
    all
}

/// A text whose every byte is known: byte `i` is `(7·i + 13) mod 251`.
fn pattern(len: usize) -> Vec<u8> {
    (0_u32..)
        .map(|i| (7 * i + 13) % 251)
        .map(|byte| byte.to_le_bytes()[0])
        .take(len)
        .collect()
}

fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

fn id(byte: u8) -> Id {
    std::array::from_fn(|index| byte ^ index.to_le_bytes()[0])
}

fn hex(bytes: impl AsRef<[u8]>) -> String {
    hex::encode(bytes)
}

fn account() -> Vec<(&'static str, Value)> {
    let mut rng = rng(1);
    let ring = Keyring::new(id(0x10), 1, AccountKey::generate(&mut rng));
    let (identity, sealing) = (IdentityKey::generate(&mut rng), SealingKey::generate(&mut rng));
    let with = |sealed: Vec<u8>, opened: Value| {
        json!({
            "account": hex(ring.account()), "generation": ring.generation(), "account_key": hex(ring.key().expose()),
            "sealed": hex(sealed), "opened": opened,
        })
    };
    let root = Root {
        volume: id(0x20),
        node: id(0x30),
        key: FolderKey::generate(&mut rng),
        generation: 1,
    };
    let state = state(&identity);
    let mail_root = mail_root(MailKey::from_bytes([0x5c; 32]));
    vec![
        ("slot_password", slot_password(&ring)),
        ("slot_recovery", slot_recovery(&ring)),
        (
            "identity",
            with(
                ring.seal_identity(&identity, &mut rng),
                json!({"seed": hex(identity.expose()), "public": hex(identity.public().as_bytes())}),
            ),
        ),
        (
            "sealing",
            with(
                ring.seal_sealing(&sealing, &mut rng),
                json!({"seed": hex(sealing.expose()), "public": hex(sealing.public().as_bytes())}),
            ),
        ),
        (
            "root",
            with(
                ring.seal_root(&root, &mut rng),
                json!({
                    "volume": hex(root.volume), "node": hex(root.node), "key": hex(root.key.expose()),
                    "generation": root.generation,
                }),
            ),
        ),
        (
            "state",
            with(ring.seal_state(&state, &mut rng), state_json(&state)),
        ),
        (
            "mail_root",
            with(
                ring.seal_mail_root(&mail_root, &mut rng),
                mail_root_json(&mail_root),
            ),
        ),
        ("directory", directory(&identity, &sealing)),
    ]
}

fn slot_password(ring: &Keyring) -> Value {
    let mut rng = rng(2);
    let kek = Kek::generate(&mut rng);
    let slot = Slot {
        account: *ring.account(),
        kind: SlotKind::Password,
        id: id(0x40),
        generation: 1,
    };
    json!({
        "account": hex(slot.account), "kind": slot.kind.number(), "id": hex(slot.id), "generation": 1,
        "kek": hex(kek.expose()), "sealed": hex(slot.seal(&kek, ring.key(), &mut rng)),
        "account_key": hex(ring.key().expose()),
    })
}

fn slot_recovery(ring: &Keyring) -> Value {
    let mut rng = rng(3);
    let key = RecoveryKey::generate(&mut rng);
    let slot = Slot {
        account: *ring.account(),
        kind: SlotKind::Recovery,
        id: id(0x50),
        generation: 1,
    };
    let sealed = slot.seal(&key.kek(&slot.account), ring.key(), &mut rng);
    let auth = key.auth(&slot.account);
    let challenge = [0x5a; 32];
    json!({
        "account": hex(slot.account), "kind": slot.kind.number(), "id": hex(slot.id), "generation": 1,
        "words": *key.words(), "recovery_key": hex(key.expose()), "sealed": hex(sealed),
        "account_key": hex(ring.key().expose()),
        "challenge": hex(challenge), "auth_public": hex(auth.public()),
        "answer": hex(auth.answer(&slot.account, &challenge)),
    })
}

fn state(identity: &IdentityKey) -> State {
    let pin = |name: &str, byte| Pin {
        name: name.into(),
        account: id(byte),
        identity: identity.public(),
        directory: DirectoryHead {
            seq: 3,
            hash: [byte; 32],
        },
    };
    State {
        counter: 42,
        generation: 1,
        min_suite: 1,
        directory: DirectoryHead {
            seq: 0,
            hash: [7; 32],
        },
        pins: vec![pin("ben", 0x60), pin("cora", 0x61)],
        volumes: vec![VolumeHead {
            volume: id(0x20),
            counter: 9,
            hash: [8; 32],
        }],
    }
}

fn state_json(state: &State) -> Value {
    let directory = |head: &DirectoryHead| json!({"seq": head.seq, "hash": hex(head.hash)});
    let pins: Vec<Value> = state
        .pins
        .iter()
        .map(|pin| {
            json!({
                "name": pin.name, "account": hex(pin.account), "identity": hex(pin.identity.as_bytes()),
                "directory": directory(&pin.directory),
            })
        })
        .collect();
    let volumes: Vec<Value> = state
        .volumes
        .iter()
        .map(|head| json!({"volume": hex(head.volume), "counter": head.counter, "hash": hex(head.hash)}))
        .collect();
    json!({
        "counter": state.counter, "generation": state.generation, "min_suite": state.min_suite,
        "directory": directory(&state.directory), "pins": pins, "volumes": volumes,
    })
}

fn mail_root(key: MailKey) -> MailRoot {
    let tag = |byte, name: &str| Tag {
        id: id(byte),
        name: name.to_owned(),
        colour: byte & 0x0f,
    };
    MailRoot {
        counter: 7,
        folders: vec![tag(0x91, "Verein")],
        labels: vec![tag(0x92, "wichtig"), tag(0x93, "später")],
        trusted: vec!["news@shop.example".to_owned()],
        spam_days: 0,
        ..MailRoot::new(key)
    }
}

fn mail_root_json(root: &MailRoot) -> Value {
    let tags = |tags: &[Tag]| -> Vec<Value> {
        tags.iter()
            .map(|tag| json!({"id": hex(tag.id), "name": tag.name, "colour": tag.colour}))
            .collect()
    };
    json!({
        "counter": root.counter, "key": hex(root.key.expose()), "folders": tags(&root.folders),
        "labels": tags(&root.labels), "trash_days": root.trash_days, "spam_days": root.spam_days,
        "trusted": root.trusted,
    })
}

fn directory(identity: &IdentityKey, sealing: &SealingKey) -> Value {
    let first = Statement {
        account: id(0x10),
        name: "ada".into(),
        seq: 0,
        previous: [0; 32],
        identity: identity.public(),
        sealing: sealing.public().clone(),
        time_ms: 1_700_000_000_000,
    };
    let signed = first.sign(identity);
    let second = Statement {
        seq: 1,
        previous: statement_hash(&signed),
        time_ms: 1_700_000_000_001,
        ..first.clone()
    };
    let log = [signed, second.sign(identity)];
    let head = Log::verify(&log).expect("a log that was just made").head();
    json!({
        "log": log.map(hex), "account": hex(first.account), "name": first.name,
        "identity": hex(first.identity.as_bytes()), "sealing": hex(first.sealing.as_bytes()),
        "times_ms": [first.time_ms, second.time_ms], "head": {"seq": head.seq, "hash": hex(head.hash)},
    })
}

fn file(rng: &mut ChaCha20Rng) -> File {
    File {
        name: "Grüße.txt".into(),
        mtime_ms: 1_700_000_000_123,
        media_type: "text/plain".into(),
        content: Content {
            id: id(0x70),
            key: ContentKey::generate(rng),
            size: 70_000,
            chunks: 2,
            digest: [9; 32],
        },
    }
}

fn file_json(file: &File) -> Value {
    json!({
        "name": file.name, "mtime_ms": file.mtime_ms, "media_type": file.media_type,
        "content": hex(file.content.id), "key": hex(file.content.key.expose()), "size": file.content.size,
        "chunks": file.content.chunks, "digest": hex(file.content.digest),
    })
}

fn tree() -> Vec<(&'static str, Value)> {
    let mut rng = rng(4);
    let parent = FolderKey::generate(&mut rng);
    let place = Place {
        volume: id(0x20),
        parent: id(0x30),
        node: id(0x31),
        generation: 1,
        seq: 1,
    };
    let (file, folder) = (file(&mut rng), folder(&mut rng));
    let file_node = Node::File(file.clone());
    let file_sealed = file_node.seal(&place, &parent, &mut rng);
    let file_record = Record {
        place,
        kind: NodeKind::File,
        content: file_node.content(),
        sealed: &file_sealed,
    };
    let folder_place = Place {
        node: id(0x32),
        seq: 5,
        ..place
    };
    let folder_sealed = Node::Folder(folder.clone()).seal(&folder_place, &parent, &mut rng);
    let folder_record = Record {
        place: folder_place,
        kind: NodeKind::Folder,
        content: None,
        sealed: &folder_sealed,
    };
    vec![
        ("node_file", record_json(&file_record, &parent, &file_json(&file))),
        (
            "node_folder",
            record_json(&folder_record, &parent, &folder_json(&folder)),
        ),
        ("head", heads(&[file_record, folder_record])),
    ]
}

fn folder(rng: &mut ChaCha20Rng) -> Folder {
    Folder {
        name: "Fotos".into(),
        mtime_ms: -5,
        key: FolderKey::generate(rng),
        generation: 2,
    }
}

fn folder_json(folder: &Folder) -> Value {
    json!({
        "name": folder.name, "mtime_ms": folder.mtime_ms, "key": hex(folder.key.expose()),
        "generation": folder.generation,
    })
}

fn record_json(record: &Record<'_>, parent: &FolderKey, opened: &Value) -> Value {
    json!({
        "volume": hex(record.place.volume), "parent": hex(record.place.parent), "node": hex(record.place.node),
        "kind": record.kind.number(), "generation": record.place.generation, "seq": record.place.seq,
        "content": record.content.map(hex), "folder_key": hex(parent.expose()), "sealed": hex(record.sealed),
        "opened": opened,
    })
}

fn heads(records: &[Record<'_>]) -> Value {
    let identity = IdentityKey::generate(&mut rng(5));
    let owner = Member {
        account: id(0x10),
        identity: identity.public(),
    };
    let first = Head::first(id(0x20), &owner);
    let signed_first = first.sign(&identity);
    let mut set = SetHash::empty();
    records.iter().for_each(|record| set.add(record));
    let second = first.next(&signed_first, &set);
    let signed = second.sign(&identity);
    json!({
        "records": ["node_file", "node_folder"], "volume": hex(first.volume),
        "members": [{"account": hex(owner.account), "identity": hex(owner.identity.as_bytes())}],
        "signed_first": hex(&signed_first), "signed": hex(&signed), "hash": hex(head_hash(&signed)),
        "set": hex(second.set), "empty_set": hex(first.set),
    })
}

fn links() -> Vec<(&'static str, Value)> {
    let mut rng = rng(6);
    let secret = LinkSecret::generate(&mut rng);
    let shared = SharedFolder {
        name: "Fotos".into(),
        node: id(0x32),
        volume: id(0x20),
        key: FolderKey::generate(&mut rng),
        generation: 2,
    };
    let shared_json = json!({
        "name": shared.name, "node": hex(shared.node), "volume": hex(shared.volume),
        "key": hex(shared.key.expose()), "generation": shared.generation,
    });
    let file = file(&mut rng);
    let file_opened = file_json(&file);
    vec![
        (
            "link_folder",
            link(&secret, None, &Grant::Folder(shared), &shared_json),
        ),
        (
            "link_file_with_password",
            link(&secret, Some("Schlüssel"), &Grant::File(file), &file_opened),
        ),
        ("link_archive", archive(&secret)),
    ]
}

fn link(secret: &LinkSecret, password: Option<&str>, grant: &Grant, opened: &Value) -> Value {
    let text = LinkText {
        id: id(0x80),
        secret: secret.clone(),
        needs_password: password.is_some(),
    };
    let keys = LinkKeys::derive(&text.id, secret, password.map(Password::new).as_ref());
    let (volume, node) = (id(0x20), id(0x32));
    json!({
        "url": *text.url("https://files.example"), "password": password, "volume": hex(volume), "node": hex(node),
        "auth": hex(keys.auth.expose()), "auth_hash": hex(keys.auth.hash()), "wrap": hex(keys.wrap.expose()),
        "sealed": hex(grant.seal(&keys.wrap, &text.id, &volume, &node, &mut rng(7))), "opened": opened,
    })
}

fn archive(secret: &LinkSecret) -> Value {
    let mut rng = rng(8);
    let ring = Keyring::new(id(0x10), 1, AccountKey::generate(&mut rng));
    let wrap = LinkWrapKey::generate(&mut rng);
    let archived = Archived {
        secret: secret.clone(),
        needs_password: true,
        wrap,
    };
    let sealed = archived.seal(&ring.archive_key(), ring.account(), &id(0x80), &mut rng);
    json!({
        "account": hex(ring.account()), "generation": 1, "account_key": hex(ring.key().expose()),
        "link": hex(id(0x80)), "sealed": hex(sealed),
        "opened": {"secret": hex(secret.expose()), "flags": 1, "wrap": hex(archived.wrap.expose())},
    })
}

fn stream(plain: &[u8]) -> Value {
    let mut rng = rng(9);
    let key = ContentKey::generate(&mut rng);
    let sealer = ContentSealer::create(&key, &id(0x70), &mut rng);
    let mut out = vec![0; sealer.segment_sealed_len(0)];
    let sealed = sealer.seal_segment(0, plain, &mut out);
    // Long texts are not written down: whoever reads the file makes the pattern again.
    let text = if plain.len() < 100 {
        json!(hex(plain))
    } else {
        json!({"pattern": plain.len()})
    };
    json!({
        "content": hex(id(0x70)), "key": hex(key.expose()), "sealed": hex(&out[..sealed.len]),
        "digest": hex(digest(&[sealed.hash])), "plain": text,
    })
}

fn letter() -> Value {
    let mut rng = rng(10);
    let (from, to) = (IdentityKey::generate(&mut rng), IdentityKey::generate(&mut rng));
    let sealing = SealingKey::generate(&mut rng);
    let public = sealing.public();
    let context: &[&[u8]] = &[b"example", &id(0x20)];
    let letter = Letter {
        sender: from.public(),
        recipient: to.public(),
        sealing: public,
        context,
    };
    let sealed = letter
        .seal(&from, b"a folder key, say", &mut rng)
        .expect("keys that were just made");
    json!({
        "sender": hex(from.public().as_bytes()), "recipient": hex(to.public().as_bytes()),
        "sealing_seed": hex(sealing.expose()), "sealing_public": hex(public.as_bytes()),
        "context": [hex(context[0]), hex(context[1])], "sealed": hex(sealed), "opened": hex("a folder key, say"),
    })
}

/// Not opened by the independent reader, which has no OPAQUE; RFC 9807's vectors stand for it. Here so that
/// native and WebAssembly are compared.
fn login() -> Value {
    let (mut rng, account, password) = (rng(11), id(0x10), Password::new("Pa\u{308}sswort"));
    let server = LoginServer::generate(&mut rng);
    let (client, register_request) = ClientRegistration::start(&password, &mut rng);
    let register_answer = server.register(&register_request, &account).expect("a request");
    let registered = client
        .finish(&register_answer, "ada", &mut rng)
        .expect("an answer");
    let record = server.record(&registered.upload).expect("an upload");
    let (client, login_request) = ClientLogin::start(&password, &mut rng);
    let challenge = server
        .challenge("ada", Some((&account, &record)), &login_request, 1, &mut rng)
        .expect("a request");
    let logged_in = client
        .finish(&challenge.message, "ada", &mut rng)
        .expect("the right password");
    server
        .verify(&challenge.attempt, &logged_in.finalization, 2)
        .expect("the right password");
    json!({
        "register_request": hex(register_request), "register_answer": hex(register_answer),
        "record": hex(record), "login_request": hex(login_request), "challenge": hex(challenge.message),
        "attempt": hex(challenge.attempt), "finalization": hex(logged_in.finalization),
        "kek": hex(logged_in.export_key.kek(&account).expose()),
    })
}
