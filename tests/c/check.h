/* What the C programs of the tests share: loading the library, and checking what comes of a call. */
#ifndef CHECK_H
#define CHECK_H

#define _POSIX_C_SOURCE 200809L

#include "pkcs11.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition) check(__FILE__, __LINE__, #condition, (condition))
#define EXPECT(code, call) expect(__FILE__, __LINE__, #call, (call), (code))
#define OK(call) EXPECT(CKR_OK, call)

static inline void check(const char *file, int line, const char *what, int holds)
{
    if (!holds) {
        fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
        exit(1);
    }
}

static inline void expect(const char *file, int line, const char *call, CK_RV code, CK_RV wanted)
{
    if (code != wanted) {
        fprintf(stderr, "%s:%d: %#lx, not %#lx, from %s\n", file, line, code, wanted, call);
        exit(1);
    }
}

static inline void *load(const char *path)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        exit(1);
    }
    return library;
}

/* ISO C has no conversion from what dlsym returns to a function pointer; POSIX shows this way around. */
static inline void find(void *library, const char *name, void *function)
{
    *(void **)function = dlsym(library, name);
    if (*(void **)function == NULL) {
        fprintf(stderr, "%s is not exported\n", name);
        exit(1);
    }
}

/* The newest function list. */
static inline CK_FUNCTION_LIST_3_2_PTR functions(void *library)
{
    CK_C_GetInterface get = NULL_PTR;
    CK_INTERFACE_PTR interface = NULL_PTR;
    CK_VERSION version = { 3, 2 };
    find(library, "C_GetInterface", &get);
    OK(get((CK_UTF8CHAR_PTR)"PKCS 11", &version, &interface, 0));
    return interface->pFunctionList;
}

#define SO_PIN ((CK_UTF8CHAR_PTR) "so-pin-7531")
#define SO_PIN_LEN 11UL
#define USER_PIN ((CK_UTF8CHAR_PTR) "user-pin-2468")
#define USER_PIN_LEN 13UL

/* Initialises the token in the first slot and sets the user's PIN. No session is open after it. */
static inline CK_SLOT_ID set_up(CK_FUNCTION_LIST_3_2_PTR f)
{
    CK_UTF8CHAR label[32];
    CK_ULONG count = 1;
    CK_SLOT_ID slot;
    CK_SESSION_HANDLE session;
    memset(label, ' ', sizeof label);
    memcpy(label, "T", 1);
    OK(f->C_GetSlotList(CK_TRUE, &slot, &count));
    CHECK(count == 1);
    OK(f->C_InitToken(slot, SO_PIN, SO_PIN_LEN, label));
    OK(f->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL_PTR, NULL_PTR, &session));
    OK(f->C_Login(session, CKU_SO, SO_PIN, SO_PIN_LEN));
    OK(f->C_InitPIN(session, USER_PIN, USER_PIN_LEN));
    OK(f->C_Logout(session));
    OK(f->C_CloseSession(session));
    return slot;
}

/* Reads hexadecimal digits. */
static inline void unhex(const char *digits, CK_BYTE_PTR bytes, CK_ULONG count)
{
    CK_ULONG i;
    unsigned value;
    CHECK(strlen(digits) == 2 * count);
    for (i = 0; i < count; i++) {
        CHECK(sscanf(digits + 2 * i, "%2x", &value) == 1);
        bytes[i] = (CK_BYTE)value;
    }
}

/* Whether the bytes are those of the hexadecimal digits. */
static inline int are(const CK_BYTE *bytes, CK_ULONG count, const char *digits)
{
    CK_BYTE wanted[64];
    CHECK(count <= sizeof wanted);
    unhex(digits, wanted, count);
    return memcmp(bytes, wanted, count) == 0;
}

#endif
