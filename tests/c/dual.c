/* The examples of the standard's section "Dual-function cryptographic functions", step by step, with AES-CBC for its
 * DES-ECB, SHA-256 for its MD5 and HMAC for its DES-MAC; and what the section says of padding ("pipelining"). The
 * wanted results were computed with the openssl program. */
#include "check.h"

#define BUF_SZ 512
#define BLOCK 16
/* What the last block lacks: 5 bytes are data. */
#define PAD (BLOCK - 5)

/* SHA-256 of 1029 letters A, of them encrypted (padded with zeros, key 00 … 1f, IV 0), and their HMAC (key 20 … 3f). */
static const char DIGEST[] = "e83fa42ac3e4a480b0729e0ef7643a5e2618e19d89b59e724d737e1e65fe3104";
static const char CIPHER[] = "03ee73774f3c502ede86d24febf73f3ced60bf275e112635ed1bffe325942e0f";
static const char MAC[] = "d951b6bac72deb1a8527d4734df105b83cc5919483b2b381f662bff6dc2e7ba5";

static CK_FUNCTION_LIST_3_2_PTR f;
static CK_SESSION_HANDLE session;
static CK_OBJECT_HANDLE key, mac_key;

static CK_BYTE iv[BLOCK];
static CK_MECHANISM cipher = { CKM_AES_CBC, iv, sizeof iv };
static CK_MECHANISM padded = { CKM_AES_CBC_PAD, iv, sizeof iv };
static CK_MECHANISM digest = { CKM_SHA256, NULL_PTR, 0 };
static CK_MECHANISM mac = { CKM_SHA256_HMAC, NULL_PTR, 0 };

static CK_BYTE data[2 * BUF_SZ + BLOCK];
static CK_BYTE encrypted[2 * BUF_SZ + BLOCK];

static CK_OBJECT_HANDLE make_key(CK_KEY_TYPE type, CK_BYTE first)
{
    CK_OBJECT_CLASS class = CKO_SECRET_KEY;
    CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
    CK_BYTE value[32];
    CK_OBJECT_HANDLE handle;
    CK_ATTRIBUTE template[] = {
        { CKA_CLASS, NULL_PTR, sizeof class },      { CKA_KEY_TYPE, NULL_PTR, sizeof type },
        { CKA_VALUE, NULL_PTR, sizeof value },      { CKA_TOKEN, NULL_PTR, sizeof no },
        { CKA_ENCRYPT, NULL_PTR, sizeof yes },      { CKA_DECRYPT, NULL_PTR, sizeof yes },
    };
    CK_BYTE i;
    for (i = 0; i < sizeof value; i++)
        value[i] = (CK_BYTE)(first + i);
    template[0].pValue = &class;
    template[1].pValue = &type;
    template[2].pValue = value;
    template[3].pValue = &no;
    template[4].pValue = template[5].pValue = &yes;
    if (type == CKK_GENERIC_SECRET) {
        template[4].type = CKA_SIGN;
        template[5].type = CKA_VERIFY;
    }
    OK(f->C_CreateObject(session, template, sizeof template / sizeof *template, &handle));
    return handle;
}

/* The data of the examples: letters A, and then, for the cipher only, zeros. */
static void fill(void)
{
    memset(data, 'A', 2 * BUF_SZ + 5);
    memset(data + 2 * BUF_SZ + 5, 0, PAD);
}

static int is_data(const CK_BYTE *bytes, CK_ULONG offset, CK_ULONG count)
{
    fill();
    return memcmp(bytes, data + offset, count) == 0;
}

static void check_cipher(void)
{
    CK_BYTE value[32];
    CK_ULONG length = sizeof value;
    CK_SESSION_HANDLE other;
    CK_SESSION_INFO info;
    OK(f->C_GetSessionInfo(session, &info));
    OK(f->C_OpenSession(info.slotID, CKF_SERIAL_SESSION, NULL_PTR, NULL_PTR, &other));
    OK(f->C_DigestInit(other, &digest));
    OK(f->C_Digest(other, encrypted, sizeof encrypted, value, &length));
    OK(f->C_CloseSession(other));
    CHECK(are(value, length, CIPHER));
}

