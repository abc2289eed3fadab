/* No panic crosses. Built against the library with test hooks: oap_test_panic is in no release and not in oap.h. */
#include "frames.h"

oap_status oap_test_panic(oap_decoder *decoder);

static oap_decoder *new_decoder(void)
{
    oap_decoder *decoder = NULL;
    CHECK_STATUS(OAP_STATUS_OK, oap_decoder_new(NULL, &decoder));
    return decoder;
}

static oap_status decode_ack(oap_decoder *decoder)
{
    wire w = {0};
    oap_row row;
    oap_frame_table table;
    add_ack(&w, 1);
    return oap_decoder_decode(decoder, w.at, w.len, &row, 1, &table);
}

static void a_panic_is_internal_and_poisons_every_function_of_its_handle(void)
{
    oap_decoder *decoder = new_decoder();
    oap_monitor *monitor = NULL;
    oap_reject reject;
    CHECK_STATUS(OAP_STATUS_OK, oap_monitor_new(NULL, &monitor));
    CHECK_STATUS(OAP_STATUS_INTERNAL, oap_test_panic(decoder));
    CHECK_STATUS(OAP_STATUS_POISONED, oap_test_panic(decoder));
    CHECK_STATUS(OAP_STATUS_POISONED, decode_ack(decoder));
    CHECK_STATUS(OAP_STATUS_POISONED, oap_decoder_finish(decoder, NULL, 0));
    CHECK_STATUS(OAP_STATUS_POISONED, oap_decoder_reject(decoder, &reject));
    CHECK_STATUS(OAP_STATUS_POISONED, oap_decoder_set_monitor(decoder, monitor));
    oap_monitor_free(monitor);
    oap_decoder_free(decoder);
}

static void a_reset_heals(void)
{
    oap_decoder *decoder = new_decoder();
    CHECK_STATUS(OAP_STATUS_INTERNAL, oap_test_panic(decoder));
    CHECK_STATUS(OAP_STATUS_OK, oap_decoder_reset(decoder));
    CHECK_STATUS(OAP_STATUS_OK, decode_ack(decoder));
    CHECK_STATUS(OAP_STATUS_OK, oap_decoder_finish(decoder, NULL, 0));
    oap_decoder_free(decoder);
}

static void other_handles_go_on(void)
{
    oap_decoder *decoder = new_decoder(), *other = new_decoder();
    CHECK_STATUS(OAP_STATUS_INTERNAL, oap_test_panic(decoder));
    CHECK_STATUS(OAP_STATUS_OK, decode_ack(other));
    oap_decoder_free(decoder);
    CHECK_STATUS(OAP_STATUS_OK, decode_ack(other));
    oap_decoder_free(other);
}

static void null_is_no_panic(void)
{
    CHECK_STATUS(OAP_STATUS_NULL_POINTER, oap_test_panic(NULL));
}

int main(void)
{
    RUN(a_panic_is_internal_and_poisons_every_function_of_its_handle);
    RUN(a_reset_heals);
    RUN(other_handles_go_on);
    RUN(null_is_no_panic);
    return summary();
}
