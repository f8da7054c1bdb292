// graphene-pk11 on a token: the module, the PIN, and "first" or "again", as ../python/pykcs11.py has it.
const assert = require("assert"), fs = require("fs");
const graphene = require("graphene-pk11");
const { ObjectClass, KeyType, SessionFlag } = graphene;
const [path, pin, run] = process.argv.slice(2);
const module_ = graphene.Module.load(path, "Ferrotoken");
module_.initialize();
const slots = module_.getSlots(true);
const slot = [...Array(slots.length).keys()].map((i) => slots.items(i)).find((slot) => slot.getToken().label.trim() === "web");
const session = slot.open(SessionFlag.SERIAL_SESSION | SessionFlag.RW_SESSION);
session.login(pin);
const find = (kind, label) => session.find({ class: kind, label }).items(0).toType();
const data = fs.readFileSync("data");

if (run === "again") {
  fs.writeFileSync("kept.raw", session.createSign("ECDSA_SHA256", find(ObjectClass.PRIVATE_KEY, "kept")).once(data));
} else {
  const rsa = find(ObjectClass.PRIVATE_KEY, "rsa"), ec = find(ObjectClass.PRIVATE_KEY, "ec");
  const sign = session.createSign("SHA256_RSA_PKCS", rsa);
  sign.update(data.subarray(0, 5));
  sign.update(data.subarray(5));
  fs.writeFileSync("rsa.signature", sign.final());
  fs.writeFileSync("ec.raw", session.createSign("ECDSA_SHA256", ec).once(data));
  const verify = session.createVerify("SHA256_RSA_PKCS", find(ObjectClass.PUBLIC_KEY, "rsa"));
  assert(verify.once(data, fs.readFileSync("rsa.signature")));
  const oaep = { name: "RSA_PKCS_OAEP", params: new graphene.RsaOaepParams(graphene.MechanismEnum.SHA1, graphene.RsaMgf.MGF1_SHA1) };
  fs.writeFileSync("oaep.plain", session.createDecipher(oaep, rsa).once(fs.readFileSync("oaep"), Buffer.alloc(256)));

  const numbers = (count) => Buffer.from([...Array(count).keys()]);
  const aes = session.create({ class: ObjectClass.SECRET_KEY, keyType: KeyType.AES, value: numbers(32), encrypt: true, decrypt: true });
  const cbc = { name: "AES_CBC_PAD", params: numbers(16) };
  const key = aes.toType();
  fs.writeFileSync("encrypted", session.createCipher(cbc, key).once(data, Buffer.alloc(data.length + 16)));
  const plain = session.createDecipher(cbc, key).once(fs.readFileSync("encrypted"), Buffer.alloc(data.length + 16));
  assert(plain.equals(data));
  const agree = { name: "ECDH1_DERIVE", params: new graphene.EcdhParams(graphene.EcKdf.NULL, null, fs.readFileSync("peer.point")) };
  const agreed = session.deriveKey(agree, ec, {
    class: ObjectClass.SECRET_KEY, keyType: KeyType.GENERIC_SECRET, valueLen: 32, sensitive: false, extractable: true,
  });
  fs.writeFileSync("agreed", agreed.getAttribute({ value: null }).value);
  const common = { token: true, label: "kept", id: Buffer.from([0x77]) };
  const params = Buffer.from("06082a8648ce3d030107", "hex");
  session.generateKeyPair(graphene.KeyGenMechanism.ECDSA, { ...common, paramsECDSA: params, verify: true }, { ...common, sign: true });
  const made = session.generateKey(graphene.KeyGenMechanism.AES, {
    class: ObjectClass.SECRET_KEY, keyType: KeyType.AES, valueLen: 32, wrap: true, unwrap: true,
  });
  assert(session.wrapKey("AES_KEY_WRAP", made, agreed).length === 40);
  assert(session.createDigest("sha256").once("abc").toString("hex").startsWith("ba7816bf"));
  assert(!session.generateRandom(32).equals(session.generateRandom(32)));
  aes.destroy();
}
session.logout();
session.close();
module_.finalize();
