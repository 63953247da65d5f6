"""Opens every golden file: `python3 check.py FOLDER`. Prints `N passed, N failed`."""

import json
import pathlib
import sys

import postern_reader as pr

FOLDER = pathlib.Path(sys.argv[1])


def load(name):
    return json.loads((FOLDER / f'{name}.json').read_text())


def unhex(object_, *names):
    return [bytes.fromhex(object_[name]) if object_[name] is not None else None for name in names]


def same(found, expected):
    assert found == expected, f'{found} is not {expected}'


def refused(open_it):
    try:
        open_it()
    except (pr.CannotOpen, pr.nacl.exceptions.CryptoError):
        return
    raise AssertionError('opened what it should not')


def flip(data, at):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


def check_slot(g):
    kek, account, slot, sealed = unhex(g, 'kek', 'account', 'id', 'sealed')
    opened = pr.open_slot(kek, account, g['kind'], slot, g['generation'], sealed)
    same(opened.hex(), g['account_key'])
    refused(lambda: pr.open_slot(kek, account, g['kind'] ^ 3, slot, g['generation'], sealed))
    refused(lambda: pr.open_slot(kek, account, g['kind'], slot, g['generation'], flip(sealed, 30)))


def check_recovery(g):
    key, account, challenge, answer = unhex(g, 'recovery_key', 'account', 'challenge', 'answer')
    check_slot({**g, 'kek': pr.derive(key, 'kek/recovery', account).hex()})
    public = pr.ed25519_public(pr.derive(key, 'recovery/auth', account))
    same(public.hex(), g['auth_public'])
    pr.nacl.signing.VerifyKey(public).verify(pr.info('sign/recovery', account, challenge), answer)
    same(len(g['words'].split()), 24)


def open_object(name, g, *more):
    key, account, sealed = unhex(g, 'account_key', 'account', 'sealed')
    refused(lambda: pr.open_object(key, name, account, g['generation'] + 1, sealed, *more))
    return pr.open_object(key, name, account, g['generation'], sealed, *more)


def check_identity(g):
    seed = open_object('identity', g)
    same({'seed': seed.hex(), 'public': pr.ed25519_public(seed).hex()}, g['opened'])


def check_sealing(g):
    seed = open_object('sealing', g)
    same({'seed': seed.hex(), 'public': pr.x_wing(seed)[0].hex()}, g['opened'])


def check_root(g):
    same(pr.read_root(open_object('root', g)), g['opened'])


def check_state(g):
    same(pr.read_state(open_object('state', g, pr.u64(g['opened']['counter']))), g['opened'])


def check_mail_root(g):
    same(pr.read_mail_root(open_object('mail-root', g, pr.u64(g['opened']['counter']))), g['opened'])


def check_directory(g):
    log = [bytes.fromhex(signed) for signed in g['log']]
    statements, head = pr.read_log(log)
    same({'seq': statements[-1]['seq'], 'hash': head.hex()}, g['head'])
    same([statement['time_ms'] for statement in statements], g['times_ms'])
    same([statements[0][k] for k in ['account', 'name', 'identity', 'sealing']],
         [g[k] for k in ['account', 'name', 'identity', 'sealing']])
    refused(lambda: pr.read_log([log[0], flip(log[1], 80)]))
    refused(lambda: pr.read_log(log[1:]))


def shown(g):
    volume, parent, node, content, sealed = unhex(g, 'volume', 'parent', 'node', 'content', 'sealed')
    return volume, parent, node, g['kind'], g['generation'], g['seq'], content, sealed


def check_record(g):
    key, = unhex(g, 'folder_key')
    same(pr.open_record(key, *shown(g)), g['opened'])
    refused(lambda: pr.open_record(key, *shown({**g, 'seq': g['seq'] + 1})))


def check_head(g):
    identity = bytes.fromhex(g['members'][0]['identity'])
    signed_first, signed = unhex(g, 'signed_first', 'signed')
    first, head = pr.read_head(signed_first, identity), pr.read_head(signed, identity)
    records = [shown(load(name)) for name in g['records']]
    same([first['set'], head['set']], [pr.set_digest([]).hex(), pr.set_digest(records).hex()])
    same([g['empty_set'], g['set']], [first['set'], head['set']])
    same(head['members'], pr.members_hash([tuple(unhex(m, 'account', 'identity')) for m in g['members']]).hex())
    same([first['counter'], first['previous'], head['counter']], [0, '00' * 32, 1])
    same(head['previous'], pr.labelled_hash('hash/volume-head', signed_first).hex())
    same(pr.labelled_hash('hash/volume-head', signed).hex(), g['hash'])


def check_link(g):
    link, flags, secret = pr.read_link(g['url'])
    same(flags, int(g['password'] is not None))
    auth, wrap = pr.link_keys(link, secret, g['password'])
    same([auth.hex(), wrap.hex()], [g['auth'], g['wrap']])
    same(pr.labelled_hash('hash/link-auth', auth).hex(), g['auth_hash'])
    volume, node, sealed = unhex(g, 'volume', 'node', 'sealed')
    same(pr.open_grant(wrap, link, volume, node, sealed), g['opened'])
    refused(lambda: pr.open_grant(wrap, link, node, volume, sealed))


