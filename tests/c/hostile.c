/* A caller that does what no caller should: memory that overlaps, lengths that cannot be, memory that changes during a call and
 * between two, structures at odd addresses, and calls at moments at which nobody expects one. Every buffer ends where the process's
 * memory does, so that a byte read or written beyond it ends the process. */
#define _GNU_SOURCE
#include "check.h"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define HUGE_LENGTHS { 1UL << 31, (1UL << 32) - 1, 1UL << 32, 1UL << 40, ~0UL >> 1, ~0UL }

static CK_FUNCTION_LIST_3_2_PTR f;
static CK_SLOT_ID slot;
static CK_SESSION_HANDLE session;
static CK_OBJECT_HANDLE aes;
static CK_BYTE iv[16];

/* So many bytes, right before a page that may not be touched. */
static CK_BYTE *edge(size_t size)
{
    static const size_t PAGE = 4096;
    size_t room = (size + PAGE - 1) / PAGE * PAGE + PAGE;
    CK_BYTE *start = mmap(NULL, room + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(start != MAP_FAILED && mprotect(start + room, PAGE, PROT_NONE) == 0);
    return start + room - size;
}

/* A copy there. */
static void *at_edge(const void *from, size_t size)
{
    return memcpy(edge(size), from, size);
}

static CK_MECHANISM cbc(void)
{
    CK_MECHANISM mechanism = { CKM_AES_CBC, NULL_PTR, sizeof iv };
    mechanism.pParameter = iv;
    return mechanism;
}

/* An AES key of bytes that count up. */
static CK_OBJECT_HANDLE create(void)
{
    CK_OBJECT_CLASS class = CKO_SECRET_KEY;
    CK_KEY_TYPE type = CKK_AES;
    CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
    CK_BYTE value[16];
    CK_OBJECT_HANDLE key = CK_INVALID_HANDLE;
    CK_ATTRIBUTE template[] = {
        { CKA_CLASS, NULL_PTR, sizeof class }, { CKA_KEY_TYPE, NULL_PTR, sizeof type },
        { CKA_VALUE, NULL_PTR, sizeof value }, { CKA_ENCRYPT, NULL_PTR, 1 },
        { CKA_DECRYPT, NULL_PTR, 1 },          { CKA_SIGN, NULL_PTR, 1 },
        { CKA_SENSITIVE, NULL_PTR, 1 },        { CKA_EXTRACTABLE, NULL_PTR, 1 },
    };
    void *values[] = { &class, &type, value, &yes, &yes, &yes, &no, &yes };
    size_t i;
    for (i = 0; i < sizeof value; i++)
        value[i] = (CK_BYTE)i;
    for (i = 0; i < sizeof template / sizeof *template; i++)
        template[i].pValue = at_edge(values[i], template[i].ulValueLen);
    OK(f->C_CreateObject(session, at_edge(template, sizeof template), sizeof template / sizeof *template, &key));
    return key;
}

/* What CBC makes of 48 bytes, computed with all memory apart. */
static void encrypt_apart(const CK_BYTE *plain, CK_BYTE *cipher)
{
    CK_MECHANISM mechanism = cbc();
    CK_ULONG length = 48;
    OK(f->C_EncryptInit(session, at_edge(&mechanism, sizeof mechanism), aes));
    OK(f->C_Encrypt(session, at_edge(plain, 48), 48, cipher, &length));
    CHECK(length == 48);
}

/* Input, output, the length and the parameter in each other's memory. */
static void overlaps(void)
{
    CK_BYTE plain[48], right[48], right_digest[32], *memory = edge(128);
    CK_MECHANISM mechanism = cbc(), sha256 = { CKM_SHA256, NULL_PTR, 0 };
    CK_ULONG length, i;
    for (i = 0; i < sizeof plain; i++)
        plain[i] = (CK_BYTE)(i * 5);
    encrypt_apart(plain, right);
    /* Output over input, from wholly before to wholly behind. */
    for (i = 0; i <= 80; i++) {
        memcpy(memory + 40, plain, 48);
        length = 48;
        OK(f->C_EncryptInit(session, &mechanism, aes));
        OK(f->C_Encrypt(session, memory + 40, 48, memory + i, &length));
        CHECK(length == 48 && memcmp(memory + i, right, 48) == 0);
    }
    /* The parameter lies in the output. */
    memcpy(memory, iv, sizeof iv);
    mechanism.pParameter = memory;
    length = 48;
    OK(f->C_EncryptInit(session, &mechanism, aes));
    OK(f->C_Encrypt(session, plain, 48, memory, &length));
    CHECK(memcmp(memory, right, 48) == 0);
    /* The length lies in the input, and is a part of it. */
    memcpy(memory, plain, 48);
    length = 32;
    memcpy(memory + 16, &length, sizeof length);
    memcpy(plain, memory, 48);
    OK(f->C_DigestInit(session, &sha256));
    OK(f->C_Digest(session, plain, 48, right_digest, &length));
    OK(f->C_DigestInit(session, &sha256));
    OK(f->C_Digest(session, memory, 48, memory + 64, (CK_ULONG_PTR)(void *)(memory + 16)));
    CHECK(memcmp(memory + 64, right_digest, 32) == 0);
    memcpy(&length, memory + 16, sizeof length);
    CHECK(length == 32);
    /* The length lies in the output: what is written does not reach it, whatever the caller claims. */
    for (i = 0; i <= 40; i++) {
        CK_ULONG room = 64;
        CK_RV code;
        memset(memory, 0xa5, 128);
        memcpy(memory + i, &room, sizeof room);
        OK(f->C_DigestInit(session, &sha256));
        code = f->C_Digest(session, plain, 48, memory, (CK_ULONG_PTR)(void *)(memory + i));
        memcpy(&room, memory + i, sizeof room);
        CHECK(room == 32 && code == (i < 32 ? CKR_BUFFER_TOO_SMALL : CKR_OK));
        if (code != CKR_OK)
            OK(f->C_DigestInit(session, NULL_PTR));
    }
}

/* A value that is to be put where its own entry of the template is. */
static void template_over_itself(void)
{
    CK_ATTRIBUTE *template = (CK_ATTRIBUTE *)(void *)edge(2 * sizeof *template);
    size_t i;
    for (i = 0; i + 16 <= sizeof *template; i++) {
        CK_ATTRIBUTE own = { CKA_VALUE, NULL_PTR, 16 };
        own.pValue = (CK_BYTE *)template + i;
        template[0] = own;
        own.pValue = edge(16);
        template[1] = own;
        OK(f->C_GetAttributeValue(session, aes, template, 2));
        CHECK(((CK_BYTE *)template[1].pValue)[15] == 15);
    }
}

/* Lengths and counts that no memory has. Nothing that they claim is there is read or written. */
static void huge_lengths(void)
{
    static const CK_ULONG HUGE_ONES[] = HUGE_LENGTHS;
    size_t i;
    for (i = 0; i < sizeof HUGE_ONES / sizeof *HUGE_ONES; i++) {
        CK_ULONG huge = HUGE_ONES[i], length = huge, count;
        CK_MECHANISM mechanism = cbc(), sha256 = { CKM_SHA256, NULL_PTR, 0 };
        CK_BYTE *output = edge(32);
        CK_ATTRIBUTE attribute = { CKA_LABEL, NULL_PTR, 0 };
        CK_OBJECT_HANDLE *handles = (CK_OBJECT_HANDLE *)(void *)edge(2 * sizeof *handles), key;
        /* More room is claimed than there is; what is written fits. */
        OK(f->C_DigestInit(session, &sha256));
        OK(f->C_Digest(session, output, 0, output, &length));
        CHECK(length == 32);
        /* One key is found, and room for it is there. */
        attribute.type = CKA_CLASS;
        attribute.pValue = &key;
        attribute.ulValueLen = sizeof key;
        key = CKO_SECRET_KEY;
        OK(f->C_FindObjectsInit(session, &attribute, 1));
        OK(f->C_FindObjects(session, handles, huge, &count));
        CHECK(count >= 1 && count <= 2);
        OK(f->C_FindObjectsFinal(session));
        /* The same of an attribute's value. */
        attribute.type = CKA_VALUE;
        attribute.pValue = edge(16);
        attribute.ulValueLen = huge == ~0UL ? huge - 1 : huge;
        OK(f->C_GetAttributeValue(session, aes, &attribute, 1));
        CHECK(attribute.ulValueLen == 16);
        /* Input and templates of such lengths cannot be. */
        attribute.ulValueLen = huge;
        CHECK(f->C_CreateObject(session, &attribute, 1, &key) == CKR_ATTRIBUTE_VALUE_INVALID);
        CHECK(f->C_CreateObject(session, &attribute, huge, &key) == CKR_ARGUMENTS_BAD);
        CHECK(f->C_GetAttributeValue(session, aes, &attribute, huge) == CKR_ARGUMENTS_BAD);
        CHECK(f->C_FindObjectsInit(session, &attribute, huge) == CKR_ARGUMENTS_BAD);
        mechanism.ulParameterLen = huge;
        CHECK(f->C_EncryptInit(session, &mechanism, aes) == CKR_MECHANISM_PARAM_INVALID);
        if (huge > ~0UL >> 1) {
            OK(f->C_DigestInit(session, &sha256));
            CHECK(f->C_DigestUpdate(session, output, huge) == CKR_ARGUMENTS_BAD);
            CHECK(f->C_GenerateRandom(session, output, huge) == CKR_ARGUMENTS_BAD);
            CHECK(f->C_SeedRandom(session, output, huge) == CKR_ARGUMENTS_BAD);
        }
    }
}

/* Everything at odd addresses. */
static void misaligned(void)
{
    CK_MECHANISM mechanism = cbc();
    CK_AES_CTR_PARAMS counter = { 128, { 0 } };
    CK_ATTRIBUTE attribute = { CKA_VALUE, NULL_PTR, 16 };
    CK_BYTE output[48], plain[48] = { 0 };
    CK_ULONG length = 48;
    size_t off;
    for (off = 1; off < 8; off++) {
        CK_BYTE *structure = edge(64) + off, *value = edge(64) + off, *place = edge(64) + off;
        memcpy(value, iv, sizeof iv);
        mechanism = cbc();
        mechanism.pParameter = value;
        memcpy(structure, &mechanism, sizeof mechanism);
        OK(f->C_EncryptInit(session, (CK_MECHANISM_PTR)(void *)structure, aes));
        length = 48;
        memcpy(place, &length, sizeof length);
        OK(f->C_Encrypt(session, plain, 48, output, (CK_ULONG_PTR)(void *)place));
        memcpy(value, &counter, sizeof counter);
        mechanism.mechanism = CKM_AES_CTR;
        mechanism.ulParameterLen = sizeof counter;
        memcpy(structure, &mechanism, sizeof mechanism);
        OK(f->C_EncryptInit(session, (CK_MECHANISM_PTR)(void *)structure, aes));
        OK(f->C_EncryptInit(session, NULL_PTR, aes));
        attribute.pValue = value;
        attribute.ulValueLen = 16;
        memcpy(structure, &attribute, sizeof attribute);
        OK(f->C_GetAttributeValue(session, aes, (CK_ATTRIBUTE_PTR)(void *)structure, 1));
        CHECK(value[15] == 15);
        OK(f->C_FindObjectsInit(session, (CK_ATTRIBUTE_PTR)(void *)structure, 1));
        OK(f->C_FindObjects(session, (CK_OBJECT_HANDLE_PTR)(void *)value, 2, (CK_ULONG_PTR)(void *)place));
        OK(f->C_FindObjectsFinal(session));
    }
}

/* Between asking for a length and the call that fits it, what was asked about has become longer: nothing is written beyond. */
static void longer_between_two_calls(void)
{
    CK_BYTE label[64] = { 'l' }, *value;
    CK_ATTRIBUTE attribute = { CKA_LABEL, NULL_PTR, 8 };
    CK_ULONG length = 0;
    CK_MECHANISM pad = { CKM_AES_CBC_PAD, NULL_PTR, sizeof iv };
    attribute.pValue = label;
    OK(f->C_SetAttributeValue(session, aes, &attribute, 1));
    attribute.pValue = NULL_PTR;
    OK(f->C_GetAttributeValue(session, aes, &attribute, 1));
    CHECK(attribute.ulValueLen == 8);
    attribute.pValue = label;
    attribute.ulValueLen = sizeof label;
    OK(f->C_SetAttributeValue(session, aes, &attribute, 1));
    attribute.pValue = value = edge(8);
    attribute.ulValueLen = 8;
    EXPECT(CKR_BUFFER_TOO_SMALL, f->C_GetAttributeValue(session, aes, &attribute, 1));
    CHECK(attribute.ulValueLen == CK_UNAVAILABLE_INFORMATION && value[0] == 0);
    /* More data than the length was asked for. */
    pad.pParameter = iv;
    OK(f->C_EncryptInit(session, &pad, aes));
    OK(f->C_Encrypt(session, label, 15, NULL_PTR, &length));
    CHECK(length == 16);
    value = edge(16);
    EXPECT(CKR_BUFFER_TOO_SMALL, f->C_Encrypt(session, label, 16, value, &length));
    CHECK(length == 32 && value[0] == 0);
    length = 16;
    OK(f->C_Encrypt(session, label, 15, value, &length));
    CHECK(length == 16);
}

static volatile int stop;

/* Memory that another thread changes all the time: its lengths are right and wrong by turns, and what they are about is there or not. */
struct restless {
    volatile CK_ULONG *length;
    void *volatile *pointer;
    void *there;
};

static void *change(void *given)
{
    struct restless *restless = given;
    unsigned long round;
    for (round = 0; !stop; round++) {
        *restless->length = round % 3 == 0 ? 16 : round % 3 == 1 ? 0 : ~0UL;
        *restless->pointer = round % 2 == 0 ? restless->there : NULL_PTR;
    }
    return NULL;
}

static void with_restless(volatile CK_ULONG *length, void *volatile *pointer, void *there, CK_RV (*call)(void *), void *argument)
{
    struct restless restless;
    pthread_t thread;
    int i;
    restless.length = length;
    restless.pointer = pointer;
    restless.there = there;
    stop = 0;
    CHECK(pthread_create(&thread, NULL, change, &restless) == 0);
    for (i = 0; i < 20000; i++) {
        CK_RV code = call(argument);
        CHECK(code == CKR_OK || code == CKR_MECHANISM_PARAM_INVALID || code == CKR_ATTRIBUTE_VALUE_INVALID || code == CKR_BUFFER_TOO_SMALL);
    }
    stop = 1;
    CHECK(pthread_join(thread, NULL) == 0);
}

static CK_RV begin(void *mechanism)
{
    CK_RV code = f->C_EncryptInit(session, mechanism, aes);
    f->C_SessionCancel(session, CKF_ENCRYPT);
    return code;
}

static CK_RV search(void *template)
{
    CK_RV code = f->C_FindObjectsInit(session, template, 1);
    f->C_SessionCancel(session, CKF_FIND_OBJECTS);
    return code;
}

static CK_RV read_value(void *template)
{
    return f->C_GetAttributeValue(session, aes, template, 1);
}

static void memory_that_changes_during_calls(void)
{
    CK_MECHANISM mechanism = cbc();
    CK_ATTRIBUTE attribute = { CKA_VALUE, NULL_PTR, 0 };
    void *there = edge(16);
    with_restless(&mechanism.ulParameterLen, &mechanism.pParameter, there, begin, &mechanism);
    with_restless(&attribute.ulValueLen, &attribute.pValue, there, search, &attribute);
    /* Whoever asks for a value says that all of it is there: so the length is never more than that here. */
    attribute.pValue = there;
    attribute.ulValueLen = 16;
    OK(read_value(&attribute));
}

/* Moments at which nobody expects a call. */

static pthread_key_t at_thread_end;
static int ended, expected_at_exit;

/* By the thread that ends, after its own function. */
static void thread_ends(void *unused)
{
    static const CK_BYTE plain[48] = { 0 };
    CK_SESSION_INFO info;
    CHECK(unused != NULL);
    OK(f->C_GetSessionInfo(session, &info));
    encrypt_apart(plain, edge(48));
    ended++;
}

static void *use_and_end(void *unused)
{
    CK_BYTE random[16];
    OK(f->C_GenerateRandom(session, random, sizeof random));
    CHECK(pthread_setspecific(at_thread_end, &ended) == 0);
    return unused;
}

static void at_the_end_of_a_thread(void)
{
    pthread_t thread;
    int i;
    CHECK(pthread_key_create(&at_thread_end, thread_ends) == 0);
    for (i = 0; i < 10; i++) {
        CHECK(pthread_create(&thread, NULL, use_and_end, NULL) == 0);
        CHECK(pthread_join(thread, NULL) == 0);
    }
    CHECK(ended == 10);
}

/* Whether everything works, or nothing is initialised. */
static void whatever_is(int initialised)
{
    CK_INFO info;
    CK_ULONG count = 0;
    CK_RV code = f->C_GetInfo(&info);
    CHECK(code == (initialised ? CKR_OK : CKR_CRYPTOKI_NOT_INITIALIZED));
    CHECK(f->C_GetSlotList(CK_TRUE, NULL_PTR, &count) == code);
    CHECK(f->C_Finalize(NULL_PTR) == code);
    CHECK(f->C_Finalize(NULL_PTR) == CKR_CRYPTOKI_NOT_INITIALIZED);
    OK(f->C_Initialize(NULL_PTR));
    OK(f->C_GetInfo(&info));
}

/* Called by exit, and by the system when the program is unloaded, which is even later: a library may have done away with itself by then. */
static void at_exit(void)
{
    whatever_is(expected_at_exit);
}

__attribute__((destructor)) static void at_the_very_end(void)
{
    if (f == NULL)
        return;
    whatever_is(1);
    OK(f->C_Finalize(NULL_PTR));
    if (expected_at_exit) {
        puts("hostile: all is well");
        fflush(stdout);
    }
}

/* In a child that was forked during a call, by exit, and after the parent's C_Finalize. */
static void in_forked_children(void)
{
    int round, status;
    for (round = 0; round < 2; round++) {
        pid_t child;
        CHECK(fflush(stdout) == 0);
        child = fork();
        CHECK(child >= 0);
        if (child == 0) {
            CK_SESSION_INFO info;
            CHECK(freopen("/dev/null", "w", stdout) != NULL);
            CHECK(f->C_GetSessionInfo(session, &info) == CKR_CRYPTOKI_NOT_INITIALIZED);
            CHECK(f->C_CloseSession(session) == CKR_CRYPTOKI_NOT_INITIALIZED);
            CHECK(f->C_CloseAllSessions(slot) == CKR_CRYPTOKI_NOT_INITIALIZED);
            /* The one child leaves without having initialised, the other after it. */
            expected_at_exit = round;
            if (round == 1)
                OK(f->C_Initialize(NULL_PTR));
            exit(0);
        }
        CHECK(waitpid(child, &status, 0) == child && status == 0);
    }
}

int main(int argc, char **argv)
{
    void *library;
    CHECK(argc == 2);
    library = load(argv[1]);
    f = functions(library);
    CHECK(atexit(at_exit) == 0);
    OK(f->C_Initialize(NULL_PTR));
    slot = set_up(f);
    OK(f->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL_PTR, NULL_PTR, &session));
    OK(f->C_Login(session, CKU_USER, USER_PIN, USER_PIN_LEN));
    aes = create();
    overlaps();
    template_over_itself();
    huge_lengths();
    misaligned();
    longer_between_two_calls();
    memory_that_changes_during_calls();
    at_the_end_of_a_thread();
    in_forked_children();
    /* The library has been unloaded, as far as the program can tell. */
    CHECK(dlclose(library) == 0);
    expected_at_exit = 1;
    return 0;
}
