#include "callers.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REQUEST_BYTES = 64 * 1024, ROOM_BYTES = 64 * 1024 };

/* The value of a header in the head of an answer, or NULL. */
static const char *header(const char *head, const char *name) {
    size_t length = strlen(name);
    for (const char *line = strstr(head, "\r\n"); line != NULL; line = strstr(line, "\r\n")) {
        line += 2;
        if (strncasecmp(line, name, length) == 0 && line[length] == ':') return line + length + 1;
        if (line[0] == '\r') return NULL;
    }
    return NULL;
}

static void take_answer(struct caller *caller) {
    char *end = strstr(caller->answer, "\r\n\r\n");
    if (end == NULL) return;
    const char *stated = header(caller->answer, "content-length");
    if (stated == NULL) fail("an HTTP answer without Content-Length: %.300s", caller->answer);
    size_t head = (size_t)(end - caller->answer) + 4;
    size_t whole = head + strtoul(stated, NULL, 10);
    if (caller->length < whole) return;
    if (strncmp(caller->answer, "HTTP/1.1 2", 10) != 0) fail("HTTP answer: %.600s", caller->answer);
    caller->busy = false;
    caller->length = 0;
    caller->on_answer(caller, caller->answer + head);
}

static void ready(struct source *source, uint32_t events) {
    struct caller *caller = (struct caller *)source;
    (void)events;
    if (caller->capacity - caller->length < ROOM_BYTES) {
        caller->capacity += ROOM_BYTES * 4;
        caller->answer = realloc(caller->answer, caller->capacity);
        if (caller->answer == NULL) fail("out of memory");
    }
    ssize_t count = read(caller->descriptor, caller->answer + caller->length, caller->capacity - caller->length - 1);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count <= 0) fail("the HTTP server dropped a connection: %s", count < 0 ? strerror(errno) : "end of stream");
    caller->length += (size_t)count;
    caller->answer[caller->length] = '\0';
    take_answer(caller);
}

void caller_open(struct caller *caller, const struct sockaddr_in *server, void (*on_answer)(struct caller *, const char *)) {
    memset(caller, 0, sizeof *caller);
    caller->source.ready = ready;
    caller->on_answer = on_answer;
    caller->descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (caller->descriptor < 0) fail("socket: %s", strerror(errno));
    if (connect(caller->descriptor, (const struct sockaddr *)server, sizeof *server) < 0)
        fail("connect to port %u: %s", ntohs(server->sin_port), strerror(errno));
    int yes = 1;
    setsockopt(caller->descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    loop_add(caller->descriptor, &caller->source, EPOLLIN);
}

void caller_request(struct caller *caller, const char *method, const char *path, const char *token, const char *body) {
    static char request[REQUEST_BYTES];
    if (caller->busy) fail("a caller is already waiting for an answer");
    size_t body_length = body == NULL ? 0 : strlen(body);
    int length = snprintf(request, sizeof request, "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%s%s%s", method, path,
                          token == NULL ? "" : "Authorization: Bearer ", token == NULL ? "" : token,
                          token == NULL ? "" : "\r\n");
    if (body != NULL && length < (int)sizeof request)
        length += snprintf(request + length, sizeof request - (size_t)length,
                           "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s", body_length, body);
    else if (length < (int)sizeof request)
        length += snprintf(request + length, sizeof request - (size_t)length, "\r\n");
    if (length >= (int)sizeof request) fail("a request over %d bytes", REQUEST_BYTES);
    caller->busy = true;
    if (write(caller->descriptor, request, (size_t)length) != length) fail("could not send a request: %s", strerror(errno));
}

void caller_close(struct caller *caller) {
    close(caller->descriptor);
    free(caller->answer);
    memset(caller, 0, sizeof *caller);
}
