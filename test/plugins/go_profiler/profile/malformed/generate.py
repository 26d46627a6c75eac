#!/usr/bin/env python3
"""Writes NAME.hex beside this file: profiles with one defect each, and what the decoder must say.

Format of a .hex file: "# code: CODE", "# says: TEXT" (part of the message), then hexadecimal bytes.
"""
import gzip
import pathlib

HERE = pathlib.Path(__file__).parent


def varint(n):
    n &= (1 << 64) - 1
    out = b""
    while n >= 0x80:
        out += bytes([n & 0x7F | 0x80])
        n >>= 7
    return out + bytes([n])


def num(field, n):
    return varint(field << 3) + varint(n)


def blob(field, data):
    return varint(field << 3 | 2) + varint(len(data)) + data


def strings(*texts):
    return b"".join(blob(6, t.encode()) for t in texts)


SAMPLE_TYPE = blob(1, num(1, 1) + num(2, 2))
MAPPING = blob(3, num(1, 1) + num(2, 0x1000) + num(3, 0x2000) + num(5, 3))
FUNCTION = blob(5, num(1, 1) + num(2, 4) + num(3, 4) + num(4, 5))
LINE = blob(4, num(1, 1) + num(2, 7))
LOCATION = blob(4, num(1, 1) + num(2, 1) + num(3, 0x1234) + LINE)
SAMPLE = blob(2, num(1, 1) + num(2, 10))
STRINGS = strings("", "cpu", "nanoseconds", "/bin/prog", "main.main", "main.go")


def profile(**parts):
    """A valid profile with some of its parts replaced or added."""
    whole = {"sample_type": SAMPLE_TYPE, "sample": SAMPLE, "mapping": MAPPING, "location": LOCATION,
             "function": FUNCTION, "strings": STRINGS, "more": b""}
    whole.update(parts)
    return b"".join(whole.values())


VALID = profile()
INVALID, LOST, UNKNOWN = "InvalidArgument", "DataLoss", "Unimplemented"

