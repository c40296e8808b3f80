#include "terminals.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "loop.h"

/* The key and its answer from RFC 6455 section 1.3. One key for all spares the client a hash a connection. */
#define KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

enum { BUFFER_BYTES = 256 * 1024, OPENING_PATIENCE_S = 30 };
enum { TEXT = 1, CLOSE = 8, PING = 9, PONG = 10 };

enum stage { CONNECTING, UPGRADING, JOINING, ESTABLISHED, CLOSED };

struct terminal {
    struct source source;
    int descriptor;
    enum stage stage;
    size_t index;
    uint8_t *held; /* the beginning of a frame whose rest has not come */
    size_t held_length;
};

static struct terminals_settings settings;
static struct terminal **terminals;
static size_t opened, capacity, established, pending;
static uint8_t buffer[BUFFER_BYTES];

void terminals_start(const struct terminals_settings *given) {
    settings = *given;
}

size_t terminals_established(void) {
    return established;
}

static void send_all(struct terminal *terminal, const void *bytes, size_t length) {
    ssize_t written = write(terminal->descriptor, bytes, length);
    if (written != (ssize_t)length)
        fail("terminal %zu: could not send %zu bytes: %s", terminal->index, length, strerror(errno));
}

/* Sends one masked frame (a client must mask; the mask of zeros leaves the bytes as they are). */
static void send_frame(struct terminal *terminal, int opcode, const void *payload, size_t length) {
    uint8_t frame[8192] = {(uint8_t)(0x80 | opcode)};
    size_t head = 2;
    if (length < 126) {
        frame[1] = (uint8_t)(0x80 | length);
    } else {
        frame[1] = 0x80 | 126;
        frame[2] = (uint8_t)(length >> 8);
        frame[3] = (uint8_t)length;
        head = 4;
    }
    head += 4;
    if (head + length > sizeof frame) fail("terminal %zu: a frame of %zu bytes is too long to send", terminal->index, length);
    memcpy(frame + head, payload, length);
    send_all(terminal, frame, head + length);
}

static const char *token_of(const struct terminal *terminal) {
    if (terminal->index >= settings.token_count)
        fail("terminal %zu has no token: the file holds %zu", terminal->index, settings.token_count);
    return settings.tokens[terminal->index];
}

static void send_handshake(struct terminal *terminal) {
    char request[16384], authorization[12288] = "";
    if (settings.token_place == TOKEN_IN_HEADER)
        snprintf(authorization, sizeof authorization, "Authorization: Bearer %s\r\n", token_of(terminal));
    int length = snprintf(request, sizeof request,
                          "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                          "Sec-WebSocket-Key: " KEY "\r\nSec-WebSocket-Version: 13\r\n%s\r\n",
                          settings.path, ntohs(settings.server.sin_port), authorization);
    if (length >= (int)sizeof request) fail("terminal %zu: its token is too long", terminal->index);
    send_all(terminal, request, (size_t)length);
    terminal->stage = UPGRADING;
}

static void establish(struct terminal *terminal) {
    terminal->stage = ESTABLISHED;
    established++;
    pending--;
}

/* Reads the answer to the handshake; returns how many bytes it took, 0 if it is not complete. */
static size_t take_handshake(struct terminal *terminal, const uint8_t *bytes, size_t length) {
    const uint8_t *end = memmem(bytes, length, "\r\n\r\n", 4);
    if (end == NULL) return 0;
    size_t taken = (size_t)(end - bytes) + 4;
    if (taken < 12 || memcmp(bytes, "HTTP/1.1 101", 12) != 0 || memmem(bytes, taken, ACCEPT, sizeof ACCEPT - 1) == NULL)
        fail("terminal %zu: handshake refused: %.*s", terminal->index, (int)(length < 300 ? length : 300), bytes);
    if (settings.socketio) terminal->stage = JOINING;
    else establish(terminal);
    return taken;
}

static void join_socketio(struct terminal *terminal) {
    char packet[8192];
    const char *token = settings.token_place == TOKEN_IN_CONNECT_PACKET ? token_of(terminal) : NULL;
    int length = token == NULL ? snprintf(packet, sizeof packet, "40")
                               : snprintf(packet, sizeof packet, "40{\"token\":\"%s\"}", token);
    send_frame(terminal, TEXT, packet, (size_t)length);
}

static void take_socketio(struct terminal *terminal, const uint8_t *payload, size_t length) {
    if (length >= 2 && payload[0] == '4' && payload[1] == '2') {
        settings.on_message(terminal->index, payload, length);
    } else if (length >= 1 && payload[0] == '0') {
        join_socketio(terminal);
    } else if (length >= 2 && payload[0] == '4' && payload[1] == '0' && terminal->stage == JOINING) {
        establish(terminal);
    } else if (length == 1 && payload[0] == '2') {
        send_frame(terminal, TEXT, "3", 1);
    } else {
        fail("terminal %zu: unexpected packet: %.*s", terminal->index, (int)(length < 200 ? length : 200), payload);
    }
}

