/* receive HOST PORT DIRECTORY: keeps each stream that ends well as a file of its name. A thread for each connection. */
#include "io.h"
#include "net.h"
#include <pthread.h>
typedef struct { char name[OAP_MAX_HEADER_BYTES], part[16]; FILE *file; } stream;
static void keep(void *user, const oap_row *row, const uint8_t *bytes) {
    stream *s = user;
    if (row->kind == OAP_KIND_START) {
        snprintf(s->name, sizeof s->name, "%.*s", row->text_len, (const char *)bytes + row->text_offset);
        s->file = fdopen(mkstemp(strcpy(s->part, ".part-XXXXXX")), "wb");
    }
    if (row->kind == OAP_KIND_DATA && s->file) fwrite(bytes + row->body_offset, 1, row->body_len, s->file);
    if (row->kind != OAP_KIND_END || !s->file) return;
    const bool whole = !ferror(s->file) && row->value == 0 && !strchr(s->name, '/'); /* the peer chooses no folder */
    if (fclose(s->file) == 0 && whole && rename(s->part, s->name) == 0) printf("%s: received\n", s->name);
    else unlink(s->part);
    s->file = NULL;
}
static void *serve(void *fd) {
    stream s = {.file = NULL};
    oap_connection *c;
    if (oap_connection_new(NULL, NULL, now(), &c) != OAP_STATUS_OK) abort();
    while (io_turn(c, (int)(intptr_t)fd, keep, &s)) {}
    if (s.file) fclose(s.file), unlink(s.part);
    oap_connection_free(c);
    close((int)(intptr_t)fd);
    return NULL;
}
int main(int argc, char **argv) {
    setvbuf(stdout, NULL, _IOLBF, 0);
    const int listener = argc == 4 ? listen_on(argv[1], argv[2]) : -1;
    pthread_t thread;
    if (listener < 0 || chdir(argv[3]) != 0) return fputs("HOST PORT DIRECTORY\n", stderr), 1;
    for (int fd; (fd = accept(listener, NULL, NULL)) >= 0 || errno == ECONNABORTED;)
        if (fd >= 0 && pthread_create(&thread, NULL, serve, (void *)(intptr_t)fd) == 0) pthread_detach(thread);
    return perror("accept"), 1;
}
