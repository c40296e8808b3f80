/* Callers: HTTP/1.1 keep-alive connections, one request at a time on each. */
#ifndef CALLERS_H
#define CALLERS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

#include "loop.h"

struct caller {
    struct source source;
    int descriptor;
    bool busy;
    char *answer; /* head and body of the answer so far, ended by a zero byte */
    size_t length, capacity;
    /* Called when an answer is complete; a status that is not 2xx fails before. `body` lives until it returns. */
    void (*on_answer)(struct caller *self, const char *body);
    size_t subject; /* what the request in progress is about; the user's to set */
};

void caller_open(struct caller *caller, const struct sockaddr_in *server, void (*on_answer)(struct caller *, const char *));

/* Sends a request; `token` and `body` may be NULL. The caller must not be busy. */
void caller_request(struct caller *caller, const char *method, const char *path, const char *token, const char *body);

void caller_close(struct caller *caller);

#endif