/* Reads one frame; returns how many bytes it took, 0 if it is not complete. */
static size_t take_frame(struct terminal *terminal, const uint8_t *bytes, size_t length) {
    if (length < 2) return 0;
    size_t head = 2, payload_length = bytes[1] & 0x7f;
    if (payload_length == 126) {
        if (length < 4) return 0;
        payload_length = (size_t)bytes[2] << 8 | bytes[3];
        head = 4;
    } else if (payload_length == 127) {
        fail("terminal %zu: a frame over 64 KB; the load client reads smaller ones", terminal->index);
    }
    if (length < head + payload_length) return 0;
    const uint8_t *payload = bytes + head;
    int opcode = bytes[0] & 0x0f;
    if (!(bytes[0] & 0x80)) fail("terminal %zu: a fragmented message; the load client reads whole ones", terminal->index);
    if (opcode == PING) send_frame(terminal, PONG, payload, payload_length);
    else if (opcode == CLOSE)
        fail("terminal %zu: the server closed it with code %u", terminal->index,
             payload_length >= 2 ? (unsigned)payload[0] << 8 | payload[1] : 1005U);
    else if (opcode != TEXT) fail("terminal %zu: a frame of opcode %d", terminal->index, opcode);
    else if (settings.socketio) take_socketio(terminal, payload, payload_length);
    else settings.on_message(terminal->index, payload, payload_length);
    return head + payload_length;
}

static void hold(struct terminal *terminal, const uint8_t *bytes, size_t length) {
    free(terminal->held);
    terminal->held = NULL;
    terminal->held_length = length;
    if (length == 0) return;
    terminal->held = malloc(length);
    if (terminal->held == NULL) fail("out of memory");
    memcpy(terminal->held, bytes, length);
}

/* Takes what has come in; returns whether there may be more. */
static bool receive(struct terminal *terminal) {
    size_t length = terminal->held_length;
    if (length > 0) memcpy(buffer, terminal->held, length);
    ssize_t count = recv(terminal->descriptor, buffer + length, sizeof buffer - length, 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return false;
    if (count <= 0)
        fail("terminal %zu: the server dropped it %s: %s", terminal->index,
             terminal->stage == ESTABLISHED ? "while open" : "during the handshake", count < 0 ? strerror(errno) : "end of stream");
    length += (size_t)count;
    size_t used = 0;
    while (used < length) {
        size_t taken = terminal->stage == UPGRADING ? take_handshake(terminal, buffer + used, length - used)
                                                    : take_frame(terminal, buffer + used, length - used);
        if (taken == 0) break;
        used += taken;
    }
    if (used < length || terminal->held != NULL) hold(terminal, buffer + used, length - used);
    /* Edge-triggered: only a read that filled the buffer can have left something that raises no further edge. */
    return length == sizeof buffer;
}

static void ready(struct source *source, uint32_t events) {
    struct terminal *terminal = (struct terminal *)source;
    if (terminal->stage == CLOSED) return;
    if (terminal->stage == CONNECTING) {
        int error = 0;
        socklen_t size = sizeof error;
        getsockopt(terminal->descriptor, SOL_SOCKET, SO_ERROR, &error, &size);
        if (error != 0) fail("terminal %zu: connect: %s", terminal->index, strerror(error));
        send_handshake(terminal);
        loop_change(terminal->descriptor, source, EPOLLIN | EPOLLET);
        return;
    }
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
        while (receive(terminal)) continue;
}

static void open_one(size_t index) {
    struct terminal *terminal = calloc(1, sizeof *terminal);
    if (terminal == NULL) fail("out of memory");
    terminal->source.ready = ready;
    terminal->index = index;
    terminal->descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (terminal->descriptor < 0) fail("terminal %zu: socket: %s (raise ulimit -n)", index, strerror(errno));
    int yes = 1;
    setsockopt(terminal->descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    /* The port is chosen at connect, so that it need be free only for this server. */
    setsockopt(terminal->descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
    uint32_t address = INADDR_LOOPBACK + 1 + (uint32_t)(index % settings.source_addresses);
    struct sockaddr_in source = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(address)};
    if (bind(terminal->descriptor, (struct sockaddr *)&source, sizeof source) < 0)
        fail("terminal %zu: bind: %s", index, strerror(errno));
    if (connect(terminal->descriptor, (const struct sockaddr *)&settings.server, sizeof settings.server) < 0 &&
        errno != EINPROGRESS)
        fail("terminal %zu: connect: %s", index, strerror(errno));
    terminals[index] = terminal;
    pending++;
    loop_add(terminal->descriptor, &terminal->source, EPOLLOUT);
}

void terminals_open(size_t count, size_t window) {
    size_t wanted = opened + count;
    if (wanted > capacity) {
        capacity = wanted;
        terminals = realloc(terminals, capacity * sizeof *terminals);
        if (terminals == NULL) fail("out of memory");
    }
    int64_t moved_ns = now_ns();
    size_t before = established;
    while (established < wanted) {
        while (opened < wanted && pending < window) open_one(opened++);
        loop_once(1000);
        if (established != before) {
            before = established;
            moved_ns = now_ns();
        } else if (now_ns() - moved_ns > (int64_t)OPENING_PATIENCE_S * 1000000000) {
            fail("%zu of %zu terminals established, then none for %d s", established, wanted, OPENING_PATIENCE_S);
        }
    }
}

void terminals_close(void) {
    static const uint8_t normal_closure[] = {1000 >> 8, 1000 & 0xff};
    for (size_t i = 0; i < opened; i++) {
        struct terminal *terminal = terminals[i];
        send_frame(terminal, CLOSE, normal_closure, sizeof normal_closure);
        close(terminal->descriptor);
        free(terminal->held);
        free(terminal);
    }
    opened = established = 0;
}
