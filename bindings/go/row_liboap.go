//go:build cgo && (oap_system || (((linux && !android) || (darwin && !ios)) && (amd64 || arm64)) || (windows && amd64))

package oap

/*
#include <stddef.h>
#include <oap.h>

// C's own alignment: that of cgo's oap_row is what Go gives a struct of the same fields.
struct oap_go_row_behind_a_byte {
	char byte;
	oap_row row;
};
enum { oap_go_row_align = offsetof(struct oap_go_row_behind_a_byte, row) };
*/
import "C"

import "unsafe"

// A Row is an oap_row: the build fails where a size, an offset or the alignment differs, as the
// alignment would on 32-bit ARM.
var (
	_ = [1]struct{}{}[unsafe.Sizeof(Row{})-unsafe.Sizeof(C.oap_row{})]
	_ = [1]struct{}{}[unsafe.Alignof(Row{})-C.oap_go_row_align]
	_ = [1]struct{}{}[unsafe.Offsetof(Row{}.Seq)-unsafe.Offsetof(C.oap_row{}.seq)]
	_ = [1]struct{}{}[unsafe.Offsetof(Row{}.BodyOffset)-unsafe.Offsetof(C.oap_row{}.body_offset)]
	_ = [1]struct{}{}[unsafe.Offsetof(Row{}.BodyLen)-unsafe.Offsetof(C.oap_row{}.body_len)]
	_ = [1]struct{}{}[unsafe.Offsetof(Row{}.TextOffset)-unsafe.Offsetof(C.oap_row{}.text_offset)]
	_ = [1]struct{}{}[unsafe.Offsetof(Row{}.Value)-unsafe.Offsetof(C.oap_row{}.value)]
	_ = [1]struct{}{}[unsafe.Offsetof(Row{}.TextLen)-unsafe.Offsetof(C.oap_row{}.text_len)]
	_ = [1]struct{}{}[unsafe.Offsetof(Row{}.HeaderLen)-unsafe.Offsetof(C.oap_row{}.header_len)]
	_ = [1]struct{}{}[unsafe.Offsetof(Row{}.AckWindow)-unsafe.Offsetof(C.oap_row{}.ack_window)]
	_ = [1]struct{}{}[unsafe.Offsetof(Row{}.Kind)-unsafe.Offsetof(C.oap_row{}.kind)]
	_ = [1]struct{}{}[unsafe.Offsetof(Row{}.Flags)-unsafe.Offsetof(C.oap_row{}.flags)]
)
