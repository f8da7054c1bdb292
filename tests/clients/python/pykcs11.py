"""PyKCS11 on a token: the module, the PIN, and "first" or "again". Leaves `rsa.signature`, `ec.raw`, `oaep.plain`, `encrypted`
and `agreed`; on a token that lasts, a later process signs with the key that the first one made (`kept.raw`)."""

import sys
import PyKCS11
from PyKCS11 import *

library = PyKCS11Lib()
library.load(sys.argv[1])
slot = next(slot for slot in library.getSlotList(tokenPresent=True) if library.getTokenInfo(slot).label.strip() == "web")
session = library.openSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION)
session.login(sys.argv[2])
read = lambda name: open(name, "rb").read()
write = lambda name, data: open(name, "wb").write(bytes(data))
find = lambda kind, label: session.findObjects([(CKA_CLASS, kind), (CKA_LABEL, label)])[0]
data = read("data")

if sys.argv[3] == "again":
    write("kept.raw", session.sign(find(CKO_PRIVATE_KEY, "kept"), data, Mechanism(CKM_ECDSA_SHA256)))
    sys.exit()

rsa, ec = find(CKO_PRIVATE_KEY, "rsa"), find(CKO_PRIVATE_KEY, "ec")
sha256_rsa = Mechanism(CKM_SHA256_RSA_PKCS)
write("rsa.signature", session.sign(rsa, data, sha256_rsa))
write("ec.raw", session.sign(ec, data, Mechanism(CKM_ECDSA_SHA256)))
public = find(CKO_PUBLIC_KEY, "rsa")
assert session.verify(public, data, read("rsa.signature"), sha256_rsa)
assert not session.verify(public, data + b"x", read("rsa.signature"), sha256_rsa)
write("oaep.plain", session.decrypt(rsa, read("oaep"), RSAOAEPMechanism(CKM_SHA_1, CKG_MGF1_SHA1)))
aes = session.createObject([
    (CKA_CLASS, CKO_SECRET_KEY), (CKA_KEY_TYPE, CKK_AES), (CKA_VALUE, bytes(range(32))),
    (CKA_ENCRYPT, CK_TRUE), (CKA_DECRYPT, CK_TRUE),
])
cbc = Mechanism(CKM_AES_CBC_PAD, bytes(range(16)))
write("encrypted", session.encrypt(aes, data, cbc))
assert bytes(session.decrypt(aes, read("encrypted"), cbc)) == data
gcm = AES_GCM_Mechanism(bytes(12), b"header", 128)
assert bytes(session.decrypt(aes, session.encrypt(aes, data, gcm), gcm)) == data
agreed = session.deriveKey(ec, [
    (CKA_CLASS, CKO_SECRET_KEY), (CKA_KEY_TYPE, CKK_GENERIC_SECRET), (CKA_VALUE_LEN, 32),
    (CKA_SENSITIVE, CK_FALSE), (CKA_EXTRACTABLE, CK_TRUE),
], ECDH1_DERIVE_Mechanism(read("peer.point")))
write("agreed", session.getAttributeValue(agreed, [CKA_VALUE])[0])
p256 = bytes.fromhex("06082a8648ce3d030107")
common = [(CKA_TOKEN, CK_TRUE), (CKA_LABEL, "kept"), (CKA_ID, b"\x77")]
session.generateKeyPair(common + [(CKA_EC_PARAMS, p256)], common + [(CKA_PRIVATE, CK_TRUE)], MechanismECGENERATEKEYPAIR)
wrapping = session.generateKey([
    (CKA_CLASS, CKO_SECRET_KEY), (CKA_KEY_TYPE, CKK_AES), (CKA_VALUE_LEN, 32), (CKA_WRAP, CK_TRUE), (CKA_UNWRAP, CK_TRUE),
])
agreed_again = session.unwrapKey(wrapping, session.wrapKey(wrapping, agreed, Mechanism(CKM_AES_KEY_WRAP_KWP)), [
    (CKA_CLASS, CKO_SECRET_KEY), (CKA_KEY_TYPE, CKK_GENERIC_SECRET), (CKA_SENSITIVE, CK_FALSE), (CKA_EXTRACTABLE, CK_TRUE),
], Mechanism(CKM_AES_KEY_WRAP_KWP))
assert bytes(session.getAttributeValue(agreed_again, [CKA_VALUE])[0]) == read("agreed")
assert bytes(session.digest(b"abc", Mechanism(CKM_SHA256))).hex().startswith("ba7816bf")
session.seedRandom(b"seed")
assert len(set(map(bytes, (session.generateRandom(32), session.generateRandom(32))))) == 2
session.destroyObject(aes)
session.logout()
session.closeSession()
