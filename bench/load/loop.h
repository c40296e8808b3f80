/* The event loop, the clock, and the one way to fail. */
#ifndef LOOP_H
#define LOOP_H

#include <stdint.h>

/* Whatever the loop watches begins with one of these. */
struct source {
    void (*ready)(struct source *self, uint32_t events);
};

void loop_open(void);
void loop_add(int descriptor, struct source *source, uint32_t events);
void loop_change(int descriptor, struct source *source, uint32_t events);

/* Waits for events, at most timeout_ms, and hands each to its source. */
void loop_once(int timeout_ms);

/* CLOCK_MONOTONIC in nanoseconds. */
int64_t now_ns(void);

/* CPU time this process has used, in seconds. */
double cpu_s(void);

/* Prints {"error": "..."} for the harness and ends with status 1: a figure from a broken run is worse than none. */
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
