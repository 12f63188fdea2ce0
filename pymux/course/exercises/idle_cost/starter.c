/* Measure what idle descriptors cost select, poll and epoll_wait. See the handout. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { MOST = 1000 };

static int idle[MOST];

int main(int argc, char **argv)
{
    printf("call,n,median_ns\n");
    for (int argument = 1; argument < argc; argument++) {
        int n = atoi(argv[argument]);
        if (n < 1 || n > MOST)
            return 1;
        for (int i = 0; i < n; i++)
            idle[i] = eventfd(0, 0);
        printf("select,%d,0\npoll,%d,0\nepoll,%d,0\n", n, n, n); /* TODO: the median of 50 calls or more */
        for (int i = 0; i < n; i++)
            close(idle[i]);
    }
}
