//go:build !(cgo && (oap_system || (((linux && !android) || (darwin && !ios)) && (amd64 || arm64)) || (windows && amd64)))

package oap

import (
	"unsafe"

	"oap.example/oap/internal/pure"
)

// A Row is a pure.Row: the build fails where a size, an offset or the alignment differs.
var (
	_ = [1]struct{}{}[unsafe.Sizeof(Row{})-unsafe.Sizeof(pure.Row{})]
	_ = [1]struct{}{}[unsafe.Alignof(Row{})-unsafe.Alignof(pure.Row{})]
	_ = [1]struct{}{}[unsafe.Offsetof(Row{}.Seq)-unsafe.Offsetof(pure.Row{}.Seq)]
	_ = [1]struct{}{}[unsafe.Offsetof(Row{}.BodyOffset)-unsafe.Offsetof(pure.Row{}.BodyOffset)]
	_ = [1]struct{}{}[unsafe.Offsetof(Row{}.BodyLen)-unsafe.Offsetof(pure.Row{}.BodyLen)]
	_ = [1]struct{}{}[unsafe.Offsetof(Row{}.TextOffset)-unsafe.Offsetof(pure.Row{}.TextOffset)]
	_ = [1]struct{}{}[unsafe.Offsetof(Row{}.Value)-unsafe.Offsetof(pure.Row{}.Value)]
	_ = [1]struct{}{}[unsafe.Offsetof(Row{}.TextLen)-unsafe.Offsetof(pure.Row{}.TextLen)]
	_ = [1]struct{}{}[unsafe.Offsetof(Row{}.HeaderLen)-unsafe.Offsetof(pure.Row{}.HeaderLen)]
	_ = [1]struct{}{}[unsafe.Offsetof(Row{}.AckWindow)-unsafe.Offsetof(pure.Row{}.AckWindow)]
	_ = [1]struct{}{}[unsafe.Offsetof(Row{}.Kind)-unsafe.Offsetof(pure.Row{}.Kind)]
	_ = [1]struct{}{}[unsafe.Offsetof(Row{}.Flags)-unsafe.Offsetof(pure.Row{}.Flags)]
)
