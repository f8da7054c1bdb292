/* A host that has functions of the standard's names itself, as a program that is linked with another token has. Ours
 * must be reached through our function list all the same. (The program is linked so that the dynamic linker sees its
 * functions, before those of any library.) */
#include "check.h"

static int reached;

CK_RV C_GetInfo(CK_INFO_PTR info)
{
    (void)info;
    reached++;
    return CKR_VENDOR_DEFINED;
}

CK_RV C_Sign(CK_SESSION_HANDLE session, CK_BYTE_PTR data, CK_ULONG size, CK_BYTE_PTR signature, CK_ULONG_PTR length)
{
    (void)session, (void)data, (void)size, (void)signature, (void)length;
    reached++;
    return CKR_VENDOR_DEFINED;
}

int main(int argc, char **argv)
{
    CK_C_GetInfo seen;
    CK_FUNCTION_LIST_3_2_PTR f;
    CK_BYTE byte = 0;
    CK_ULONG length = 0;
    CK_INFO info;

    CHECK(argc == 2);
    find(dlopen(NULL, RTLD_NOW), "C_GetInfo", &seen);
    CHECK(seen == C_GetInfo);
    f = functions(load(argv[1]));
    CHECK(f->C_GetInfo != C_GetInfo && f->C_Sign != C_Sign);
    EXPECT(CKR_CRYPTOKI_NOT_INITIALIZED, f->C_GetInfo(&info));
    OK(f->C_Initialize(NULL_PTR));
    OK(f->C_GetInfo(&info));
    EXPECT(CKR_SESSION_HANDLE_INVALID, f->C_Sign(0, &byte, 1, &byte, &length));
    OK(f->C_Finalize(NULL_PTR));
    CHECK(reached == 0);
    puts("interposed: all is well");
    return 0;
}