CASES = {
    # Not a profile at all.
    "empty": (INVALID, "the file is empty", b""),
    "html": (INVALID, "the answer looks like HTML", b"<!DOCTYPE html>\n<html><body>404</body></html>"),
    "html-spaces": (INVALID, "the answer looks like HTML", b"\r\n  <HTML><head></head></HTML>"),
    "xml": (INVALID, "the answer looks like XML or HTML", b"<?xml version=\"1.0\"?><Error/>"),
    "json": (INVALID, "the answer looks like JSON: \"{\"kind\":\"Status\"", b'{"kind":"Status","code":403}'),
    "text": (INVALID, "the answer is text: \"Unknown profile\"", b"Unknown profile\n"),
    "elf": (INVALID, "an ELF program", b"\x7fELF\x02\x01\x01" + bytes(9)),
    "zstd": (INVALID, "zstd data", b"\x28\xb5\x2f\xfd\x04\x00\x01"),
    "go-trace": (INVALID, "a Go execution trace", b"go 1.22 trace\x00\x00\x00\x01"),
    "goroutine-debug2": (INVALID, "a dump of goroutine stacks", b"goroutine 1 [running]:\nmain.main()\n"),
    "gzip-html": (INVALID, "the answer looks like HTML", gzip.compress(b"<html></html>", mtime=0)),
    # pprof's old forms.
    "legacy-heap": (UNKNOWN, "the old text form", b"heap profile: 1: 16 [2: 32] @ heap/1048576\n"),
    "legacy-goroutine": (UNKNOWN, "without debug=1", b"goroutine profile: total 3\n1 @ 0x1 0x2\n"),
    "legacy-mutex": (UNKNOWN, "the old text form", b"--- mutex:\ncycles/second=1\n"),
    "legacy-cpu-binary": (UNKNOWN, "the old binary form",
                          b"".join(n.to_bytes(8, "little") for n in (0, 3, 0, 10000, 0, 0, 1, 0))),
    # gzip.
    "gzip-header-only": (LOST, "gzip: cut off in the member at byte 0", b"\x1f\x8b\x08\x00"),
    "gzip-cut-off": (LOST, "gzip: corrupt or cut off", gzip.compress(VALID, mtime=0)[:-20]),
    "gzip-wrong-sum": (LOST, "gzip: corrupt or cut off",
                       gzip.compress(VALID, mtime=0)[:-8] + b"\0\0\0\0" + gzip.compress(VALID, mtime=0)[-4:]),
    "gzip-garbage-after": (LOST, "gzip: ", gzip.compress(VALID, mtime=0) + b"garbage after the last member"),
    "gzip-empty": (INVALID, "it unpacks to nothing", gzip.compress(b"", mtime=0)),
    # Wire format.
    "cut-off-in-length": (LOST, "are left", VALID[:-3]),
    "cut-off-in-tag": (LOST, "it ends inside", VALID + b"\xf2"),
    "cut-off-in-varint": (LOST, "profile: it ends inside a number", VALID + b"\x60\x80"),
    "varint-too-long": (INVALID, "period: a number longer than ten bytes", VALID + b"\x60" + b"\x80" * 10 + b"\x01"),
    "tag-too-long": (INVALID, "tag: a number longer than ten bytes", VALID + b"\x80" * 10 + b"\x01"),
    "group": (INVALID, "profile, field 20: unknown wire type 3", VALID + varint(20 << 3 | 3)),
    "wire-type-7": (INVALID, "unknown wire type 7", VALID + varint(20 << 3 | 7)),
    "string-as-number": (INVALID, "profile, field 6: wire type 0 does not fit", VALID + num(6, 1)),
    "period-as-bytes": (INVALID, "profile, field 12: wire type 2 does not fit", VALID + blob(12, b"\x01")),
    "time-as-fixed64": (INVALID, "profile, field 9: wire type 1 does not fit", VALID + varint(9 << 3 | 1) + bytes(8)),
    "fixed64-cut-off": (LOST, "inside a fixed-size number", VALID + varint(20 << 3 | 1) + b"\0"),
    "sample-longer-than-file": (LOST, "sample: it says 200 bytes", SAMPLE_TYPE + varint(2 << 3 | 2) + varint(200) + b"\x08\x01"),
    "line-longer-than-location": (LOST, "location.line: it says 9 bytes",
                                  profile(location=blob(4, num(1, 1) + varint(4 << 3 | 2) + varint(9)))),
    "packed-id-crosses-end": (LOST, "sample.location_id: it ends inside a number",
                              profile(sample=blob(2, blob(1, b"\x01\x80") + num(2, 10)))),
    "packed-value-crosses-end": (LOST, "sample.value: it ends inside a number",
                                 profile(sample=blob(2, num(1, 1) + blob(2, b"\x80")))),
    "value-as-fixed32": (INVALID, "sample, field 2: wire type 5", profile(sample=blob(2, varint(2 << 3 | 5) + bytes(4)))),
    # Strings.
    "no-string-table": (INVALID, "string_table: it is missing", profile(strings=b"")),
    "first-string-not-empty": (INVALID, "the first string must be empty", strings("cpu") + VALID),
    "type-string-missing": (INVALID, "sample_type.type: string 99 does not exist (the table has 6)",
                            profile(sample_type=blob(1, num(1, 99)))),
    "function-name-missing": (INVALID, "function.name: string 6 does not exist",
                              profile(function=blob(5, num(1, 1) + num(2, 6)))),
    "function-file-missing": (INVALID, "function.filename: string 6", profile(function=blob(5, num(1, 1) + num(4, 6)))),
    "mapping-file-missing": (INVALID, "mapping.filename: string 6", profile(mapping=blob(3, num(1, 1) + num(5, 6)))),
    "negative-string": (INVALID, "function.name: string -1 cannot exist",
                        profile(function=blob(5, num(1, 1) + num(2, -1)))),
    "huge-string": (INVALID, "string 9223372036854775807 cannot exist",
                    profile(function=blob(5, num(1, 1) + num(2, (1 << 63) - 1)))),
    "label-key-missing": (INVALID, "sample.label: string 77", profile(
        sample=blob(2, num(1, 1) + num(2, 10) + blob(3, num(1, 77) + num(3, 5))))),
    "dropped-label-key-missing": (INVALID, "sample.label.key: string 77", profile(
        sample=blob(2, num(1, 1) + num(2, 10) + blob(3, num(1, 77))))),
    "label-unit-missing": (INVALID, "sample.label: string 78", profile(
        sample=blob(2, num(1, 1) + num(2, 10) + blob(3, num(1, 1) + num(3, 5) + num(4, 78))))),
    "comment-missing": (INVALID, "comment: string 70", profile(more=num(13, 70))),
    "default-type-missing": (INVALID, "default_sample_type: string 70", profile(more=num(14, 70))),
    "drop-frames-missing": (INVALID, "drop_frames: string 70", profile(more=num(7, 70))),
    "period-type-missing": (INVALID, "period_type.unit: string 70", profile(more=blob(11, num(2, 70)))),
    # References and ids.
    "location-missing": (INVALID, "sample 0 names a location 2 that does not exist",
                         profile(sample=blob(2, num(1, 2) + num(2, 10)))),
    "location-missing-sparse": (INVALID, "sample 0 names a location that does not exist", profile(
        location=blob(4, num(1, 500) + LINE), sample=blob(2, num(1, 501) + num(2, 10)))),
    "location-id-0-used": (INVALID, "sample.location_id: id 0 is reserved", profile(sample=blob(2, num(1, 0) + num(2, 10)))),
    "location-id-0-packed": (INVALID, "sample.location_id: id 0 is reserved",
                             profile(sample=blob(2, blob(1, b"\x01\x00") + num(2, 10)))),
    "location-id-0": (INVALID, "location.id: id 0 is reserved", profile(location=blob(4, LINE))),
    "function-id-0": (INVALID, "function.id: id 0 is reserved", profile(function=blob(5, num(2, 4)))),
    "mapping-id-0": (INVALID, "mapping.id: id 0 is reserved", profile(mapping=blob(3, num(2, 4)))),
    "line-without-function": (INVALID, "a line without function",
                              profile(location=blob(4, num(1, 1) + blob(4, num(2, 7))))),
    "function-missing": (INVALID, "location 0 names a function that does not exist",
                         profile(location=blob(4, num(1, 1) + blob(4, num(1, 3))))),
    "location-twice": (INVALID, "location.id: id 1 is defined twice", profile(more=LOCATION)),
    "function-twice": (INVALID, "function.id: id 1 is defined twice", profile(more=FUNCTION)),
    "mapping-twice": (INVALID, "mapping.id: id 1 is defined twice", profile(more=MAPPING)),
    # Values.
    "no-sample-type": (INVALID, "there are samples, but no sample types", profile(sample_type=b"")),
    "too-few-types": (INVALID, "samples have 2 values, and there are 1 sample types",
                      profile(sample=blob(2, num(1, 1) + num(2, 10) + num(2, 11)))),
    "no-values": (INVALID, "samples have 0 values", profile(sample=blob(2, num(1, 1)))),
    "uneven-values": (INVALID, "sample 1 has 2 values, the samples before it have 1",
                      profile(more=blob(2, num(1, 1) + num(2, 10) + num(2, 11)))),
    "concatenated": (INVALID, "concatenated profiles", num(9, 5) + VALID + num(9, 6) + VALID),
}


def main():
    for old in HERE.glob("*.hex"):
        old.unlink()
    for name, (code, says, data) in CASES.items():
        text = data.hex(" ")
        lines = [text[i:i + 96].rstrip() for i in range(0, len(text), 96)]
        (HERE / f"{name}.hex").write_text("\n".join([f"# code: {code}", f"# says: {says}", *lines]) + "\n")


if __name__ == "__main__":
    main()
