/*
 * The sandbox process of a pod: it holds the pod's namespaces open while containers come and go.
 *
 * It is process 1 of a pod that shares its process namespace, so it must reap orphans, and it must leave
 * at once on SIGTERM: containerd would otherwise wait for its grace period on every pod it stops.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void leave(int signal_number) {
    (void)signal_number;
    _exit(0);
}

static void reap(int signal_number) {
    (void)signal_number;
    while (waitpid(-1, NULL, WNOHANG) > 0)
        ;
}

int main(int argc, char **argv) {
    struct sigaction on_end = {.sa_handler = leave};
    struct sigaction on_child = {.sa_handler = reap, .sa_flags = SA_NOCLDSTOP};

    if (argc > 1 && strcmp(argv[1], "-v") == 0) {
        puts("pause of the lab");
        return 0;
    }
    if (sigaction(SIGINT, &on_end, NULL) || sigaction(SIGTERM, &on_end, NULL) || sigaction(SIGCHLD, &on_child, NULL)) {
        perror("sigaction");
        return 1;
    }
    for (;;)
        pause();
}
