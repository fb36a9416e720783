"""RFC 7464 framing: what a board's output becomes, whole, cut off, garbled, in pieces of any size."""

import json
import random

import pytest

from linnet.records import LONGEST_BYTES, Damaged, Record, RecordReader, Text


def read(data):
    reader = RecordReader()
    return reader.feed(data) + reader.flush()


def test_record():
    assert read(b'\x1e{"label": "yes", "score": 0.5}\n') == [Record({"label": "yes", "score": 0.5})]


def test_board_line_ends():
    assert read(b'\x1e{"a": 1}\r\nplain\r\n') == [Record({"a": 1}), Text("plain")]


def test_any_json_value():
    assert read(b'\x1e[1, 2]\n\x1enull\n\x1e"x"\n\x1e7\n') == [Record([1, 2]), Record(None), Record("x"), Record(7)]


def test_text_between_records():
    data = b'hello\n\x1e{"a": 1}\n\nTraceback\n\x1e{"a": 2}\n'
    assert read(data) == [Text("hello"), Record({"a": 1}), Text(""), Text("Traceback"), Record({"a": 2})]


def test_print_without_end_before_record():
    assert read(b'loading...\x1e{"a": 1}\n') == [Text("loading..."), Record({"a": 1})]


def test_truncated_by_next_record():
    assert read(b'\x1e{"a": 1, "b\x1e{"a": 2}\n') == [Damaged('{"a": 1, "b'), Record({"a": 2})]


def test_truncated_by_end_of_output():
    assert read(b'\x1e{"a": 1}\n\x1e{"a"') == [Record({"a": 1}), Damaged('{"a"')]


def test_number_without_line_end_may_be_half_a_number():
    # RFC 7464, 2.4: 12 could be the beginning of 123.
    assert read(b"\x1e12\x1e12\n\x1e12") == [Damaged("12"), Record(12), Damaged("12")]


@pytest.mark.parametrize("junk", [b"{'a': 1}", b"{", b"\xff\xfe", b"[" * 100000, b'{"a": 1} tail'])
def test_garbage_is_reported_and_skipped(junk):
    items = read(b"\x1e" + junk + b'\n\x1e{"a": 2}\n')
    assert [type(item) for item in items] == [Damaged, Record]


def test_several_marks_count_as_one():
    assert read(b'\x1e\x1e\x1e{"a": 1}\n') == [Record({"a": 1})]


def test_text_that_is_no_utf8():
    assert read(b"\xff\xfeabc\n") == [Text("\ufffd\ufffdabc")]


def test_endless_line_is_let_go():
    reader = RecordReader()
    assert reader.feed(b"\x1e" + b"x" * LONGEST_BYTES) == [Damaged("x" * LONGEST_BYTES)]
    reader = RecordReader()
    assert isinstance(reader.feed(b"x" * (LONGEST_BYTES + 1))[0], Text)
    assert reader.feed(b'\x1e{"a": 1}\n') == [Record({"a": 1})]


def test_half_record_is_held_back():
    reader = RecordReader()
    assert reader.feed(b'text\x1e{"a"') == [Text("text")]
    assert reader.feed(b": 1}") == []
    assert reader.feed(b"\n") == [Record({"a": 1})]


def test_pieces_of_any_size_give_the_same():
    rng = random.Random(1)
    data = b"".join(
        rng.choice([b"\x1e%s\n" % json.dumps({"i": i, "s": "\u00e9\n"}).encode(), b"plain %d\r\n" % i, b'\x1e{"cut": ', b"half "])
        for i in range(200)
    )
    whole = read(data)
    for _ in range(20):
        reader, items, rest = RecordReader(), [], data
        while rest:
            size = rng.randint(1, 40)
            items += reader.feed(rest[:size])
            rest = rest[size:]
        assert items + reader.flush() == whole