static void digest_encrypt(void)
{
    CK_ULONG length, digest_length;
    CK_BYTE value[32];

    memset(iv, 0, sizeof iv);
    memset(data, 'A', 2 * BUF_SZ + 5);
    OK(f->C_EncryptInit(session, &cipher, key));
    OK(f->C_DigestInit(session, &digest));

    /* A question for the length, and a buffer that is too small, feed neither of the two. */
    length = 0;
    OK(f->C_DigestEncryptUpdate(session, data, BUF_SZ, NULL_PTR, &length));
    CHECK(length == BUF_SZ);
    length = BUF_SZ - 1;
    EXPECT(CKR_BUFFER_TOO_SMALL, f->C_DigestEncryptUpdate(session, data, BUF_SZ, encrypted, &length));
    CHECK(length == BUF_SZ);

    length = BUF_SZ;
    OK(f->C_DigestEncryptUpdate(session, &data[0], BUF_SZ, &encrypted[0], &length));
    CHECK(length == BUF_SZ);
    length = BUF_SZ;
    OK(f->C_DigestEncryptUpdate(session, &data[BUF_SZ], BUF_SZ, &encrypted[BUF_SZ], &length));
    CHECK(length == BUF_SZ);

    /* First, complete the digest on the buffer */
    OK(f->C_DigestUpdate(session, &data[BUF_SZ * 2], 5));
    digest_length = sizeof value;
    OK(f->C_DigestFinal(session, value, &digest_length));
    CHECK(digest_length == sizeof value && are(value, digest_length, DIGEST));

    /* Then, pad last part with 0x00 bytes, and complete encryption */
    memset(&data[BUF_SZ * 2 + 5], 0, PAD);
    length = BLOCK;
    OK(f->C_EncryptUpdate(session, &data[BUF_SZ * 2], BLOCK, &encrypted[BUF_SZ * 2], &length));
    CHECK(length == BLOCK);
    length = BLOCK;
    OK(f->C_EncryptFinal(session, value, &length));
    CHECK(length == 0);
    check_cipher();
}

static void decrypt_digest(void)
{
    CK_BYTE plain[BUF_SZ], value[32];
    CK_ULONG length, last, digest_length;

    OK(f->C_DecryptInit(session, &cipher, key));
    OK(f->C_DigestInit(session, &digest));
    length = sizeof plain;
    OK(f->C_DecryptDigestUpdate(session, &encrypted[0], BUF_SZ, plain, &length));
    CHECK(length == BUF_SZ && is_data(plain, 0, length));
    length = 1;
    EXPECT(CKR_BUFFER_TOO_SMALL, f->C_DecryptDigestUpdate(session, &encrypted[BUF_SZ], BUF_SZ, plain, &length));
    CHECK(length == BUF_SZ);
    OK(f->C_DecryptDigestUpdate(session, &encrypted[BUF_SZ], BUF_SZ, plain, &length));
    CHECK(length == BUF_SZ && is_data(plain, BUF_SZ, length));

    /* First, complete the decryption of the buffer */
    last = sizeof plain;
    OK(f->C_DecryptUpdate(session, &encrypted[BUF_SZ * 2], BLOCK, plain, &last));
    CHECK(last == BLOCK && is_data(plain, 2 * BUF_SZ, last));
    /* Get last piece of plaintext (should have length 0, here) */
    length = sizeof plain - last;
    OK(f->C_DecryptFinal(session, &plain[last], &length));
    CHECK(length == 0);
    /* Digest last bit of plaintext */
    OK(f->C_DigestUpdate(session, plain, 5));
    digest_length = sizeof value;
    OK(f->C_DigestFinal(session, value, &digest_length));
    CHECK(digest_length == sizeof value && are(value, digest_length, DIGEST));
}

static void sign_encrypt(void)
{
    CK_BYTE value[32];
    CK_ULONG length, mac_length;

    memset(encrypted, 0, sizeof encrypted);
    memset(data, 'A', 2 * BUF_SZ + 5);
    OK(f->C_EncryptInit(session, &cipher, key));
    OK(f->C_SignInit(session, &mac, mac_key));
    length = BUF_SZ;
    OK(f->C_SignEncryptUpdate(session, &data[0], BUF_SZ, &encrypted[0], &length));
    CHECK(length == BUF_SZ);
    length = 0;
    OK(f->C_SignEncryptUpdate(session, &data[BUF_SZ], BUF_SZ, NULL_PTR, &length));
    CHECK(length == BUF_SZ);
    OK(f->C_SignEncryptUpdate(session, &data[BUF_SZ], BUF_SZ, &encrypted[BUF_SZ], &length));
    CHECK(length == BUF_SZ);

    /* First, complete the signature on the buffer */
    OK(f->C_SignUpdate(session, &data[BUF_SZ * 2], 5));
    mac_length = sizeof value;
    OK(f->C_SignFinal(session, value, &mac_length));
    CHECK(mac_length == sizeof value && are(value, mac_length, MAC));

    /* Then pad last part with 0x00 bytes, and complete encryption */
    memset(&data[BUF_SZ * 2 + 5], 0, PAD);
    length = BLOCK;
    OK(f->C_EncryptUpdate(session, &data[BUF_SZ * 2], BLOCK, &encrypted[BUF_SZ * 2], &length));
    CHECK(length == BLOCK);
    OK(f->C_EncryptFinal(session, value, &length));
    CHECK(length == 0);
    check_cipher();
}

