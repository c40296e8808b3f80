/* The measurements: pushes sent, receipts counted and timed, one JSON line each on standard output. */
#ifndef MEASURE_H
#define MEASURE_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

struct measure_settings {
    struct sockaddr_in server;
    const char *token;     /* of the caller, or NULL */
    const char *list_path; /* what `steady` may list beside the pushes, or NULL */
};

void measure_start(const struct measure_settings *settings);

/* Takes each message that a terminal gets. */
void measure_message(size_t terminal, const uint8_t *payload, size_t length);

/* `pushes` pushes, `in_flight` at a time; the next is sent when one is answered and all have received it. */
void measure_burst(size_t pushes, size_t in_flight);

/* Pushes at fixed moments, whether the ones before are done or not, for `seconds`; with `listing`, one more
 * caller walks the list from page to page all the while. */
void measure_steady(double per_second, double seconds, int listing);

#endif
