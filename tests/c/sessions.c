/* The usage guide's "Example of use of sessions", its 27 steps by two applications, A and B, which are two processes
 * and take turns. Each step has the guide's number and says what must come of it.
 *
 * The library's tokens are in memory here, so that each process has a token of its own: O2, a token object that the
 * guide's applications share, is one in each of the two here, and step 15 shows that A does not see B's. Everything
 * that the example shows of sessions, of logins and of handles within an application holds as it is written there.
 * The guide's handles (4, 7, 9, 1) are examples; the names are kept. */
#include "check.h"

#include <sys/wait.h>
#include <unistd.h>

static CK_FUNCTION_LIST_3_2_PTR f;
static CK_SLOT_ID slot;

/* Where the other application's turns end, and where this one's do. */
static int from, to;

/* Gives the turn to the other application, and tells it a handle. */
static void pass(CK_ULONG handle)
{
    CHECK(write(to, &handle, sizeof handle) == sizeof handle);
}

/* Waits for the other application; 0 bytes come if it has failed. */
static CK_ULONG turn(void)
{
    CK_ULONG handle;
    CHECK(read(from, &handle, sizeof handle) == sizeof handle);
    return handle;
}

static CK_STATE state(CK_SESSION_HANDLE session)
{
    CK_SESSION_INFO info;
    OK(f->C_GetSessionInfo(session, &info));
    CHECK(info.slotID == slot);
    return info.state;
}

static CK_SESSION_HANDLE open_session(CK_FLAGS flags)
{
    CK_SESSION_HANDLE session = CK_INVALID_HANDLE;
    OK(f->C_OpenSession(slot, CKF_SERIAL_SESSION | flags, NULL_PTR, NULL_PTR, &session));
    CHECK(session != CK_INVALID_HANDLE);
    return session;
}

/* Makes a data object. Its name is its CKA_APPLICATION; its CKA_LABEL is what the steps modify. */
static CK_RV create(CK_SESSION_HANDLE session, CK_BBOOL token, CK_BBOOL private, const char *name, CK_OBJECT_HANDLE_PTR object)
{
    CK_OBJECT_CLASS class = CKO_DATA;
    char text[8];
    CK_ATTRIBUTE template[4];
    strcpy(text, name);
    template[0].type = CKA_CLASS;
    template[0].pValue = &class;
    template[0].ulValueLen = sizeof class;
    template[1].type = CKA_TOKEN;
    template[1].pValue = &token;
    template[1].ulValueLen = sizeof token;
    template[2].type = CKA_PRIVATE;
    template[2].pValue = &private;
    template[2].ulValueLen = sizeof private;
    template[3].type = CKA_APPLICATION;
    template[3].pValue = text;
    template[3].ulValueLen = strlen(text);
    return f->C_CreateObject(session, template, 4, object);
}

/* Changes an object's label. */
static CK_RV modify(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_BYTE label)
{
    CK_ATTRIBUTE template = { CKA_LABEL, NULL_PTR, 1 };
    template.pValue = &label;
    return f->C_SetAttributeValue(session, object, &template, 1);
}

/* Whether the object is there, with that label. */
static int has(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_BYTE wanted)
{
    CK_BYTE label = 0;
    CK_ATTRIBUTE template = { CKA_LABEL, NULL_PTR, 1 };
    template.pValue = &label;
    OK(f->C_GetAttributeValue(session, object, &template, 1));
    return template.ulValueLen == 1 && label == wanted;
}

/* Seeks the objects of a name; returns how many there are, and the first. */
static CK_ULONG search(CK_SESSION_HANDLE session, const char *name, CK_OBJECT_HANDLE_PTR object)
{
    CK_ULONG count = 0;
    CK_OBJECT_HANDLE found[2];
    char text[8];
    CK_ATTRIBUTE template = { CKA_APPLICATION, NULL_PTR, 0 };
    strcpy(text, name);
    template.pValue = text;
    template.ulValueLen = strlen(text);
    OK(f->C_FindObjectsInit(session, &template, 1));
    OK(f->C_FindObjects(session, found, 2, &count));
    OK(f->C_FindObjectsFinal(session));
    if (count > 0)
        *object = found[0];
    return count;
}

static void start(const char *library)
{
    f = functions(load(library));
    /* 1. A1 and B1 each initialize the Cryptoki library. (And, for this test, its token in memory.) */
    OK(f->C_Initialize(NULL_PTR));
    slot = set_up(f);
}

