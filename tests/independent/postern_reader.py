"""Reads Postern's formats, suite 1, from docs/crypto-format.md alone. Shares no code with Postern."""

import base64
import hashlib
import hmac
import struct
import unicodedata

import argon2.low_level
import blake3
import nacl.bindings as sodium
import nacl.exceptions
import nacl.signing
from kyber_py.ml_kem import ML_KEM_768

PREFIX = b'postern/v1/'
SUITE = b'\x01'


class CannotOpen(Exception):
    """The one answer to anything that fails."""


def need(condition):
    if not condition:
        raise CannotOpen


def u8(n): return struct.pack('>B', n)
def u32(n): return struct.pack('>I', n)
def u64(n): return struct.pack('>Q', n)
def lp(x): return u32(len(x)) + x


# Derivation ------------------------------------------------------------------------------------------------------

def hkdf(algorithm, salt, ikm, info, length):
    key = hmac.digest(salt or bytes(hashlib.new(algorithm).digest_size), ikm, algorithm)
    out, block, count = b'', b'', 1
    while len(out) < length:
        block = hmac.digest(key, block + info + u8(count), algorithm)
        out, count = out + block, count + 1
    return out[:length]


def info(label, *context):
    return PREFIX + label.encode() + b'\0' + b''.join(lp(part) for part in context)


def derive(ikm, label, *context, length=32):
    return hkdf('sha512', b'', ikm, info(label, *context), length)


def labelled_hash(label, data, length=32):
    return blake3.blake3(data, derive_key_context=(PREFIX + label.encode()).decode()).digest(length=length)


def verify(public, label, text, signature):
    try:
        nacl.signing.VerifyKey(public).verify(info(label, text), signature)
    except nacl.exceptions.BadSignatureError:
        raise CannotOpen from None


def ed25519_public(seed):
    return bytes(nacl.signing.SigningKey(seed).verify_key)


# Encodings -------------------------------------------------------------------------------------------------------

class Reader:
    def __init__(self, data): self.data = data

    def raw(self, length):
        need(len(self.data) >= length)
        head, self.data = self.data[:length], self.data[length:]
        return head

    def u8(self): return self.raw(1)[0]
    def u32(self): return struct.unpack('>I', self.raw(4))[0]
    def u64(self): return struct.unpack('>Q', self.raw(8))[0]
    def i64(self): return struct.unpack('>q', self.raw(8))[0]
    def hex(self, length): return self.raw(length).hex()
    def text(self): return self.raw(self.u32()).decode('utf-8')
    def list(self, item): return [item() for _ in range(self.u32())]

    def end(self, value):
        need(not self.data)
        return value


# Boxes and streams -----------------------------------------------------------------------------------------------

def secretbox_open(key, nonce, sealed):
    try:
        return sodium.crypto_secretbox_open(sealed, nonce, key)
    except nacl.exceptions.CryptoError:
        raise CannotOpen from None


def open_box(key, label, context, sealed):
    need(len(sealed) >= 73 and sealed[:1] == SUITE)
    salt, commitment = sealed[1:25], sealed[25:57]
    keys = derive(key, label, SUITE, salt, *context, length=88)
    need(hmac.compare_digest(keys[56:], commitment))
    return secretbox_open(keys[:32], keys[32:56], sealed[57:])


def open_stream(key, content, sealed):
    header = sealed[:80]
    need(len(header) == 80 and header[:5] == b'PSTN' + SUITE and 14 <= header[5] <= 20 and header[6:8] == b'\0\0')
    need(header[8:24] == content)
    keys = derive(key, 'stream', header[:48], length=88)
    need(hmac.compare_digest(keys[56:], header[48:]))
    full, body, index, plain = (1 << header[5]) + 16, sealed[80:], 0, b''
    while True:
        chunk, body = body[:full], body[full:]
        tail = int.from_bytes(keys[48:56], 'big') ^ index
        need(len(chunk) >= 16)
        plain += secretbox_open(keys[:32], keys[32:48] + u64(tail), chunk)
        if len(chunk) < full:
            need(not body)
            return plain
        index += 1


