/*
 * The physical limit: one multipart body over one connection, from the file by sendfile().
 *
 *   sendfile PORT WARM-UP FILE COUNT
 *
 * Sends WARM-UP once, then FILE so many times, one after the other, and prints what the COUNT took:
 * {"seconds":S,"cpu":S}
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define BOUNDARY "----minibridgebenchmark0000"

static void die(const char *what) {
    perror(what);
    exit(1);
}

static double now(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

static void send_all(int fd, const char *data, size_t size, int flags) {
    while (size) {
        ssize_t sent = send(fd, data, size, flags);
        if (sent < 0)
            die("send");
        data += sent, size -= sent;
    }
}

static void send_file(int fd, int file, off_t size) {
    off_t offset = 0;
    while (offset < size)
        if (sendfile(fd, file, &offset, size - offset) <= 0)
            die("sendfile");
}

static void expect_ok(int fd) {
    char answer[4096];
    size_t used = 0;
    do {
        ssize_t size = recv(fd, answer + used, sizeof answer - 1 - used, 0);
        if (size <= 0)
            die("recv");
        used += size;
        answer[used] = 0;
    } while (!strchr(answer, '}'));
    if (strncmp(answer, "HTTP/1.1 200", 12)) {
        fprintf(stderr, "%s\n", answer);
        exit(1);
    }
}

static void upload(int fd, const char *path) {
    static const char part[] = "--" BOUNDARY "\r\nContent-Disposition: form-data; name=\"file\"; "
                               "filename=\"a.bin\"\r\nContent-Type: application/octet-stream\r\n\r\n";
    static const char tail[] = "\r\n--" BOUNDARY "--\r\n";
    int file = open(path, O_RDONLY | O_CLOEXEC);
    struct stat about;
    char head[1024];
    if (file < 0 || fstat(file, &about))
        die(path);
    int size = snprintf(head, sizeof head,
                        "POST /upload HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                        "Content-Type: multipart/form-data; boundary=" BOUNDARY "\r\n"
                        "Content-Length: %llu\r\n\r\n%s",
                        (unsigned long long)(strlen(part) + about.st_size + strlen(tail)), part);
    send_all(fd, head, size, MSG_MORE);
    send_file(fd, file, about.st_size);
    send_all(fd, tail, strlen(tail), 0);
    expect_ok(fd);
    close(file);
}

static int dial(int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address))
        die("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

int main(int count, char **words) {
    if (count != 5) {
        fprintf(stderr, "usage: sendfile PORT WARM-UP FILE COUNT\n");
        return 2;
    }
    int fd = dial(atoi(words[1])), times = atoi(words[4]);
    upload(fd, words[2]);
    double start = now(CLOCK_MONOTONIC), cpu = now(CLOCK_PROCESS_CPUTIME_ID);
    for (int i = 0; i < times; i++)
        upload(fd, words[3]);
    cpu = now(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    printf("{\"seconds\":%.9f,\"cpu\":%.9f}\n", now(CLOCK_MONOTONIC) - start, cpu);
    return 0;
}
