/* An SMTP sink on loopback: one thread, epoll, accepts everything and remembers when.

   sink [--port N] [--delay-ms N]      prints "port N", then obeys lines on standard input:
     wait N    answers "count N bytes B" once N messages were accepted
     count     answers the same at once
     times     one line "ID NANOSECONDS" for each message (CLOCK_MONOTONIC), then "end"
     reset     forgets everything, answers "count 0 bytes 0"
   ID is the number in the last RCPT's local part (m17@example.com is 17).

   --delay-ms models a round trip: the replies to what one read brought are held back that long.
   Commands sent in one write therefore cost one delay; other connections are not held up. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS = 4096, INPUT = 1 << 17, OUTPUT = 1 << 16, STDIN_SLOT = CONNECTIONS, LISTEN_SLOT, TIMER_SLOT };

struct connection {
    int fd, in_data, closing;
    int64_t chunk; /* octets of a BDAT still to come, -1 outside of one */
    uint32_t generation;
    int64_t recipient, size;
    size_t have, queued, released, written; /* input held; reply bytes made, due, sent */
    char *input, output[OUTPUT];
};
struct reply { int64_t due, id; size_t length; int slot; uint32_t generation; };
struct accepted { int64_t id, at; };

static struct connection connections[CONNECTIONS];
static struct reply *replies; /* a ring: the delay is constant, so replies fall due in order */
static size_t head, tail, ring = 1 << 16;
static struct accepted *accepted;
static size_t count, room;
static int64_t total_bytes, delay_ns, waited_for = -1;
static int poller, timer;

static int64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void watch(int operation, int fd, uint32_t events, uint32_t slot) {
    struct epoll_event e = {.events = events, .data.u32 = slot};
    if (epoll_ctl(poller, operation, fd, &e)) { perror("epoll_ctl"); exit(1); }
}

static void say_count(void) {
    printf("count %zu bytes %lld\n", count, (long long)total_bytes);
    fflush(stdout);
}

static void drop(struct connection *c) {
    close(c->fd);
    c->fd = -1;
    c->generation++;
}

static void flush(struct connection *c) {
    while (c->fd >= 0 && c->written < c->released) {
        ssize_t n = send(c->fd, c->output + c->written, c->released - c->written, MSG_NOSIGNAL);
        if (n < 0 && errno == EAGAIN) {
            watch(EPOLL_CTL_MOD, c->fd, EPOLLIN | EPOLLOUT, c - connections);
            return;
        }
        if (n <= 0) { drop(c); return; }
        c->written += n;
    }
    if (c->fd >= 0 && c->written == c->queued) {
        c->written = c->released = c->queued = 0;
        if (c->closing) drop(c);
    }
}

/* A message counts as accepted when its reply is written. */
static void release(struct reply r) {
    struct connection *c = &connections[r.slot];
    if (r.id >= 0) {
        if (count == room) accepted = realloc(accepted, (room = room ? room * 2 : 1 << 16) * sizeof *accepted);
        accepted[count++] = (struct accepted){r.id, now()};
        if (waited_for >= 0 && count >= (size_t)waited_for) { waited_for = -1; say_count(); }
    }
    if (c->fd < 0 || c->generation != r.generation) return;
    c->released += r.length;
    flush(c);
}

static void arm(void) {
    struct itimerspec t = {{0, 0}, {replies[head].due / 1000000000LL, replies[head].due % 1000000000LL}};
    timerfd_settime(timer, TFD_TIMER_ABSTIME, &t, NULL);
}

static void answer(struct connection *c, const char *text, int64_t id) {
    struct reply r = {now() + delay_ns, id, strlen(text), c - connections, c->generation};
    if (c->fd < 0) return;
    if (c->queued + r.length > OUTPUT) { drop(c); return; } /* pipelines and never reads */
    memcpy(c->output + c->queued, text, r.length);
    c->queued += r.length;
    if (!delay_ns) { release(r); return; }
    replies[tail] = r;
    tail = (tail + 1) % ring;
    if (tail == head) { fputs("sink: too many replies waiting\n", stderr); exit(1); }
    if ((head + 1) % ring == tail) arm();
}

static void release_due(void) {
    uint64_t ignored;
    if (read(timer, &ignored, sizeof ignored) < 0 && errno != EAGAIN) exit(1);
    for (int64_t t = now(); head != tail && replies[head].due <= t; head = (head + 1) % ring) release(replies[head]);
    if (head != tail) arm();
}

static void obey(struct connection *c, char *line) {
    if (!strncasecmp(line, "EHLO", 4)) answer(c, "250-sink\r\n250-PIPELINING\r\n250-CHUNKING\r\n250-SIZE 52428800\r\n250 8BITMIME\r\n", -1);
    else if (!strncasecmp(line, "MAIL", 4)) c->recipient = -1, answer(c, "250 2.1.0 ok\r\n", -1);
    else if (!strncasecmp(line, "RCPT", 4)) c->recipient = strtoll(line + strcspn(line, "0123456789"), NULL, 10), answer(c, "250 2.1.5 ok\r\n", -1);
    else if (!strncasecmp(line, "DATA", 4)) c->in_data = 1, c->size = 0, answer(c, "354 go on\r\n", -1);
    else if (!strncasecmp(line, "BDAT ", 5)) c->chunk = strtoll(line + 5, NULL, 10); /* one chunk a message */
    else if (!strncasecmp(line, "HELO", 4) || !strncasecmp(line, "RSET", 4) || !strncasecmp(line, "NOOP", 4)) answer(c, "250 ok\r\n", -1);
    else if (!strncasecmp(line, "QUIT", 4)) c->closing = 1, answer(c, "221 bye\r\n", -1);
    else answer(c, "502 5.5.1 unknown command\r\n", -1);
}