def stream_digest(sealed):
    segment = 128 * ((1 << sealed[5]) + 16)
    cuts = [0, *range(80 + segment, len(sealed), segment), len(sealed)]
    return blake3.blake3(b''.join(blake3.blake3(sealed[a:b]).digest() for a, b in zip(cuts, cuts[1:]))).digest()


# Accounts --------------------------------------------------------------------------------------------------------

def open_slot(kek, account, kind, slot, generation, sealed):
    return open_box(kek, 'cbox/keyslot', [account, u8(kind), slot, u32(generation)], sealed)


def open_object(account_key, name, account, generation, sealed, *more):
    wrap = derive(account_key, f'account/{name}-wrap', account, u32(generation))
    return open_box(wrap, f'cbox/{name}', [account, u32(generation), *more], sealed)


def read_root(plain):
    r = Reader(plain)
    return r.end({'volume': r.hex(16), 'node': r.hex(16), 'key': r.hex(32), 'generation': r.u32()})


def read_state(plain):
    r = Reader(plain)
    def directory(): return {'seq': r.u64(), 'hash': r.hex(32)}
    def pin(): return {'name': r.text(), 'account': r.hex(16), 'identity': r.hex(32), 'directory': directory()}
    def volume(): return {'volume': r.hex(16), 'counter': r.u64(), 'hash': r.hex(32)}
    state = {'counter': r.u64(), 'generation': r.u32(), 'min_suite': r.u8(), 'directory': directory(),
             'pins': r.list(pin), 'volumes': r.list(volume)}
    need(r.u32() == 0)
    return r.end(state)


def read_mail_root(plain):
    r = Reader(plain)
    def tag(): return {'id': r.hex(16), 'name': r.text(), 'colour': r.u8()}
    return r.end({'counter': r.u64(), 'key': r.hex(32), 'folders': r.list(tag), 'labels': r.list(tag),
                  'trash_days': r.u32(), 'spam_days': r.u32(), 'trusted': r.list(r.text)})


def read_log(log):
    statements, previous = [], bytes(32)
    for seq, signed in enumerate(log):
        r = Reader(signed[:-64])
        need(r.raw(1) == SUITE)
        statement = r.end({'account': r.hex(16), 'name': r.text(), 'seq': r.u64(), 'previous': r.hex(32),
                           'identity': r.hex(32), 'sealing': r.hex(1216), 'time_ms': r.i64()})
        need(statement['seq'] == seq and statement['previous'] == previous.hex())
        need(all(statement[k] == statements[0][k] for k in ['account', 'name', 'identity', 'sealing'] if statements))
        verify(bytes.fromhex(statement['identity']), 'sign/directory', signed[:-64], signed[-64:])
        statements.append(statement)
        previous = labelled_hash('hash/statement', signed)
    return statements, previous


# The tree --------------------------------------------------------------------------------------------------------

def read_file(r):
    file = {'name': r.text(), 'mtime_ms': r.i64(), 'size': r.u64(), 'media_type': r.text(), 'content': r.hex(16),
            'key': r.hex(32), 'digest': r.hex(32), 'chunks': r.u64()}
    return r.end(file)


def open_record(folder_key, volume, parent, node, kind, generation, seq, content, sealed):
    place = [volume, parent, node, u8(kind), u32(generation), u64(seq)]
    r = Reader(open_box(folder_key, 'cbox/node', place, sealed))
    if kind == 2:
        file = read_file(r)
        need(file['content'] == content.hex())
        return file
    need(kind == 1 and content is None)
    return r.end({'name': r.text(), 'mtime_ms': r.i64(), 'key': r.hex(32), 'generation': r.u32()})


def set_digest(records):
    lanes = [0] * 1024
    for volume, parent, node, kind, generation, seq, content, sealed in records:
        shown = (volume + parent + node + u8(kind) + u32(generation) + u64(seq) + u8(content is not None)
                 + (content or bytes(16)) + lp(sealed))
        element = struct.unpack('<1024H', labelled_hash('hash/record', shown, 2048))
        lanes = [(a + b) % 65536 for a, b in zip(lanes, element)]
    return labelled_hash('hash/set', struct.pack('<1024H', *lanes))


