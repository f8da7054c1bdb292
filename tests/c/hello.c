/* Finds every interface of the library, looks at every pointer of its function list, and digests with each. */
#include "check.h"

static CK_UTF8CHAR NAME[] = "PKCS 11";
static const CK_BYTE VERSIONS[3][2] = { { 3, 2 }, { 3, 0 }, { 2, 40 } };

static CK_C_GetInterface get_interface;
static CK_C_GetInterfaceList get_interface_list;

static CK_VERSION version_of(const CK_INTERFACE *interface)
{
    CK_VERSION version;
    memcpy(&version, interface->pFunctionList, sizeof version);
    return version;
}

static int is_version(const CK_INTERFACE *interface, CK_BYTE major, CK_BYTE minor)
{
    CK_VERSION version = version_of(interface);
    return version.major == major && version.minor == minor && strcmp((char *)interface->pInterfaceName, "PKCS 11") == 0;
}

/* The list of every interface, by the two calls that the standard describes. */
static void list_interfaces(void)
{
    CK_INTERFACE interfaces[4];
    CK_ULONG count = 77, i;
    EXPECT(CKR_ARGUMENTS_BAD, get_interface_list(NULL_PTR, NULL_PTR));
    EXPECT(CKR_ARGUMENTS_BAD, get_interface_list(interfaces, NULL_PTR));
    OK(get_interface_list(NULL_PTR, &count));
    CHECK(count == 3);
    memset(interfaces, 0, sizeof interfaces);
    for (i = 0; i < 3; i++) {
        count = i;
        EXPECT(CKR_BUFFER_TOO_SMALL, get_interface_list(interfaces, &count));
        CHECK(count == 3 && interfaces[0].pFunctionList == NULL_PTR);
    }
    count = 4;
    OK(get_interface_list(interfaces, &count));
    CHECK(count == 3 && interfaces[3].pFunctionList == NULL_PTR);
    for (i = 0; i < 3; i++) {
        CHECK(is_version(&interfaces[i], VERSIONS[i][0], VERSIONS[i][1]));
        CHECK(interfaces[i].flags == CKF_INTERFACE_FORK_SAFE);
    }
}

/* Each interface by name and version, and what there is not. */
static void get_interfaces(void)
{
    static const char *const UNKNOWN[] = { "", "P", "PKCS 1", "PKCS 11 ", "pkcs 11", "PKCS#11", "Vendor NSS Module Interface" };
    static const CK_BYTE MISSING[][2] = { { 0, 0 }, { 2, 0 }, { 2, 41 }, { 3, 1 }, { 3, 3 }, { 40, 2 } };
    static const CK_FLAGS FLAGS[] = { 0, CKF_INTERFACE_FORK_SAFE };
    CK_INTERFACE_PTR interface;
    CK_VERSION version;
    size_t i, j;
    for (j = 0; j < 2; j++) {
        CK_FLAGS flags = FLAGS[j];
        for (i = 0; i < 3; i++) {
            version.major = VERSIONS[i][0];
            version.minor = VERSIONS[i][1];
            OK(get_interface(NAME, &version, &interface, flags));
            CHECK(is_version(interface, version.major, version.minor) && interface->flags == CKF_INTERFACE_FORK_SAFE);
            OK(get_interface(NULL_PTR, &version, &interface, flags));
            CHECK(is_version(interface, version.major, version.minor));
        }
        /* The default is the newest. */
        OK(get_interface(NAME, NULL_PTR, &interface, flags));
        CHECK(is_version(interface, 3, 2));
        OK(get_interface(NULL_PTR, NULL_PTR, &interface, flags));
        CHECK(is_version(interface, 3, 2));
        for (i = 0; i < sizeof UNKNOWN / sizeof *UNKNOWN; i++) {
            char name[32];
            strcpy(name, UNKNOWN[i]);
            EXPECT(CKR_ARGUMENTS_BAD, get_interface((CK_UTF8CHAR_PTR)name, NULL_PTR, &interface, flags));
            version.major = 3;
            version.minor = 2;
            EXPECT(CKR_ARGUMENTS_BAD, get_interface((CK_UTF8CHAR_PTR)name, &version, &interface, flags));
        }
        for (i = 0; i < sizeof MISSING / sizeof *MISSING; i++) {
            version.major = MISSING[i][0];
            version.minor = MISSING[i][1];
            EXPECT(CKR_ARGUMENTS_BAD, get_interface(NAME, &version, &interface, flags));
            EXPECT(CKR_ARGUMENTS_BAD, get_interface(NULL_PTR, &version, &interface, flags));
        }
        EXPECT(CKR_ARGUMENTS_BAD, get_interface(NAME, NULL_PTR, NULL_PTR, flags));
    }
    /* All flags that are asked for must be there. */
    EXPECT(CKR_ARGUMENTS_BAD, get_interface(NAME, NULL_PTR, &interface, 2));
    EXPECT(CKR_ARGUMENTS_BAD, get_interface(NAME, NULL_PTR, &interface, CKF_INTERFACE_FORK_SAFE | 2));
    EXPECT(CKR_ARGUMENTS_BAD, get_interface(NULL_PTR, NULL_PTR, &interface, CKF_EXTENSION));
}

