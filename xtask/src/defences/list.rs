//! The table: what is taken out, and the test that then fails.

use super::{Defence, Edit, STORIES};

const CRYPTO: &str = "postern-crypto";
const CLIENT: &str = "postern-client";
const DOMAIN: &str = "postern-domain";
const MIME: &str = "postern-mime";
const GATEWAY: &str = "postern-smtp-gateway";

const fn edit(file: &'static str, code: &'static str, without: &'static str) -> Edit {
    Edit { file, code, without }
}

/// In the order of the rows of the threat model.
#[rustfmt::skip]
pub(super) const DEFENCES: &[Defence] = &[
    Defence {
        row: "A1",
        what: "a box’s commitment is not compared",
        edits: &[edit("crypto/src/cbox.rs", "if !primitives::equal(keys.commit(), parts.commit) {", "if false {")],
        test: (CRYPTO, "a1_no_bit_of_a_box_can_be_flipped_and_none_can_be_cut_or_added"),
    },
    Defence {
        row: "A2",
        what: "the place of a box does not enter its key",
        edits: &[edit("crypto/src/cbox.rs", "        parts.extend_from_slice(context);\n", "        let _ = (&mut parts, context);\n")],
        test: (CRYPTO, "a2_a_box_opens_in_no_other_place"),
    },
    Defence {
        row: "A3",
        what: "a seed that opened may have more behind it",
        edits: &[edit("crypto/src/account.rs", "    reader.finish()?;\n    Ok(seed)", "    Ok(seed)")],
        test: (CRYPTO, "a3_objects_that_open_and_are_malformed_fail_like_those_that_do_not_open"),
    },
    Defence {
        row: "A3",
        what: "a state may ask for another suite",
        edits: &[edit("client/src/account/unlock.rs", "if state.counter >= memory.state && state.min_suite == SUITE {", "if state.counter >= memory.state && SUITE != 0 {")],
        test: (CLIENT, "a3_objects_that_are_authentic_and_wrong_are_refused_alike"),
    },
    Defence {
        row: "A4",
        what: "the sender’s signature on a letter is not verified",
        edits: &[edit("crypto/src/sealing.rs", "        self.sender\n            .verify(Label::SignLetter, &self.signed(text), signature)?;\n", "        let _: &[u8; 64] = signature;\n")],
        test: (CRYPTO, "a4_letters_that_anybody_can_seal_all_fail_alike"),
    },
    Defence {
        row: "A5",
        what: "the public half of the identity is not compared with the directory",
        edits: &[edit("crypto/src/account.rs", "let key = IdentityKey::from_bytes(seed_bytes(&seed)?);\n        if key.public() == *stated {", "let key = IdentityKey::from_bytes(seed_bytes(&seed)?);\n        let _ = stated;\n        if true {")],
        test: (CRYPTO, "a5_keys_that_are_not_those_of_the_directory_are_refused"),
    },
    Defence {
        row: "A6",
        what: "the costs of Argon2id are not part of what OPAQUE signs",
        edits: &[edit("crypto/src/opaque.rs", "        context.extend_from_slice(&cost.to_be_bytes());\n", "        let _ = cost;\n")],
        test: (CRYPTO, "a6_suite_and_costs_are_part_of_the_context"),
    },
    Defence {
        row: "A7",
        what: "a name that nobody has is answered with an error",
        edits: &[edit("crypto/src/opaque/server.rs", "            None => (fake, None),\n", "            None if name.is_empty() => (fake, None),\n            None => return Err(Error::CannotOpen),\n")],
        test: (DOMAIN, "a7_an_unknown_name_is_answered_like_a_known_one"),
    },
    Defence {
        row: "A8",
        what: "a box’s commitment is not compared",
        edits: &[edit("crypto/src/cbox.rs", "if !primitives::equal(keys.commit(), parts.commit) {", "if false {")],
        test: (CRYPTO, "a8_a_box_made_to_open_under_two_keys_opens_only_under_the_one_it_commits_to"),
    },
    Defence {
        row: "A9",
        what: "the account secret is not mixed in",
        edits: &[
            edit("crypto/src/password.rs", "        ikm.extend_from_slice(secret.0.as_slice());\n", "        let _ = secret;\n"),
            edit("crypto/src/password.rs", "        let mixed = derive::<64>(&ikm, Label::AccountSecret, &[]);\n        Self {\n            input: Zeroizing::new(mixed.to_vec()),\n        }", "        let _ = derive::<64>(&ikm, Label::AccountSecret, &[]);\n        Self { input: ikm }"),
        ],
        test: (CRYPTO, "a9_with_an_account_secret_the_record_and_the_password_are_not_enough"),
    },
    Defence {
        row: "A10",
        what: "a slot’s id and generation do not enter its key",
        edits: &[edit("crypto/src/slots.rs", "use_it(&[&self.account, &kind, &self.id, &generation])", "let _ = generation;\n        use_it(&[&self.account, &kind])")],
        test: (CLIENT, "a10_a_slot_that_this_account_did_not_fill_is_refused"),
    },
    Defence {
        row: "A11",
        what: "the suite of a box is not looked at",
        edits: &[edit("crypto/src/cbox.rs", " || sealed[0] != SUITE {", " {")],
        test: (CRYPTO, "a11_a_box_of_another_suite_is_refused_before_anything_else"),
    },
    Defence {
        row: "A12",
        what: "a device forgets the highest state that it has seen",
        edits: &[edit("client/src/account/unlock.rs", "if state.counter >= memory.state && state.min_suite == SUITE {", "let _ = memory;\n    if state.min_suite == SUITE {")],
        test: (CLIENT, "a12_an_older_state_of_the_account_is_refused"),
    },
    Defence {
        row: "A12",
        what: "nobody looks whether a password that was put in force opens the account",
        edits: &[edit("client/src/account/password.rs", "if self.opens(password).await {", "if true {")],
        test: (CLIENT, "a12_a_password_that_would_open_nothing_is_registered_again"),
    },
    Defence {
        row: "A13",
        what: "a crate that compresses is part of the crypto crate",
        edits: &[edit("crypto/Cargo.toml", "[dependencies]\n", "[dependencies]\nminiz_oxide.workspace = true\n")],
        test: (CRYPTO, "a13_nothing_that_compresses_is_in_what_this_crate_is_made_of"),
    },
    Defence {
        row: "A14",
        what: "one label begins another",
        edits: &[edit("crypto/src/labels.rs", "Stream = \"stream\"", "Stream = \"cbox\"")],
        test: (CRYPTO, "a14_labels_are_unique_and_none_begins_another"),
    },
    Defence {
        row: "B1",
        what: "a record’s node does not enter its key, and the set of records is not compared with the signed head",
        edits: &[
            edit("crypto/src/node.rs", "use_it(&[&self.volume, &self.parent, &self.node, &kind, &generation, &seq])", "use_it(&[&self.volume, &self.parent, &kind, &generation, &seq])"),
            edit("client/src/drive/load.rs", "        && head.set == tree.set().digest()\n", ""),
        ],
        test: (CLIENT, "b1_a_record_that_is_added_shows"),
    },
    Defence {
        row: "B2",
        what: "a key of zeros is taken",
        edits: &[edit("crypto/src/codec.rs", "if key == [0; 32] {", "if false {")],
        test: (CRYPTO, "b2_a_key_of_zeros_is_refused"),
    },
    Defence {
        row: "B3",
        what: "a chunk that is not authentic is taken for zeros",
        edits: &[edit("crypto/src/stream/opener.rs", "        self.cipher.open(self.next, sealed, &mut out[at..])?;\n", "        let _ = self.cipher.open(self.next, sealed, &mut out[at..]);\n")],
        test: (CRYPTO, "b3_no_bit_of_a_stream_can_be_flipped"),
    },
    Defence {
        row: "B4",
        what: "the index of a chunk is not in its nonce",
        edits: &[edit("crypto/src/stream/cipher.rs", "            *byte ^= mask;\n", "            *byte ^= 0 & mask;\n")],
        test: (CLIENT, "b4_chunks_cannot_change_places"),
    },
    Defence {
        row: "B5",
        what: "a header’s commitment is not compared",
        edits: &[edit("crypto/src/stream/header.rs", "if !primitives::equal(&keys[56..], &self.bytes[COMMITTED..]) {", "if false {")],
        test: (CRYPTO, "b5_a_stream_made_to_open_under_two_keys_opens_only_under_the_one_it_commits_to"),
    },
    Defence {
        row: "B6",
        what: "a download does not look at the range that it got",
        edits: &[edit("client/src/http/api.rs", "told == Some((range.clone(), size_bytes));", "(told == Some((range.clone(), size_bytes)) || size_bytes > 0);")],
        test: (CLIENT, "b6_another_range_than_the_one_asked_for_is_refused"),
    },
    Defence {
        row: "B7",
        what: "a part may be another than the one that was noted",
        edits: &[edit("client/src/transfer/journal.rs", "            return if noted == hash {", "            return if noted == hash || part < u32::MAX {")],
        test: (CLIENT, "b7_an_upload_goes_on_only_with_the_same_file_and_sends_no_part_twice"),
    },
    Defence {
        row: "B8",
        what: "a record may come back in an older version",
        edits: &[edit("client/src/drive/tree.rs", "before.is_some_and(|(seq, _)| record.seq <= seq)", "before.is_some_and(|(seq, _)| seq == u64::MAX)")],
        test: (CLIENT, "b8_a_record_cannot_come_back_in_an_older_version"),
    },
    Defence {
        row: "B9",
        what: "a record’s number of chunks is not compared with its size",
        edits: &[edit("crypto/src/node.rs", " && header.layout().chunks(self.size) == self.chunks;", ";")],
        test: (CRYPTO, "b9_a_record_that_says_another_size_opens_no_stream"),
    },
    Defence {
        row: "B10",
        what: "the salt of a box is not random",
        edits: &[edit("crypto/src/cbox.rs", "let salt: [u8; SALT_LEN] = secret::random(rng);", "let _: [u8; SALT_LEN] = secret::random(rng);\n    let salt = [0; SALT_LEN];")],
        test: (CRYPTO, "b10_the_same_text_twice_has_nothing_in_common"),
    },
    Defence {
        row: "B11",
        what: "a name may have a slash",
        edits: &[edit("client/src/names.rs", "c == '/' || c.is_control()", "c.is_control()")],
        test: (CLIENT, "b11_no_name_leaves_its_folder"),
    },
    Defence {
        row: "C1",
        what: "a record’s node does not enter its key",
        edits: &[edit("crypto/src/node.rs", "use_it(&[&self.volume, &self.parent, &self.node, &kind, &generation, &seq])", "use_it(&[&self.volume, &self.parent, &kind, &generation, &seq])")],
        test: (CLIENT, "c1_records_of_a_shared_folder_cannot_be_exchanged"),
    },
    Defence {
        row: "C2",
        what: "the set of records is not compared with the signed head",
        edits: &[edit("client/src/drive/load.rs", "        && head.set == tree.set().digest()\n", "")],
        test: (CLIENT, "c2_a_child_sealed_with_the_key_that_a_link_gave_away_is_refused"),
    },
    Defence {
        row: "C3",
        what: "the set of records is not compared with the signed head",
        edits: &[edit("client/src/drive/load.rs", "        && head.set == tree.set().digest()\n", "")],
        test: (CLIENT, "c3_a_record_that_is_dropped_shows"),
    },
    Defence {
        row: "C3",
        what: "a device forgets the highest head that it has seen",
        edits: &[edit("client/src/drive/load.rs", ".all(|known| follows(&head, &mark, &known));", ".all(|known| follows(&head, &mark, &known) || mark.counter < known.counter);")],
        test: (CLIENT, "c3_an_older_tree_is_refused_by_every_device_of_the_account"),
    },
    Defence {
        row: "C4",
        what: "what is below a folder that moves is not measured again",
        edits: &[edit("client/src/drive/tree.rs", "        if moved {\n", "        if moved && false {\n")],
        test: (CLIENT, "c4_moving_a_folder_cannot_push_what_is_in_it_too_deep"),
    },
    Defence {
        row: "C5",
        what: "the first object of a kind is taken, whatever else there is",
        edits: &[edit("client/src/account/unlock.rs", "(Some(object), None) if object", "(Some(object), _) if object")],
        test: (CLIENT, "c5_keys_that_the_server_sealed_are_no_keys_of_the_account"),
    },
    Defence {
        row: "D1",
        what: "the next statement of a directory may name another identity",
        edits: &[edit("crypto/src/directory.rs", "                    && statement.identity == last.identity\n", "")],
        test: (CRYPTO, "d1_a_key_that_changes_is_refused"),
    },
    Defence {
        row: "D6",
        what: "keys of low order are taken",
        edits: &[edit("crypto/src/primitives.rs", "if canonical && !key.is_weak() {", "if canonical {")],
        test: (CRYPTO, "d6_an_identity_of_low_order_cannot_be_imported"),
    },
    Defence {
        row: "D7",
        what: "the X25519 half of a hybrid key is not looked at",
        edits: &[edit("crypto/src/primitives.rs", "    if product.is_identity() {", "    if false && product.is_identity() {")],
        test: (CRYPTO, "d7_a_key_with_a_low_order_half_is_neither_sealed_to_nor_opened"),
    },
    Defence {
        row: "D8",
        what: "the signature on a letter names no recipient",
        edits: &[edit("crypto/src/sealing.rs", "            .raw(self.recipient.as_bytes())\n            .raw(self.sealing.as_bytes())\n            .lp(&info)", "            .lp(&info)")],
        test: (CRYPTO, "d8_a_letter_to_bob_cannot_be_passed_on_as_one_to_carol"),
    },
    Defence {
        row: "E1",
        what: "the proof of a link is its secret",
        edits: &[edit("crypto/src/link.rs", "auth: LinkAuth::from_bytes(*derive(&ikm, Label::LinkAuth, &[id])),", "auth: LinkAuth::from_bytes(*secret.expose()),")],
        test: (CLIENT, "e1_neither_secret_nor_name_is_in_anything_that_is_sent"),
    },
    Defence {
        row: "E3",
        what: "opening a link takes a download",
        edits: &[edit("domain/src/links.rs", "(LinkStatus::Active, Some(target)) => Ok(OpenLink {", "(LinkStatus::Active, Some(target)) if self.records().take_lease(&crate::store::NewLease { id: postern_protocol::LeaseId([1; 16]), link, token_hash: [1; 32], now, expires: TimeMs(i64::MAX) }).await.is_ok() => Ok(OpenLink {")],
        test: (DOMAIN, "e3_looking_counts_nothing"),
    },
    Defence {
        row: "E4",
        what: "downloads under way are not counted against the limit",
        edits: &[edit("storage/src/records_memory/links.rs", "link.downloads + held.reserved(link.id, lease.now) >= max", "link.downloads >= max")],
        test: (DOMAIN, "e4_a_hundred_at_once_with_one_left_give_exactly_one"),
    },
    Defence {
        row: "E5",
        what: "the proof is not compared",
        edits: &[edit("domain/src/links.rs", ".filter(|_| proves(proof, &kept))", ".filter(|_| proves(proof, &kept) || !kept.is_empty())")],
        test: (DOMAIN, "e5_without_the_proof_a_link_that_is_there_looks_like_one_that_is_not"),
    },
    Defence {
        row: "E6",
        what: "a link’s password does not enter its keys",
        edits: &[edit("crypto/src/link.rs", "            ikm.extend_from_slice(password.stretch(id).as_slice());\n", "            let _ = password;\n")],
        test: (CRYPTO, "e6_a_link_with_a_password_needs_both"),
    },
    Defence {
        row: "E7",
        what: "the checksum of a link is not compared",
        edits: &[edit("crypto/src/link/text.rs", "if bytes[33..] != checksum(id, flags, &secret) {", "if false {")],
        test: (CRYPTO, "e7_no_character_of_a_link_can_be_changed"),
    },
    Defence {
        row: "F7",
        what: "multiparts are opened however deep they are",
        edits: &[edit("mime/src/tree.rs", "if place.depth >= self.limits.depth {", "if place.depth >= usize::MAX {")],
        test: (MIME, "f7_a_hundred_thousand_nested_multiparts_are_opened_to_the_limit"),
    },
    Defence {
        row: "F1",
        what: "a dot before a lone LF ends a text too",
        edits: &[edit("smtp/src/body.rs", "                [b'.', b'\\r', b'\\n', ..] => return Piece::End(3),\n", "                [b'.', b'\\r', b'\\n', ..] => return Piece::End(3),\n                [b'.', b'\\n', ..] => return Piece::End(2),\n")],
        test: (STORIES, "f1_nothing_that_resembles_the_end_of_a_message_ends_it"),
    },
    Defence {
        row: "F3",
        what: "what was said before TLS is not dropped, neither when it is asked for nor when it begins",
        edits: &[
            edit("smtp/src/session/commands.rs", "        self.input.clear();\n        self.mode = Mode::Handshake;", "        self.mode = Mode::Handshake;"),
            edit("smtp/src/session.rs", "        self.input.clear();\n        self.mode = Mode::Command;", "        self.mode = Mode::Command;"),
        ],
        test: (GATEWAY, "f3_what_comes_with_starttls_in_one_packet_is_dropped"),
    },
    Defence {
        row: "F4",
        what: "the journal is not synced",
        edits: &[edit("smtp-gateway/src/spool/flash.rs", "        self.disk.sync().map_err(FlashError)\n", "        Ok(())\n")],
        test: (STORIES, "f4_a_small_message_and_its_entry_are_synced_before_it_is_acknowledged"),
    },
    Defence {
        row: "F4",
        what: "small messages are not synced",
        edits: &[edit("smtp-gateway/src/spool/circular.rs", "        self.disk.sync()?;\n", "")],
        test: (STORIES, "f4_a_small_message_and_its_entry_are_synced_before_it_is_acknowledged"),
    },
    Defence {
        row: "F4",
        what: "a file goes while the journal names it still",
        edits: &[edit("smtp-gateway/src/spool/ring.rs", "                oldest.left -= count;\n", "                oldest.left -= count;\n                unnamed.append(&mut oldest.files);\n")],
        test: (GATEWAY, "f4_a_file_is_named_until_all_that_came_with_it_was_handed_on"),
    },
    Defence {
        row: "F4",
        what: "the file of a large message is not synced",
        edits: &[edit("smtp-gateway/src/spool/draft.rs", "            arriving.file.sync_all().await?;\n", "")],
        test: (STORIES, "f4_a_large_message_its_name_and_its_entry_are_synced_before_it_is_acknowledged"),
    },
    Defence {
        row: "F4",
        what: "the name of a large message is not synced",
        edits: &[edit("smtp-gateway/src/spool/journal.rs", "            postern_disk::sync_names(&self.place.mail)?;\n", "")],
        test: (STORIES, "f4_a_large_message_its_name_and_its_entry_are_synced_before_it_is_acknowledged"),
    },
    Defence {
        row: "F4",
        what: "what cannot be read at the moment is taken for damaged",
        edits: &[edit("smtp-gateway/src/spool.rs", "_ => Unread::Disk(error),", "_ => Unread::Damaged(Damaged),")],
        test: (STORIES, "f4_mail_that_cannot_be_read_for_a_moment_is_not_set_aside"),
    },
    Defence {
        row: "F5",
        what: "memory that is given back is not overwritten",
        edits: &[edit("server/src/memory.rs", "ZeroAlloc<System> = ZeroAlloc(System);", "System = System;")],
        test: (STORIES, "f5_nothing_of_a_message_is_left_on_the_disk_or_in_memory"),
    },
    Defence {
        row: "F5",
        what: "the system may write down the memory of what crashes",
        edits: &[edit("server/src/memory.rs", "DumpableBehavior::NotDumpable", "DumpableBehavior::Dumpable")],
        test: (STORIES, "f5_the_memory_of_a_server_that_crashes_is_not_written_down"),
    },
    Defence {
        row: "F6",
        what: "a message may have several fields named From",
        edits: &[edit("smtp-gateway/src/intake/head.rs", "    if fields_named_from(head) != 1 {", "    if fields_named_from(head) == 0 {")],
        test: (GATEWAY, "f6_an_author_is_one_well_formed_address_in_one_field"),
    },
    Defence {
        row: "F6",
        what: "a signature need not be over From",
        edits: &[edit("smtp-gateway/src/checks.rs", "fields.is_some_and(|fields| !is_over_author(fields))", "fields.is_some_and(|fields| !is_over_author(fields) && fields.is_empty())")],
        test: (GATEWAY, "f6_a_signature_that_leaves_the_sender_out_vouches_for_none"),
    },
    Defence {
        row: "F8",
        what: "the gateway does not compare with what it saw before",
        edits: &[edit("smtp-gateway/src/pins.rs", "if !is_same || log.check_extends(&before.head).is_err() {", "if !is_same && log.check_extends(&before.head).is_err() && name.is_empty() {")],
        test: (GATEWAY, "f8_other_keys_for_a_name_that_was_seen_are_refused"),
    },
    Defence {
        row: "F10",
        what: "hops are not counted",
        edits: &[edit("smtp-gateway/src/message.rs", "if taken.hops() > MAX_HOPS {", "if taken.hops() == usize::MAX - MAX_HOPS {")],
        test: (GATEWAY, "f10_a_message_that_goes_in_circles_is_refused"),
    },
];
