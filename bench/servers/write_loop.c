/* The floor: what a broadcast costs when it is only write() of one ready-made frame on every socket.
 *
 * Accepts WebSocket handshakes (GET) and pushes (POST /publish) on one port, framing each body once. No tokens, no
 * registry, no storage, no check of what a client sends after its handshake. Prints {"port": N} when it listens.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAX_DESCRIPTORS = 65536, BUFFER_BYTES = 64 * 1024, EVENTS_AT_ONCE = 256 };

/* Every client of the benchmark sends the key of RFC 6455 section 1.3, so the answer is a constant. */
static const char SWITCHING[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
static const char ACCEPTED[] = "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n";

static int subscribers[MAX_DESCRIPTORS], places[MAX_DESCRIPTORS]; /* places[fd] is its index + 1, or 0 */
static int subscriber_count;

static _Noreturn void give_up(const char *what) {
    perror(what);
    exit(1);
}

static void put(int descriptor, const void *bytes, size_t length) {
    if (write(descriptor, bytes, length) != (ssize_t)length) give_up("write");
}

static void publish(const char *body, size_t length) {
    static unsigned char frame[BUFFER_BYTES + 4];
    size_t head = 2;
    frame[0] = 0x81;
    if (length < 126) {
        frame[1] = (unsigned char)length;
    } else {
        frame[1] = 126;
        frame[2] = (unsigned char)(length >> 8);
        frame[3] = (unsigned char)length;
        head = 4;
    }
    memcpy(frame + head, body, length);
    for (int i = 0; i < subscriber_count; i++) put(subscribers[i], frame, head + length);
}

static void subscribe(int descriptor) {
    put(descriptor, SWITCHING, sizeof SWITCHING - 1);
    subscribers[subscriber_count++] = descriptor;
    places[descriptor] = subscriber_count;
}

static void forget(int descriptor) {
    if (places[descriptor] > 0) {
        int last = subscribers[--subscriber_count];
        subscribers[places[descriptor] - 1] = last;
        places[last] = places[descriptor];
        places[descriptor] = 0;
    }
    close(descriptor);
}

static void serve(int descriptor) {
    static char request[BUFFER_BYTES + 1];
    ssize_t length = read(descriptor, request, BUFFER_BYTES);
    if (length <= 0) {
        if (length == 0 || (errno != EAGAIN && errno != EINTR)) forget(descriptor);
        return;
    }
    if (places[descriptor] > 0) return;
    request[length] = '\0';
    char *body = strstr(request, "\r\n\r\n");
    if (body == NULL) give_up("a request that does not come in one piece");
    if (strncmp(request, "GET ", 4) == 0) {
        subscribe(descriptor);
        return;
    }
    body += 4;
    publish(body, (size_t)(request + length - body));
    put(descriptor, ACCEPTED, sizeof ACCEPTED - 1);
}

int main(void) {
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max < MAX_DESCRIPTORS ? files.rlim_max : MAX_DESCRIPTORS;
    setrlimit(RLIMIT_NOFILE, &files);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), poller = epoll_create1(0), yes = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    if (bind(listener, (struct sockaddr *)&address, size) < 0 || listen(listener, 4096) < 0) give_up("listen");
    getsockname(listener, (struct sockaddr *)&address, &size);
    printf("{\"port\": %u}\n", ntohs(address.sin_port));
    fflush(stdout);
    struct epoll_event events[EVENTS_AT_ONCE], event = {.events = EPOLLIN, .data.fd = listener};
    epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        int count = epoll_wait(poller, events, EVENTS_AT_ONCE, -1);
        for (int i = 0; i < count; i++) {
            if (events[i].data.fd != listener) {
                serve(events[i].data.fd);
                continue;
            }
            for (int accepted; (accepted = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0;) {
                setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
                event.data.fd = accepted;
                epoll_ctl(poller, EPOLL_CTL_ADD, accepted, &event);
            }
        }
    }
}