static void application_a(const char *library)
{
    CK_SESSION_HANDLE s4, s7, s9;
    CK_OBJECT_HANDLE o1, o2, found = CK_INVALID_HANDLE;

    start(library);
    pass(0);
    turn();

    /* 2. A1 opens a R/W session, 7. It is a public session. */
    s7 = open_session(CKF_RW_SESSION);
    CHECK(state(s7) == CKS_RW_PUBLIC_SESSION);
    /* 3. A2 opens a R/O session, 4. It is a public session too. */
    s4 = open_session(0);
    CHECK(state(s4) == CKS_RO_PUBLIC_SESSION && s4 != s7);
    /* 4. A1 attempts to log the SO into session 7, and fails: there is a R/O session. */
    EXPECT(CKR_SESSION_READ_ONLY_EXISTS, f->C_Login(s7, CKU_SO, SO_PIN, SO_PIN_LEN));
    CHECK(state(s7) == CKS_RW_PUBLIC_SESSION && state(s4) == CKS_RO_PUBLIC_SESSION);
    /* 5. A2 logs the normal user into session 7, which turns both into user sessions. */
    OK(f->C_Login(s7, CKU_USER, USER_PIN, USER_PIN_LEN));
    CHECK(state(s7) == CKS_RW_USER_FUNCTIONS && state(s4) == CKS_RO_USER_FUNCTIONS);
    /* 6. A2 opens a R/W session, 9. It is a user session from the start. */
    s9 = open_session(CKF_RW_SESSION);
    CHECK(state(s9) == CKS_RW_USER_FUNCTIONS && s9 != s7 && s9 != s4);
    /* 7. A1 closes session 9. */
    OK(f->C_CloseSession(s9));
    EXPECT(CKR_SESSION_HANDLE_INVALID, f->C_CloseSession(s9));
    CHECK(state(s7) == CKS_RW_USER_FUNCTIONS && state(s4) == CKS_RO_USER_FUNCTIONS);
    pass(s4);
    turn();

    /* 11 had no effect on A's sessions. */
    CHECK(state(s7) == CKS_RW_USER_FUNCTIONS && state(s4) == CKS_RO_USER_FUNCTIONS);
    /* 12. A1 uses session 7 to create a session object O1. */
    OK(create(s7, CK_FALSE, CK_FALSE, "O1", &o1));
    pass(o1);
    turn();

    /* 15. A1 uses session 4 to search for O2: B's is not in A's token, and A makes one, with session 7. */
    CHECK(search(s4, "O2", &found) == 0);
    EXPECT(CKR_SESSION_READ_ONLY, create(s4, CK_TRUE, CK_FALSE, "O2", &found));
    OK(create(s7, CK_TRUE, CK_FALSE, "O2", &o2));
    CHECK(search(s4, "O2", &found) == 1 && found == o2 && o2 != o1);
    /* 16. A1 attempts to modify O2 with session 4, and fails: it is a token object, and the session R/O. */
    EXPECT(CKR_SESSION_READ_ONLY, modify(s4, o2, 16));
    EXPECT(CKR_SESSION_READ_ONLY, f->C_DestroyObject(s4, o2));
    /* 17. A1 modifies it with session 7. */
    OK(modify(s7, o2, 17));
    CHECK(has(s4, o2, 17));
    pass(0);
    turn();

    /* 19. A2 uses session 4 to modify O1: a session object may be modified by a R/O session. */
    OK(modify(s4, o1, 19));
    CHECK(has(s7, o1, 19));
    /* 20. A2 uses session 7 to destroy O2. */
    OK(f->C_DestroyObject(s7, o2));
    EXPECT(CKR_OBJECT_HANDLE_INVALID, modify(s7, o2, 20));
    pass(0);
    turn();

    /* 22. A1 logs out session 4. That turns both into public sessions. */
    OK(f->C_Logout(s4));
    CHECK(state(s7) == CKS_RW_PUBLIC_SESSION && state(s4) == CKS_RO_PUBLIC_SESSION);
    CHECK(has(s4, o1, 19));
    /* 23. A1 closes session 7. That destroys O1, which session 7 created. */
    OK(f->C_CloseSession(s7));
    /* 24. A2 attempts to use session 4 for some operation with O1, and fails. */
    EXPECT(CKR_OBJECT_HANDLE_INVALID, modify(s4, o1, 24));
    CHECK(search(s4, "O1", &found) == 0);
    /* 25. A2 calls C_CloseAllSessions. A new session would be a public one. */
    OK(f->C_CloseAllSessions(slot));
    EXPECT(CKR_SESSION_HANDLE_INVALID, f->C_CloseSession(s4));
    s4 = open_session(0);
    CHECK(state(s4) == CKS_RO_PUBLIC_SESSION);
    OK(f->C_CloseSession(s4));
    pass(0);
    turn();

    /* 27. A calls C_Finalize. */
    OK(f->C_Finalize(NULL_PTR));
}

