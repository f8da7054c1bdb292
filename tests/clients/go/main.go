// miekg/pkcs11 on a token: the module, the PIN, and "first" or "again", as ../python/pykcs11.py has it.
package main

import (
	"bytes"
	"encoding/hex"
	"os"

	"github.com/miekg/pkcs11"
)

func must[T any](value T, problem error) T {
	check(problem)
	return value
}

func check(problem error) {
	if problem != nil {
		panic(problem)
	}
}

func read(name string) []byte { return must(os.ReadFile(name)) }

func write(name string, data []byte) { check(os.WriteFile(name, data, 0o600)) }

func mechanism(kind uint, parameter any) []*pkcs11.Mechanism {
	return []*pkcs11.Mechanism{pkcs11.NewMechanism(kind, parameter)}
}

func attribute(kind uint, value any) *pkcs11.Attribute { return pkcs11.NewAttribute(kind, value) }

func main() {
	p := pkcs11.New(os.Args[1])
	check(p.Initialize())
	defer p.Finalize()
	var session pkcs11.SessionHandle
	for _, slot := range must(p.GetSlotList(true)) {
		if must(p.GetTokenInfo(slot)).Label == "web" {
			session = must(p.OpenSession(slot, pkcs11.CKF_SERIAL_SESSION|pkcs11.CKF_RW_SESSION))
		}
	}
	check(p.Login(session, pkcs11.CKU_USER, os.Args[2]))
	find := func(kind uint, label string) pkcs11.ObjectHandle {
		check(p.FindObjectsInit(session, []*pkcs11.Attribute{attribute(pkcs11.CKA_CLASS, kind), attribute(pkcs11.CKA_LABEL, label)}))
		found, _, problem := p.FindObjects(session, 1)
		check(problem)
		check(p.FindObjectsFinal(session))
		return found[0]
	}
	data := read("data")
	sign := func(key pkcs11.ObjectHandle, kind uint) []byte {
		check(p.SignInit(session, mechanism(kind, nil), key))
		return must(p.Sign(session, data))
	}
	if os.Args[3] == "again" {
		write("kept.raw", sign(find(pkcs11.CKO_PRIVATE_KEY, "kept"), pkcs11.CKM_ECDSA_SHA256))
		return
	}

	rsa, ec := find(pkcs11.CKO_PRIVATE_KEY, "rsa"), find(pkcs11.CKO_PRIVATE_KEY, "ec")
	write("rsa.signature", sign(rsa, pkcs11.CKM_SHA256_RSA_PKCS))
	write("ec.raw", sign(ec, pkcs11.CKM_ECDSA_SHA256))
	check(p.VerifyInit(session, mechanism(pkcs11.CKM_SHA256_RSA_PKCS, nil), find(pkcs11.CKO_PUBLIC_KEY, "rsa")))
	check(p.Verify(session, data, read("rsa.signature")))
	oaep := pkcs11.NewOAEPParams(pkcs11.CKM_SHA_1, pkcs11.CKG_MGF1_SHA1, pkcs11.CKZ_DATA_SPECIFIED, nil)
	check(p.DecryptInit(session, mechanism(pkcs11.CKM_RSA_PKCS_OAEP, oaep), rsa))
	write("oaep.plain", must(p.Decrypt(session, read("oaep"))))

	numbers := make([]byte, 32)
	for i := range numbers {
		numbers[i] = byte(i)
	}
	secret := func(kind uint, more ...*pkcs11.Attribute) []*pkcs11.Attribute {
		return append([]*pkcs11.Attribute{
			attribute(pkcs11.CKA_CLASS, pkcs11.CKO_SECRET_KEY), attribute(pkcs11.CKA_KEY_TYPE, kind)}, more...)
	}
	aes := must(p.CreateObject(session, secret(pkcs11.CKK_AES, attribute(pkcs11.CKA_VALUE, numbers))))
	cbc := mechanism(pkcs11.CKM_AES_CBC_PAD, numbers[:16])
	check(p.EncryptInit(session, cbc, aes))
	encrypted := must(p.Encrypt(session, data))
	write("encrypted", encrypted)
	check(p.DecryptInit(session, cbc, aes))
	if !bytes.Equal(must(p.Decrypt(session, encrypted)), data) {
		panic("decrypted to something else")
	}
	gcm := pkcs11.NewGCMParams(numbers[:12], []byte("header"), 128)
	check(p.EncryptInit(session, mechanism(pkcs11.CKM_AES_GCM, gcm), aes))
	must(p.Encrypt(session, data))
	gcm.Free()

	agree := pkcs11.NewECDH1DeriveParams(pkcs11.CKD_NULL, nil, read("peer.point"))
	agreed := must(p.DeriveKey(session, mechanism(pkcs11.CKM_ECDH1_DERIVE, agree), ec, secret(pkcs11.CKK_GENERIC_SECRET,
		attribute(pkcs11.CKA_VALUE_LEN, 32), attribute(pkcs11.CKA_SENSITIVE, false), attribute(pkcs11.CKA_EXTRACTABLE, true))))
	value := must(p.GetAttributeValue(session, agreed, []*pkcs11.Attribute{attribute(pkcs11.CKA_VALUE, nil)}))
	write("agreed", value[0].Value)
	common := []*pkcs11.Attribute{
		attribute(pkcs11.CKA_TOKEN, true), attribute(pkcs11.CKA_LABEL, "kept"), attribute(pkcs11.CKA_ID, []byte{0x77})}
	p256 := attribute(pkcs11.CKA_EC_PARAMS, must(hex.DecodeString("06082a8648ce3d030107")))
	_, _, problem := p.GenerateKeyPair(session, mechanism(pkcs11.CKM_EC_KEY_PAIR_GEN, nil), append(common, p256), common)
	check(problem)
	if bytes.Equal(must(p.GenerateRandom(session, 32)), must(p.GenerateRandom(session, 32))) {
		panic("the same bytes twice")
	}
	check(p.DestroyObject(session, aes))
	check(p.Logout(session))
	check(p.CloseSession(session))
}
