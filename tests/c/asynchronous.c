/* The example of docs/async.md: a key pair and a signature that are made while the program does something else. */
#include "check.h"

#include <time.h>

static CK_FUNCTION_LIST_3_2_PTR f;

/* Something else to do. */
static unsigned turns;

static void do_something_else(void)
{
    struct timespec while_ = { 0, 1000000 };
    nanosleep(&while_, NULL);
    turns++;
}

/* Waits for a function of this session; its return code and its results. */
static CK_RV wait_for(CK_SESSION_HANDLE session, const char *function, CK_ASYNC_DATA *data)
{
    CK_RV rv;
    memset(data, 0, sizeof *data);
    while ((rv = f->C_AsyncComplete(session, (CK_UTF8CHAR_PTR)function, data)) == CKR_PENDING)
        do_something_else();
    return rv;
}

/* Makes an SLH-DSA key pair and signs with it. The signature is to be freed. */
static CK_RV sign_slowly(CK_SESSION_HANDLE session, CK_BYTE_PTR text, CK_ULONG text_len, CK_BYTE_PTR *signature,
                         CK_ULONG *signature_len, CK_OBJECT_HANDLE *public_key)
{
    CK_MECHANISM generate = { CKM_SLH_DSA_KEY_PAIR_GEN, NULL_PTR, 0 };
    CK_MECHANISM sign = { CKM_SLH_DSA, NULL_PTR, 0 };
    CK_SLH_DSA_PARAMETER_SET_TYPE set = CKP_SLH_DSA_SHA2_128S;
    CK_ATTRIBUTE public_template[] = { { CKA_PARAMETER_SET, &set, sizeof set } };
    CK_OBJECT_HANDLE private_key = CK_INVALID_HANDLE;
    CK_ASYNC_DATA data;
    CK_RV rv;

    /* Some functions are done at once even here: then the results are where they always are. */
    rv = f->C_GenerateKeyPair(session, &generate, public_template, 1, NULL_PTR, 0, public_key, &private_key);
    if (rv == CKR_PENDING) {
        rv = wait_for(session, "C_GenerateKeyPair", &data);
        *public_key = data.hObject;
        private_key = data.hAdditionalObject;
    }
    if (rv != CKR_OK)
        return rv;

    rv = f->C_SignInit(session, &sign, private_key);
    if (rv != CKR_OK)
        return rv;
    rv = f->C_Sign(session, text, text_len, NULL_PTR, signature_len); /* a length is told at once */
    if (rv != CKR_OK)
        return rv;
    *signature = malloc(*signature_len);
    if (*signature == NULL)
        return CKR_HOST_MEMORY;
    rv = f->C_Sign(session, text, text_len, *signature, signature_len);
    if (rv == CKR_PENDING) { /* from here on, the buffer is the module's, and the text is not needed */
        rv = wait_for(session, "C_Sign", &data);
        *signature = data.pValue; /* it was */
        *signature_len = data.ulValue;
    }
    if (rv != CKR_OK) {
        free(*signature);
        *signature = NULL;
    }
    return rv;
}

int main(int argc, char **argv)
{
    CK_MECHANISM verify = { CKM_SLH_DSA, NULL_PTR, 0 };
    CK_BYTE text[] = "what is signed";
    CK_BYTE_PTR signature = NULL_PTR;
    CK_ULONG signature_len = 0;
    CK_OBJECT_HANDLE key = CK_INVALID_HANDLE;
    CK_SESSION_HANDLE session;
    CK_ASYNC_DATA data = { 0 };
    CK_MECHANISM slow = { CKM_RSA_PKCS_KEY_PAIR_GEN, NULL_PTR, 0 };
    CK_ULONG bits = 4096;
    CK_ATTRIBUTE rsa[] = { { CKA_MODULUS_BITS, &bits, sizeof bits } };
    CK_OBJECT_HANDLE pair[2];
    CK_SLOT_ID slot;
    CHECK(argc == 2);
    f = functions(load(argv[1]));
    OK(f->C_Initialize(NULL_PTR));
    slot = set_up(f);
    OK(f->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION | CKF_ASYNC_SESSION, NULL_PTR, NULL_PTR, &session));
    OK(f->C_Login(session, CKU_USER, USER_PIN, USER_PIN_LEN));

    OK(sign_slowly(session, text, sizeof text, &signature, &signature_len, &key));
    CHECK(turns > 0);
    CHECK(signature_len == 7856);
    OK(f->C_VerifyInit(session, &verify, key));
    OK(f->C_Verify(session, text, sizeof text, signature, signature_len));
    free(signature);

    /* Nobody needs to wait: a function is cancelled, and the session goes on. */
    EXPECT(CKR_PENDING, f->C_GenerateKeyPair(session, &slow, rsa, 1, NULL_PTR, 0, &pair[0], &pair[1]));
    OK(f->C_SessionCancel(session, CKF_GENERATE_KEY_PAIR));
    EXPECT(CKR_OPERATION_NOT_INITIALIZED,
           f->C_AsyncComplete(session, (CK_UTF8CHAR_PTR)"C_GenerateKeyPair", &data));
    OK(f->C_CloseSession(session));
    OK(f->C_Finalize(NULL_PTR));
    puts("asynchronous: all is well");
    return 0;
}
