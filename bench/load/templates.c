#include "templates.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loop.h"

static struct template *templates;
static size_t template_count;

char **lines_of(const char *file, size_t *count) {
    FILE *stream = fopen(file, "r");
    if (stream == NULL) fail("%s: %s", file, strerror(errno));
    char **lines = NULL, *line = NULL;
    size_t capacity = 0, room = 0;
    *count = 0;
    for (ssize_t length; (length = getline(&line, &room, stream)) > 0;) {
        if (line[length - 1] == '\n') line[length - 1] = '\0';
        if (*count == capacity) {
            capacity = capacity == 0 ? 64 : capacity * 2;
            lines = realloc(lines, capacity * sizeof *lines);
            if (lines == NULL) fail("out of memory");
        }
        lines[(*count)++] = strdup(line);
    }
    free(line);
    fclose(stream);
    if (*count == 0) fail("%s is empty", file);
    return lines;
}

void templates_read(const char *file) {
    char **lines = lines_of(file, &template_count);
    templates = calloc(template_count, sizeof *templates);
    if (templates == NULL) fail("out of memory");
    for (size_t i = 0; i < template_count; i++) {
        char *path = strchr(lines[i], '\t');
        char *body = path == NULL ? NULL : strchr(path + 1, '\t');
        char *marker = body == NULL ? NULL : strstr(body + 1, MARKER "00000000");
        if (marker == NULL) fail("%s line %zu: not `expected TAB path TAB body` with a marker in it", file, i + 1);
        *body = '\0';
        templates[i] = (struct template){strtoul(lines[i], NULL, 10), path + 1, body + 1, marker + strlen(MARKER)};
    }
    free(lines);
}

const struct template *template_for(uint32_t number) {
    struct template *template = &templates[number % template_count];
    char digits[MARKER_DIGITS + 1];
    snprintf(digits, sizeof digits, "%08u", number % 100000000);
    memcpy(template->digits, digits, MARKER_DIGITS);
    return template;
}

int64_t marked_number(const uint8_t *payload, size_t length) {
    static size_t usual_place; /* one server puts the marker at one place, mostly */
    const size_t whole = sizeof MARKER - 1 + MARKER_DIGITS;
    const uint8_t *found = payload + usual_place;
    if (usual_place + whole > length || memcmp(found, MARKER, sizeof MARKER - 1) != 0) {
        found = memmem(payload, length, MARKER, sizeof MARKER - 1);
        if (found == NULL || (size_t)(found - payload) + whole > length) return NO_MARKER;
        usual_place = (size_t)(found - payload);
    }
    int64_t number = 0;
    for (int i = 0; i < MARKER_DIGITS; i++) {
        unsigned digit = (unsigned)found[sizeof MARKER - 1 + (size_t)i] - '0';
        if (digit > 9) return NO_MARKER;
        number = number * 10 + digit;
    }
    return number;
}
