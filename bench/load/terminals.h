/* Terminals: many WebSocket connections that only listen. */
#ifndef TERMINALS_H
#define TERMINALS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum token_place { TOKEN_NONE, TOKEN_IN_HEADER, TOKEN_IN_CONNECT_PACKET };

struct terminals_settings {
    struct sockaddr_in server;
    const char *path;
    bool socketio; /* engine.io and socket.io packets inside the WebSocket */
    enum token_place token_place;
    char **tokens; /* one a terminal */
    size_t token_count;
    unsigned source_addresses; /* 127.0.0.2 and on: one address has too few ports for many sockets */
    /* Called with each application message: an index of the terminal and the payload of its frame. */
    void (*on_message)(size_t terminal, const uint8_t *payload, size_t length);
};

void terminals_start(const struct terminals_settings *settings);

/* Opens `count` more, never more than `window` pending, until all are established. */
void terminals_open(size_t count, size_t window);

/* Closes every connection, with a close frame. */
void terminals_close(void);

size_t terminals_established(void);

#endif