/* With the right MAC, or with one that differs in a bit. */
static void decrypt_verify(int right)
{
    CK_BYTE plain[BUF_SZ], value[32];
    CK_ULONG length, last;

    unhex(MAC, value, sizeof value);
    value[31] ^= (CK_BYTE)!right;
    OK(f->C_DecryptInit(session, &cipher, key));
    OK(f->C_VerifyInit(session, &mac, mac_key));
    length = sizeof plain;
    OK(f->C_DecryptVerifyUpdate(session, &encrypted[0], BUF_SZ, plain, &length));
    CHECK(length == BUF_SZ && is_data(plain, 0, length));
    OK(f->C_DecryptVerifyUpdate(session, &encrypted[BUF_SZ], BUF_SZ, NULL_PTR, &length));
    CHECK(length == BUF_SZ);
    OK(f->C_DecryptVerifyUpdate(session, &encrypted[BUF_SZ], BUF_SZ, plain, &length));
    CHECK(length == BUF_SZ && is_data(plain, BUF_SZ, length));

    /* First, complete the decryption of the buffer */
    last = sizeof plain;
    OK(f->C_DecryptUpdate(session, &encrypted[BUF_SZ * 2], BLOCK, plain, &last));
    CHECK(last == BLOCK && is_data(plain, 2 * BUF_SZ, last));
    length = sizeof plain - last;
    OK(f->C_DecryptFinal(session, &plain[last], &length));
    CHECK(length == 0);
    /* Verify last bit of plaintext */
    OK(f->C_VerifyUpdate(session, plain, 5));
    EXPECT(right ? CKR_OK : CKR_SIGNATURE_INVALID, f->C_VerifyFinal(session, value, sizeof value));
    EXPECT(CKR_OPERATION_NOT_INITIALIZED, f->C_VerifyFinal(session, value, sizeof value));
}

/* The section's caution, with its 18 bytes of plaintext: the last 2 come with the padding, from DecryptFinal, and reach
 * the digest only if the application passes them on. */
static void pipelining(void)
{
    static const char CIPHERTEXT[] = "72ada3664473c418c917a496fcc370667222999260d7cede3727d2f7de467610";
    static const char PLAINTEXTS[] = "d273c6b6de3f5260e123348e0feb270126fa06e164bb82818df7c71b30ab0ef5";
    CK_BYTE text[32], plain[48], value[32];
    CK_ULONG length, last, digest_length = sizeof value;

    unhex(CIPHERTEXT, text, sizeof text);
    OK(f->C_DecryptInit(session, &padded, key));
    OK(f->C_DigestInit(session, &digest));
    length = sizeof plain;
    OK(f->C_DecryptDigestUpdate(session, text, sizeof text, plain, &length));
    CHECK(length == 16);
    last = sizeof plain - length;
    OK(f->C_DecryptFinal(session, &plain[length], &last));
    CHECK(last == 2 && is_data(plain, 0, 18));
    OK(f->C_DigestUpdate(session, &plain[length], last));
    OK(f->C_DigestFinal(session, value, &digest_length));
    CHECK(are(value, digest_length, PLAINTEXTS));
}

int main(int argc, char **argv)
{
    CK_SLOT_ID slot;

    CHECK(argc == 2);
    f = functions(load(argv[1]));
    OK(f->C_Initialize(NULL_PTR));
    slot = set_up(f);
    OK(f->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL_PTR, NULL_PTR, &session));
    OK(f->C_Login(session, CKU_USER, USER_PIN, USER_PIN_LEN));
    key = make_key(CKK_AES, 0x00);
    mac_key = make_key(CKK_GENERIC_SECRET, 0x20);

    digest_encrypt();
    decrypt_digest();
    sign_encrypt();
    decrypt_verify(1);
    decrypt_verify(0);
    pipelining();

    OK(f->C_Finalize(NULL_PTR));
    puts("dual: all is well");
    return 0;
}