/* Every function of a list is there. */
static void look_at(const void *list, size_t size)
{
    const char *at = list;
    size_t offset;
    for (offset = offsetof(CK_FUNCTION_LIST, C_Initialize); offset < size; offset += sizeof(CK_C_Initialize)) {
        CK_C_Initialize function;
        memcpy(&function, at + offset, sizeof function);
        CHECK(function != NULL_PTR);
    }
}

static const char ABC[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

/* SHA-256 of "abc" at once and in parts, by whichever list: the functions of the first are in all. */
static void digest(const CK_FUNCTION_LIST *f, CK_SLOT_ID slot)
{
    CK_MECHANISM sha256 = { CKM_SHA256, NULL_PTR, 0 };
    CK_BYTE data[] = { 'a', 'b', 'c' }, value[32];
    CK_ULONG length = 0;
    CK_SESSION_HANDLE session;
    OK(f->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL_PTR, NULL_PTR, &session));
    OK(f->C_DigestInit(session, &sha256));
    OK(f->C_Digest(session, data, sizeof data, NULL_PTR, &length));
    CHECK(length == sizeof value);
    length = sizeof value - 1;
    EXPECT(CKR_BUFFER_TOO_SMALL, f->C_Digest(session, data, sizeof data, value, &length));
    CHECK(length == sizeof value);
    OK(f->C_Digest(session, data, sizeof data, value, &length));
    CHECK(length == sizeof value && are(value, length, ABC));
    memset(value, 0, sizeof value);
    OK(f->C_DigestInit(session, &sha256));
    OK(f->C_DigestUpdate(session, data, 2));
    OK(f->C_DigestUpdate(session, data + 2, 1));
    OK(f->C_DigestFinal(session, value, &length));
    CHECK(length == sizeof value && are(value, length, ABC));
    EXPECT(CKR_OPERATION_NOT_INITIALIZED, f->C_DigestFinal(session, value, &length));
    OK(f->C_CloseSession(session));
}

int main(int argc, char **argv)
{
    void *library;
    CK_C_GetFunctionList get_function_list;
    CK_FUNCTION_LIST_PTR old = NULL_PTR;
    CK_FUNCTION_LIST_3_2_PTR f;
    CK_INFO info;
    CK_SLOT_ID slot;
    int i;

    CHECK(argc == 2);
    library = load(argv[1]);
    find(library, "C_GetFunctionList", &get_function_list);
    find(library, "C_GetInterface", &get_interface);
    find(library, "C_GetInterfaceList", &get_interface_list);

    /* These three work before C_Initialize, and nothing else does. */
    list_interfaces();
    get_interfaces();
    EXPECT(CKR_ARGUMENTS_BAD, get_function_list(NULL_PTR));
    OK(get_function_list(&old));
    CHECK(old->version.major == 2 && old->version.minor == 40);
    EXPECT(CKR_CRYPTOKI_NOT_INITIALIZED, old->C_GetInfo(&info));

    OK(old->C_Initialize(NULL_PTR));
    EXPECT(CKR_CRYPTOKI_ALREADY_INITIALIZED, old->C_Initialize(NULL_PTR));
    OK(old->C_GetInfo(&info));
    CHECK(info.cryptokiVersion.major == CRYPTOKI_VERSION_MAJOR && info.cryptokiVersion.minor == CRYPTOKI_VERSION_MINOR);
    CHECK(info.flags == 0);
    f = functions(library);
    slot = set_up(f);
    for (i = 0; i < 3; i++) {
        static const size_t SIZES[] = { sizeof(CK_FUNCTION_LIST_3_2), sizeof(CK_FUNCTION_LIST_3_0), sizeof(CK_FUNCTION_LIST) };
        CK_VERSION version;
        CK_INTERFACE_PTR interface;
        version.major = VERSIONS[i][0];
        version.minor = VERSIONS[i][1];
        OK(get_interface(NAME, &version, &interface, 0));
        look_at(interface->pFunctionList, SIZES[i]);
        /* Each newer list begins as the older one does. */
        CHECK(memcmp((char *)interface->pFunctionList + offsetof(CK_FUNCTION_LIST, C_Initialize), (char *)old + offsetof(CK_FUNCTION_LIST, C_Initialize),
                     sizeof *old - offsetof(CK_FUNCTION_LIST, C_Initialize)) == 0);
        digest(interface->pFunctionList, slot);
    }
    EXPECT(CKR_ARGUMENTS_BAD, f->C_Finalize(&info));
    OK(f->C_Finalize(NULL_PTR));
    EXPECT(CKR_CRYPTOKI_NOT_INITIALIZED, f->C_Finalize(NULL_PTR));
    CHECK(dlclose(library) == 0);
    puts("hello: all is well");
    return 0;
}
