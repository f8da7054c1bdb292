/* A thread uses the library; another unloads it; then the first thread ends, and the process forks and exits. What
 * the library left behind for these moments must still be there. */
#include "check.h"

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *path;
static pthread_barrier_t unloaded;

static void *use(void *unused)
{
    void *library = load(path);
    CK_FUNCTION_LIST_3_2_PTR f = functions(library);
    CK_SLOT_ID slot;
    CK_SESSION_HANDLE session;
    CK_BYTE random[16];
    OK(f->C_Initialize(NULL_PTR));
    slot = set_up(f);
    OK(f->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL_PTR, NULL_PTR, &session));
    OK(f->C_GenerateRandom(session, random, sizeof random));
    OK(f->C_Finalize(NULL_PTR));
    CHECK(dlclose(library) == 0);
    pthread_barrier_wait(&unloaded);
    return unused;
}

int main(int argc, char **argv)
{
    pthread_t thread;
    void *library;
    pid_t child;
    int status = -1, round;

    CHECK(argc == 2);
    path = argv[1];
    CHECK(pthread_barrier_init(&unloaded, NULL, 2) == 0);
    for (round = 0; round < 3; round++) {
        CHECK(pthread_create(&thread, NULL, use, NULL) == 0);
        pthread_barrier_wait(&unloaded);
        CHECK(pthread_join(thread, NULL) == 0);
        /* What a thread registers with the system, to run when it ends, is where it was: nothing was unloaded. */
        library = dlopen(path, RTLD_NOW | RTLD_NOLOAD);
        CHECK(library != NULL && dlclose(library) == 0);
        child = fork();
        if (child == 0)
            _exit(0);
        CHECK(child > 0 && waitpid(child, &status, 0) == child && status == 0);
    }
    puts("unload: all is well");
    return 0;
}
