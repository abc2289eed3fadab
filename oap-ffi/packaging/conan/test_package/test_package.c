#include <oap.h>
#include <stdio.h>

int main(void)
{
    uint8_t out[16];
    size_t size = 0;
    oap_frame ack = {.struct_size = sizeof ack, .kind = OAP_KIND_ACK, .seq = 1};
    oap_status status = oap_encode(&ack, out, sizeof out, &size);
    printf("oap %s: %s, %zu bytes\n", oap_version(), oap_status_name(status), size);
    return status != OAP_STATUS_OK;
}
