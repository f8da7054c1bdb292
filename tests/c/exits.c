/* A process that ends in one of many ways: the library is told before, by a handler that was registered before or after it was loaded,
 * by a destructor, after it was unloaded, not at all, or while a thread is inside a call. None of them may crash: OpenSSL's provider
 * and engine close and finalise from handlers. */
#include "check.h"

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

static CK_FUNCTION_LIST_3_2_PTR f;
static CK_SESSION_HANDLE session;
static int wanted;

/* `exit` must not be called again in a handler. */
static void leave_unless(CK_RV code)
{
    if (code != CKR_OK) {
        fprintf(stderr, "0x%lx\n", (unsigned long)code);
        _exit(1);
    }
}

static void clean_up(void)
{
    leave_unless(f->C_CloseSession(session));
    leave_unless(f->C_Finalize(NULL_PTR));
}

__attribute__((destructor)) static void destroy(void)
{
    if (wanted)
        clean_up();
}

static void *draw(void *unused)
{
    CK_BYTE random[4096];
    while (f->C_GenerateRandom(session, random, sizeof random) == CKR_OK)
        ;
    return unused;
}

enum way { BEFORE, AFTER, DESTRUCTOR, UNLOADED, UNLOADED_DESTRUCTOR, NOT_AT_ALL, INSIDE, WAYS };

static void end(const char *path, enum way way)
{
    pthread_t thread;
    CK_BYTE random[16];
    void *library;

    if (way == BEFORE || way == UNLOADED)
        CHECK(atexit(clean_up) == 0);
    library = load(path);
    f = functions(library);
    OK(f->C_Initialize(NULL_PTR));
    OK(f->C_OpenSession(set_up(f), CKF_SERIAL_SESSION, NULL_PTR, NULL_PTR, &session));
    OK(f->C_GenerateRandom(session, random, sizeof random));
    if (way == AFTER)
        CHECK(atexit(clean_up) == 0);
    if (way == UNLOADED || way == UNLOADED_DESTRUCTOR)
        CHECK(dlclose(library) == 0);
    wanted = way == DESTRUCTOR || way == UNLOADED_DESTRUCTOR;
    if (way == INSIDE) {
        CHECK(pthread_create(&thread, NULL, draw, NULL) == 0);
        usleep(20000);
    }
    exit(0);
}

int main(int argc, char **argv)
{
    int way, status;
    pid_t child;

    CHECK(argc == 2);
    for (way = 0; way < WAYS; way++) {
        status = -1;
        child = fork();
        if (child == 0)
            end(argv[1], way);
        CHECK(child > 0 && waitpid(child, &status, 0) == child);
        if (status != 0) {
            fprintf(stderr, "way %d: status %d\n", way, status);
            return 1;
        }
    }
    puts("exits: all is well");
    return 0;
}