def read_head(signed, identity):
    verify(identity, 'sign/head', signed[:-64], signed[-64:])
    r = Reader(signed[:-64])
    need(r.raw(1) == SUITE)
    return r.end({'volume': r.hex(16), 'counter': r.u64(), 'previous': r.hex(32), 'set': r.hex(32),
                  'members': r.hex(32), 'min_suite': r.u8()})


def members_hash(members):
    return labelled_hash('hash/members', u32(len(members)) + b''.join(a + i for a, i in sorted(members)))


# Links and letters -----------------------------------------------------------------------------------------------

def read_link(url):
    path, fragment = url.split('#')
    link = base64.urlsafe_b64decode(path.rsplit('/', 1)[1] + '==')
    need(fragment[0] == '1')
    data = base64.urlsafe_b64decode(fragment[1:])
    flags, secret = data[0], data[1:33]
    need(labelled_hash('hash/link-text', link + u8(flags) + secret)[:3] == data[33:])
    return link, flags, secret


def link_keys(link, secret, password):
    ikm = secret
    if password is not None:
        text = unicodedata.normalize('NFC', password).encode()
        ikm += argon2.low_level.hash_secret_raw(text, link, 3, 65536, 4, 32, argon2.low_level.Type.ID)
    return derive(ikm, 'link/auth', link), derive(ikm, 'link/wrap', link)


def open_grant(wrap, link, volume, node, sealed):
    r = Reader(open_box(wrap, 'cbox/link-grant', [link, volume, node], sealed))
    if r.u8() == 2:
        return read_file(r)
    return r.end({'name': r.text(), 'node': r.hex(16), 'volume': r.hex(16), 'key': r.hex(32), 'generation': r.u32()})


def open_archive(account_key, account, generation, link, sealed):
    key = derive(account_key, 'account/link-archive', account, u32(generation))
    r = Reader(open_box(key, 'cbox/link-archive', [account, link], sealed))
    return r.end({'secret': r.hex(32), 'flags': r.u8(), 'wrap': r.hex(32)})


def x_wing(seed):
    expanded = hashlib.shake_256(seed).digest(96)
    public, private = ML_KEM_768._keygen_internal(expanded[:32], expanded[32:64])
    x_public = sodium.crypto_scalarmult_base(expanded[64:])
    return public + x_public, private, expanded[64:]


def x_wing_decapsulate(seed, enc):
    public, private, x_private = x_wing(seed)
    ml_secret = ML_KEM_768.decaps(private, enc[:1088])
    x_secret = sodium.crypto_scalarmult(x_private, enc[1088:])
    return hashlib.sha3_256(ml_secret + x_secret + enc[1088:] + public[1184:] + b'\\.//^\\').digest()


def hpke_open(secret, hpke_info, aad, sealed):
    suite = b'HPKE' + bytes.fromhex('647a00010003')
    def extract(salt, label, ikm): return hmac.digest(salt or bytes(32), b'HPKE-v1' + suite + label + ikm, 'sha256')
    context = b'\0' + extract(b'', b'psk_id_hash', b'') + extract(b'', b'info_hash', hpke_info)
    prk = extract(secret, b'secret', b'')
    def expand(label, length):
        text, out, count = struct.pack('>H', length) + b'HPKE-v1' + suite + label + context, b'', 1
        while len(out) < length:
            out, count = out + hmac.digest(prk, out[-32:] + text + u8(count), 'sha256'), count + 1
        return out[:length]
    return sodium.crypto_aead_chacha20poly1305_ietf_decrypt(sealed, aad, expand(b'base_nonce', 12), expand(b'key', 32))


def open_letter(seed, sender, recipient, context, sealed):
    need(sealed[:1] == SUITE)
    public, letter_info = x_wing(seed)[0], info('hpke/letter', *context)
    inner = hpke_open(x_wing_decapsulate(seed, sealed[1:1121]), letter_info, SUITE, sealed[1121:])
    signature, text = inner[:64], inner[64:]
    verify(sender, 'sign/letter', SUITE + sender + recipient + public + lp(letter_info) + lp(text), signature)
    return text


