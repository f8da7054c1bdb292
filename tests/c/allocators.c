/* A host with an allocator of its own, which loads modules so that they have another: BIND has jemalloc, and OpenSSL's provider
 * opens us with RTLD_DEEPBIND. What the C library allocates on its own (the result of realpath, say) comes from the host's
 * then, and must not be freed by ours. */
#define _GNU_SOURCE
#include "check.h"

#include <errno.h>
#include <stddef.h>
#include <unistd.h>

static char arena[1 << 26] __attribute__((aligned(4096)));
static size_t used;

void *aligned_alloc(size_t alignment, size_t size)
{
    size_t start = (used + sizeof(size_t) + alignment - 1) / alignment * alignment;

    if (size > sizeof arena || start > sizeof arena - size)
        return NULL;
    used = start + size;
    memcpy(arena + start - sizeof(size_t), &size, sizeof size);
    return arena + start;
}

void *malloc(size_t size)
{
    return aligned_alloc(16, size);
}

void *calloc(size_t count, size_t size)
{
    /* The arena is zero, and nothing is used twice. */
    return malloc(count * size);
}

void free(void *memory)
{
    CHECK(memory == NULL || ((char *)memory >= arena && (char *)memory < arena + sizeof arena));
}

void *realloc(void *memory, size_t size)
{
    size_t before = 0;
    void *moved = malloc(size);

    if (memory != NULL && moved != NULL) {
        memcpy(&before, (char *)memory - sizeof before, sizeof before);
        memcpy(moved, memory, before < size ? before : size);
    }
    return moved;
}

int main(int argc, char **argv)
{
    CK_UTF8CHAR label[32], pin[] = "87654321";
    CK_FUNCTION_LIST_3_2_PTR f;
    char directory[4096];
    void *library;

    CHECK(argc == 2);
    snprintf(directory, sizeof directory, "%s-XXXXXX", argv[0]);
    CHECK(mkdtemp(directory) != NULL);
    CHECK(setenv("FERROTOKEN_DIR", directory, 1) == 0);
    library = dlopen(argv[1], RTLD_NOW | RTLD_DEEPBIND);
    CHECK(library != NULL);
    f = functions(library);
    OK(f->C_Initialize(NULL_PTR));
    memset(label, ' ', sizeof label);
    OK(f->C_InitToken(0, pin, 8, label));
    OK(f->C_Finalize(NULL_PTR));
    OK(f->C_Initialize(NULL_PTR));
    OK(f->C_Finalize(NULL_PTR));
    puts("allocators: all is well");
    return 0;
}
