#include "measure.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "callers.h"
#include "loop.h"
#include "templates.h"
#include "terminals.h"

enum { STEADY_CALLERS = 16, PATIENCE_S = 20, SETTLING_MS = 50, CURSOR_BYTES = 2048 };

struct push {
    int64_t due_ns, answered_ns, last_ns;
    size_t expected, received;
};

/* The run in progress. */
static struct {
    struct push *pushes;
    size_t push_count, sent, completed, receipts;
    uint32_t first_number;
    uint64_t *seen; /* a bit for each terminal and push */
    size_t seen_words;
    size_t doubles;
    size_t shortest_bytes, longest_bytes;
    int64_t *latencies_ns; /* of each receipt, where they are wanted */
    size_t latency_room;
    bool one_after_another;
} run;

static struct measure_settings settings;
static struct caller callers[64];
static size_t caller_count;
static uint32_t next_number;

void measure_start(const struct measure_settings *given) {
    settings = *given;
}

static int ascending(const void *left, const void *right) {
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

/* Prints `"name": {"p50_ms": ..., ...}` of `count` times, which it sorts. */
static void print_times(const char *name, int64_t *times_ns, size_t count) {
    qsort(times_ns, count, sizeof *times_ns, ascending);
    const double last = (double)(count - 1);
    printf("\"%s\": {\"count\": %zu, \"least_ms\": %.4f, \"p50_ms\": %.4f, \"p90_ms\": %.4f, \"p99_ms\": %.4f, "
           "\"most_ms\": %.4f}",
           name, count, (double)times_ns[0] / 1e6, (double)times_ns[(size_t)(last * 0.5)] / 1e6,
           (double)times_ns[(size_t)(last * 0.9)] / 1e6, (double)times_ns[(size_t)(last * 0.99)] / 1e6,
           (double)times_ns[count - 1] / 1e6);
}

static void *room_for(size_t count, size_t size) {
    void *room = calloc(count, size);
    if (room == NULL) fail("out of memory");
    return room;
}

static void run_begin(size_t pushes) {
    memset(&run, 0, sizeof run);
    run.pushes = room_for(pushes, sizeof *run.pushes);
    run.push_count = pushes;
    run.first_number = next_number;
    next_number += (uint32_t)pushes;
    run.seen_words = (pushes + 63) / 64;
    run.seen = room_for(terminals_established() * run.seen_words, sizeof *run.seen);
    run.shortest_bytes = SIZE_MAX;
}

static void run_end(void) {
    free(run.pushes);
    free(run.seen);
    free(run.latencies_ns);
    memset(&run, 0, sizeof run);
}

static void send_push(struct caller *caller, size_t index) {
    struct push *push = &run.pushes[index];
    const struct template *template = template_for(run.first_number + (uint32_t)index);
    push->expected = template->expected == 0 ? terminals_established() : template->expected;
    if (push->due_ns == 0) push->due_ns = now_ns();
    caller->subject = index;
    caller_request(caller, "POST", template->path, settings.token, template->body);
}

static void complete(size_t index) {
    const struct push *push = &run.pushes[index];
    if (push->received != push->expected || push->answered_ns == 0) return;
    run.completed++;
    if (run.one_after_another && run.sent < run.push_count) {
        for (size_t i = 0; i < caller_count; i++) {
            if (callers[i].busy || callers[i].subject != index) continue;
            send_push(&callers[i], run.sent++);
            return;
        }
        fail("no caller is free for the next push");
    }
}

void measure_message(size_t terminal, const uint8_t *payload, size_t length) {
    int64_t number = marked_number(payload, length);
    if (number == NO_MARKER) fail("terminal %zu got something unexpected: %.*s", terminal, (int)(length < 300 ? length : 300), payload);
    size_t index = (size_t)(number - run.first_number);
    if (number < run.first_number || index >= run.push_count)
        fail("terminal %zu got push %lld, which is not of this run", terminal, (long long)number);
    struct push *push = &run.pushes[index];
    uint64_t *word = &run.seen[terminal * run.seen_words + index / 64], bit = 1ULL << (index % 64);
    if (*word & bit) {
        run.doubles++;
        return;
    }
    *word |= bit;
    push->last_ns = now_ns();
    push->received++;
    if (push->received > push->expected) fail("push %zu reached more than the %zu terminals it is for", index, push->expected);
    if (run.latencies_ns != NULL) {
        if (run.receipts == run.latency_room) fail("more receipts than there is room for");
        run.latencies_ns[run.receipts] = push->last_ns - push->due_ns;
    }
    run.receipts++;
    if (length < run.shortest_bytes) run.shortest_bytes = length;
    if (length > run.longest_bytes) run.longest_bytes = length;
    if (push->received == push->expected) complete(index);
}

static void on_answer(struct caller *caller, const char *body) {
    (void)body;
    run.pushes[caller->subject].answered_ns = now_ns();
    complete(caller->subject);
}

/* Waits a moment for what should not come (a double), then fails if anything was amiss. */
static void check_run(void) {
    for (int64_t until_ns = now_ns() + (int64_t)SETTLING_MS * 1000000; now_ns() < until_ns;) loop_once(SETTLING_MS);
    if (run.doubles > 0) fail("%zu receipts came twice", run.doubles);
}

static _Noreturn void fail_stuck(void) {
    for (size_t i = 0; i < run.sent; i++) {
        const struct push *push = &run.pushes[i];
        if (push->received != push->expected || push->answered_ns == 0)
            fail("push %zu of %zu: %zu of %zu receipts%s, then nothing for %d s", i + 1, run.push_count, push->received,
                 push->expected, push->answered_ns == 0 ? " and no HTTP answer" : "", PATIENCE_S);
    }
    fail("nothing for %d s", PATIENCE_S);
}

/* Runs the loop until every push is complete; `tick` is called in each turn if given. */
static void run_until_complete(void (*tick)(void)) {
    size_t before = 0;
    int64_t moved_ns = now_ns();
    while (run.completed < run.push_count) {
        loop_once(1000);
        if (tick != NULL) tick();
        size_t progress = run.receipts + run.completed + run.sent;
        if (progress != before) {
            before = progress;
            moved_ns = now_ns();
        } else if (now_ns() - moved_ns > (int64_t)PATIENCE_S * 1000000000) {
            fail_stuck();
        }
    }
}

static void open_callers(size_t count) {
    if (count == 0 || count > sizeof callers / sizeof *callers) fail("%zu callers; 1 to 64 can be had", count);
    for (caller_count = 0; caller_count < count; caller_count++)
        caller_open(&callers[caller_count], &settings.server, on_answer);
}

static void close_callers(void) {
    while (caller_count > 0) caller_close(&callers[--caller_count]);
}

static void print_answers(void) {
    int64_t *answers_ns = room_for(run.push_count, sizeof *answers_ns);
    for (size_t i = 0; i < run.push_count; i++) answers_ns[i] = run.pushes[i].answered_ns - run.pushes[i].due_ns;
    print_times("answer", answers_ns, run.push_count);
    free(answers_ns);
}

void measure_burst(size_t pushes, size_t in_flight) {
    run_begin(pushes);
    run.one_after_another = true;
    open_callers(in_flight < pushes ? in_flight : pushes);
    double cpu_before_s = cpu_s();
    int64_t begun_ns = now_ns();
    for (size_t i = 0; i < caller_count; i++) send_push(&callers[i], run.sent++);
    run_until_complete(NULL);
    double used_s = cpu_s() - cpu_before_s;
    int64_t last_ns = begun_ns;
    int64_t *times_ns = room_for(pushes, sizeof *times_ns);
    for (size_t i = 0; i < pushes; i++) {
        times_ns[i] = run.pushes[i].last_ns - run.pushes[i].due_ns;
        if (run.pushes[i].last_ns > last_ns) last_ns = run.pushes[i].last_ns;
    }
    check_run();
    close_callers();
    printf("{\"receipts\": %zu, \"seconds\": %.6f, \"client_cpu_s\": %.6f, \"shortest_bytes\": %zu, "
           "\"longest_bytes\": %zu, ",
           run.receipts, (double)(last_ns - begun_ns) / 1e9, used_s, run.shortest_bytes, run.longest_bytes);
    print_times("last_receipt", times_ns, pushes);
    printf(", ");
    print_answers();
    printf("}\n");
    free(times_ns);
    run_end();
}

/* The clock of a steady run, and the caller that lists beside it. */
static struct {
    struct source source;
    int descriptor;
    size_t due; /* pushes whose moment has come */
    int64_t begun_ns;
    double interval_ns;
    struct caller lister;
    bool listing;
    size_t pages, rows, walks;
    int64_t page_began_ns, longest_page_ns;
} steady;

static void on_tick(struct source *source, uint32_t events) {
    (void)source;
    (void)events;
    uint64_t ticks;
    if (read(steady.descriptor, &ticks, sizeof ticks) != sizeof ticks) return;
    steady.due += ticks;
    if (steady.due > run.push_count) steady.due = run.push_count;
}

static void send_due(void) {
    for (size_t i = 0; i < caller_count && run.sent < steady.due; i++) {
        if (callers[i].busy) continue;
        size_t index = run.sent++;
        run.pushes[index].due_ns = steady.begun_ns + (int64_t)((double)(index + 1) * steady.interval_ns);
        send_push(&callers[i], index);
    }
}

static void ask_for_page(const char *cursor, size_t cursor_length) {
    char path[CURSOR_BYTES + 512];
    if (cursor_length > CURSOR_BYTES) fail("a cursor of %zu bytes", cursor_length);
    snprintf(path, sizeof path, "%s%s%.*s", settings.list_path, cursor_length > 0 ? "&cursor=" : "", (int)cursor_length, cursor);
    steady.page_began_ns = now_ns();
    caller_request(&steady.lister, "GET", path, settings.token, NULL);
}

static void on_page(struct caller *caller, const char *body) {
    (void)caller;
    static const char row[] = "\"connection_id\":", key[] = "\"next_cursor\":";
    int64_t took_ns = now_ns() - steady.page_began_ns;
    if (took_ns > steady.longest_page_ns) steady.longest_page_ns = took_ns;
    steady.pages++;
    for (const char *at = body; (at = strstr(at, row)) != NULL; at += sizeof row) steady.rows++;
    if (!steady.listing) return;
    const char *cursor = strstr(body, key);
    if (cursor == NULL) fail("a page without next_cursor: %.200s", body);
    cursor += sizeof key - 1;
    while (*cursor == ' ') cursor++;
    if (*cursor == '"') {
        ask_for_page(cursor + 1, strcspn(cursor + 1, "\""));
    } else {
        steady.walks++;
        ask_for_page("", 0);
    }
}

void measure_steady(double per_second, double seconds, int listing) {
    size_t pushes = (size_t)(per_second * seconds);
    if (pushes == 0) fail("no push in %g s at %g a second", seconds, per_second);
    if (listing && settings.list_path == NULL) fail("nothing to list: give --list-path");
    run_begin(pushes);
    for (size_t i = 0; i < pushes; i++) {
        size_t expected = template_for(run.first_number + (uint32_t)i)->expected;
        run.latency_room += expected == 0 ? terminals_established() : expected;
    }
    run.latencies_ns = room_for(run.latency_room, sizeof *run.latencies_ns);
    open_callers(STEADY_CALLERS);
    memset(&steady, 0, sizeof steady);
    steady.source.ready = on_tick;
    steady.interval_ns = 1e9 / per_second;
    steady.descriptor = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    struct timespec interval = {(time_t)(steady.interval_ns / 1e9), (long)steady.interval_ns % 1000000000};
    struct itimerspec beat = {.it_interval = interval, .it_value = interval};
    if (listing) {
        caller_open(&steady.lister, &settings.server, on_page);
        steady.listing = true;
        ask_for_page("", 0);
    }
    double cpu_before_s = cpu_s();
    steady.begun_ns = now_ns();
    if (steady.descriptor < 0 || timerfd_settime(steady.descriptor, 0, &beat, NULL) < 0) fail("timerfd: %s", strerror(errno));
    loop_add(steady.descriptor, &steady.source, EPOLLIN);
    run_until_complete(send_due);
    double used_s = cpu_s() - cpu_before_s;
    int64_t ended_ns = now_ns();
    close(steady.descriptor);
    steady.listing = false;
    while (steady.lister.busy) loop_once(1000);
    check_run();
    close_callers();
    if (listing) caller_close(&steady.lister);
    printf("{\"pushes\": %zu, \"receipts\": %zu, \"seconds\": %.6f, \"client_cpu_s\": %.6f, \"shortest_bytes\": %zu, "
           "\"longest_bytes\": %zu, \"pages\": %zu, \"rows\": %zu, \"walks\": %zu, \"longest_page_ms\": %.3f, ",
           pushes, run.receipts, (double)(ended_ns - steady.begun_ns) / 1e9, used_s, run.shortest_bytes,
           run.longest_bytes, steady.pages, steady.rows, steady.walks, (double)steady.longest_page_ns / 1e6);
    print_times("receipt", run.latencies_ns, run.receipts);
    printf(", ");
    print_answers();
    printf("}\n");
    run_end();
}
