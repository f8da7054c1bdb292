"""python-pkcs11 on a token: the module, the PIN, and "first" or "again". Signs with the keys "rsa" and "ec"; leaves
`rsa.signature`, `ec.raw`, `oaep.plain`, `encrypted` and `agreed` for the openssl program to look at. On a token that lasts, a
later process signs with the key that the first one made (`kept.raw`)."""

import sys
import pkcs11
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass
from pkcs11.util.ec import encode_named_curve_parameters

library = pkcs11.lib(sys.argv[1])
token = library.get_token(token_label="web")
read = lambda name: open(name, "rb").read()
write = lambda name, data: open(name, "wb").write(data)

with token.open(rw=True, user_pin=sys.argv[2]) as session:
    data = read("data")
    if sys.argv[3] == "again":
        kept = session.get_key(object_class=ObjectClass.PRIVATE_KEY, label="kept")
        write("kept.raw", kept.sign(data, mechanism=Mechanism.ECDSA_SHA256))
        sys.exit()
    rsa = session.get_key(object_class=ObjectClass.PRIVATE_KEY, label="rsa")
    ec = session.get_key(object_class=ObjectClass.PRIVATE_KEY, label="ec")
    write("rsa.signature", rsa.sign(data, mechanism=Mechanism.SHA256_RSA_PKCS))
    write("ec.raw", ec.sign(data, mechanism=Mechanism.ECDSA_SHA256))
    public = session.get_key(object_class=ObjectClass.PUBLIC_KEY, label="rsa")
    assert public.verify(data, read("rsa.signature"), mechanism=Mechanism.SHA256_RSA_PKCS)
    assert not public.verify(data + b"x", read("rsa.signature"), mechanism=Mechanism.SHA256_RSA_PKCS)
    write("oaep.plain", rsa.decrypt(read("oaep")))

    # A known AES key, in parts and in one piece.
    aes = session.create_object({
        Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.KEY_TYPE: KeyType.AES, Attribute.VALUE: bytes(range(32)),
        Attribute.ENCRYPT: True, Attribute.DECRYPT: True,
    })
    iv = bytes(range(16))
    write("encrypted", aes.encrypt(data, mechanism_param=iv))
    assert b"".join(aes.decrypt([read("encrypted")[:20], read("encrypted")[20:]], mechanism_param=iv)) == data

    # Generated keys of several types, and an agreement with a key that openssl made.
    for key_type, length in ((KeyType.AES, 256), (KeyType.DES3, None), (KeyType.GENERIC_SECRET, 256)):
        session.generate_key(key_type, length)
    made, _ = session.generate_keypair(KeyType.RSA, 2048)
    parameters = session.create_domain_parameters(
        KeyType.EC, {Attribute.EC_PARAMS: encode_named_curve_parameters("secp256r1")}, local=True)
    parameters.generate_keypair(mechanism_param=None, store=True, label="kept", id=b"\x77")
    agreed = ec.derive_key(KeyType.GENERIC_SECRET, 256, template={
        Attribute.SENSITIVE: False, Attribute.EXTRACTABLE: True,
    }, mechanism_param=(pkcs11.KDF.NULL, None, read("peer.point")))
    write("agreed", agreed[Attribute.VALUE])

    # Objects are found, changed, copied, destroyed.
    found = list(session.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE}))
    assert len(found) == 2, found
    aes[Attribute.LABEL] = "renamed"
    copy = aes.copy({Attribute.LABEL: "copied"})
    assert sorted(key.label for key in session.get_objects({Attribute.KEY_TYPE: KeyType.AES}) if key.label) == ["copied", "renamed"]
    copy.destroy()
    assert session.generate_random(256) != session.generate_random(256)
    session.seed_random(b"seed")
    assert session.digest(b"abc", mechanism=Mechanism.SHA256).hex().startswith("ba7816bf")