/* Takes what is complete from the input and returns how many bytes that was. After DATA its own
   CRLF stays in the input, and of a body the last four bytes do, so the final dot is found by one
   memmem however the network cut it. */
static size_t digest(struct connection *c) {
    size_t at = 0;
    while (c->fd >= 0 && !c->closing) {
        char *start = c->input + at;
        size_t left = c->have - at;
        if (c->chunk >= 0) {
            size_t part = (size_t)c->chunk < left ? (size_t)c->chunk : left;
            total_bytes += part;
            at += part;
            if (c->chunk -= part) return at;
            c->chunk = -1;
            answer(c, "250 2.0.0 accepted\r\n", c->recipient);
            continue;
        }
        if (c->in_data) {
            char *dot = memmem(start, left, "\r\n.\r\n", 5);
            if (!dot) {
                size_t done = left > 4 ? left - 4 : 0;
                c->size += done;
                return at + done;
            }
            total_bytes += c->size + (dot - start);
            at += dot + 5 - start;
            c->in_data = 0;
            answer(c, "250 2.0.0 accepted\r\n", c->recipient);
            continue;
        }
        char *end = memchr(start, '\n', left);
        if (!end) return at;
        size_t length = end - start > 0 && end[-1] == '\r' ? (size_t)(end - start) - 1 : (size_t)(end - start);
        char line[1024];
        size_t kept = length < sizeof line - 1 ? length : sizeof line - 1;
        memcpy(line, start, kept);
        line[kept] = 0;
        obey(c, line);
        at += c->in_data ? length : (size_t)(end - start) + 1;
    }
    return c->have;
}

static void receive(struct connection *c) {
    ssize_t n = recv(c->fd, c->input + c->have, INPUT - c->have, 0);
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) { drop(c); return; }
    c->have += n;
    size_t used = digest(c);
    memmove(c->input, c->input + used, c->have -= used);
    if (c->have == INPUT) drop(c);
}

static void welcome(int listener) {
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), slot = 0, on = 1;
    while (slot < CONNECTIONS && connections[slot].fd >= 0) slot++;
    if (fd < 0 || slot == CONNECTIONS) { if (fd >= 0) close(fd); return; }
    struct connection *c = &connections[slot];
    char *input = c->input ? c->input : malloc(INPUT);
    *c = (struct connection){.fd = fd, .generation = c->generation, .recipient = -1, .chunk = -1, .input = input};
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    watch(EPOLL_CTL_ADD, fd, EPOLLIN, slot);
    answer(c, "220 sink ESMTP\r\n", -1);
}

static void command(char *line) {
    if (!strncmp(line, "reset", 5)) count = 0, total_bytes = 0, waited_for = -1, say_count();
    else if (!strncmp(line, "count", 5)) say_count();
    else if (!strncmp(line, "wait ", 5)) { waited_for = atoll(line + 5); if (count >= (size_t)waited_for) waited_for = -1, say_count(); }
    else if (!strncmp(line, "times", 5)) {
        for (size_t i = 0; i < count; i++) printf("%lld %lld\n", (long long)accepted[i].id, (long long)accepted[i].at);
        puts("end"), fflush(stdout);
    }
}

int main(int argc, char **argv) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    for (int i = 1; i + 1 < argc; i += 2) {
        if (!strcmp(argv[i], "--port")) address.sin_port = htons(atoi(argv[i + 1]));
        if (!strcmp(argv[i], "--delay-ms")) delay_ns = atoll(argv[i + 1]) * 1000000LL;
    }
    for (int i = 0; i < CONNECTIONS; i++) connections[i].fd = -1;
    replies = malloc(ring * sizeof *replies);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
    socklen_t size = sizeof address;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (void *)&address, size) || listen(listener, 1024)) { perror("sink"); return 1; }
    getsockname(listener, (void *)&address, &size);
    poller = epoll_create1(EPOLL_CLOEXEC);
    timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    watch(EPOLL_CTL_ADD, STDIN_FILENO, EPOLLIN, STDIN_SLOT);
    watch(EPOLL_CTL_ADD, listener, EPOLLIN, LISTEN_SLOT);
    watch(EPOLL_CTL_ADD, timer, EPOLLIN, TIMER_SLOT);
    printf("port %d\n", ntohs(address.sin_port));
    fflush(stdout);
    for (;;) {
        struct epoll_event events[256];
        int n = epoll_wait(poller, events, 256, -1);
        for (int i = 0; i < n; i++) {
            uint32_t slot = events[i].data.u32;
            if (slot == LISTEN_SLOT) welcome(listener);
            else if (slot == TIMER_SLOT) release_due();
            else if (slot == STDIN_SLOT) {
                char line[256];
                ssize_t got = read(STDIN_FILENO, line, sizeof line - 1); /* one command a write */
                if (got <= 0) return 0;
                line[got] = 0;
                command(line);
            } else {
                struct connection *c = &connections[slot];
                if (c->fd >= 0 && events[i].events & EPOLLOUT) watch(EPOLL_CTL_MOD, c->fd, EPOLLIN, slot), flush(c);
                if (c->fd >= 0 && events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) receive(c);
            }
        }
    }
}