# Mail ------------------------------------------------------------------------------------------------------------

def open_envelope(seed, message, account, envelope):
    """The key, the address, and what `came_through` needs."""
    need(envelope[:1] == SUITE)
    key_id = labelled_hash('hash/sealing-key', x_wing(seed)[0])
    hpke_info = info('hpke/mail', message, account, key_id)
    reader = Reader(hpke_open(x_wing_decapsulate(seed, envelope[1:1121]), hpke_info, SUITE, envelope[1121:]))
    key, address, signature = reader.raw(32), reader.text(), reader.raw(64)
    return reader.end(key), address, (SUITE + message + account + key_id + lp(address.encode()), signature)


def came_through(gateway, signed, summary):
    place, signature = signed
    verify(gateway, 'sign/mail', place + labelled_hash('hash/mail-summary', summary), signature)


def open_summary(key, message, sealed):
    return read_summary(open_box(key, 'cbox/mail-summary', [message], sealed))


def read_summary(plain):
    reader = Reader(plain)
    def texts(): return reader.list(reader.text)
    def mailboxes(): return reader.list(lambda: (reader.text(), reader.text()))
    summary = {'received': reader.i64(), 'sender': reader.text(), 'peer': [reader.text() for _ in range(4)],
               'spf': (reader.u8(), reader.text()), 'dkim': (reader.u8(), texts()), 'dmarc': reader.u8(),
               'arc': reader.u8(), 'spam': reader.u8(), 'from': mailboxes(), 'to': mailboxes(), 'cc': mailboxes(),
               'reply_to': mailboxes(), 'subject': reader.text(), 'date': (reader.u8(), reader.i64()),
               'message_id': reader.text(), 'references': texts(), 'snippet': reader.text(),
               'attachments': reader.list(lambda: (reader.text(), reader.text(), reader.u64())),
               'size': reader.u64(), 'digest': reader.raw(32)}
    return reader.end(summary)


def open_mark(mail_key, account, message, version, sealed):
    plain = open_box(mail_key, 'cbox/mail-mark', [account, message, u64(version)], sealed)
    r = Reader(plain)
    mark = {'flags': r.u8(), 'place': r.u8(), 'folder': r.hex(16), 'labels': r.list(lambda: r.hex(16))}
    filling = 22 + 16 * len(mark['labels'])
    need(len(plain) % 128 == 0 and len(plain) - filling < 128 and not any(r.raw(len(plain) - filling)))
    return r.end(mark)


def open_manifest(mail_key, account, version, sealed):
    plain = open_box(mail_key, 'cbox/mail-manifest', [account, u64(version)], sealed)
    r = Reader(plain)
    def pieces():
        return r.list(lambda: {'messages': r.u32(), 'id': r.hex(16), 'key': r.raw(32), 'size': r.u64(),
                               'chunks': r.u64(), 'digest': r.raw(32)})
    manifest = {'change': r.u64(), 'listings': pieces(), 'words': pieces()}
    filling = len(r.data)
    need(len(plain) % 1024 == 0 and filling < 1024 and not any(r.raw(filling)))
    return r.end(manifest)


def read_listing(plain):
    r = Reader(plain)
    need(r.u8() == 1)
    def note():
        return {'version': r.u64(), 'expires': r.list(r.i64), 'flags': r.u8(), 'place': r.u8(), 'folder': r.hex(16),
                'labels': r.list(lambda: r.hex(16))}
    def message():
        id, origin = r.hex(16), r.u8()
        if origin == 0:
            return {'id': id, 'received': r.i64(), 'summary': None, 'note': note()}
        return {'id': id, 'origin': origin, 'address': r.list(r.text), 'key': r.raw(32),
                'summary': read_summary(r.raw(r.u32())), 'note': note()}
    return r.end({'messages': r.list(message), 'marked': r.list(lambda: (r.hex(16), note())),
                  'deleted': r.list(lambda: r.hex(16))})


def open_own(mail_key, account, message, sealed):
    return open_box(mail_key, 'cbox/mail-envelope', [account, message], sealed)
