package main

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

var errUsage = errors.New("the request can't be understood")

// parse reads one line of JSON. encoding/json takes what is no UTF-8, and a lone surrogate, for U+FFFD.
func parse(line []byte) (value any, err error) {
	if !utf8.Valid(line) || hasLoneSurrogate(line) {
		return nil, errUsage
	}
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.UseNumber()
	if err = decoder.Decode(&value); err != nil {
		return nil, err
	}
	if _, err = decoder.Token(); err != io.EOF {
		return nil, errUsage
	}
	return value, nil
}

// hasLoneSurrogate tells whether an escape of a surrogate stands without its other half.
func hasLoneSurrogate(line []byte) bool {
	for at := bytes.IndexByte(line, '\\'); at >= 0 && at+1 < len(line); at = bytes.IndexByte(line, '\\') {
		high, low := surrogate(line[at:]), surrogate(line[min(at+6, len(line)):])
		paired := high == highSurrogate && low == lowSurrogate
		if high != noSurrogate && !paired {
			return true
		}
		if paired {
			line = line[at+12:]
		} else {
			line = line[at+2:]
		}
	}
	return false
}

const (
	noSurrogate = iota
	highSurrogate
	lowSurrogate
)

// surrogate tells which one an escape at the start of text stands for.
func surrogate(text []byte) int {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return noSurrogate
	}
	code, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	switch {
	case err == nil && code&^0x3ff == 0xd800:
		return highSurrogate
	case err == nil && code&^0x3ff == 0xdc00:
		return lowSurrogate
	}
	return noSurrogate
}

// fields are those of an object that have not been taken. The first fault stays.
type fields struct {
	left map[string]any
	err  error
}

func fieldsOf(value any) *fields {
	object, ok := value.(map[string]any)
	if !ok {
		return &fields{err: errors.New("not an object")}
	}
	return &fields{left: object}
}

func (f *fields) has(name string) bool {
	_, ok := f.left[name]
	return ok
}

// end tells the first fault, or a field that nobody took.
func (f *fields) end() error {
	for name := range f.left {
		f.fail(name, errors.New("unknown"))
	}
	return f.err
}

func (f *fields) fail(name string, err error) {
	if f.err == nil && err != nil {
		f.err = fmt.Errorf("%s: %w", name, err)
	}
}

// take reads a field that has to be there.
func take[T any](f *fields, name string, read func(any) (T, error)) (taken T) {
	if value := maybe(f, name, read); value != nil {
		return *value
	}
	f.fail(name, errors.New("missing"))
	return taken
}

// maybe gives nil for a field that is not there.
func maybe[T any](f *fields, name string, read func(any) (T, error)) *T {
	value, ok := f.left[name]
	if !ok {
		return nil
	}
	delete(f.left, name)
	taken, err := read(value)
	f.fail(name, err)
	return &taken
}

// list reads each item of a list.
func list[T any](read func(any) (T, error)) func(any) ([]T, error) {
	return func(value any) ([]T, error) {
		items, ok := value.([]any)
		if !ok {
			return nil, errors.New("not a list")
		}
		taken := make([]T, len(items))
		for i, item := range items {
			var err error
			if taken[i], err = read(item); err != nil {
				return nil, err
			}
		}
		return taken, nil
	}
}

func text(value any) (string, error) {
	text, ok := value.(string)
	if !ok {
		return "", errors.New("not a string")
	}
	return text, nil
}

func flag(value any) (bool, error) {
	flag, ok := value.(bool)
	if !ok {
		return false, errors.New("neither true nor false")
	}
	return flag, nil
}

// whole reads a JSON number that is digits alone.
func whole(value any) (uint64, error) {
	number, ok := value.(json.Number)
	if !ok {
		return 0, errors.New("not a number")
	}
	return strconv.ParseUint(number.String(), 10, 64)
}

func u32(value any) (uint32, error) {
	number, err := whole(value)
	if err == nil && number>>32 != 0 {
		err = errors.New("more than 32 bits")
	}
	return uint32(number), err
}

// u64 reads a decimal string without leading zeros.
func u64(value any) (uint64, error) {
	digits, err := text(value)
	if err != nil {
		return 0, err
	}
	number, err := strconv.ParseUint(digits, 10, 64)
	if err == nil && strconv.FormatUint(number, 10) != digits {
		err = errors.New("not a decimal string")
	}
	return number, err
}

// unhex reads lowercase hex.
func unhex(value any) (hexBytes, error) {
	digits, err := text(value)
	if err != nil {
		return nil, err
	}
	if strings.ToLower(digits) != digits {
		return nil, errors.New("not lowercase hex")
	}
	return hex.AppendDecode(hexBytes{}, []byte(digits))
}
