/*
 * The server every client uploads to: it counts bodies, and hashes the file in them when asked to.
 *
 *   sink count|hash    prints the port it listens on at 127.0.0.1, and serves until it is killed
 *
 * One thread, one epoll loop, one buffer for everything: as little server as there can be, so that
 * a measurement measures the client. It speaks HTTP/1.1 with Content-Length, and answers
 *
 *   POST  {"size":BYTES}, after the last byte of the body; in `hash` also "file" (its bytes) and
 *         "sha256" of the one file of a multipart body
 *   GET   {"uploads":N,"bytes":N} of the bodies that arrived in full since the last GET; in `hash`
 *         also "sha256" of the newest file, and "same", how many in a row had that one
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEAD 16384
#define BUFFER (1 << 20)
#define CONNECTIONS 4096

/* SHA-256, FIPS 180-4. */
struct sha256 {
    uint32_t state[8];
    uint8_t block[64];
    uint64_t size;
};

static const uint32_t K[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t turn(uint32_t x, int n) { return x >> n | x << (32 - n); }

static void sha256_start(struct sha256 *sha) {
    static const uint32_t first[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    memcpy(sha->state, first, sizeof first);
    sha->size = 0;
}

static void sha256_block(struct sha256 *sha) {
    uint32_t w[64], s[8];
    for (int i = 0; i < 16; i++)
        w[i] = (uint32_t)sha->block[4 * i] << 24 | sha->block[4 * i + 1] << 16 |
               sha->block[4 * i + 2] << 8 | sha->block[4 * i + 3];
    for (int i = 16; i < 64; i++) {
        uint32_t a = turn(w[i - 15], 7) ^ turn(w[i - 15], 18) ^ w[i - 15] >> 3;
        uint32_t b = turn(w[i - 2], 17) ^ turn(w[i - 2], 19) ^ w[i - 2] >> 10;
        w[i] = w[i - 16] + a + w[i - 7] + b;
    }
    memcpy(s, sha->state, sizeof s);
    for (int i = 0; i < 64; i++) {
        uint32_t e = turn(s[4], 6) ^ turn(s[4], 11) ^ turn(s[4], 25);
        uint32_t a = turn(s[0], 2) ^ turn(s[0], 13) ^ turn(s[0], 22);
        uint32_t one = s[7] + e + ((s[4] & s[5]) ^ (~s[4] & s[6])) + K[i] + w[i];
        uint32_t two = a + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
        memmove(s + 1, s, 7 * sizeof *s);
        s[4] += one;
        s[0] = one + two;
    }
    for (int i = 0; i < 8; i++)
        sha->state[i] += s[i];
}

static void sha256_add(struct sha256 *sha, const uint8_t *data, size_t size) {
    while (size) {
        size_t at = sha->size % 64, count = 64 - at < size ? 64 - at : size;
        memcpy(sha->block + at, data, count);
        sha->size += count, data += count, size -= count;
        if (sha->size % 64 == 0)
            sha256_block(sha);
    }
}

static void sha256_end(struct sha256 *sha, char hex[65]) {
    uint64_t bits = sha->size * 8;
    uint8_t length[8], pad = 0x80, zero = 0;
    sha256_add(sha, &pad, 1);
    while (sha->size % 64 != 56)
        sha256_add(sha, &zero, 1);
    for (int i = 0; i < 8; i++)
        length[i] = bits >> (56 - 8 * i);
    sha256_add(sha, length, 8);
    for (int i = 0; i < 8; i++)
        sprintf(hex + 8 * i, "%08x", sha->state[i]);
}

/* One connection. Its head is kept until it is whole; of a body, only what says where the file is. */
struct connection {
    int used;            /* bytes in head */
    int in_body;
    uint64_t size, left; /* of the body */
    uint64_t start, end; /* of the file in the body; end is 0 until it is known */
    struct sha256 sha;
    int kept;            /* bytes in part */
    char head[HEAD], part[HEAD];
};

static struct connection *connections[CONNECTIONS];
static uint8_t buffer[BUFFER];
static uint64_t uploads, bytes, same;
static char newest[65];
static int hashing;

static void die(const char *what) {
    perror(what);
    exit(1);
}

static int answer(int fd, const char *status, const char *body) {
    char text[512];
    int size = snprintf(text, sizeof text,
                        "HTTP/1.1 %s\r\nContent-Type: application/json\r\n"
                        "Content-Length: %zu\r\n\r\n%s", status, strlen(body), body);
    return send(fd, text, size, MSG_NOSIGNAL) == size;
}

/* Find the file once the head of its part is there: it ends where the closing boundary begins. */
static void locate(struct connection *c) {
    char *line = memmem(c->part, c->kept, "\r\n", 2);
    char *blank = memmem(c->part, c->kept, "\r\n\r\n", 4);
    if (!line || !blank)
        return;
    c->start = blank + 4 - c->part;
    c->end = c->size - (line - c->part) - 6; /* \r\n before the boundary, --\r\n behind it */
    sha256_start(&c->sha);
}

/* Hash what these bytes, which begin at `from` of the body, hold of the file. */
static void hash_at(struct connection *c, uint64_t from, const uint8_t *data, size_t size) {
    uint64_t first = from > c->start ? from : c->start;
    uint64_t last = from + size < c->end ? from + size : c->end;
    if (last > first)
        sha256_add(&c->sha, data + (first - from), last - first);
}

static void hash(struct connection *c, const uint8_t *data, size_t size) {
    uint64_t from = c->size - c->left;
    if (!c->end) {
        size_t room = HEAD - c->kept, count = size < room ? size : room;
        memcpy(c->part + c->kept, data, count);
        c->kept += count, data += count, size -= count;
        locate(c);
        if (!c->end)
            return;
        hash_at(c, 0, (uint8_t *)c->part, c->kept);
        from += count;
    }
    hash_at(c, from, data, size);
}

static int end_body(int fd, struct connection *c) {
    char text[256], hex[65];
    uint64_t size = c->sha.size;
    uploads++, bytes += c->size;
    c->in_body = 0;
    if (!hashing) {
        snprintf(text, sizeof text, "{\"size\":%llu}", (unsigned long long)c->size);
        return answer(fd, "200 OK", text);
    }
    sha256_end(&c->sha, hex);
    same = strcmp(hex, newest) ? 1 : same + 1;
    strcpy(newest, hex);
    snprintf(text, sizeof text, "{\"size\":%llu,\"file\":%llu,\"sha256\":\"%s\"}",
             (unsigned long long)c->size, (unsigned long long)size, hex);
    return answer(fd, "200 OK", text);
}

static int totals(int fd) {
    char text[256], files[128] = "";
    if (hashing)
        snprintf(files, sizeof files, ",\"sha256\":\"%s\",\"same\":%llu", newest,
                 (unsigned long long)same);
    snprintf(text, sizeof text, "{\"uploads\":%llu,\"bytes\":%llu%s}", (unsigned long long)uploads,
             (unsigned long long)bytes, files);
    uploads = bytes = same = 0;
    newest[0] = 0;
    return answer(fd, "200 OK", text);
}

/* Return what a header says, or NULL; the head ends in a NUL. */
static const char *header(const char *head, const char *name) {
    for (const char *line = strstr(head, "\r\n"); line; line = strstr(line, "\r\n")) {
        line += 2;
        if (!strncasecmp(line, name, strlen(name)))
            return line + strlen(name) + strspn(line + strlen(name), " ");
    }
    return NULL;
}

static int begin_body(int fd, struct connection *c) {
    const char *length = header(c->head, "Content-Length:");
    const char *expect = header(c->head, "Expect:");
    if (!strncmp(c->head, "GET ", 4))
        return totals(fd);
    if (!length) {
        answer(fd, "411 Length Required", "{}");
        return 0;
    }
    c->size = c->left = strtoull(length, NULL, 10);
    c->end = 0, c->kept = 0, c->in_body = 1;
    sha256_start(&c->sha);
    if (expect && !strncasecmp(expect, "100-continue", 12)) {
        static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
        if (send(fd, go_on, sizeof go_on - 1, MSG_NOSIGNAL) < 0)
            return 0;
    }
    return c->left ? 1 : end_body(fd, c);
}

/* Take what has arrived; 0 ends the connection. */
static int take(int fd, struct connection *c, const uint8_t *data, size_t size) {
    while (size) {
        if (c->in_body) {
            size_t count = size < c->left ? size : c->left;
            if (hashing)
                hash(c, data, count);
            c->left -= count, data += count, size -= count;
            if (!c->left && !end_body(fd, c))
                return 0;
            continue;
        }
        int before = c->used;
        size_t room = HEAD - 1 - before, count = size < room ? size : room;
        memcpy(c->head + before, data, count);
        c->head[before + count] = 0;
        char *blank = strstr(c->head, "\r\n\r\n");
        if (!blank && count < size)
            return 0;
        size_t taken = blank ? (size_t)(blank + 4 - c->head - before) : count;
        c->used += taken, data += taken, size -= taken;
        if (!blank)
            return 1;
        c->head[c->used] = 0, c->used = 0;
        if (!begin_body(fd, c))
            return 0;
    }
    return 1;
}

static void drop(int fd) {
    free(connections[fd]);
    connections[fd] = NULL;
    close(fd);
}

static void receive(int fd) {
    ssize_t size = recv(fd, buffer, sizeof buffer, 0);
    if (size < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (size <= 0 || !take(fd, connections[fd], buffer, size))
        drop(fd);
}

static void welcome(int poll, int listener) {
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK), one = 1;
    if (fd < 0)
        return;
    if (fd >= CONNECTIONS || !(connections[fd] = calloc(1, sizeof(struct connection)))) {
        close(fd);
        return;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    if (epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event))
        die("epoll_ctl");
}

static int listen_on_loopback(void) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, size) ||
        listen(listener, 1024) || getsockname(listener, (struct sockaddr *)&address, &size))
        die("listen");
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return listener;
}

int main(int count, char **words) {
    struct epoll_event events[64], event = {.events = EPOLLIN};
    hashing = count == 2 && !strcmp(words[1], "hash");
    if (count != 2 || (!hashing && strcmp(words[1], "count"))) {
        fprintf(stderr, "usage: sink count|hash\n");
        return 2;
    }
    int listener = event.data.fd = listen_on_loopback(), poll = epoll_create1(0);
    if (poll < 0 || epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event))
        die("epoll");
    for (;;) {
        int ready = epoll_wait(poll, events, 64, -1);
        if (ready < 0 && errno != EINTR)
            die("epoll_wait");
        for (int i = 0; i < ready; i++) {
            if (events[i].data.fd == listener)
                welcome(poll, listener);
            else
                receive(events[i].data.fd);
        }
    }
}