static void application_b(const char *library)
{
    CK_SESSION_HANDLE s7, as_s4;
    CK_OBJECT_HANDLE o2, private, found = CK_INVALID_HANDLE;

    turn();
    start(library);
    pass(0);
    as_s4 = turn();

    /* 8. B1 attempts to log out A's session 4, and fails: there is no such handle in B. */
    EXPECT(CKR_SESSION_HANDLE_INVALID, f->C_Logout(as_s4));
    /* 9. B2 attempts to close it, and fails in the same way. */
    EXPECT(CKR_SESSION_HANDLE_INVALID, f->C_CloseSession(as_s4));
    /* 10. B1 opens a R/W session, 7. B's sessions have nothing to do with A's: A's login is not B's. */
    s7 = open_session(CKF_RW_SESSION);
    CHECK(state(s7) == CKS_RW_PUBLIC_SESSION);
    /* 11. B1 logs the SO into it. */
    OK(f->C_Login(s7, CKU_SO, SO_PIN, SO_PIN_LEN));
    CHECK(state(s7) == CKS_RW_SO_FUNCTIONS);
    pass(0);
    turn();

    /* 13. B1 uses session 7 to create a token object O2. An SO session cannot create private objects. */
    OK(create(s7, CK_TRUE, CK_FALSE, "O2", &o2));
    EXPECT(CKR_USER_NOT_LOGGED_IN, create(s7, CK_TRUE, CK_TRUE, "O3", &private));
    CHECK(search(s7, "O3", &found) == 0);
    /* 14. B2 uses session 7 to modify O2. */
    OK(modify(s7, o2, 14));
    CHECK(has(s7, o2, 14));
    pass(o2);
    turn();

    /* 17 was of A's token. */
    CHECK(has(s7, o2, 14));
    /* 18. B1 searches for O1, which is a session object of A's, and does not find it. */
    CHECK(search(s7, "O1", &found) == 0);
    pass(0);
    turn();

    /* 20. Here each application destroys its own O2. */
    OK(f->C_DestroyObject(s7, o2));
    /* 21. B1 attempts some operation with it, and fails: there is no longer such an object. */
    EXPECT(CKR_OBJECT_HANDLE_INVALID, modify(s7, o2, 21));
    EXPECT(CKR_OBJECT_HANDLE_INVALID, f->C_DestroyObject(s7, o2));
    pass(0);
    turn();

    /* 22 to 25 had no effect on B's session. */
    CHECK(state(s7) == CKS_RW_SO_FUNCTIONS);
    /* 26. B2 closes session 7. A new session would not be logged in. */
    OK(f->C_CloseSession(s7));
    s7 = open_session(CKF_RW_SESSION);
    CHECK(state(s7) == CKS_RW_PUBLIC_SESSION);
    OK(f->C_CloseSession(s7));
    pass(0);

    /* 27. B calls C_Finalize. */
    OK(f->C_Finalize(NULL_PTR));
}

int main(int argc, char **argv)
{
    int to_a[2], to_b[2], status = -1;
    pid_t b;

    CHECK(argc == 2);
    CHECK(pipe(to_a) == 0 && pipe(to_b) == 0);
    /* The library is loaded after this, by each process for itself. */
    b = fork();
    CHECK(b >= 0);
    from = b == 0 ? to_b[0] : to_a[0];
    to = b == 0 ? to_a[1] : to_b[1];
    close(b == 0 ? to_b[1] : to_a[1]);
    close(b == 0 ? to_a[0] : to_b[0]);
    if (b == 0) {
        application_b(argv[1]);
        return 0;
    }
    application_a(argv[1]);
    CHECK(waitpid(b, &status, 0) == b && status == 0);
    puts("sessions: all is well");
    return 0;
}
