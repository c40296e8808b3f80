/* The load client. Opens terminals on a server and measures pushes to them; one process, one thread.
 *
 * Reads commands from standard input, one a line, and answers each with one line of JSON:
 *   open COUNT WINDOW           opens COUNT more terminals, at most WINDOW pending at a time
 *   burst PUSHES IN_FLIGHT      pushes, IN_FLIGHT at a time, each to the end before its caller sends the next
 *   steady RATE SECONDS LISTING pushes at RATE a second; with LISTING 1, lists page after page beside them
 *   close                       closes every terminal
 *   quit                        ends (so does the end of input)
 * A message that is missing, doubled or not meant for its terminal ends it with {"error": ...} and status 1.
 */
#include <arpa/inet.h>
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "loop.h"
#include "measure.h"
#include "templates.h"
#include "terminals.h"

static bool command_waiting;

static void on_input(struct source *source, uint32_t events) {
    (void)source;
    (void)events;
    command_waiting = true;
}

static struct sockaddr_in loopback(const char *port) {
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)atoi(port)),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static void open_terminals(size_t count, size_t window) {
    double cpu_before_s = cpu_s();
    int64_t begun_ns = now_ns();
    terminals_open(count, window);
    double seconds = (double)(now_ns() - begun_ns) / 1e9;
    printf("{\"opened\": %zu, \"established\": %zu, \"seconds\": %.6f, \"client_cpu_s\": %.6f}\n", count,
           terminals_established(), seconds, cpu_s() - cpu_before_s);
}

static bool obey(const char *line) {
    size_t first, second;
    double rate, seconds;
    int listing;
    if (sscanf(line, "open %zu %zu", &first, &second) == 2) open_terminals(first, second);
    else if (sscanf(line, "burst %zu %zu", &first, &second) == 2) measure_burst(first, second);
    else if (sscanf(line, "steady %lf %lf %d", &rate, &seconds, &listing) == 3) measure_steady(rate, seconds, listing);
    else if (strcmp(line, "close\n") == 0) {
        terminals_close();
        puts("{}");
    } else if (strcmp(line, "quit\n") == 0) return false;
    else fail("unknown command: %s", line);
    return true;
}

int main(int argc, char **argv) {
    static const struct option options[] = {
        {"ws-port", required_argument, NULL, 'w'},      {"ws-path", required_argument, NULL, 'W'},
        {"http-port", required_argument, NULL, 'h'},    {"socketio", no_argument, NULL, 's'},
        {"token-place", required_argument, NULL, 'P'},  {"tokens", required_argument, NULL, 't'},
        {"caller-token", required_argument, NULL, 'c'}, {"pushes", required_argument, NULL, 'p'},
        {"list-path", required_argument, NULL, 'l'},    {"source-addresses", required_argument, NULL, 'a'},
        {NULL, 0, NULL, 0},
    };
    struct terminals_settings terminals = {.path = "/", .source_addresses = 16, .on_message = measure_message};
    struct measure_settings measure = {0};
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        size_t lines;
        switch (option) {
        case 'w': terminals.server = loopback(optarg); break;
        case 'W': terminals.path = optarg; break;
        case 'h': measure.server = loopback(optarg); break;
        case 's': terminals.socketio = true; break;
        case 'P': terminals.token_place = strcmp(optarg, "header") == 0 ? TOKEN_IN_HEADER : TOKEN_IN_CONNECT_PACKET; break;
        case 't': terminals.tokens = lines_of(optarg, &terminals.token_count); break;
        case 'c': measure.token = lines_of(optarg, &lines)[0]; break;
        case 'p': templates_read(optarg); break;
        case 'l': measure.list_path = optarg; break;
        case 'a': terminals.source_addresses = (unsigned)atoi(optarg); break;
        default: return 2;
        }
    }
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    signal(SIGPIPE, SIG_IGN);
    loop_open();
    terminals_start(&terminals);
    measure_start(&measure);
    struct source input = {on_input};
    loop_add(STDIN_FILENO, &input, EPOLLIN);
    /* Between commands it goes on serving its terminals (pings), and takes no message: none is due. */
    char line[256];
    for (;;) {
        loop_once(-1);
        if (!command_waiting) continue;
        command_waiting = false;
        if (fgets(line, sizeof line, stdin) == NULL || !obey(line)) return 0;
        fflush(stdout);
    }
}
