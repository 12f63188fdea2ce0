/* Several processes wait for connections; each connection wakes one of them, by one of two cures. */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST = 64 }; /* children */

static int must(int result, const char *call)
{
    if (result < 0) {
        perror(call);
        exit(1);
    }
    return result;
}

/* Listen on a port of the loopback interface, 0 for a free one, which other sockets may share; put it into *port. */
static int listen_on(in_port_t *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = *port, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int yes = 1, fd = must(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), "socket");
    must(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof yes), "setsockopt");
    must(bind(fd, (struct sockaddr *)&address, size), "bind");
    must(listen(fd, 128), "listen");
    must(getsockname(fd, (struct sockaddr *)&address, &size), "getsockname");
    *port = address.sin_port;
    return fd;
}

/* Serve for ever: send this process's id to each client. */
static void work(int listener, uint32_t flags)
{
    char line[16];
    int length = sprintf(line, "%d\n", getpid());
    int epfd = must(epoll_create1(0), "epoll_create1");
    struct epoll_event event = {.events = EPOLLIN | flags, .data.fd = listener};
    must(epoll_ctl(epfd, EPOLL_CTL_ADD, listener, &event), "epoll_ctl");
    for (;;) {
        must(epoll_wait(epfd, &event, 1, -1), "epoll_wait");
        int fd = accept(listener, NULL, NULL);
        if (fd < 0)
            continue; /* another process was faster */
        send(fd, line, length, MSG_NOSIGNAL);
        close(fd);
    }
}

int main(int argc, char **argv)
{
    int reuse = argc > 1 && strcmp(argv[1], "reuseport") == 0;
    int workers = argc > 2 && atoi(argv[2]) < MOST ? atoi(argv[2]) : 1;
    int listeners[MOST], children[MOST], signal_number;
    in_port_t port = 0;
    sigset_t term;
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    must(sigprocmask(SIG_BLOCK, &term, NULL), "sigprocmask");
    /* Each child's own listener is there before the port is printed: no connection meets too few of them. */
    for (int i = 0; i < workers; i++)
        listeners[i] = i == 0 || reuse ? listen_on(&port) : listeners[0];
    for (int i = 0; i < workers; i++) {
        children[i] = must(fork(), "fork");
        if (children[i] == 0) {
            must(sigprocmask(SIG_UNBLOCK, &term, NULL), "sigprocmask");
            for (int other = 0; reuse && other < workers; other++)
                if (other != i)
                    close(listeners[other]);
            work(listeners[i], reuse ? 0 : EPOLLEXCLUSIVE);
        }
    }
    for (int i = 0; i < (reuse ? workers : 1); i++)
        close(listeners[i]);
    printf("%d\n", ntohs(port));
    fflush(stdout);
    sigwait(&term, &signal_number);
    for (int i = 0; i < workers; i++)
        kill(children[i], SIGTERM);
    while (wait(NULL) > 0 || errno == EINTR)
        ;
    return 0;
}
