/* A file server: a pool of workers on one epoll. See the handout. */
#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static int epfd, listener;

static int must(int result, const char *call)
{
    if (result < 0) {
        perror(call);
        exit(1);
    }
    return result;
}

/* Listen on a free port of the loopback interface and print its number. */
static int listen_and_print_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = must(socket(AF_INET, SOCK_STREAM, 0), "socket");
    must(bind(fd, (struct sockaddr *)&address, size), "bind");
    must(listen(fd, 128), "listen");
    must(getsockname(fd, (struct sockaddr *)&address, &size), "getsockname");
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

static void *work(void *unused)
{
    for (;;) {
        struct epoll_event event;
        must(epoll_wait(epfd, &event, 1, -1), "epoll_wait");
        if (event.data.fd == listener)
            close(must(accept(listener, NULL, NULL), "accept")); /* TODO: register it for one worker at a time */
    }
    return unused;
}

int main(int argc, char **argv)
{
    pthread_t thread;
    listener = listen_and_print_port();
    epfd = must(epoll_create1(0), "epoll_create1");
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}; /* TODO: which workers does it wake? */
    must(epoll_ctl(epfd, EPOLL_CTL_ADD, listener, &event), "epoll_ctl");
    fprintf(stderr, "%s workers were asked for\n", argc > 1 ? argv[1] : "no");
    if (pthread_create(&thread, NULL, work, NULL)) /* TODO: as many as the argument says */
        return 1;
    pthread_exit(NULL);
}
