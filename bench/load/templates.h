/* What to push: bodies with a marker whose digits are counted up, so that every receipt names its push. */
#ifndef TEMPLATES_H
#define TEMPLATES_H

#include <stddef.h>
#include <stdint.h>

#define MARKER "#bench-"
enum { MARKER_DIGITS = 8, NO_MARKER = -1 };

struct template {
    size_t expected; /* receipts of one push of it; 0 means every terminal */
    char *path;      /* of the POST */
    char *body;
    char *digits; /* in the body, behind the marker */
};

/* Reads lines of `<expected> TAB <path> TAB <body>`; the body holds `#bench-` and eight digits once. */
void templates_read(const char *file);

/* The template of push number `number` (they take turns), its marker set to that number. */
const struct template *template_for(uint32_t number);

/* The number behind the marker in a received payload, or NO_MARKER. */
int64_t marked_number(const uint8_t *payload, size_t length);

/* The lines of a file, which must have at least one; sets `count`. */
char **lines_of(const char *file, size_t *count);

#endif
