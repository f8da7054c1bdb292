// pkcs11js on a token: the module, the PIN, and "first" or "again", as ../python/pykcs11.py has it.
const assert = require("assert"), fs = require("fs");
const p11 = require("pkcs11js");
const [path, pin, run] = process.argv.slice(2);
const module_ = new p11.PKCS11();
module_.load(path);
module_.C_Initialize();
const slot = module_.C_GetSlotList(true).find((slot) => module_.C_GetTokenInfo(slot).label.trim() === "web");
const session = module_.C_OpenSession(slot, p11.CKF_SERIAL_SESSION | p11.CKF_RW_SESSION);
module_.C_Login(session, p11.CKU_USER, pin);
const attribute = (type, value) => ({ type, value });
function find(kind, label) {
  module_.C_FindObjectsInit(session, [attribute(p11.CKA_CLASS, kind), attribute(p11.CKA_LABEL, label)]);
  const found = module_.C_FindObjects(session);
  module_.C_FindObjectsFinal(session);
  return found;
}
function sign(key, mechanism, length) {
  module_.C_SignInit(session, { mechanism }, key);
  return module_.C_Sign(session, data, Buffer.alloc(length));
}
const data = fs.readFileSync("data");
const secret = (type, ...more) => [attribute(p11.CKA_CLASS, p11.CKO_SECRET_KEY), attribute(p11.CKA_KEY_TYPE, type), ...more];

if (run === "again") {
  fs.writeFileSync("kept.raw", sign(find(p11.CKO_PRIVATE_KEY, "kept"), p11.CKM_ECDSA_SHA256, 64));
} else {
  const rsa = find(p11.CKO_PRIVATE_KEY, "rsa"), ec = find(p11.CKO_PRIVATE_KEY, "ec");
  fs.writeFileSync("rsa.signature", sign(rsa, p11.CKM_SHA256_RSA_PKCS, 256));
  fs.writeFileSync("ec.raw", sign(ec, p11.CKM_ECDSA_SHA256, 64));
  const verify = (data) => {
    module_.C_VerifyInit(session, { mechanism: p11.CKM_SHA256_RSA_PKCS }, find(p11.CKO_PUBLIC_KEY, "rsa"));
    return module_.C_Verify(session, data, fs.readFileSync("rsa.signature"));
  };
  assert(verify(data));
  assert.throws(() => verify(Buffer.from("something else")), /CKR_SIGNATURE_INVALID/);
  const oaep = { type: p11.CK_PARAMS_RSA_OAEP, hashAlg: p11.CKM_SHA_1, mgf: p11.CKG_MGF1_SHA1, source: 1 };
  module_.C_DecryptInit(session, { mechanism: p11.CKM_RSA_PKCS_OAEP, parameter: oaep }, rsa);
  fs.writeFileSync("oaep.plain", module_.C_Decrypt(session, fs.readFileSync("oaep"), Buffer.alloc(256)));

  const numbers = (count) => Buffer.from([...Array(count).keys()]);
  const aes = module_.C_CreateObject(session, secret(p11.CKK_AES, attribute(p11.CKA_VALUE, numbers(32)),
    attribute(p11.CKA_ENCRYPT, true), attribute(p11.CKA_DECRYPT, true)));
  const cbc = { mechanism: p11.CKM_AES_CBC_PAD, parameter: numbers(16) };
  module_.C_EncryptInit(session, cbc, aes);
  const encrypted = module_.C_Encrypt(session, data, Buffer.alloc(data.length + 16));
  fs.writeFileSync("encrypted", encrypted);
  module_.C_DecryptInit(session, cbc, aes);
  const parts = [module_.C_DecryptUpdate(session, encrypted.subarray(0, 20), Buffer.alloc(32)),
    module_.C_DecryptUpdate(session, encrypted.subarray(20), Buffer.alloc(encrypted.length)),
    module_.C_DecryptFinal(session, Buffer.alloc(32))];
  assert(Buffer.concat(parts).equals(data));

  const agree = { type: p11.CK_PARAMS_EC_DH, kdf: 1, publicData: fs.readFileSync("peer.point") };
  const agreed = module_.C_DeriveKey(session, { mechanism: p11.CKM_ECDH1_DERIVE, parameter: agree }, ec,
    secret(p11.CKK_GENERIC_SECRET, attribute(p11.CKA_VALUE_LEN, 32), attribute(p11.CKA_SENSITIVE, false),
      attribute(p11.CKA_EXTRACTABLE, true)));
  fs.writeFileSync("agreed", module_.C_GetAttributeValue(session, agreed, [attribute(p11.CKA_VALUE)])[0].value);
  const common = [attribute(p11.CKA_TOKEN, true), attribute(p11.CKA_LABEL, "kept"), attribute(p11.CKA_ID, Buffer.from([0x77]))];
  const p256 = attribute(p11.CKA_EC_PARAMS, Buffer.from("06082a8648ce3d030107", "hex"));
  module_.C_GenerateKeyPair(session, { mechanism: p11.CKM_EC_KEY_PAIR_GEN }, [...common, p256], common);
  module_.C_DigestInit(session, { mechanism: p11.CKM_SHA256 });
  assert(module_.C_Digest(session, Buffer.from("abc"), Buffer.alloc(32)).toString("hex").startsWith("ba7816bf"));
  assert(!module_.C_GenerateRandom(session, Buffer.alloc(32)).equals(module_.C_GenerateRandom(session, Buffer.alloc(32))));
  module_.C_DestroyObject(session, aes);
}
module_.C_Logout(session);
module_.C_CloseSession(session);
module_.C_Finalize();
