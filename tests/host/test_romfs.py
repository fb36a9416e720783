"""ROMFS images on the host: what mpremote makes is read, what is put beside it does not touch it, damage is no files."""

import random

import pytest
from mpremote.romfs import VfsRomWriter

from linnet.errors import LinnetError
from linnet.romfs import Place, arrange, head_bytes, number, parse, records

BLOCK, SIZE = 4096, 1 << 18


def mpremotes(files):
    """The image that mpremote makes of {path: bytes}; a path has one folder at most."""
    writer = VfsRomWriter()
    for path, data in files.items():
        folder, _, name = path[1:].rpartition("/")
        if folder:
            writer.opendir(folder)
        writer.mkfile(name, data)
        if folder:
            writer.closedir()
    return writer.finalise()


def content(image):
    return {path: bytes(image[p.offset : p.offset + p.bytes]) for path, p in parse(image)[0].items()}


def put(image, new):
    """The image after `new`, having checked that nothing that the old one needs was written over before the records."""
    files, used = parse(image)
    before = {path: data for path, data in content(image).items() if path not in new}
    new = dict(new)
    while moved := [p for p in files if p not in new and files[p].offset < head_bytes({**files, **new}, BLOCK, SIZE)]:
        new |= {path: content(image)[path] for path in moved}
    placed, writes = arrange(files, used, new, BLOCK, SIZE)
    made = bytearray(image)
    for at, (path, data) in writes.items():
        assert at % BLOCK == 0
        made[at : at + -(-len(data) // BLOCK) * BLOCK] = b"\xff" * (-(-len(data) // BLOCK) * BLOCK)
        made[at : at + len(data)] = data
    assert content(made) == content(image)  # cut off here, it is the old one
    end = max(place.offset + place.bytes for place in placed.values())
    head = records(placed, -(-end // 16) * 16)
    assert len(head) <= head_bytes(placed, BLOCK, SIZE)
    made[: len(head)] = head
    assert content(made) == before | new
    return made


def test_numbers():
    assert [number(n) for n in (0, 127, 128, 16384)] == [b"\x00", b"\x7f", b"\x81\x00", b"\x81\x80\x00"]


@pytest.mark.parametrize("seed", range(8))
def test_files_are_put_beside_those_that_are_there(seed):
    rng = random.Random(seed)
    files = {f"/{'lib/' * (i % 2)}f{i}": rng.randbytes(rng.choice((0, 1, 100, 5000))) for i in range(rng.randrange(5))}
    image = bytearray(mpremotes(files))
    image += bytes(b"\xff" * (SIZE - len(image)))
    assert content(image) == files
    for _ in range(6):
        path = f"/{rng.choice(('', 'lib/', 'a/b/'))}f{rng.randrange(6)}"
        data = rng.randbytes(rng.choice((1, 16, 4096, 20000)))
        image = put(image, {path: data})
        place = parse(image)[0][path]
        assert place.offset % 16 == 0 and content(image)[path] == data


def test_an_erased_or_damaged_partition_holds_nothing():
    image = bytearray(mpremotes({"/a": b"hello", "/lib/b": b"world"}))
    assert parse(b"\xff" * 4096) == ({}, []) and parse(b"") == ({}, []) and parse(image[:8]) == ({}, [])
    for i in range(len(image)):
        for bit in range(8):
            damaged = bytearray(image)
            damaged[i] ^= 1 << bit
            for place in parse(damaged)[0].values():
                assert 0 <= place.offset <= place.offset + place.bytes <= len(damaged)


def test_no_room_is_a_sentence():
    image = put(bytearray(b"\xff" * SIZE), {"/old": bytes(SIZE // 2)})
    with pytest.raises(LinnetError, match=r"/new: .*262144 bytes has no room for 196608 more beside what is in use"):
        put(image, {"/new": bytes(3 * SIZE // 4)})
    # A new version needs room of its own as well: the old one stays until it is there.
    with pytest.raises(LinnetError, match="no room"):
        put(image, {"/old": bytes(SIZE // 2)})


def test_records_fill_the_image_whatever_its_length():
    for total in (4096, 16384, 16400, 2097152, 2097168):
        image = records({"/x": Place(2048, 16)}, total)
        assert parse(image + bytes(total - len(image)))[0] == {"/x": Place(2048, 16)}