def check_archive(g):
    key, account, link, sealed = unhex(g, 'account_key', 'account', 'link', 'sealed')
    same(pr.open_archive(key, account, g['generation'], link, sealed), g['opened'])


def check_stream(g):
    key, content, sealed = unhex(g, 'key', 'content', 'sealed')
    text = g['plain']
    plain = bytes.fromhex(text) if isinstance(text, str) else bytes((7 * i + 13) % 251 for i in range(text['pattern']))
    same(pr.open_stream(key, content, sealed), plain)
    same(pr.stream_digest(sealed).hex(), g['digest'])
    for broken in [sealed[:-1], sealed + b'\0', flip(sealed, 60), flip(sealed, len(sealed) - 1), sealed[:80]]:
        refused(lambda: pr.open_stream(key, content, broken))


def check_letter(g):
    sender, recipient, seed, sealed = unhex(g, 'sender', 'recipient', 'sealing_seed', 'sealed')
    context = [bytes.fromhex(part) for part in g['context']]
    same(pr.x_wing(seed)[0].hex(), g['sealing_public'])
    same(pr.open_letter(seed, sender, recipient, context, sealed).hex(), g['opened'])
    refused(lambda: pr.open_letter(seed, sender, sender, context, sealed))


def check_mail(g):
    seed, message, account, gateway = unhex(g, 'sealing_seed', 'message', 'account', 'gateway')
    envelope, sealed, body = unhex(g, 'envelope', 'summary', 'body')
    key, address, signed = pr.open_envelope(seed, message, account, envelope)
    same((key.hex(), address), (g['key'], g['address']))
    pr.came_through(gateway, signed, sealed)
    summary = pr.open_summary(key, message, sealed)
    same((summary['subject'], summary['snippet']), (g['subject'], g['snippet']))
    same(pr.open_stream(key, message, body).hex(), g['opened'])
    same(pr.stream_digest(body), summary['digest'])
    refused(lambda: pr.came_through(gateway, signed, flip(sealed, 100)))
    refused(lambda: pr.open_envelope(seed, account, message, envelope))


def check_mail_mark(g):
    key, account, message, sealed = unhex(g, 'mail_key', 'account', 'message', 'sealed')
    same(pr.open_mark(key, account, message, g['version'], sealed), g['opened'])
    refused(lambda: pr.open_mark(key, account, message, g['version'] + 1, sealed))
    refused(lambda: pr.open_mark(key, message, account, g['version'], sealed))


def check_mail_manifest(g):
    key, account, sealed = unhex(g, 'mail_key', 'account', 'sealed')
    manifest = pr.open_manifest(key, account, g['version'], sealed)
    ids = {kind: [piece['id'] for piece in manifest[kind]] for kind in ('listings', 'words')}
    same({'change': manifest['change'], **ids}, g['opened'])
    refused(lambda: pr.open_manifest(key, account, g['version'] + 1, sealed))


def check_mail_listing(g):
    listing = pr.read_listing(*unhex(g, 'encoded'))
    same([m['summary'] and m['summary']['subject'] for m in listing['messages']], g['opened']['subjects'])
    ((message, note),) = listing['marked']
    same({'message': message, 'version': note['version'], 'expires': note['expires'][0]}, g['opened']['marked'])
    same(listing['deleted'], g['opened']['deleted'])


def check_mail_own(g):
    key, account, message, sealed = unhex(g, 'mail_key', 'account', 'message', 'sealed')
    same(pr.open_own(key, account, message, sealed).hex(), g['opened'])
    refused(lambda: pr.open_own(key, message, account, sealed))


CHECKS = {
    'slot_password': check_slot, 'slot_recovery': check_recovery, 'identity': check_identity,
    'sealing': check_sealing, 'root': check_root, 'state': check_state, 'directory': check_directory,
    'node_file': check_record, 'node_folder': check_record, 'head': check_head, 'link_folder': check_link,
    'link_file_with_password': check_link, 'link_archive': check_archive, 'stream_one_chunk': check_stream,
    'stream_two_chunks': check_stream, 'letter': check_letter, 'mail': check_mail,
    'mail_root': check_mail_root, 'mail_mark': check_mail_mark, 'mail_own': check_mail_own,
    'mail_manifest': check_mail_manifest, 'mail_listing': check_mail_listing,
}
# OPAQUE's messages: RFC 9807's vectors stand for an independent reader.
ELSEWHERE = {'login'}


def run(name):
    try:
        CHECKS[name](load(name))
        print(f'ok    {name}')
        return True
    except Exception as error:  # whatever goes wrong is a failure of this file, and the others go on
        print(f'FAIL  {name}: {type(error).__name__}: {error}')
        return False


names = sorted(path.stem for path in FOLDER.glob('*.json') if path.stem not in ELSEWHERE)
results = [run(name) for name in names]
missing = CHECKS.keys() - set(names)
for name in missing:
    print(f'FAIL  {name}: no such file')
failed = results.count(False) + len(missing)
print(f'{results.count(True)} passed, {failed} failed')
sys.exit(1 if failed or not results else 0)
